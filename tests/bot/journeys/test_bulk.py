"""Several harmless requests approved together: each by itself, exactly as it was read."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.homes import ACCESS, ADMIN, OFFBOARD, may, opened, page, presses
from tests.bot.journeys.scenes import ask, history, last, press, state, wait
from tests.bot.journeys.scenes import read as reads

KIND = "approve-all:request-access"
MOVE = "approve-all:move-team"
PEOPLE = ("U0ALEX", "U0JO", "U0LENA")


@pytest.fixture
def asked(s: Stage) -> list[str]:
    """Three people want to get in, and Carol has opened her page."""
    opened(s, "U0CAROL")
    return [ask(s, user, *ACCESS) for user in PEOPLE]


def form(s: Stage) -> str:
    presses(s, "U0CAROL", KIND)
    return reads(s.acting.modal("U0CAROL"))


def send(s: Stage, view: Any = None) -> str:
    """Sends the form; what it turns into."""
    assert s.acting.submit("U0CAROL", view=view).ok
    s.settle()
    return reads(s.acting.modal("U0CAROL"))


def test_all_of_them_are_approved_by_one_form(s: Stage, asked: list[str]) -> None:
    assert "[Approve All 3: Request Access]" in page(s, "U0CAROL")
    shown = form(s)
    for id, name in zip(asked, ("Alex Smith", "Jo Park", "Lena Vogt"), strict=True):
        assert f"Give {name} access to Engineering? ({id})" in shown
    assert shown.count("• Join Engineering\n") == 3
    assert send(s).splitlines() == [
        "Approved 3 of 3",
        f"{asked[0]} is approved: give Alex Smith access to Engineering.",
        f"{asked[1]} is approved: give Jo Park access to Engineering.",
        f"{asked[2]} is approved: give Lena Vogt access to Engineering.",
        "[Close]",
    ]
    assert [state(s, id) for id in asked] == ["done"] * 3
    assert "You're all caught up." in page(s, "U0CAROL")
    assert last(s, "U0JO").startswith("✅ You're in Engineering")


def test_one_that_changed_meanwhile_is_left_and_said_why(s: Stage, asked: list[str]) -> None:
    form(s)
    press(s, "U0JO", "withdraw")
    said = send(s)
    assert said.startswith(f"Approved 2 of 3\n{asked[0]} is approved: ")
    assert f"\n{asked[2]} is approved: give Lena Vogt access to Engineering.\n" in said
    assert f"{asked[1]} was not approved. Jo Park withdrew {asked[1]} a moment before you." in said
    assert [state(s, id) for id in asked] == ["done", "withdrawn", "done"]
    assert "voted" not in history(s, asked[1])


def test_one_whose_change_is_another_now_is_left(s: Stage, asked: list[str]) -> None:
    form(s)
    shown = copy.deepcopy(s.acting.modal("U0CAROL"))
    old: str = shown["private_metadata"]
    revision = old.partition(f'"{asked[1]}": "')[2].partition('"')[0]
    shown["private_metadata"] = old.replace(revision, "beef")
    said = send(s, shown)
    assert f"{asked[1]} was not approved. The change is different now" in said
    assert [state(s, id) for id in asked] == ["done", "waiting", "done"]


def test_sent_twice_it_approves_once(s: Stage, asked: list[str]) -> None:
    form(s)
    shown = copy.deepcopy(s.acting.modal("U0CAROL"))
    first = send(s)
    assert send(s, shown) == first
    assert [history(s, id).count("voted") for id in asked] == [1, 1, 1]


def test_whoever_may_not_decide_approves_nothing_with_somebody_elses_form(s: Stage, asked: list[str]) -> None:
    form(s)
    shown = s.acting.modal("U0CAROL")
    assert s.acting.submit("U0DANA", view=shown).ok
    s.settle()
    assert [state(s, id) for id in asked] == ["waiting"] * 3


def test_somebody_who_is_asked_too_is_no_approver_of_the_own_request(s: Stage) -> None:
    opened(s, "U0SAM"), opened(s, "U0CAROL")
    mine = ask(s, "U0SAM", *ACCESS)
    others = [ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO")]
    assert mine not in may(s, "U0SAM", "approve")
    presses(s, "U0SAM", KIND)
    assert mine not in reads(s.acting.modal("U0SAM"))
    s.acting.submit("U0SAM")
    s.settle()
    assert [state(s, id) for id in (mine, *others)] == ["waiting", "done", "done"]


def test_a_single_one_has_no_such_button(s: Stage) -> None:
    opened(s, "U0CAROL")
    ask(s, "U0ALEX", *ACCESS)
    assert "Approve All" not in page(s, "U0CAROL")


def test_admin_rights_and_offboarding_are_never_offered_together(s: Stage) -> None:
    for name in ("alex", "jo"):
        s.miro.add_user(f"{name}@example.com", name.title(), teams=[s.teams["Engineering"]])
    opened(s, "U0CAROL")
    ask(s, *ADMIN)
    ask(s, "U0DANA", "/miro-admin", "<@U0JO> because Jo joins IT")
    ask(s, *OFFBOARD)
    assert "Waiting for you: 3" in page(s, "U0CAROL")
    assert "Approve All" not in page(s, "U0CAROL")


def test_what_is_grave_is_not_approved_by_a_form_made_by_hand(s: Stage, asked: list[str]) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    id = ask(s, *ADMIN)
    revision = s.bot.store.requests(limit=1)[0].plan.revision
    form(s)
    shown = copy.deepcopy(s.acting.modal("U0CAROL"))
    shown["private_metadata"] = f'{{"{id}": "{revision}"}}'
    assert f"{id} was not approved. Decide it on its own card." in send(s, shown)
    assert state(s, id) == "waiting"


def test_a_button_on_an_old_page_finds_nothing_left(s: Stage, asked: list[str]) -> None:
    old = copy.deepcopy(s.slack.homes["U0CAROL"])
    for id in asked:
        presses(s, "U0CAROL", "approve", id)
    presses(s, "U0CAROL", KIND, view=old)
    assert "No requests of this kind are waiting for you now." in reads(s.acting.modal("U0CAROL"))


def test_of_two_kinds_each_has_its_own_form(s: Stage, asked: list[str]) -> None:
    for user, email in (("U0ALEX", "alex@example.com"), ("U0JO", "jo@example.com")):
        s.miro.add_user(email, user, teams=[s.teams["Design"]])
        ask(s, user, "/miro-move", "from Design to Engineering because I changed jobs")
    assert "[Approve All 3: Request Access] [Approve All 2: Move to Another Team]" in page(s, "U0CAROL")
    presses(s, "U0CAROL", MOVE)
    shown = reads(s.acting.modal("U0CAROL"))
    assert "Leave Design. ⚠ Alex's boards there go to a team admin" in shown and asked[0] not in shown


def test_time_that_ran_out_meanwhile_is_said(s: Stage, asked: list[str]) -> None:
    form(s)
    wait(s, days=2, hours=23, minutes=59)
    for one in s.bot.store.people.stale(s.clock(), 99):
        s.bot.people.find(one.slack_id)
    s.clock.pass_(timedelta(minutes=2))
    said = send(s)
    assert said.startswith("Approved 0 of 3\nNothing was approved.")
    assert said.count("has expired without an answer. Nothing has changed.") == 3


def test_slack_refusing_the_form_is_said_on_the_page(s: Stage, asked: list[str]) -> None:
    s.slack.fault("views.open", status=500)
    presses(s, "U0CAROL", KIND)
    assert page(s, "U0CAROL").startswith("Slack couldn't open the form. Please try again.")
