"""Giving admin rights, with the team that goes with them."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from bot.actions.people.make_admin import MakeAdmin
from bot.actions.people.remove_admin import CHOICES
from bot.miro.plan import Obstacle
from bot.sandbox.miro.organization import ADMIN, MEMBER
from tests.bot.actions.scene import ADA, ADDRESS, ENGINEERING, IT, Office, World

PLAIN = MakeAdmin(person=ADA, rights="Company Admin")
WHOLE = MakeAdmin(person=ADA, rights="Company Admin", to_team=IT, from_team=ENGINEERING)


def test_it_says_which_rights(context: Office) -> None:
    facts = context.context.facts
    assert PLAIN.phrase(facts) == "make Ada Example a Company Admin"
    content = MakeAdmin(person=ADA, rights="Content Admin")
    assert content.outcome(facts) == "{who} {is} a Content Admin of Miro"


@pytest.mark.parametrize(
    ("rights", "reach"),
    [
        ("Company Admin", "Ada will be able to manage every person and team."),
        ("Content Admin", "Ada will be able to manage boards of others."),
        ("User Admin", "Ada will be able to do what a User Admin can."),
    ],
)
def test_a_second_click_says_what_the_rights_allow(context: Office, rights: str, reach: str) -> None:
    command = MakeAdmin.model_validate({"person": ADA, "rights": rights})
    assert command.warning(context.context.facts) == reach


def test_what_is_undone_are_the_rights_and_not_the_change_of_team(context: Office) -> None:
    facts = replace(context.context.facts, can_be_asked=lambda name, _="": name == "remove-admin")
    assert PLAIN.undo(facts) == "To undo: /miro remove-admin."
    assert WHOLE.undo(facts) == "To undo the rights: /miro remove-admin."


def test_the_article_asks_for_all_of_it_at_once(context: Office) -> None:
    assert [goal.words.todo for goal in context.goals(WHOLE)[2:]] == [
        "Join IT Administration",
        "Leave Engineering",
        "Become Company Admin: can manage every person and team",
    ]


@pytest.mark.parametrize("rights", [value for value, _ in CHOICES])
def test_all_rights_can_be_given(context: Office, rights: str) -> None:
    context.sandbox = World().build()
    assert context.bring_about(MakeAdmin.model_validate({"person": ADA, "rights": rights})) == ""
    ada = context.sandbox.user(ADDRESS)
    expected = (ADMIN, ()) if rights == "Company Admin" else (MEMBER, (rights,))
    assert ada and (ada.role, ada.admin_roles) == expected


def test_rights_wait_until_a_team_can_be_left(context: Office) -> None:
    # Nobody but Ada is admin of Engineering, which SCIM doesn't show.
    context.sandbox = World(leads=frozenset({0})).build()
    assert context.bring_about(WHOLE) == "Any team in organization must have at least one admin"
    ada = context.sandbox.user(ADDRESS)
    assert ada and (ada.role, set(ada.groups)) == (MEMBER, {IT, ENGINEERING})


@pytest.mark.parametrize("registered", [True, False])
def test_nobody_leaves_the_only_team_for_rights(context: Office, registered: bool) -> None:
    # Somebody who never signed in would be removed from the organization.
    context.sandbox = World(teams=frozenset({0}), registered=registered).build()
    with pytest.raises(Obstacle, match="Ada would be left without a team"):
        context.bring_about(MakeAdmin(person=ADA, rights="Company Admin", from_team=ENGINEERING))
    assert context.writes == []


def test_the_team_to_leave_is_not_the_new_one() -> None:
    with pytest.raises(ValidationError, match="from_team: Choose a different team"):
        MakeAdmin(person=ADA, rights="Company Admin", to_team=IT, from_team=IT)
    assert MakeAdmin(person=ADA, rights="Company Admin", to_team=IT).from_team is None


def test_what_is_taken_back_says_that_teams_stay(context: Office) -> None:
    given, facts = ["role ADMIN"], context.context.facts
    assert PLAIN.back(given, facts) == "the rights are removed"
    assert WHOLE.back(given, facts) == "the rights are removed. Teams stay"
    assert WHOLE.back([], facts) == ""
