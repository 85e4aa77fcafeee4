"""Taking admin rights away."""

import pytest

from bot.actions.people.remove_admin import RemoveAdmin
from bot.miro.plan import Obstacle
from bot.sandbox.miro.organization import ADMIN, MEMBER
from tests.bot.actions.scene import ADA, ADDRESS, Office, World

DEMOTE = RemoveAdmin(person=ADA, rights="Company Admin")
ROLE = RemoveAdmin(person=ADA, rights="Content Admin")


def test_it_says_which_rights_go(context: Office) -> None:
    facts = context.context.facts
    assert DEMOTE.phrase(facts) == "remove Company Admin from Ada Example"
    assert ROLE.outcome(facts) == "{who} {is} no longer a Content Admin of Miro"
    assert DEMOTE.warning(facts) == "Ada loses these rights immediately and stays a member."


def test_the_last_company_admin_stays_admin(context: Office) -> None:
    context.sandbox = World(admin=True, other_admin=False).build()
    with pytest.raises(Obstacle, match="Ada is the last Company Admin"):
        context.bring_about(DEMOTE)
    assert context.writes == []


def test_one_of_two_company_admins_becomes_a_member(context: Office) -> None:
    context.sandbox = World(admin=True, admin_roles=frozenset({"Content Admin"})).build()
    assert context.bring_about(DEMOTE) == ""
    ada = context.sandbox.user(ADDRESS)
    assert ada and (ada.role, ada.admin_roles) == (MEMBER, ("Content Admin",))


def test_one_admin_role_goes_and_the_rest_stays(context: Office) -> None:
    roles = frozenset({"Content Admin", "User Admin"})
    context.sandbox = World(admin=True, admin_roles=roles).build()
    assert context.bring_about(ROLE) == ""
    ada = context.sandbox.user(ADDRESS)
    assert ada and (ada.role, ada.admin_roles) == (ADMIN, ("User Admin",))


def test_admins_are_counted_only_where_one_would_go(context: Office) -> None:
    for world, command, counted in (
        (World(admin=True), DEMOTE, True),
        (World(admin=False), DEMOTE, False),
        (World(admin=True, admin_roles=frozenset({"Content Admin"})), ROLE, False),
    ):
        context.sandbox = world.build()
        assert context.bring_about(command) == ""
        assert any("active eq true" in call.path for call in context.sandbox.log) is counted


def test_somebody_deactivated_keeps_the_rights(context: Office) -> None:
    context.sandbox = World("inactive", admin=True).build()
    with pytest.raises(Obstacle, match="Reactivate it first"):
        context.bring_about(DEMOTE)
