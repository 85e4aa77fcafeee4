"""Closing a leaver's account."""

import pytest

from bot.actions.people.offboard import Offboard
from bot.miro.plan import Obstacle
from bot.sandbox.miro.organization import MEMBER
from tests.bot.actions.scene import ADA, ADDRESS, ENGINEERING, Office, World

CLOSE = Offboard(person=ADA, how="deactivate")
DELETE = Offboard(person=ADA, how="delete")


def test_it_says_whether_the_account_stays(desk: Office) -> None:
    facts = desk.desk.facts
    assert (CLOSE.phrase(facts), DELETE.phrase(facts)) == (
        "deactivate Ada Example",
        "delete the account of Ada Example",
    )
    assert (CLOSE.outcome(facts), DELETE.outcome(facts)) == (
        "The Miro account of {who} is deactivated",
        "The Miro account of {who} is deleted",
    )


def test_a_second_click_says_what_becomes_of_boards(desk: Office) -> None:
    facts = desk.desk.facts
    assert CLOSE.warning(facts) == "Ada loses access. You can reactivate the account later."
    assert DELETE.warning(facts) == "This can't be undone. Ada's boards go to a team admin."


def test_a_deactivated_account_keeps_its_teams_and_boards(desk: Office) -> None:
    desk.sandbox = World(admin=True).build()
    assert desk.bring_about(CLOSE) == ""
    ada = desk.sandbox.user(ADDRESS)
    assert ada and (ada.active, ada.role, ada.groups) == (False, MEMBER, (ENGINEERING,))
    assert desk.sandbox.boards == []


def test_every_admin_role_goes_before_the_account(desk: Office) -> None:
    desk.sandbox = World(admin=True, admin_roles=frozenset({"Content Admin", "User Admin"})).build()
    assert [step.goal.words.todo for step in desk.plan(CLOSE).steps] == [
        "Remove Company Admin",
        "Remove every admin role",
        "Deactivate the account. Ada loses access immediately",
    ]
    assert desk.bring_about(CLOSE) == ""
    ada = desk.sandbox.user(ADDRESS)
    assert ada and (ada.active, ada.role, ada.admin_roles) == (False, MEMBER, ())


@pytest.mark.parametrize("account", ["active", "inactive"])
def test_a_deleted_account_is_gone(desk: Office, account: str) -> None:
    desk.sandbox = World(account, admin=True).build()
    assert desk.bring_about(DELETE) == ""
    assert desk.sandbox.user(ADDRESS) is None


@pytest.mark.parametrize("command", [CLOSE, DELETE])
def test_the_last_company_admin_doesnt_leave(desk: Office, command: Offboard) -> None:
    desk.sandbox = World(admin=True, other_admin=False).build()
    with pytest.raises(Obstacle, match="Ada is the last Company Admin"):
        desk.bring_about(command)
    assert desk.writes == []


@pytest.mark.parametrize("command", [CLOSE, DELETE])
def test_who_isnt_there_neednt_go(desk: Office, command: Offboard) -> None:
    desk.sandbox = World("absent").build()
    assert desk.bring_about(command) == ""
    assert desk.writes == []


def test_a_team_without_another_admin_holds_a_leaver_back(desk: Office) -> None:
    desk.sandbox = World(leads=frozenset({0}), admin=True).build()
    assert desk.bring_about(CLOSE) == "Any team in organization must have at least one admin"
    ada = desk.sandbox.user(ADDRESS)
    # The rights are gone by then: a leaver who can still get in has less to break.
    assert ada and (ada.active, ada.role) == (True, MEMBER)
