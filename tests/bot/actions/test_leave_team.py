"""Leaving several teams with one request."""

import pytest

from bot.actions.people.leave_team import LeaveTeam
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ADA, ADDRESS, DESIGN, ENGINEERING, IT, Office, World

LEAVE = LeaveTeam(person=ADA, teams=(ENGINEERING, DESIGN))


def test_each_team_is_left_by_a_call_of_its_own(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({0, 1, 2})).build()
    assert LEAVE.phrase(desk.desk.facts) == "remove Ada Example from Engineering and Design"
    assert desk.bring_about(LEAVE) == ""
    ada = desk.sandbox.user(ADDRESS)
    assert ada and ada.groups == (IT,)
    assert len(desk.writes) == 2


def test_all_teams_of_somebody_are_refused_before_any_is_left(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({0, 1}), registered=False).build()
    with pytest.raises(Obstacle, match="Keep one team"):
        desk.bring_about(LEAVE)
    assert desk.writes == []


def test_a_team_that_was_left_meanwhile_is_left_alone(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({1, 2})).build()
    assert desk.bring_about(LEAVE) == ""
    assert len(desk.writes) == 1


def test_where_another_team_was_lost_meanwhile_the_last_one_stays(desk: Office) -> None:
    # As after a crash between the two calls, while somebody else took Ada out of IT Administration.
    desk.sandbox = World(teams=frozenset({0, 1, 2}), registered=False).build()
    desk.take_one_step(LEAVE)
    desk.sandbox.leave(ADDRESS, IT)
    with pytest.raises(Obstacle, match="Ada would be left without a team"):
        desk.bring_about(LEAVE)
    ada = desk.sandbox.user(ADDRESS)
    assert ada and ada.groups == (DESIGN,)
