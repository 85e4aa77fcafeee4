"""Walks the table of states and event types: whoever adds one, or forgets one somewhere, reads where."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.decide import too_late
from approvals.decide.deadlines import due
from approvals.folding import apply, fold
from approvals.ids import BOT, PersonId, RequestId, stamp
from approvals.record import schema
from approvals.record.index import STUCK, keys
from approvals.record.store import Store
from approvals.request import FORMATS, Draft, Event, Request, is_active
from approvals.states import ACTIVE, MOVES, OPEN, EventType, State, move
from tests.altered import altered, differences
from tests.approvals.queued import behind
from tests.approvals.scene import START, asked, draft, events_of, met, planned
from tests.approvals.ways import EDGES, ENDINGS, life, way_to

ADA, BO = PersonId("P-1"), PersonId("P-2")
LATER, FAR = START + timedelta(days=2), START + timedelta(days=9)
SECOND = timedelta(seconds=1)
ENDED = sorted(set(State) - OPEN)

TRACES: dict[EventType, str] = {
    EventType.SCHEDULED: "starts_at",
    EventType.STARTED: "has_started",
    EventType.HELD: "holds",
    EventType.PLANNED: "round",
    EventType.RULED: "expires_at",
    EventType.ROUTED: "asks",
    EventType.REMINDED: "reminders",
    EventType.QUESTIONED: "questions",
    EventType.REPLIED: "questions",
    EventType.VOTED: "votes",
    EventType.APPROVED: "approved_at",
    EventType.TRYING: "tried",
    EventType.ANSWERED: "accepted",
    EventType.UNSEEN: "looks",
    EventType.ENDING: "notice_at",
    EventType.OVER: "ends_at",
    EventType.RESUMED: "tried",
    EventType.HANDED: "times",
    EventType.REPORTED: "is_reported",
    EventType.UNREACHED: "unreached",
    **dict.fromkeys(ENDINGS, "outcomes"),
}
"""Where each event type leaves its mark on a request."""

OLDER: dict[tuple[EventType, int], Mapping[str, Any]] = {
    **{(what, n): draft(what, START).body for what in EventType for n in (1, 2)},
    (EventType.PLANNED, 1): {
        "approvers": [["P-2", "you own Miro"]], "agree": 1, "revision": "r1", "lanes": [], "policy": "",
        "expires_at": stamp(LATER),
    },
}  # fmt: skip
"""What an event of an older format had in it."""


def done(**times: datetime) -> Draft:
    """What was given for some days was brought about."""
    return Draft(
        EventType.DONE, BOT, {name: stamp(at) for name, at in times.items()}, {"text": "as it was said"}
    )


BY_TIME: dict[EventType, tuple[State, list[Draft]]] = {
    EventType.EXPIRED: (State.CHECKING, [planned(LATER)]),
    EventType.REMINDED: (State.CHECKING, [planned(FAR, remind_at=stamp(LATER))]),
    EventType.ROUTED: (State.CHECKING, [planned(FAR, escalate_at=[stamp(LATER)])]),
    EventType.STARTED: (State.APPROVED, [draft(EventType.SCHEDULED, START, start_at=stamp(LATER))]),
    EventType.ENDING: (State.APPROVED, [done(ends_at=FAR, notice_at=LATER)]),
    EventType.OVER: (State.APPROVED, [done(ends_at=LATER, notice_at=START), draft(EventType.ENDING, START)]),
}
"""Event types that time brings about: in which state and after which events each of them is due at LATER."""


def reached(state: State) -> Request:
    """A request in a state."""
    return fold(events_of(life(state, START)))


def then(request: Request, *drafts: Draft) -> Request:
    """The request after more events."""
    for one in drafts:
        whole = events_of([one])[0]
        request = apply(request, replace(whole, version=request.version + 1))
    return request


def ready(what: EventType, state: State) -> Request:
    """A request in a state in which this event has something to change."""
    request = reached(state)
    if what is EventType.REPLIED:
        return then(request, draft(EventType.QUESTIONED, START))
    if what in (EventType.ENDING, EventType.OVER):
        return altered(request, ends_at=FAR, notice_at=LATER)
    return altered(request, tried=("become Company Admin",)) if what is EventType.RESUMED else request


# -- folding -----------------------------------------------------------------------------------------------


def test_every_event_type_is_said_to_leave_a_mark() -> None:
    assert set(TRACES) == set(EventType) - {EventType.ASKED}


@pytest.mark.parametrize(("what", "before", "after"), EDGES)
def test_every_event_is_folded_in_every_state(what: EventType, before: State, after: State) -> None:
    request = ready(what, before)
    now = then(request, draft(what, START))
    assert now.state is after
    assert TRACES[what] in differences(request, now)
    assert (now.progress.outcomes > request.progress.outcomes) == (what in ENDINGS)


@pytest.mark.parametrize("state", State)
def test_what_ended_or_stopped_says_how(state: State) -> None:
    assert (reached(state).outcome is not None) == (state in ENDED or state is State.STOPPED)


@pytest.mark.parametrize("state", State)
def test_the_worker_has_the_next_step_in_every_active_state(state: State) -> None:
    request = reached(state)
    assert is_active(request) == (state in ACTIVE)
    assert state not in ACTIVE or request.next_due is not None


# -- formats -----------------------------------------------------------------------------------------------


def test_every_event_type_has_a_format() -> None:
    assert set(FORMATS) == set(EventType)
    assert all(event.known for event in events_of([draft(what, START) for what in EventType]))


def test_every_older_format_has_an_example() -> None:
    assert set(OLDER) == {(what, n) for what in EventType for n in range(1, FORMATS.get(what, 1))}


@pytest.mark.parametrize(("what", "format"), sorted(OLDER))
def test_every_older_format_is_lifted(what: EventType, format: int) -> None:
    before = next((before for one, before, _ in EDGES if one is what), None)
    event = Event(9, RequestId("R-1"), 9, what, format, START, BOT, OLDER[what, format], {"details": "{}"})
    request = apply(reached(before) if before else None, event)
    assert request.state is move(before, what)
    assert not request.untouchable


# -- time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(BY_TIME))
def test_time_brings_it_about_in_one_state_alone(what: EventType) -> None:
    before, events = BY_TIME[what]
    request = then(altered(reached(before), expires_at=None), *events)
    assert request.next_due == LATER
    assert due(request, LATER - SECOND) is None
    for state in State:
        assert due(replace(request, state=state), LATER) is (what if state is request.state else None)
    assert request.state in MOVES[what]


# -- the index ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_a_request_is_filed_as_long_as_it_is_open(state: State) -> None:
    request = altered(reached(state), awaited=(BO,), is_stuck=True)
    found = keys(request)
    assert bool(found) == (state in OPEN)
    assert ({STUCK, f"asked:{BO}"} <= found) == (state is State.WAITING)
    assert keys(replace(request, untouchable=True)) == frozenset()


def test_statements_of_the_tables_name_the_states_of_the_table() -> None:
    """They stand in records that exist, so they can't be made from it."""
    lists = re.compile(r"state (NOT )?IN \(([^)]*)\)")
    found = [
        (bool(negated), set(re.findall(r"'([^']*)'", names)))
        for sql in schema.statements()
        for negated, names in lists.findall(sql)
    ]
    assert found
    for negated, names in found:
        assert names == set(OPEN - {State.STOPPED} if negated else OPEN)


