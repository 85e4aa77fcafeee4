"""By what a request is found, in each state of its life."""

import pytest

from approvals.folding import apply, fold
from approvals.ids import PersonId
from approvals.record.index import ABOUT, ASKED, BY, STUCK, keys, person_in, team
from approvals.request import Draft, Request
from approvals.states import OPEN, EventType, State
from tests.approvals.scene import START, draft, events_of, planned
from tests.approvals.scene import asked as asks

ADA, BO, CY, EVE = (PersonId(f"P-{n}") for n in (1, 2, 3, 5))
CASE = '{"teams": [["Engineering", "g_ENG", "7"]]}'
BEGUN = asks(ADA, subject=EVE)
BEGUN = Draft(BEGUN.type, ADA, BEGUN.body, {**BEGUN.words, "case": CASE})
PLANNED = planned(START, approvers=["P-2", "P-3"])
OWN = {BY + ADA}
TOLD = {BY + ADA, ABOUT + EVE, team("Engineering"), team("g_eng"), team("7")}


def after(*whats: EventType | Draft) -> Request:
    drafts = [one if isinstance(one, Draft) else draft(one, START) for one in (BEGUN, *whats)]
    return fold(events_of(drafts))


def test_until_the_worker_has_looked_only_the_asker_finds_it() -> None:
    assert keys(after()) == OWN


def test_what_waits_is_found_by_everybody_who_is_asked() -> None:
    assert keys(after(PLANNED)) == TOLD | {ASKED + BO, ASKED + CY}


def test_whoever_voted_isnt_asked_any_more() -> None:
    assert keys(after(PLANNED, draft(EventType.VOTED, START, BO))) == TOLD | {ASKED + CY}


def test_a_vote_for_somebody_who_is_away_answers_for_both() -> None:
    vote = Draft(EventType.VOTED, BO, {"revision": "r1", "stands_for": "P-3"})
    assert keys(after(PLANNED, vote)) == TOLD


def test_others_who_are_asked_find_it_instead() -> None:
    body = {"approvers": ["P-5"], "told": [], "agree": 1, "step": 1, "steps": 2, "level": 0}
    voted = draft(EventType.VOTED, START, BO)
    assert keys(after(PLANNED, voted, Draft(EventType.ROUTED, body=body))) == TOLD | {ASKED + EVE}


def test_a_new_plan_asks_those_who_voted_again() -> None:
    whole = after(PLANNED, draft(EventType.VOTED, START, BO), EventType.APPROVED, PLANNED)
    assert keys(whole) == TOLD | {ASKED + BO, ASKED + CY}


def test_what_nobody_can_decide_is_found_as_such() -> None:
    assert keys(after(planned(START, stuck=True))) == TOLD | {STUCK}


@pytest.mark.parametrize(
    "whats",
    [[EventType.APPROVED], [EventType.APPROVED, EventType.TRYING], [EventType.APPROVED, EventType.STOPPED]],
)
def test_what_is_decided_waits_for_nobody(whats: list[EventType]) -> None:
    assert keys(after(PLANNED, *whats)) == TOLD


@pytest.mark.parametrize("what", [EventType.DENIED, EventType.WITHDRAWN, EventType.EXPIRED])
def test_what_has_ended_is_found_by_nothing(what: EventType) -> None:
    request = after(PLANNED, what)
    assert request.state not in OPEN
    assert keys(request) == frozenset()


def test_what_a_newer_program_moved_on_is_left_to_it() -> None:
    request = after(PLANNED)
    [strange] = events_of([Draft("blessed")])
    assert request.state is State.WAITING
    assert keys(apply(request, strange)) == frozenset()


@pytest.mark.parametrize(
    ("key", "person"), [(ASKED + BO, BO), (ABOUT + EVE, EVE), (BY + ADA, ADA), (STUCK, None)]
)
def test_a_key_tells_whom_it_names(key: str, person: PersonId | None) -> None:
    assert person_in(key) == person
    assert person_in(team("P-1")) is None
