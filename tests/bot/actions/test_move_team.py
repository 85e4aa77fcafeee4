"""Moving from one team to another."""

import pytest
from pydantic import ValidationError

from bot.actions.people.move_team import MoveTeam
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, DESIGN, ENGINEERING, Office, World

MOVE = MoveTeam(person=ADA, from_team=ENGINEERING, to_team=DESIGN)


def test_it_says_where_from_and_where_to(desk: Office) -> None:
    facts = desk.desk.facts
    assert MOVE.phrase(facts) == "move Ada Example from Engineering to Design"
    assert MOVE.outcome(facts) == "{who} {is} in Design in Miro, and no longer in Engineering"


def test_a_move_to_the_same_team_is_no_move() -> None:
    with pytest.raises(ValidationError, match="to_team: Choose a different team from the one to leave"):
        MoveTeam(person=ADA, from_team=DESIGN, to_team=DESIGN)


def test_nobody_is_moved_without_an_account(desk: Office) -> None:
    desk.sandbox = World("absent").build()
    with pytest.raises(Obstacle, match="No Miro account found for ada@"):
        desk.bring_about(MOVE)


def test_somebody_who_never_signed_in_survives_the_move(desk: Office) -> None:
    desk.sandbox = World(registered=False, teams=frozenset({0})).build()
    assert desk.bring_about(MOVE) == ""
    ada = desk.sandbox.user("ada@example.com")
    assert ada and ada.groups == (DESIGN,)


def test_who_isnt_in_the_old_team_just_joins(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({2})).build()
    assert desk.bring_about(MOVE) == ""
    assert len(desk.writes) == 1


def test_in_user_groups_no_boards_pass(desk: Office) -> None:
    desk.desk.boards_pass = False
    *_, leave = desk.goals(MOVE)
    desk.sandbox = World(teams_are_groups=False).build()
    assert desk.bring_about(MOVE) == ""
    assert desk.sandbox.boards == []
    assert "boards_pass=False" in repr(leave)
