"""Opening a deactivated account again."""

import pytest

from bot.actions.people.offboard import Offboard
from bot.actions.people.reactivate import Reactivate
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, ADDRESS, Office, World

OPEN = Reactivate(person=ADA)


def test_it_says_who_comes_back(context: Office) -> None:
    facts = context.context.facts
    assert OPEN.phrase(facts) == "reactivate Ada Example"
    assert OPEN.outcome(facts) == "{who} {is} active in Miro again"


def test_it_undoes_an_offboarding(context: Office) -> None:
    context.sandbox = World(teams=frozenset({0, 2})).build()
    before = context.sandbox.snapshot()
    assert context.bring_about(Offboard(person=ADA, how="deactivate")) == ""
    assert context.sandbox.snapshot() != before
    assert context.bring_about(OPEN) == ""
    assert context.sandbox.snapshot() == before


def test_a_deleted_account_has_to_be_asked_for(context: Office) -> None:
    context.sandbox = World().build()
    assert context.bring_about(Offboard(person=ADA, how="delete")) == ""
    with pytest.raises(Obstacle, match="For a new account, ask with /miro-access"):
        context.bring_about(OPEN)


def test_without_a_license_nobody_comes_back(context: Office) -> None:
    context.sandbox = World("inactive", seats_left=False).build()
    assert context.bring_about(OPEN) == "Full users limit reached for organization"
    ada = context.sandbox.user(ADDRESS)
    assert ada and not ada.active