# -- the store ---------------------------------------------------------------------------------------------


@pytest.fixture
def twin(store: Store) -> Request:
    """A request about P-2 that waits; its number is that which `joined` names."""
    met(store)
    return store.append(store.ask(asked(BO, subject=BO)), [planned(FAR, approvers=[ADA])])


def stored(store: Store, state: State) -> Request:
    """A request of Ada's in a state, for which Bo is to decide."""
    first, *rest = life(state, START, subject="P-3", lanes=["person:P-3"])
    rest = [
        planned(LATER, approvers=[BO], told=[BO]) if one.type == EventType.PLANNED else one for one in rest
    ]
    return store.append(store.ask(replace(first, by=ADA)), rest)


@pytest.mark.parametrize("state", State)
def test_every_state_is_found_where_it_belongs(store: Store, twin: Request, state: State) -> None:
    request = stored(store, state)
    mine, bos = store.finding.seen_by(ADA, ()), store.finding.seen_by(BO, ())
    like = store.ask(asked(PersonId("P-4"), subject="P-3"))
    found = {
        "mine": request in mine.mine(9).requests,
        "ended": request in mine.ended(9),
        "waiting": request in bos.waiting(9),
        "stopped": request in mine.stopped(9).requests,
        "in trouble": request.id in dict(store.finding.in_trouble()),
        "twins": request in store.twins(like),
        "followers": request.id in store.followers(twin.id),
        "done": request in store.done("make-admin", PersonId("P-3")),
    }
    assert {place for place, is_there in found.items() if is_there} == {
        *(["mine", "twins"] if state in OPEN else ["ended"]),
        *(["waiting"] if state is State.WAITING else []),
        *(["stopped", "in trouble"] if state is State.STOPPED else []),
        *(["followers"] if state is State.JOINED else []),
        *(["done"] if state is State.DONE else []),
    }


@pytest.mark.parametrize("state", State)
def test_a_worker_claims_every_active_state_and_no_other(store: Store, twin: Request, state: State) -> None:
    request = stored(store, state)
    claim = store.claim("worker", timedelta(minutes=1))
    assert (claim and claim.request) == (request.id if state in ACTIVE else None)


@pytest.mark.parametrize("state", State)
def test_what_is_settled_is_drawn_before_what_is_not(store: Store, twin: Request, state: State) -> None:
    request = stored(store, state)
    is_settled = state not in OPEN or state is State.STOPPED
    assert behind(store, 9) == ([request.id, twin.id] if is_settled else [twin.id, request.id])


# -- who comes too late ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_who_comes_too_late_reads_how_it_stands(record: Store, state: State) -> None:
    request = reached(state)
    if request.outcome:
        request = replace(request, outcome=replace(request.outcome, by=ADA))
    said = str(too_late.settled(request, record.people, LATER))
    assert ("Someone approved R-1" in said) == (EventType.APPROVED in way_to(state))
    assert ("It's done." in said) == (state is State.DONE)
    assert ("Someone withdrew R-1" in said) == (state is State.WITHDRAWN)
    if state is not State.STOPPED:
        assert str(too_late.not_stopped(request))
        assert "it has stopped" not in str(too_late.answered_late(request))
