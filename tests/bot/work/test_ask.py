"""How much one person may ask for at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.ids import SlackId
from approvals.refusals import Refused
from bot.actions import ACTIONS
from bot.sandbox.stage import Stage
from bot.work import ask
from tests.bot.journeys.shell import Shell, machine

FEW = 3


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stage, Shell]]:
    monkeypatch.setattr(ask, "MOST_OPEN", FEW)
    with machine(tmp_path) as running:
        yield running


def asks(shell: Shell, email: str, person: str, exits: int = 0) -> str:
    words = ("ask", "request-access", f"person={person}@example.com", "teams=Engineering", "--as", email)
    return shell.types(*words, "--reason", "Starts on Monday", exits=exits)


def test_a_form_that_is_delivered_again_is_no_further_request(both: tuple[Stage, Shell]) -> None:
    stage, _ = both
    lena = stage.bot.store.people.meet(slack_id=SlackId("U0LENA"))
    actor, action, raw = (
        Actor(lena, lena.accounts[0]),
        ACTIONS["request-access"],
        {"teams": stage.teams["Design"]},
    )
    taken = [ask.asked(stage.bot.context, action, raw, "I start", actor, f"view:{n}") for n in range(FEW)]
    assert ask.asked(stage.bot.context, action, raw, "I start", actor, f"view:{FEW - 1}").id == taken[-1].id
    with pytest.raises(Refused, match="open requests"):
        ask.asked(stage.bot.context, action, raw, "I start", actor, f"view:{FEW}")


def test_who_has_very_many_open_requests_is_told_so(both: tuple[Stage, Shell]) -> None:
    _, shell = both
    for number in range(FEW):
        asks(shell, "lena@example.com", f"new{number}")
    assert f"You have {FEW} open requests." in asks(shell, "lena@example.com", "onemore", exits=1)
    for number in range(FEW + 1):  # an operator may
        asks(shell, "carol@example.com", f"more{number}")
