"""A request whose stored details don't fit the form of its action any more: shown, and nothing crashes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from approvals.ids import RequestId
from bot.actions import COMMANDS
from bot.actions.form import FormField, Input
from bot.actions.people.request_access import RequestAccess
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import ask, card, press, state, told
from tests.bot.journeys.shell import Shell, machine


class Stricter(RequestAccess):
    """The same action in a program whose form has one more required field."""

    site: Annotated[str, FormField("Site", Input.TEXT)]


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as (s, shell):
        assert ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday") == "R-1"
        monkeypatch.setitem(COMMANDS, "request-access", Stricter)
        yield s, shell
        monkeypatch.undo()  # the program that made it draws its cards again
        with s.bot.store.writing():
            s.bot.store.outbox.redraw(RequestId("R-1"))


def test_it_is_listed_and_shown(both: tuple[Stage, Shell]) -> None:
    _, shell = both
    assert "request-access" in shell.types("requests")
    assert "waiting" in shell.types("show", "R-1")


def test_nobody_approves_in_a_shell_what_cant_be_read(both: tuple[Stage, Shell]) -> None:
    s, shell = both
    refused = shell.types("approve", "R-1", "--as", "priya@example.com", exits=1)
    assert "R-1" in refused and "Traceback" not in refused
    assert state(s, "R-1") == "waiting"


def test_it_is_denied_and_withdrawn_in_a_shell(both: tuple[Stage, Shell]) -> None:
    s, shell = both
    assert "Denied" in shell.types("deny", "R-1", "--as", "priya@example.com", "--reason", "Too old.")
    assert state(s, "R-1") == "denied"
    s.settle()


def test_a_click_on_its_card_says_why_it_does_nothing(both: tuple[Stage, Shell]) -> None:
    s, _ = both
    press(s, "U0PRIYA", "approve", card(s, "U0PRIYA"))
    assert "R-1" in told(s, "U0PRIYA")[-1] and "went wrong" not in told(s, "U0PRIYA")[-1]
    press(s, "U0PRIYA", "details", card(s, "U0PRIYA", "details"))
    assert "went wrong" not in told(s, "U0PRIYA")[-1]
    assert state(s, "R-1") == "waiting"
    press(s, "U0ALEX", "withdraw", card(s, "U0ALEX", "withdraw"))
    assert state(s, "R-1") == "withdrawn"
