"""Asking for access: an account with a name Miro takes, what HR knows, and the teams."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.people.request_access import RequestAccess
from bot.miro.accounts import Attributes, HasAccount
from bot.miro.goals import Goal
from tests.bot.actions.scene import ADA, ADDRESS, DESIGN, ENGINEERING, IT, Office, World

ASKED = RequestAccess(person=ADA, teams=(ENGINEERING, DESIGN))


def wanted(desk: Office, email: str, **fields: Any) -> HasAccount:
    """The account that would be made for somebody known by address alone."""
    command = RequestAccess(person=desk.store.people.meet(email=email).id, teams=(DESIGN,), **fields)
    return next(goal for goal in desk.goals(command) if isinstance(goal, HasAccount))


def names(goals: tuple[Goal, ...]) -> list[str]:
    return [type(goal).__name__ for goal in goals]


def test_it_says_what_is_asked_for(desk: Office) -> None:
    facts = desk.desk.facts
    assert ASKED.phrase(facts) == "give Ada Example access to Engineering and Design"
    assert ASKED.outcome(facts) == "{who} {is} in Engineering and Design in Miro"


def test_the_account_comes_first_and_the_teams_last(desk: Office) -> None:
    goals = desk.goals(ASKED)
    assert names(goals) == ["HasAccount", "Active", "Attributes", "InGroup", "InGroup"]
    assert [goal.words.todo for goal in goals[3:]] == ["Join Engineering", "Join Design"]


def test_an_operator_knows_better_than_the_policy(desk: Office) -> None:
    plain = wanted(desk, ADDRESS)
    assert dict(plain.enterprise) == {"organization": "Example Ltd"}
    more = wanted(desk, ADDRESS, organization="Other Ltd", cost_centre="CS1", employee_number="E7")
    assert dict(more.enterprise) == {"organization": "Other Ltd", "costCenter": "CS1", "employeeNumber": "E7"}


def test_without_anything_known_nothing_is_written(desk: Office) -> None:
    policy = desk.desk.policy.model_copy(update={"accounts": {}})
    desk.desk.policies._now = desk.desk.policies._now[0], policy
    goals = desk.goals(ASKED)
    assert names(goals) == ["HasAccount", "Active", "InGroup", "InGroup"]
    assert not any(isinstance(goal, Attributes) for goal in goals)


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("jo.park@example.com", ("Jo", "Park")),
        ("jo_van_park@example.com", ("Jo", "Van Park")),
        ("jo@example.com", ("Jo", "Jo")),
        ("..@example.com", ("", "")),
    ],
)
def test_a_name_that_nobody_knows_is_read_from_the_address(
    desk: Office, email: str, name: tuple[str, str]
) -> None:
    goal = wanted(desk, email)
    assert (goal.given, goal.family) == name


def test_names_are_taken_from_operators_then_slack_then_the_address(desk: Office) -> None:
    assert (wanted(desk, ADDRESS).given, wanted(desk, ADDRESS).family) == ("Ada", "Example")
    typed = wanted(desk, ADDRESS, given_name="Adah")
    assert (typed.given, typed.family) == ("Adah", "Example")


ADDRESSES = st.text(alphabet="abz07._'+-", min_size=1, max_size=64).map(lambda one: f"{one}@example.com")


def test_miro_takes_every_name_that_is_made_up(desk: Office) -> None:
    @settings(max_examples=40, deadline=None)
    @given(ADDRESSES, st.sampled_from(["", "Wilhelmina Friederike Sophie von"]))
    def for_each(email: str, known: str) -> None:
        desk.sandbox = World("absent").build()
        person = desk.store.people.meet(email=email).id
        desk.store.people.learn(person, given=known, family=known)
        command = RequestAccess(person=person, teams=(DESIGN,))
        assert desk.bring_about(command) == ""
        assert desk.left(command) == ()

    for_each()


def test_blanks_around_what_the_policy_says_are_left_out(desk: Office) -> None:
    # Miro keeps it without them, and would otherwise never seem to have it.
    accounts = {"default": {"department": " IT ", "cost_centre": "  "}}
    policy = desk.desk.policy.model_validate({**desk.desk.policy.model_dump(), "accounts": accounts})
    desk.desk.policies._now = desk.desk.policies._now[0], policy
    desk.sandbox = World().build()
    assert desk.bring_about(ASKED) == ""
    assert desk.left(ASKED) == ()


def test_what_is_taken_back_is_what_was_given(desk: Office) -> None:
    facts, both = desk.desk.facts, [f"join {id} x" for id in ASKED.teams]
    assert ASKED.back(both, facts) == "the teams are removed. The account stays"
    assert ASKED.back(both[1:], facts) == "Design is removed. The account stays"
    third = ASKED.model_copy(update={"teams": (*ASKED.teams, IT)})
    assert third.back(both, facts) == "2 of the teams are removed. The account stays"


def test_who_is_in_one_team_joins_the_other(desk: Office) -> None:
    desk.sandbox = World(teams=frozenset({0})).build()
    assert desk.bring_about(ASKED) == ""
    assert [call.path.partition("?")[0] for call in desk.writes][1:] == [f"/Groups/{DESIGN}"]
