"""A look that leaves out whether an account is active, its teams or its rights: unknown, and no answer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.accounts import Active, Inactive
from bot.miro.errors import Away, Trouble
from bot.miro.goals import Goal, Seen
from bot.miro.groups import InGroup, OutOfGroup
from bot.miro.plan import make
from bot.miro.rights import AdminRole, NoAdminRoles, OrgRole
from bot.miro.wire import ADMIN, MEMBER, MiroAccount, message
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, calls, playing, state, teams_of, told
from tests.bot.miro.scene import always, answering, page

pytestmark = pytest.mark.regression

PRIMARY = {"value": MEMBER, "type": "organization_user_role", "primary": True}
WHOLE = {"id": "7", "userName": "ada@example.com", "active": True, "roles": [PRIMARY], "groups": []}


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("jo@example.com", "Jo Park", teams=[running.teams["Design"]])
        yield running


def look(**changes: Any) -> Seen:
    """A look at Ada as Miro sent it; None leaves an attribute out."""
    sent = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    return Seen(message(MiroAccount, sent), other_admin=True)


UNKNOWN: list[Any] = [None, "maybe", "0", 0, 1, "", [], {}, "yes"]


@pytest.mark.parametrize("active", UNKNOWN, ids=repr)
@pytest.mark.parametrize("goal", [Active("Ada"), Inactive("Ada")], ids=["active", "inactive"])
def test_whether_an_account_is_active_is_not_guessed(goal: Goal, active: Any) -> None:
    seen = look(active=active)
    assert not goal.holds(seen)
    with pytest.raises(Away, match="whether Ada's account is active") as raised:
        make([goal], seen)
    assert raised.value.kind is Trouble.HIDDEN


@pytest.mark.parametrize(
    ("written", "active"), [("true", True), ("False", False), ("TRUE", True), (" false ", False)]
)
def test_active_may_be_written_out(written: str, active: bool) -> None:
    seen = look(active=written)
    assert (Active("Ada").holds(seen), Inactive("Ada").holds(seen)) == (active, not active)


def test_an_active_that_is_null_is_unknown() -> None:
    assert message(MiroAccount, {**WHOLE, "active": None}).active is None


@pytest.mark.parametrize(
    "goal",
    [OrgRole("Ada", ADMIN), AdminRole("Ada", "User Admin"), InGroup("Ada", "100", "IT", "IT")],
    ids=lambda goal: goal.key,
)
def test_nothing_is_planned_for_an_account_that_may_be_deactivated(goal: Goal) -> None:
    with pytest.raises(Away, match="whether Ada's account is active"):
        make([goal], look(active=None))


def test_rights_that_would_come_back_are_known_before_an_account_is_reactivated() -> None:
    with pytest.raises(Away, match="which rights would come back"):
        make([Active("Ada")], look(active=False, roles=None))


@pytest.mark.parametrize("groups", [None, ["100"], [{"display": "IT"}], [{"value": 1.5}], [None]], ids=repr)
def test_teams_that_are_not_shown_are_not_left_already(groups: Any) -> None:
    goal = OutOfGroup("Ada", "100", "IT", "IT")
    seen = look(groups=groups)
    assert not goal.holds(seen)
    with pytest.raises(Away, match="which teams Ada is in"):
        make([goal], seen)


def test_no_teams_are_no_teams() -> None:
    assert OutOfGroup("Ada", "100", "IT", "IT").holds(look(groups=[]))
    assert OutOfGroup("Ada", "100", "IT", "IT").holds(look(groups=[{"value": 101}]))


TAKEN_AWAY = [AdminRole("Ada", "User Admin", wanted=False), NoAdminRoles("Ada")]


@pytest.mark.parametrize("roles", [None, [], ["User Admin"], [{"display": "User Admin"}]], ids=repr)
@pytest.mark.parametrize("goal", [OrgRole("Ada", MEMBER), *TAKEN_AWAY], ids=lambda goal: goal.key)
def test_rights_that_are_not_shown_are_not_gone_already(goal: Goal, roles: Any) -> None:
    assert not goal.holds(look(roles=roles))


@pytest.mark.parametrize("goal", TAKEN_AWAY, ids=lambda goal: goal.key)
def test_a_role_that_cannot_be_read_may_be_the_one_that_is_taken_away(goal: Goal) -> None:
    assert not goal.holds(look(roles=[PRIMARY, {"display": "User Admin"}]))


@pytest.mark.parametrize(
    "other",
    [
        {"id": "8", "active": True},
        {"id": "8", "active": True, "roles": []},
        {"id": "8", "roles": [{**PRIMARY, "value": ADMIN}]},
        {"id": "8", "active": "maybe", "roles": [{**PRIMARY, "value": ADMIN}]},
        {"active": True, "roles": [{**PRIMARY, "value": ADMIN}]},
        "carol@example.com",
    ],
    ids=str,
)
def test_nobody_is_called_the_last_admin_while_others_are_not_shown(other: Any) -> None:
    with answering(always(page(WHOLE, other))) as miro, pytest.raises(Away) as raised:
        miro.other_admin("7")
    assert raised.value.kind is Trouble.HIDDEN


def test_one_admin_who_is_shown_is_enough() -> None:
    carol = {"id": "9", "active": "true", "roles": [{**PRIMARY, "value": ADMIN}]}
    with answering(always(page(WHOLE, {"id": "8"}, carol))) as miro:
        assert miro.other_admin("7")


def without(name: str) -> Callable[[Any], Any]:
    """Miro's answer, with one attribute left out of each person."""

    def cut(said: Any) -> Any:
        if isinstance(said, dict):
            return {key: cut(value) for key, value in said.items() if key != name}
        return [cut(value) for value in said] if isinstance(said, list) else said

    return cut


