"""What every store promises about requests, deliveries, policies and the shared quota."""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.folding import fold
from approvals.ids import PersonId, RequestId
from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.store import Store
from approvals.request import Draft, Request
from approvals.states import EventType, Impossible, State
from tests.approvals.scene import START, STEADY, STORES, Clock, asked, draft, met, planned

ADA, BO, EVE = PersonId("P-1"), PersonId("P-2"), PersonId("P-5")
WINDOW = timedelta(seconds=30)


def written(store: Store) -> int:
    """How many entries the record has."""
    return store.verify().anchor.count


def led(store: Store, *whats: EventType, **more: object) -> Request:
    """A new request, and what happened to it."""
    request = store.ask(asked(ADA, **more))
    return store.append(request, [draft(what, START) for what in whats])


# -- asking ------------------------------------------------------------------------------------------------


def test_requests_are_numbered_as_they_come(store: Store) -> None:
    assert [store.ask(asked(ADA)).id for _ in range(3)] == ["R-1", "R-2", "R-3"]


def test_what_was_asked_is_read_back_the_same(store: Store, clock: Clock) -> None:
    request = store.ask(asked(ADA, subject=EVE, reason='Grüße, "Ada" \N{PARTY POPPER}\n'))
    assert store.request(request.id) == request
    assert request.reason == 'Grüße, "Ada" \N{PARTY POPPER}\n'
    assert request.asked_at == clock.now()


def test_a_repeated_delivery_gives_the_same_request(store: Store) -> None:
    first = store.ask(asked(ADA), "view V1")
    again = store.ask(asked(ADA), "view V1")
    assert (again, written(store)) == (first, 1)
    assert store.ask(asked(ADA), "view V2").id == "R-2"


def test_a_late_repetition_shows_how_far_it_has_come(store: Store) -> None:
    first = store.ask(asked(ADA), "view V1")
    moved = store.append(first, [draft(EventType.PLANNED, START)])
    assert store.ask(asked(ADA), "view V1") == moved


def test_a_delivery_that_was_something_else_asks_for_nothing(store: Store) -> None:
    assert store.once("event E1")
    with pytest.raises(Overtaken, match="not as a request"):
        store.ask(asked(ADA), "event E1")
    assert (store.requests(), written(store)) == ([], 0)


def test_deliveries_without_receipt_are_all_new(store: Store) -> None:
    assert store.ask(asked(ADA)).id != store.ask(asked(ADA)).id


@pytest.mark.parametrize("id", ["R-9", "R-0", "policy", "", "P-1"])
def test_an_unknown_request_is_a_key_error(store: Store, id: str) -> None:
    store.take_policy("operators = []")
    store.ask(asked(ADA))
    with pytest.raises(KeyError):
        store.request(RequestId(id))


# -- appending ---------------------------------------------------------------------------------------------


def test_an_append_moves_the_request_on(store: Store) -> None:
    request = store.ask(asked(ADA))
    after = store.append(request, [draft(EventType.HELD, START), draft(EventType.PLANNED, START)])
    assert (after.version, after.state) == (3, State.WAITING)
    assert store.request(request.id) == after == fold(store.events(request.id))


def test_a_move_is_told_once_its_outermost_transaction_is_committed(store: Store) -> None:
    moves = list[int]()
    store.moved = lambda before, after: moves.append(after.version)
    request = store.ask(asked(ADA))
    with pytest.raises(ZeroDivisionError), store.writing():
        store.append(request, [draft(EventType.HELD, START)])
        raise ZeroDivisionError
    assert moves == []
    with store.writing():
        store.append(request, [draft(EventType.HELD, START)])
        assert moves == []
    assert moves == [2]


def test_an_append_on_an_old_version_is_overtaken(store: Store) -> None:
    old = led(store, EventType.PLANNED)
    now = store.append(old, [draft(EventType.DENIED, START)])
    before = store.verify()
    with pytest.raises(Overtaken, match="R-1 has moved on"):
        store.append(old, [draft(EventType.VOTED, START), draft(EventType.APPROVED, START)])
    assert (store.verify(), store.request(old.id)) == (before, now)


