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


def wanted(context: Office, email: str, **fields: Any) -> HasAccount:
    """The account that would be made for somebody known by address alone."""
    command = RequestAccess(person=context.store.people.meet(email=email).id, teams=(DESIGN,), **fields)
    return next(goal for goal in context.goals(command) if isinstance(goal, HasAccount))


def names(goals: tuple[Goal, ...]) -> list[str]:
    return [type(goal).__name__ for goal in goals]


def test_it_says_what_is_asked_for(context: Office) -> None:
    facts = context.context.facts
    assert ASKED.phrase(facts) == "give Ada Example access to Engineering and Design"
    assert ASKED.outcome(facts) == "{who} {is} in Engineering and Design in Miro"


def test_the_account_comes_first_and_the_teams_last(context: Office) -> None:
    goals = context.goals(ASKED)
    assert names(goals) == ["HasAccount", "Active", "Attributes", "InGroup", "InGroup"]
    assert [goal.words.todo for goal in goals[3:]] == ["Join Engineering", "Join Design"]


def test_an_operator_knows_better_than_the_policy(context: Office) -> None:
    plain = wanted(context, ADDRESS)
    assert dict(plain.enterprise) == {"organization": "Example Ltd"}
    more = wanted(context, ADDRESS, organization="Other Ltd", cost_centre="CS1", employee_number="E7")
    assert dict(more.enterprise) == {"organization": "Other Ltd", "costCenter": "CS1", "employeeNumber": "E7"}


def test_without_anything_known_nothing_is_written(context: Office) -> None:
    policy = context.context.policy.model_copy(update={"accounts": {}})
    context.context.policies._now = context.context.policies._now[0], policy
    goals = context.goals(ASKED)
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
    context: Office, email: str, name: tuple[str, str]
) -> None:
    goal = wanted(context, email)
    assert (goal.given, goal.family) == name


def test_names_are_taken_from_operators_then_slack_then_the_address(context: Office) -> None:
    assert (wanted(context, ADDRESS).given, wanted(context, ADDRESS).family) == ("Ada", "Example")
    typed = wanted(context, ADDRESS, given_name="Adah")
    assert (typed.given, typed.family) == ("Adah", "Example")


ADDRESSES = st.text(alphabet="abz07._'+-", min_size=1, max_size=64).map(lambda one: f"{one}@example.com")


@pytest.mark.thorough
def test_miro_takes_every_name_that_is_made_up(context: Office) -> None:
    @settings(max_examples=40, deadline=None)
    @given(ADDRESSES, st.sampled_from(["", "Wilhelmina Friederike Sophie von"]))
    def for_each(email: str, known: str) -> None:
        context.sandbox = World("absent").build()
        person = context.store.people.meet(email=email).id
        context.store.people.learn(person, given=known, family=known)
        command = RequestAccess(person=person, teams=(DESIGN,))
        assert context.bring_about(command) == ""
        assert context.left(command) == ()

    for_each()


def test_blanks_around_what_the_policy_says_are_left_out(context: Office) -> None:
    # Miro keeps it without them, and would otherwise never seem to have it.
    accounts = {"default": {"department": " IT ", "cost_centre": "  "}}
    policy = context.context.policy.model_validate(
        {**context.context.policy.model_dump(), "accounts": accounts}
    )
    context.context.policies._now = context.context.policies._now[0], policy
    context.sandbox = World().build()
    assert context.bring_about(ASKED) == ""
    assert context.left(ASKED) == ()


def test_what_is_taken_back_is_what_was_given(context: Office) -> None:
    facts, both = context.context.facts, [f"join {id} x" for id in ASKED.teams]
    assert ASKED.back(both, facts) == "the teams are removed. The account stays"
    assert ASKED.back(both[1:], facts) == "Design is removed. The account stays"
    third = ASKED.model_copy(update={"teams": (*ASKED.teams, IT)})
    assert third.back(both, facts) == "2 of the teams are removed. The account stays"


def test_who_is_in_one_team_joins_the_other(context: Office) -> None:
    context.sandbox = World(teams=frozenset({0})).build()
    assert context.bring_about(ASKED) == ""
    assert [call.path.partition("?")[0] for call in context.writes][1:] == [f"/Groups/{DESIGN}"]
