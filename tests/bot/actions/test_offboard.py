"""Closing a leaver's account."""

import pytest

from bot.actions.people.offboard import Offboard
from bot.miro.plan import Obstacle
from bot.sandbox.miro.organization import MEMBER
from tests.bot.actions.scene import ADA, ADDRESS, ENGINEERING, Office, World

CLOSE = Offboard(person=ADA, how="deactivate")
DELETE = Offboard(person=ADA, how="delete")


def test_it_says_whether_the_account_stays(context: Office) -> None:
    facts = context.context.facts
    assert (CLOSE.phrase(facts), DELETE.phrase(facts)) == (
        "deactivate Ada Example",
        "delete the account of Ada Example",
    )
    assert (CLOSE.outcome(facts), DELETE.outcome(facts)) == (
        "The Miro account of {who} is deactivated",
        "The Miro account of {who} is deleted",
    )


def test_a_second_click_says_what_becomes_of_boards(context: Office) -> None:
    facts = context.context.facts
    assert CLOSE.warning(facts) == "Ada loses access. You can reactivate the account later."
    assert DELETE.warning(facts) == "This can't be undone. Ada's boards go to a team admin."


def test_a_deactivated_account_keeps_its_teams_and_boards(context: Office) -> None:
    context.sandbox = World(admin=True).build()
    assert context.bring_about(CLOSE) == ""
    ada = context.sandbox.user(ADDRESS)
    assert ada and (ada.active, ada.role, ada.groups) == (False, MEMBER, (ENGINEERING,))
    assert context.sandbox.boards == []


def test_every_admin_role_goes_before_the_account(context: Office) -> None:
    context.sandbox = World(admin=True, admin_roles=frozenset({"Content Admin", "User Admin"})).build()
    assert [step.goal.words.todo for step in context.plan(CLOSE).steps] == [
        "Remove Company Admin",
        "Remove every admin role",
        "Deactivate the account. Ada loses access immediately",
    ]
    assert context.bring_about(CLOSE) == ""
    ada = context.sandbox.user(ADDRESS)
    assert ada and (ada.active, ada.role, ada.admin_roles) == (False, MEMBER, ())


@pytest.mark.parametrize("account", ["active", "inactive"])
def test_a_deleted_account_is_gone(context: Office, account: str) -> None:
    context.sandbox = World(account, admin=True).build()
    assert context.bring_about(DELETE) == ""
    assert context.sandbox.user(ADDRESS) is None


@pytest.mark.parametrize("command", [CLOSE, DELETE])
def test_the_last_company_admin_doesnt_leave(context: Office, command: Offboard) -> None:
    context.sandbox = World(admin=True, other_admin=False).build()
    with pytest.raises(Obstacle, match="Ada is the last Company Admin"):
        context.bring_about(command)
    assert context.writes == []


@pytest.mark.parametrize("command", [CLOSE, DELETE])
def test_who_isnt_there_neednt_go(context: Office, command: Offboard) -> None:
    context.sandbox = World("absent").build()
    assert context.bring_about(command) == ""
    assert context.writes == []


def test_a_team_without_another_admin_holds_a_leaver_back(context: Office) -> None:
    context.sandbox = World(leads=frozenset({0}), admin=True).build()
    assert context.bring_about(CLOSE) == "Any team in organization must have at least one admin"
    ada = context.sandbox.user(ADDRESS)
    # The rights are gone by then: a leaver who can still get in has less to break.
    assert ada and (ada.active, ada.role) == (True, MEMBER)
