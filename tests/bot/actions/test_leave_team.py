"""Leaving several teams with one request."""

import pytest

from bot.actions.people.leave_team import LeaveTeam
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, ADDRESS, DESIGN, ENGINEERING, IT, Office, World

LEAVE = LeaveTeam(person=ADA, teams=(ENGINEERING, DESIGN))


def test_each_team_is_left_by_a_call_of_its_own(context: Office) -> None:
    context.sandbox = World(teams=frozenset({0, 1, 2})).build()
    assert LEAVE.phrase(context.context.facts) == "remove Ada Example from Engineering and Design"
    assert context.bring_about(LEAVE) == ""
    ada = context.sandbox.user(ADDRESS)
    assert ada and ada.groups == (IT,)
    assert len(context.writes) == 2


def test_all_teams_of_somebody_are_refused_before_any_is_left(context: Office) -> None:
    context.sandbox = World(teams=frozenset({0, 1}), registered=False).build()
    with pytest.raises(Obstacle, match="Keep one team"):
        context.bring_about(LEAVE)
    assert context.writes == []


def test_a_team_that_was_left_meanwhile_is_left_alone(context: Office) -> None:
    context.sandbox = World(teams=frozenset({1, 2})).build()
    assert context.bring_about(LEAVE) == ""
    assert len(context.writes) == 1


def test_where_another_team_was_lost_meanwhile_the_last_one_stays(context: Office) -> None:
    # As after a crash between the two calls, while somebody else took Ada out of IT Administration.
    context.sandbox = World(teams=frozenset({0, 1, 2}), registered=False).build()
    context.take_one_step(LEAVE)
    context.sandbox.leave(ADDRESS, IT)
    with pytest.raises(Obstacle, match="Ada would be left without a team"):
        context.bring_about(LEAVE)
    ada = context.sandbox.user(ADDRESS)
    assert ada and ada.groups == (DESIGN,)
