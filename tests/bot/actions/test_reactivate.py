"""Opening a deactivated account again."""

import pytest

from bot.actions.people.offboard import Offboard
from bot.actions.people.reactivate import Reactivate
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, ADDRESS, Office, World

OPEN = Reactivate(person=ADA)


def test_it_says_who_comes_back(desk: Office) -> None:
    facts = desk.desk.facts
    assert OPEN.phrase(facts) == "reactivate Ada Example"
    assert OPEN.outcome(facts) == "{who} {is} active in Miro again"


def test_it_undoes_an_offboarding(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({0, 2})).build()
    before = desk.sandbox.snapshot()
    assert desk.bring_about(Offboard(person=ADA, how="deactivate")) == ""
    assert desk.sandbox.snapshot() != before
    assert desk.bring_about(OPEN) == ""
    assert desk.sandbox.snapshot() == before


def test_a_deleted_account_has_to_be_asked_for(desk: Office) -> None:
    desk.sandbox = World().build()
    assert desk.bring_about(Offboard(person=ADA, how="delete")) == ""
    with pytest.raises(Obstacle, match="For a new account, ask with /miro-access"):
        desk.bring_about(OPEN)


def test_without_a_license_nobody_comes_back(desk: Office) -> None:
    desk.sandbox = World("inactive", seats_left=False).build()
    assert desk.bring_about(OPEN) == "Full users limit reached for organization"
    ada = desk.sandbox.user(ADDRESS)
    assert ada and not ada.active
