"""A request that waits for another one's turn: who asked reads so within seconds, and it costs no try."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.states import State
from bot.context import LEASE
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    ask,
    first_choices,
    history,
    last,
    newest_request,
    playing,
    press,
    request,
    state,
    told,
    wait,
)

pytestmark = pytest.mark.regression

BUSY: dict[str, Any] = {"status": 503}
ACCESS = ("U0JO", "/miro-access", "for Design because of the workshop")
OTHER = ("U0DANA", "/miro-access", "for Engineering for <@U0JO> because of the workshop")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")
FOR_OTHERS = 'for_others = ["it", "hr"'


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    policy = POLICY.replace(FOR_OTHERS, f'{FOR_OTHERS}, "dana@example.com"')
    with playing(tmp_path, policy) as running:
        running.miro.add_user("jo@example.com", "Jo Park", teams=[running.teams["Sales"]])
        running.bot.people.find("jo@example.com")
        yield running


def seconds_pass(s: Stage) -> None:
    """Five seconds, in the steps in which a worker looks for work."""
    for _ in range(5):
        s.clock.pass_(timedelta(seconds=1))
        s.settle()


def test_who_waits_behind_another_that_waits_for_miro_reads_the_kind(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, **BUSY))
    first = ask(s, *ACCESS)
    second = ask(s, *OTHER)
    seconds_pass(s)
    assert f"Miro is busy. {second} is saved and continues by itself." in last(s, "U0DANA")
    assert f"{first}" not in last(s, "U0DANA")
    assert history(s, second) == ["asked", "held"]
    s.miro.faults.clear()
    wait(s, minutes=1)
    assert [state(s, id) for id in (first, second)] == [State.WAITING] * 2
    assert "busy" not in "".join(told(s, "U0DANA"))


def test_who_waits_behind_another_that_is_worked_on_reads_which(s: Stage) -> None:
    """Its worker looks at Miro for long, or is gone; the record of its turn is all that others see."""
    first = ask_unworked(s, *ACCESS)
    claim = s.bot.store.claim("elsewhere", LEASE)
    assert claim and claim.request == first
    second = ask(s, *OTHER)
    assert history(s, second) == ["asked"]
    seconds_pass(s)
    assert f"{first} comes first. {second} is saved and continues by itself." in last(s, "U0DANA")
    for _ in range(3):
        wait(s, minutes=1)
    assert history(s, second).count("held") == 1
    s.bot.store.release(claim)
    s.settle()
    assert [state(s, id) for id in (first, second)] == [State.WAITING] * 2


def ask_unworked(s: Stage, user: str, command: str, text: str) -> str:
    assert s.acting.command(user, command, text).ok
    assert s.acting.submit(user, first_choices(s, user)).ok
    return newest_request(s).id


def test_so_does_who_waits_after_an_approval(s: Stage) -> None:
    second = ask(s, *OTHER)
    first = ask_unworked(s, "U0JO", "/miro-access", "for IT Administration because of the workshop")
    claim = s.bot.store.claim("elsewhere", LEASE)
    assert claim and claim.request == first
    press(s, "U0PRIYA", "approve")
    seconds_pass(s)  # by its number the approved one goes first, and has to wait all the same
    assert f"{first} comes first. {second} is saved and continues by itself." in last(s, "U0DANA")
    s.bot.store.release(claim)
    s.settle()
    assert state(s, second) == State.DONE


@pytest.mark.parametrize("is_away", [False, True])
def test_what_is_confidential_is_never_named(s: Stage, is_away: bool) -> None:
    if is_away:
        s.miro.faults.append(Fault("GET", "", times=9_999, **BUSY))
    first = ask_unworked(s, *OFFBOARD)
    if is_away:
        s.settle()
    claim = s.bot.store.claim("elsewhere", LEASE)
    second = ask(s, *ACCESS)
    seconds_pass(s)
    why = "Miro is busy." if is_away else "Other work comes first."
    assert f"{why} {second} is saved and continues by itself." in last(s, "U0JO")
    assert not any(first in text for text in told(s, "U0JO"))
    if claim:
        s.bot.store.release(claim)


def test_a_wait_behind_another_counts_as_no_try(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, **BUSY))
    ask(s, *ACCESS)
    second = ask(s, *OTHER)
    due = request(s, second).next_due
    seconds_pass(s)
    assert (request(s, second).progress.holds, request(s, second).next_due) == (0, due)


def test_who_waits_for_a_moment_reads_nothing(s: Stage) -> None:
    first, second = ask_unworked(s, *ACCESS), ask(s, *OTHER)
    assert "held" not in history(s, first) + history(s, second)
    assert not any("comes first" in text for text in told(s, "U0DANA"))
