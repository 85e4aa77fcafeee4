"""An offboarding about somebody whose other request is held: asked about and carried out at its own pace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.states import State
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, calls, history, last, playing, request, state, wait

pytestmark = pytest.mark.regression

ACCESS = ("U0JO", "/miro-access", "for Design because of the workshop")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("jo@example.com", "Jo Park", teams=[running.teams["Engineering"]])
        yield running


def hours_pass(s: Stage) -> None:
    """Five hours, in the steps in which what is held is tried at last."""
    for _ in range(20):
        wait(s, minutes=15)


def offboarded(s: Stage) -> str:
    """Asked and approved; it takes no more than the clock's own steps."""
    began = s.clock()
    id = ask(s, *OFFBOARD)
    assert state(s, id) is State.WAITING
    assert "Waiting for" in last(s, "U0LENA")
    assert (s.clock() - began).total_seconds() <= 5
    approve(s, "U0PRIYA")
    assert state(s, id) is State.DONE
    assert (s.clock() - began).total_seconds() <= 10
    user = s.miro.user("jo@example.com")
    assert user is None or not user.active
    return id


def test_an_offboarding_waits_for_no_look_that_is_put_off(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, status=503))
    held = ask(s, *ACCESS)
    hours_pass(s)
    s.miro.faults.clear()
    assert request(s, held).progress.held
    offboarded(s)
    assert state(s, held) is State.WITHDRAWN


def test_an_offboarding_waits_for_no_carrying_out_that_is_put_off(s: Stage) -> None:
    held = ask(s, *ACCESS)
    s.miro.faults.append(Fault("GET|PATCH", "", times=9_999, status=503))
    approve(s, "U0PRIYA")
    hours_pass(s)
    s.miro.faults.clear()
    assert request(s, held).progress.held and state(s, held) is State.APPROVED
    offboarded(s)
    assert state(s, held) is State.WITHDRAWN


@pytest.mark.parametrize("is_well_again", [True, False])
def test_an_offboarding_waits_for_none_that_is_half_done_and_held(s: Stage, is_well_again: bool) -> None:
    """Miro has taken the first call, and takes nothing about the other team; a look shows both."""
    half = ask(s, "U0JO", "/miro-move", "from Engineering to Design because I changed jobs")
    s.miro.faults.append(Fault("PATCH", f"/Groups/{s.teams['Engineering']}", times=9_999, status=503))
    approve(s, "U0PRIYA")
    hours_pass(s)
    assert (state(s, half), request(s, half).progress.has_changed) == (State.WORKING, True)
    if is_well_again:
        s.miro.faults.clear()
    offboarded(s)
    s.miro.faults.clear()
    before = calls(s)
    for _ in range(3):
        wait(s, minutes=16)
    assert state(s, half) in (State.STOPPED, State.DONE, State.WAITING)
    user = s.miro.user("jo@example.com")
    assert user and not user.active
    assert before.count(f"PATCH /Groups/{s.teams['Design']}") == calls(s).count(
        f"PATCH /Groups/{s.teams['Design']}"
    )


def test_an_offboarding_waits_for_no_other_offboarding_that_is_held(s: Stage) -> None:
    """Both are about the list of admins; Miro answers strangely about one person alone."""
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.faults.append(Fault("GET", "alex@example.com", times=9_999, status=500))
    held = ask(s, "U0LENA", "/miro-offboard", "alex@example.com because last day today")
    hours_pass(s)
    assert request(s, held).progress.held
    offboarded(s)


@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 401}, {"cut": "before"}], ids=str)
def test_an_offboarding_goes_on_within_a_minute_however_long_miro_was_away(
    s: Stage, trouble: dict[str, Any]
) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, **trouble))
    id = ask(s, *OFFBOARD)
    hours_pass(s)
    s.miro.faults.clear()
    wait(s, minutes=1)
    assert state(s, id) is State.WAITING
    s.miro.faults.append(Fault("GET", "", times=9_999, **trouble))
    approve(s, "U0PRIYA")
    hours_pass(s)
    s.miro.faults.clear()
    wait(s, minutes=1)
    assert state(s, id) is State.DONE


def test_how_long_miro_wants_to_be_left_alone_is_heeded_for_an_offboarding_too(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "", times=9_999, status=429, retry_after=99))
    id = ask(s, *OFFBOARD)
    for _ in range(4):
        before = history(s, id)
        wait(s, seconds=98)
        assert history(s, id) == before
        wait(s, seconds=1)
        assert history(s, id) == [*before, "held"]
