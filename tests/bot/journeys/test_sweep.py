"""Whoever leaves takes their open requests along."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, history, last, playing, state


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as stage:
        stage.miro.add_user("jo@example.com", "Jo Park", teams=[stage.teams["Design"]])
        yield stage


def offboard(s: Stage) -> str:
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because it is the last day")
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    return id


def test_what_a_leaver_asked_for_is_never_carried_out(s: Stage) -> None:
    mine = ask(s, "U0JO", "/miro-access", "for Engineering because I help")
    others = ask(s, "U0SAM", "/miro-access", "for IT Administration because of it", person="U0JO")
    offboard(s)
    for id in (mine, others):
        assert (state(s, id), history(s, id)[-1]) == ("withdrawn", "withdrawn")
    user = s.miro.user("jo@example.com")
    assert user and not user.active and user.groups == (s.teams["Design"],)


def test_nothing_that_is_said_of_it_tells_of_the_offboarding(s: Stage) -> None:
    ask(s, "U0JO", "/miro-access", "for Engineering because I help")
    offboard(s)
    assert "Something this request needs no longer exists. It is closed." in last(s, "U0JO")
    assert "Lena" not in last(s, "U0JO") and "last day" not in last(s, "U0JO")


def test_what_was_asked_after_the_decision_was_meant_so(s: Stage) -> None:
    offboard(s)
    id = ask(s, "U0SAM", "/miro", "reactivate jo@example.com because Jo is back")
    assert state(s, id) == "waiting"