def test_an_append_to_a_request_nobody_asked_is_overtaken(store: Store, tmp_path: Path, clock: Clock) -> None:
    elsewhere = STORES["sqlite"](_made(tmp_path / "elsewhere"), clock)
    strange = elsewhere.ask(asked(ADA))
    elsewhere.close()
    with pytest.raises(Overtaken):
        store.append(strange, [draft(EventType.HELD, START)])


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("whats", [[EventType.DONE], [EventType.PLANNED, EventType.DONE], [EventType.ASKED]])
def test_an_impossible_append_writes_nothing(store: Store, whats: list[EventType]) -> None:
    request = store.ask(asked(ADA))
    before = store.verify()
    with pytest.raises(Impossible):
        store.append(request, [draft(what, START) for what in whats])
    assert (store.verify(), store.request(request.id)) == (before, request)


def test_an_impossible_append_inside_a_transaction_undoes_all_of_it(store: Store) -> None:
    met(store)
    request = store.ask(asked(ADA))
    with pytest.raises(StoreTrouble, match="so nothing was"), store.writing():
        store.once("event E1")
        with pytest.raises(Impossible):
            store.append(request, [draft(EventType.HELD, START), draft(EventType.DONE, START)])
    assert (store.request(request.id), written(store)) == (request, 1)
    assert store.once("event E1")
    assert not store.verify().faults


def test_an_event_that_says_too_little_writes_nothing(store: Store) -> None:
    request = store.ask(asked(ADA))
    with pytest.raises(KeyError):
        store.append(request, [Draft(EventType.PLANNED)])
    assert (store.request(request.id), written(store)) == (request, 1)


