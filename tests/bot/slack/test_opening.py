"""What is known before a form opens is said instead of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import answer, ask, buttons, last, playing, press, read, say, wait

MANAGED = POLICY.replace('for_others = ["it", "hr"], approvers', 'for_others = ["manager"], approvers', 1)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, MANAGED) as stage:
        for user in ("U0ALEX", "U0PRIYA", "U0JO"):
            stage.acting.command(user, "/miro", "whoami")
        wait(stage, minutes=1)
        yield stage


def opens(s: Stage, user: str, text: str) -> bool:
    """Whether a command opens a form."""
    s.acting.command(user, "/miro-access", text)
    return bool(s.slack.views.get(user))


def test_who_manages_somebody_may_ask_for_them_and_others_read_whom_to_ask(s: Stage) -> None:
    assert not opens(s, "U0JO", "<@U0ALEX> for Design because Alex helps")
    assert "For Alex Smith" in last(s, "U0JO") and "ask their manager, Priya Rao" in last(s, "U0JO")
    assert opens(s, "U0PRIYA", "<@U0ALEX> for Design because Alex helps")


def test_an_address_that_nobody_knows_has_no_manager(s: Stage) -> None:
    assert not opens(s, "U0PRIYA", "for kim.wu@example.com for Design because Kim joins")
    assert "For kim.wu@example.com, ask " in last(s, "U0PRIYA")


def test_a_typed_line_says_so_too(s: Stage) -> None:
    assert "ask their manager, Priya Rao" in read(say(s, "U0JO", "please give <@U0ALEX> access to Design"))
    assert "Okta tile" in read(say(s, "U0JO", "I need access to Sales"))
    assert "Ask your IT team about kim@elsewhere.example." in read(
        say(s, "U0JO", "I need access to Design for kim@elsewhere.example")
    )


def test_of_several_teams_the_ones_that_can_be_asked_for_stay(s: Stage) -> None:
    said = say(s, "U0JO", "I need access to Sales and Design because we draw")
    press(s, "U0JO", "review", said)
    [field] = [one for one in s.acting.modal("U0JO")["blocks"] if one.get("block_id") == "teams"]
    assert [one["text"]["text"] for one in field["element"]["initial_options"]] == ["Design"]
    assert "Sales is managed elsewhere" in field["hint"]["text"]


@pytest.mark.parametrize("typed", ["R-1", "r-1", "show R-1", "status r-1"])
def test_a_number_is_a_handle_everywhere(s: Stage, typed: str) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    shown = say(s, "U0ALEX", typed)
    assert read(shown).startswith("R-1 · Waiting for a decision") and buttons(shown) == ["details"]
    s.acting.command("U0ALEX", "/miro", typed)
    assert answer(s, "U0ALEX") == read(shown)
    press(s, "U0ALEX", "details", shown)
    assert read(s.acting.modal("U0ALEX")).startswith("Details of R-1")
    assert "You have no request R-1." in read(say(s, "U0JO", typed))
