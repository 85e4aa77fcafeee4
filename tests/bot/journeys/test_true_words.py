"""Done is said only of what was seen of the account that was approved."""

from datetime import timedelta

import pytest

from approvals.states import State
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask


def _offboarding(s: Stage) -> str:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    return ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")


def _state(s: Stage, id: str) -> State:
    return next(one.state for one in s.bot.store.requests() if one.id == id)


def test_an_account_under_another_address_isnt_called_deactivated(s: Stage) -> None:
    id = _offboarding(s)
    s.miro.change_user("jo@example.com", userName="jo.new@example.com")
    approve(s, "U0PRIYA")
    user = s.miro.user("jo.new@example.com")
    assert user and user.active
    assert _state(s, id) is State.WAITING  # asked again, with the address that Miro has now
    assert "Done:" not in "".join(one.text for one in s.slack.dm_of("U0LENA"))


def test_an_answer_that_is_no_list_is_no_sighting(s: Stage) -> None:
    id = _offboarding(s)
    s.miro.faults.append(Fault(method="GET", path="/Users", status=200, body="empty", times=1))
    approve(s, "U0PRIYA")
    assert _state(s, id) is State.APPROVED
    s.clock.pass_(timedelta(minutes=1))
    s.settle()
    user = s.miro.user("jo@example.com")
    assert _state(s, id) is State.DONE
    assert user and not user.active


def test_a_policy_grown_stricter_binds_what_is_waiting(s: Stage) -> None:
    id = _offboarding(s)
    path = s.folder / "policy.toml"
    path.write_text(path.read_text().replace('expires = "8h"', 'expires = "8h", agree = 2'))
    s.bot.housekeeping.tick()
    approve(s, "U0PRIYA")
    assert _state(s, id) is State.WAITING
    approve(s, "U0CAROL")
    assert _state(s, id) is State.DONE


@pytest.mark.thorough
def test_a_long_outage_ends_in_a_quarter_of_an_hour_not_in_an_error(s: Stage) -> None:
    id = _offboarding(s)
    s.miro.scim_enabled = False
    approve(s, "U0PRIYA")
    for _ in range(60):
        s.clock.pass_(timedelta(minutes=16))
        s.settle()
    s.miro.scim_enabled = True
    s.clock.pass_(timedelta(minutes=16))
    s.settle()
    assert _state(s, id) is State.DONE