def test_one_transaction_spans_requests_people_and_notes(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing():
        store.ask(asked(ADA))
        store.people.meet(email="ada@example.com")
        store.once("event E1")
        raise ZeroDivisionError
    assert (store.requests(), store.people.by_email("ada@example.com")) == ([], None)
    assert store.once("event E1")


def test_events_hold_the_time_they_were_written(store: Store, clock: Clock) -> None:
    request = store.ask(asked(ADA))
    clock.pass_(timedelta(hours=3))
    store.append(request, [draft(EventType.HELD, START)])
    assert [event.at for event in store.events(request.id)] == [START, START + timedelta(hours=3)]


def test_the_record_is_one_list_of_all_events(store: Store) -> None:
    one, two = store.ask(asked(ADA)), store.ask(asked(BO))
    store.append(one, [draft(EventType.HELD, START)])
    assert [event.request for event in store.events()] == [one.id, two.id, one.id]
    assert [event.seq for event in store.events()] == [1, 2, 3]


# -- lists -------------------------------------------------------------------------------------------------


def test_requests_are_listed_newest_first(store: Store) -> None:
    made = [store.ask(asked(ADA)) for _ in range(4)]
    assert list(store.requests()) == made[::-1]
    assert list(store.requests(limit=2)) == made[:1:-1]


def test_requests_are_listed_by_state(store: Store) -> None:
    store.ask(asked(ADA))
    waiting, denied = led(store, EventType.PLANNED), led(store, EventType.PLANNED, EventType.DENIED)
    assert list(store.requests(states=[State.WAITING])) == [waiting]
    assert list(store.requests(states=[State.WAITING, State.DENIED])) == [denied, waiting]
    assert list(store.requests(states=[State.DONE])) == []


def test_a_person_sees_what_they_asked_and_what_concerns_them(store: Store) -> None:
    by, about = store.ask(asked(EVE)), store.ask(asked(ADA, subject=EVE))
    store.ask(asked(ADA, subject=BO))
    assert list(store.requests(person=EVE)) == [about, by]
    assert list(store.requests(person=EVE, states=[State.DONE])) == []


def test_a_late_subject_finds_the_request_too(store: Store) -> None:
    request = store.append(store.ask(asked(ADA)), [planned(START, subject=EVE)])
    assert list(store.requests(person=EVE)) == [request]


def test_twins_are_older_open_and_about_the_same(store: Store) -> None:
    twin = led(store, EventType.PLANNED, subject=EVE)
    led(store, EventType.PLANNED, EventType.DENIED, subject=EVE)
    store.ask(asked(ADA, subject=BO))
    store.ask(asked(ADA, subject=EVE, action="offboard"))
    request = store.ask(asked(BO, subject=EVE))
    store.ask(asked(ADA, subject=EVE))
    assert list(store.twins(request)) == [twin]


def test_twins_without_subject_find_each_other(store: Store) -> None:
    twin, request = store.ask(asked(ADA)), store.ask(asked(BO))
    assert (list(store.twins(request)), list(store.twins(twin))) == ([twin], [])


def test_followers_are_those_that_joined(store: Store) -> None:
    first = store.ask(asked(ADA))
    joined = led(store, EventType.JOINED)
    store.ask(asked(ADA, because_of=first.id))
    assert store.followers(first.id) == {joined.id: joined.requester}


def test_what_nobody_answered_falls_due(store: Store, clock: Clock) -> None:
    late = store.append(store.ask(asked(ADA)), [planned(START + timedelta(days=2))])
    soon = store.append(store.ask(asked(ADA)), [planned(START + timedelta(days=1))])
    led(store, EventType.PLANNED, EventType.DENIED)
    assert list(store.due()) == []
    clock.pass_(timedelta(days=1))
    assert list(store.due()) == [soon]
    clock.pass_(timedelta(days=30))
    assert list(store.due()) == [soon, late]
    assert list(store.due(limit=1)) == [soon]


# -- deliveries --------------------------------------------------------------------------------------------


def test_a_delivery_is_new_only_once(store: Store) -> None:
    assert [store.once(one) for one in ("E1", "E1", "E2", "E1")] == [True, False, True, False]


# -- the head ----------------------------------------------------------------------------------------------


def test_the_head_is_what_a_walk_ends_in(store: Store) -> None:
    assert store.head() == store.verify().anchor
    led(store, EventType.PLANNED)
    assert store.head() == store.verify().anchor
    assert store.head().count == 2


# -- policies ----------------------------------------------------------------------------------------------


def test_a_policy_is_found_under_its_hash(store: Store) -> None:
    seal = store.take_policy("tell = 'Ä'\n")
    assert seal == sha256("tell = 'Ä'\n".encode()).hexdigest()
    assert store.policy(seal) == "tell = 'Ä'\n"
    with pytest.raises(KeyError):
        store.policy("0" * 64)


def test_the_record_tells_which_policy_was_in_force(store: Store) -> None:
    one, two = store.take_policy("a"), store.take_policy("b")
    store.take_policy("b")
    store.take_policy("a")
    assert [event.body["hash"] for event in store.events("policy")] == [one, two, one]
    assert not store.verify().faults


def test_policies_are_no_requests(store: Store) -> None:
    store.take_policy("a")
    assert (list(store.requests()), store.verify().requests) == ([], 0)


# -- the shared quota --------------------------------------------------------------------------------------


def test_credits_are_taken_while_there_are_some(store: Store) -> None:
    assert [store.spend(40, 100, WINDOW) for _ in range(2)] == [0, 0]
    assert store.spend(40, 100, WINDOW) == 30
    assert store.spend(20, 100, WINDOW) == 0


def test_waiting_as_long_as_told_is_enough(store: Store, clock: Clock) -> None:
    for _ in range(3):
        assert store.spend(30, 100, WINDOW) == 0
        clock.pass_(timedelta(seconds=7))
    wait = store.spend(60, 100, WINDOW)
    assert wait == 30 - 14
    clock.pass_(timedelta(seconds=wait) - timedelta(milliseconds=1))
    assert store.spend(60, 100, WINDOW) > 0
    clock.pass_(timedelta(milliseconds=1))
    assert store.spend(60, 100, WINDOW) == 0


def test_a_refused_call_costs_nothing(store: Store, clock: Clock) -> None:
    store.spend(100, 100, WINDOW)
    for _ in range(5):
        assert store.spend(100, 100, WINDOW) > 0
    clock.pass_(WINDOW)
    assert store.spend(100, 100, WINDOW) == 0


STEPS = st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 100)), min_size=1, max_size=25)


@pytest.mark.parametrize("kind", sorted(STORES))
@settings(STEADY, max_examples=25)
@given(steps=STEPS)
def test_no_window_ever_holds_more_than_the_pool(kind: str, steps: list[tuple[int, int]]) -> None:
    clock = Clock()
    taken: list[tuple[datetime, int]] = []
    with TemporaryDirectory() as folder:
        store = STORES[kind](Path(folder), clock)
        for pause, credits in steps:
            clock.pass_(timedelta(milliseconds=pause))
            if store.spend(credits, 100, WINDOW) == 0:
                taken.append((clock.now(), credits))
        store.close()
    for start, _ in taken:
        assert sum(credits for at, credits in taken if start <= at < start + WINDOW) <= 100


def test_patience_is_always_rewarded(store: Store, clock: Clock) -> None:
    for credits in (100, 1, 99, 50, 51, 100):
        while wait := store.spend(credits, 100, WINDOW):
            assert 0 < wait <= 30
            clock.pass_(timedelta(seconds=wait))
    assert clock.now() == START + 4 * WINDOW
