"""An account that is opened again brings its admin rights along: said, confirmed, and never in passing."""

from pathlib import Path

import pytest

from bot.miro.wire import ADMIN, MEMBER
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import approve, ask, card, last, playing, read, state, teams_of, wait

OWN = next(line for line in POLICY.splitlines() if line.startswith("request-access"))
UNASKED = POLICY.replace(OWN, 'request-access = { ask = ["anyone"], approval = false }')
LIMITED = POLICY.replace("request-access = {", 'request-access = { longest = "30d",').replace(
    "make-admin = {", 'make-admin = { longest = "30d",'
)
BACK = "Company Admin rights come back with it."


def deactivated(s: Stage, name: str, admin: bool) -> None:
    s.miro.add_user(f"{name}@example.com", name.title(), teams=[s.teams["Design"]], admin=admin, active=False)


def reactivation(s: Stage, name: str) -> str:
    return ask(s, "U0LENA", "/miro", f"reactivate {name}@example.com because of the new project")


@pytest.mark.parametrize("admin", [True, False])
def test_the_approver_reads_and_confirms_that_rights_come_back(s: Stage, admin: bool) -> None:
    deactivated(s, "jo", admin)
    reactivation(s, "jo")
    theirs = card(s, "U0CAROL")
    assert (BACK in read(theirs)) is admin
    assert ("Company Admin rights come back with the account." in str(theirs.blocks)) is admin


def test_it_is_not_approved_together_with_others(s: Stage) -> None:
    for name, admin in (("jo", True), ("alex", False), ("kim", False)):
        deactivated(s, name, admin)
    ids = [reactivation(s, name) for name in ("jo", "alex", "kim")]
    assert "[Approve All 2: Reactivate in Miro]" in opened(s, "U0CAROL")
    assert presses(s, "U0CAROL", "approve-all:reactivate").ok
    form = s.acting.modal("U0CAROL")
    assert "kim@example.com" in str(form) and "jo@example.com" not in str(form)
    assert s.acting.submit("U0CAROL").ok
    s.settle()
    assert [state(s, id) for id in ids] == ["waiting", "done", "done"]
    assert opened(s, "U0CAROL").count("[Approve]") == 1


def test_where_nobody_is_asked_it_is_not_done(tmp_path: Path) -> None:
    with playing(tmp_path, UNASKED) as s:
        deactivated(s, "jo", admin=True)
        id = ask(s, "U0JO", "/miro-access", "for Engineering because I am back")
        assert state(s, id) == "refused"
        assert "The account would get its Company Admin rights back" in last(s, "U0JO")
        jo = s.miro.user("jo@example.com")
        assert jo and not jo.active
        deactivated(s, "alex", admin=False)
        assert state(s, ask(s, "U0ALEX", "/miro-access", "for Engineering because I am back")) == "done"


def test_what_came_back_for_some_days_is_taken_back_after_them(tmp_path: Path) -> None:
    with playing(tmp_path, LIMITED) as s:
        deactivated(s, "jo", admin=True)
        deactivated(s, "alex", admin=False)
        s.miro.join("alex@example.com", s.teams["Engineering"])
        s.miro.change_user("alex@example.com", active=False)
        rights = ask(s, "U0CAROL", "/miro-admin", "jo@example.com for 2 days because of the move")
        approve(s, "U0SAM")
        access = ask(s, "U0ALEX", "/miro-access", "for Engineering for 2 days because of the workshop")
        approve(s, "U0SAM")
        assert [state(s, one) for one in (rights, access)] == ["done", "done"]
        wait(s, days=3)
        jo = s.miro.user("jo@example.com")
        assert jo and jo.role == MEMBER and teams_of(s, "alex@example.com") == {"Design"}


def test_rights_that_came_to_be_after_the_approval_are_asked_about(s: Stage) -> None:
    deactivated(s, "jo", admin=False)
    id = reactivation(s, "jo")
    assert s.acting.click("U0CAROL", card(s, "U0CAROL"), "approve").ok
    s.miro.change_user("jo@example.com", role=ADMIN)
    s.settle()
    assert state(s, id) == "waiting" and BACK in read(card(s, "U0CAROL"))
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
