"""Undo: what a request changed is taken back by requests of their own, each decided by its own rule."""

from itertools import count
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.refusals import Refused
from approvals.states import OPEN
from bot.miro.wire import ADMIN, MEMBER
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.work.account import look
from bot.work.undo import undo
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import (
    answer,
    ask,
    calls,
    card,
    has_card,
    last,
    newest_request,
    press,
    request,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

UNASKED = POLICY.replace('approvers = ["it"]', "approval = false").replace(
    'approvers = ["manager", "it"]', "approval = false"
)
HOW = {
    "access": ("U0SAM", "/miro-access", "<@U0ALEX> for Design because of a project"),
    "leave": ("U0SAM", "/miro", "leave-team <@U0ALEX> from IT Administration because of it"),
    "move": ("U0SAM", "/miro-move", "<@U0ALEX> from Engineering to Design because of it"),
    "rights": ("U0DANA", "/miro-admin", "<@U0ALEX> because of it"),
    "rights and teams": ("U0SAM", "/miro-admin", "<@U0ALEX> from Engineering to Design because of it"),
    "rename": ("U0DANA", "/miro", "rename-group Design to g_app_design because of it"),
    "details": ("U0DANA", "/miro", "update-details <@U0ALEX> because of it"),
    "offboard": ("U0SAM", "/miro-offboard", "alex@example.com because of it"),
}


def alex(s: Stage) -> None:
    s.miro.add_user(
        "alex@example.com", "Alex Smith", teams=[s.teams["Engineering"], s.teams["IT Administration"]]
    )
    s.miro.change_user("alex@example.com", enterprise={"organization": "Example Ltd", "department": "HR"})


def as_now(s: Stage) -> tuple[object, ...]:
    """What Miro has: everything of Alex, and the names of the groups."""
    user = s.miro.user("alex@example.com")
    assert user
    facts = (user.active, user.role, sorted(user.admin_roles), dict(user.enterprise), user.display_name)
    return (*facts, teams_of(s, "alex@example.com"), [s.miro.team(id).displayName for id in s.teams.values()])


def approve_all(s: Stage) -> None:
    """Everybody asked says yes, until nothing waits."""
    while any(each.state in OPEN for each in s.bot.store.requests()):
        who = next(user for user in ("U0PRIYA", "U0CAROL", "U0SAM") if has_card(s, user))
        press(s, who, "approve")


def done(s: Stage, how: str, **fields: str) -> str:
    user, command, text = HOW[how]
    id = ask(s, user, command, text, **fields)
    approve_all(s)
    assert state(s, id) == "done"
    return id


@pytest.mark.thorough
@pytest.mark.parametrize("how", HOW)
def test_what_is_undone_is_as_it_was(s: Stage, how: str) -> None:
    alex(s)
    fields = {"rename": {}, "details": {"department": "IT"}}.get(how, {})
    before = as_now(s)
    id = done(s, how, **fields)
    assert as_now(s) != before
    press(s, HOW[how][0], "undo")
    approve_all(s)
    assert as_now(s) == before
    assert all(each.because_of == id for each in s.bot.store.requests() if each.id != id)


def test_what_the_requester_may_not_ask_for_is_said_and_the_rest_is_undone(s: Stage) -> None:
    alex(s)
    user, command, text = "U0DANA", *HOW["rights and teams"][1:]
    ask(s, user, command, text)
    approve_all(s)
    press(s, user, "undo")
    assert "R-2 will undo R-1, once approved. Move to Another Team: " in last(s, user)
    approve_all(s)
    assert s.miro.user("alex@example.com").role == MEMBER  # type: ignore[union-attr]


def test_what_was_done_is_undone_in_app_home(s: Stage) -> None:
    alex(s)
    before, id = as_now(s), done(s, "access")
    opened(s, "U0SAM")
    presses(s, "U0SAM", "undo", id)
    approve_all(s)
    assert as_now(s) == before and newest_request(s).because_of == id


def test_pressed_twice_it_is_asked_once_and_undone_again_it_is_given_back(s: Stage) -> None:
    alex(s)
    before, id = as_now(s), done(s, "access")
    given, theirs = as_now(s), card(s, "U0SAM", "undo")
    press(s, "U0SAM", "undo", theirs)
    press(s, "U0SAM", "undo", theirs)
    assert answer(s, "U0SAM") == f"R-2 will undo {id}, once approved."
    assert newest_request(s).id == "R-2"
    approve_all(s)
    assert as_now(s) == before
    press(s, "U0SAM", "undo")
    approve_all(s)
    assert (as_now(s), newest_request(s).because_of) == (given, "R-2")


def rights(s: Stage) -> set[str]:
    """What Alex may do."""
    user = s.miro.user("alex@example.com")
    assert user
    own = {*user.admin_roles, *teams_of(s, "alex@example.com"), user.role} if user.active else set()
    return own - {MEMBER}


def undone(s: Stage, id: str, before: set[str]) -> None:
    """An operator undoes it: no more rights than now or before, and what is called done is so."""
    now, sam = rights(s), s.bot.people.find("U0SAM")
    assert sam
    try:
        asked, refusals = undo(s.bot.context, request(s, id), Actor(sam, sam.account))
    except Refused as error:
        assert "changed nothing that I can undo" in str(error)
        return
    s.settle()
    approve_all(s)
    assert (rights(s) <= now | before, refusals) == (True, [])
    for each in (request(s, one.id) for one in asked):
        command = s.bot.context.command(each)
        assert each.state in ("done", "nothing to do", "refused")
        goals, seen = command.goals(s.bot.context.facts), look(s.bot.context, s.bot.miro, command)
        assert each.state == "refused" or all(goal.holds(seen) for goal in goals)
        assert each.state == "done" or not each.may_have_changed


@pytest.mark.long
@pytest.mark.parametrize("first", HOW)
@pytest.mark.parametrize("second", HOW)
def test_what_lies_under_something_else_is_undone_first(s: Stage, first: str, second: str) -> None:
    alex(s)
    moments, ids = [rights(s)], list[str]()
    for number, how in enumerate((first, second)):
        user, command, text = HOW[how]
        more = {"department": "Legal" if number else "IT"} if how == "details" else {}
        ids.append(ask(s, user, command, text.replace("g_app_design", f"g_app_{number}"), **more))
        approve_all(s)
        moments.append(rights(s))
    for id, before in zip(ids, moments, strict=False):
        if state(s, id) == "done":
            undone(s, id, before)


def test_what_somebody_changed_back_meanwhile_needs_no_call(s: Stage) -> None:
    alex(s)
    done(s, "access")
    s.miro.leave("alex@example.com", s.teams["Design"])
    s.miro.log.clear()
    press(s, "U0SAM", "undo")
    assert (state(s, "R-2"), calls(s)) == ("nothing to do", [])


@pytest.mark.parametrize(
    ("how", "change"),
    [
        ("details", {"enterprise": {"department": "Legal"}}),
        ("access", {"active": False, "groups": ()}),
    ],
)
def test_what_somebody_changed_to_something_else_is_left_alone(
    s: Stage, how: str, change: dict[str, object]
) -> None:
    alex(s)
    done(s, how, **({"department": "IT"} if how == "details" else {}))
    s.miro.change_user("alex@example.com", **change)
    s.miro.log.clear()
    press(s, "U0DANA" if how == "details" else "U0SAM", "undo")
    assert calls(s) == [] and state(s, "R-2") == ("refused" if how == "details" else "nothing to do")


def test_what_somebody_changes_between_asking_and_doing_is_left_alone(s: Stage) -> None:
    """It holds when the undo is carried out, not only when it is asked for."""
    alex(s)
    done(s, "details", department="IT")
    press(s, "U0DANA", "undo")
    assert state(s, "R-2") == "waiting"
    s.miro.change_user("alex@example.com", enterprise={"department": "Legal"})
    s.miro.log.clear()
    approve_all(s)
    assert calls(s) == [] and state(s, "R-2") == "refused"
    assert "changed this again after R-1, so I left it as it is." in last(s, "U0DANA")
    assert dict(s.miro.user("alex@example.com").enterprise)["department"] == "Legal"  # type: ignore[union-attr]


def test_a_security_name_changed_again_is_left_alone(s: Stage) -> None:
    id = done(s, "rename")
    s.miro.change_team(s.teams["Design"], displayName="chosen by somebody else")
    wait(s, hours=1)
    press(s, "U0DANA", "undo")
    assert answer(s, "U0DANA") == f"{id} changed nothing that I can undo."


def test_a_stopped_request_is_closed_and_what_it_did_is_undone(s: Stage) -> None:
    alex(s)
    before = as_now(s)
    s.miro.faults.append(Fault("PATCH", s.teams["Engineering"], status=400, times=9))
    id = ask(s, *HOW["move"])
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "stopped" and as_now(s) != before
    s.miro.faults.clear()
    press(s, "U0CAROL", "undo")
    approve_all(s)
    assert (state(s, id), as_now(s)) == ("withdrawn", before)


def test_an_offboarding_that_stopped_is_undone_without_a_word_of_it_to_the_person(s: Stage) -> None:
    alex(s)
    s.miro.change_user("alex@example.com", role=ADMIN, admin_roles=("Content Admin",))
    before, id = as_now(s), done(s, "offboard")
    press(s, "U0SAM", "undo")
    approve_all(s)
    assert as_now(s) == before
    assert id not in " ".join(told(s, "U0ALEX")) and "ffboard" not in " ".join(told(s, "U0ALEX"))
    assert s.bot.store.requests()[-1].id == id


def test_a_deleted_account_offers_no_undo_and_the_card_says_so(s: Stage) -> None:
    alex(s)
    user, command, text = HOW["offboard"]
    ask(s, user, command, text, how="delete")
    approve_all(s)
    assert "Can't be undone: the deleted account" in last(s, user)
    assert not has_card(s, user, "undo")


def test_a_license_offers_no_undo_and_the_card_says_so(s: Stage) -> None:
    alex(s)
    s.miro.change_user("alex@example.com", user_type="Free")
    ask(s, "U0DANA", "/miro", "change-license <@U0ALEX> because of it", license="Full")
    approve_all(s)
    assert "Can't be undone: the license" in last(s, "U0DANA")
    assert not has_card(s, "U0DANA", "undo")


def test_an_offboarding_that_stopped_halfway_stays_a_secret_when_undone(s: Stage) -> None:
    alex(s)
    s.miro.change_user("alex@example.com", role=ADMIN)
    before, writes = as_now(s), count()

    def after_the_first(method: str, path: str) -> bool:
        return method == "PATCH" and "/Users/" in path and next(writes) > 0

    s.miro.faults.append(Fault(path=after_the_first, status=400, times=9))
    ask(s, *HOW["offboard"])
    press(s, "U0CAROL", "approve")
    assert state(s, "R-1") == "stopped" and as_now(s) != before
    s.miro.faults.clear()
    press(s, "U0CAROL", "undo")
    approve_all(s)
    heard = " ".join(told(s, "U0ALEX"))
    assert as_now(s) == before
    assert "R-1" not in heard and "ffboard" not in heard


def test_from_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path, UNASKED) as (s, shell):
        alex(s)
        before = as_now(s)
        id = ask(s, *HOW["access"])
        assert shell.types("undo", id, "--as", "jo@example.com", exits=1).endswith(
            f"Only the requester or an operator can undo {id}."
        )
        printed = shell.types("undo", id, "--as", "sam@example.com", "--reason", "not needed")
        assert printed == (
            "R-2 saved: remove Alex Smith (alex@example.com) from Design. To follow it: miro-bot show R-2."
        )
        s.settle()
        assert (as_now(s), request(s, "R-2").reason) == (before, "not needed")


def test_who_came_back_by_a_move_is_not_let_in_again_by_its_undoing(s: Stage) -> None:
    """To join the old team again would reactivate the account after it was deactivated."""
    alex(s)
    s.miro.change_user("alex@example.com", active=False)
    done(s, "move")
    assert "Can't be undone: boards that went to a team admin, teams of an inactive account" in last(
        s, "U0SAM"
    )
    press(s, "U0SAM", "undo")
    approve_all(s)
    user = s.miro.user("alex@example.com")
    assert user and not user.active


def test_nothing_is_given_back_to_an_account_that_was_deleted(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Engineering"]], admin=True)
    ask(s, "U0SAM", "/miro-offboard", "jo@example.com because of it", how="delete")
    approve_all(s)
    assert not has_card(s, "U0SAM", "undo")
