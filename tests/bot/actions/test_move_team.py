"""Moving from one team to another."""

import pytest
from pydantic import ValidationError

from bot.actions.people.move_team import MoveTeam
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, DESIGN, ENGINEERING, Office, World

MOVE = MoveTeam(person=ADA, from_team=ENGINEERING, to_team=DESIGN)


def test_it_says_where_from_and_where_to(context: Office) -> None:
    facts = context.context.facts
    assert MOVE.phrase(facts) == "move Ada Example from Engineering to Design"
    assert MOVE.outcome(facts) == "{who} {is} in Design in Miro, and no longer in Engineering"


def test_a_move_to_the_same_team_is_no_move() -> None:
    with pytest.raises(ValidationError, match="to_team: Choose a different team from the one to leave"):
        MoveTeam(person=ADA, from_team=DESIGN, to_team=DESIGN)


def test_nobody_is_moved_without_an_account(context: Office) -> None:
    context.sandbox = World("absent").build()
    with pytest.raises(Obstacle, match="No Miro account found for ada@"):
        context.bring_about(MOVE)


def test_somebody_who_never_signed_in_survives_the_move(context: Office) -> None:
    context.sandbox = World(registered=False, teams=frozenset({0})).build()
    assert context.bring_about(MOVE) == ""
    ada = context.sandbox.user("ada@example.com")
    assert ada and ada.groups == (DESIGN,)


def test_who_isnt_in_the_old_team_just_joins(context: Office) -> None:
    context.sandbox = World(teams=frozenset({2})).build()
    assert context.bring_about(MOVE) == ""
    assert len(context.writes) == 1


def test_in_user_groups_no_boards_pass(context: Office) -> None:
    context.context.boards_pass = False
    *_, leave = context.goals(MOVE)
    context.sandbox = World(teams_are_groups=False).build()
    assert context.bring_about(MOVE) == ""
    assert context.sandbox.boards == []
    assert "boards_pass=False" in repr(leave)