def without_empty_lists(said: Any) -> Any:
    """Miro's answer, as RFC 7643 section 2.5 lets a service write it."""
    if isinstance(said, dict):
        return {key: without_empty_lists(value) for key, value in said.items() if value != []}
    return [without_empty_lists(one) for one in said] if isinstance(said, list) else said


def test_who_is_in_no_team_has_left_it_on_a_service_that_leaves_empty_lists_out(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    s.miro.faults.append(Fault("GET", "/Users", saying=without_empty_lists, times=50))
    left = ask(s, "U0ALEX", "/miro", "leave-team Engineering because I changed jobs")
    assert state(s, left) == "nothing to do"
    moved = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    approve(s, "U0PRIYA")
    assert (state(s, moved), teams_of(s, "alex@example.com")) == ("done", {"Design"})


def test_a_team_is_not_left_already_because_an_answer_hides_it(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"], s.teams["Design"]])
    s.miro.faults.append(Fault("GET", "/Users", saying=without("groups"), times=2))
    id = ask(s, "U0ALEX", "/miro", "leave-team Engineering because I changed jobs")
    assert state(s, id) == "checking"
    s.clock.sleep(40)
    s.settle()
    assert state(s, id) == "waiting"


@pytest.mark.parametrize("command", ["/miro-offboard", "/miro-access"])
def test_a_request_is_held_until_miro_shows_whether_the_account_is_active(s: Stage, command: str) -> None:
    s.miro.faults.append(Fault("GET", "/Users", saying=without("active"), times=1))
    team = " for Design" if command == "/miro-access" else ""
    id = ask(s, "U0LENA", command, f"jo@example.com{team} because last day today")
    assert state(s, id) == "checking"
    assert not any("already" in text for text in told(s, "U0LENA"))
    s.clock.sleep(40)
    s.settle()
    assert state(s, id) == "waiting"


def test_what_was_written_is_not_called_done_before_it_is_seen(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    s.miro.faults.append(Fault("PATCH", "/Users", saying=without("active")))
    s.miro.faults.append(Fault("GET", "userName", saying=without("active"), times=2))
    approve(s, "U0PRIYA")
    assert state(s, id) != "done"
    s.clock.sleep(60)
    s.settle()
    s.clock.sleep(60)
    s.settle()
    assert state(s, id) == "done"
    assert len(calls(s, "PATCH")) == 1
