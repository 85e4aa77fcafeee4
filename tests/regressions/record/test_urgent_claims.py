"""Who closes an account waits behind nobody else's request; and finding the next one reads no whole table."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from approvals.ids import PersonId, stamp
from approvals.record.store import Store
from approvals.request import Request, Urgency
from approvals.states import EventType
from tests.approvals.record.older import as_layout
from tests.approvals.scene import START, STORES, Clock, asked, draft, met, on_sqlite, planned

pytestmark = pytest.mark.regression

ADA = PersonId("P-1")
LEASE = timedelta(minutes=10)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = STORES[request.param](tmp_path, clock)
    yield found
    found.close()


def ask(store: Store, urgency: Urgency = Urgency.ORDINARY, *lanes: str) -> Request:
    return store.ask(asked(ADA, lanes=list(lanes), urgency=int(urgency)))


def claimed(store: Store, count: int = 1, least: int = 0) -> list[str]:
    """What so many workers get, one after another."""
    claims = [store.claim(f"worker/{n}", LEASE, least) for n in range(count)]
    return [claim.request for claim in claims if claim]


def test_an_offboarding_goes_before_three_hundred_that_were_approved_earlier(store: Store) -> None:
    for number in range(300):
        ask(store, Urgency.ORDINARY, f"person:P-{number}")
    offboarding = ask(store, Urgency.FIRST, "person:P-900", "admins")
    assert claimed(store, 2) == [offboarding.id, "R-1"]


def test_access_that_is_taken_away_goes_before_access_that_is_given(store: Store) -> None:
    for urgency in (Urgency.ORDINARY, Urgency.SOON, Urgency.FIRST, Urgency.SOON):
        ask(store, urgency)
    assert claimed(store, 4) == ["R-3", "R-2", "R-4", "R-1"]


def test_a_worker_for_urgent_work_takes_nothing_else(store: Store) -> None:
    ask(store)
    ask(store, Urgency.SOON)
    assert claimed(store, least=Urgency.FIRST) == []
    urgent = ask(store, Urgency.FIRST)
    assert claimed(store, 2, least=Urgency.FIRST) == [urgent.id]


def begun(store: Store, *lanes: str) -> Request:
    """An ordinary request of which a call was tried."""
    request = ask(store, Urgency.ORDINARY, *lanes)
    events = [draft(EventType.VOTED, START), draft(EventType.APPROVED, START), draft(EventType.TRYING, START)]
    return store.append(request, [planned(START, lanes=list(lanes)), *events])


def hold(store: Store, request: Request, minutes: float) -> Request:
    until = stamp(START + timedelta(minutes=minutes))
    return store.append(request, [draft(EventType.HELD, START, next_try_at=until)])


def test_what_is_in_the_way_of_an_offboarding_is_as_urgent(store: Store) -> None:
    for number in range(5):
        ask(store, Urgency.ORDINARY, f"person:P-{number}")
    older = begun(store, "person:P-7")
    offboarding = ask(store, Urgency.FIRST, "person:P-7", "admins")
    claim = store.claim("urgent", LEASE, Urgency.FIRST)
    assert claim and (claim.request, store.rank(older.id)) == (older.id, Urgency.FIRST)
    store.append(older, [draft(EventType.DONE, START, seen_at=stamp(START))], claim)
    assert claimed(store) == [offboarding.id]


# -- one that is held --------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_begun", [False, True])
@pytest.mark.parametrize("urgency", [Urgency.SOON, Urgency.FIRST])
def test_urgent_work_waits_for_the_next_try_of_no_other(
    store: Store, urgency: Urgency, has_begun: bool
) -> None:
    older = begun(store, "person:P-7") if has_begun else ask(store, Urgency.ORDINARY, "person:P-7")
    older = hold(store, older, 15)
    urgent = ask(store, urgency, "person:P-7", "admins")
    [claim] = [store.claim("urgent", LEASE, urgency)]
    assert claim and claim.request == urgent.id
    assert claimed(store, 2) == [], "nobody else works in its lanes"
    store.append(urgent, [draft(EventType.WITHDRAWN, START)], claim)
    assert claimed(store) == [], "and what is held comes back in its time"


def test_urgent_work_behind_two_that_are_held_in_different_lanes_waits_for_neither(store: Store) -> None:
    for lanes in (["person:P-7"], ["admins", "person:P-8"], ["person:P-8"]):
        hold(store, ask(store, Urgency.ORDINARY, *lanes), 15)
    urgent = ask(store, Urgency.FIRST, "person:P-7", "admins")
    assert claimed(store, 2) == [urgent.id]


def test_urgent_work_waits_for_none_behind_which_others_wait(store: Store) -> None:
    """One about the same person that waits itself for another, about a team."""
    ask(store, Urgency.ORDINARY, "group:G-1")
    ask(store, Urgency.ORDINARY, "person:P-7", "group:G-1")
    urgent = ask(store, Urgency.FIRST, "person:P-7")
    assert claimed(store, 3) == [urgent.id, "R-1"]


def test_one_offboarding_that_is_held_holds_up_no_other(store: Store, clock: Clock) -> None:
    first = hold(store, ask(store, Urgency.FIRST, "person:P-7", "admins"), 15)
    second = hold(store, ask(store, Urgency.FIRST, "person:P-8", "admins"), 1)
    assert claimed(store) == []
    third = ask(store, Urgency.FIRST, "person:P-9", "admins")
    assert claimed(store, 3) == [third.id]
    store.append(third, [draft(EventType.WITHDRAWN, START)])
    clock.pass_(timedelta(minutes=1))
    assert claimed(store, 3) == [second.id]
    store.append(second, [draft(EventType.WITHDRAWN, START)])
    clock.pass_(timedelta(minutes=14))
    assert claimed(store, 3) == [first.id]


def test_what_has_begun_is_finished_before_anything_urgent_begins(store: Store) -> None:
    working = begun(store, "person:P-7")
    urgent = ask(store, Urgency.FIRST, "person:P-7")
    assert claimed(store, 2) == [working.id]
    store.append(working, [draft(EventType.STOPPED, START)])
    assert claimed(store, 2) == [urgent.id]


def test_ordinary_work_begins_on_top_of_nothing_that_is_half_done(store: Store) -> None:
    older = store.append(ask(store, Urgency.ORDINARY, "admins"), [planned(START, lanes=["admins"])])
    half = hold(store, begun(store, "admins"), 15)
    store.append(older, [draft(EventType.VOTED, START), draft(EventType.APPROVED, START)])
    ask(store, Urgency.ORDINARY, "admins")
    assert claimed(store, 2) == []
    store.append(half, [draft(EventType.STOPPED, START)])
    assert claimed(store, 2) == [older.id]


def test_urgent_work_waits_while_somebody_works_in_its_lane(store: Store) -> None:
    ordinary = ask(store, Urgency.ORDINARY, "person:P-7")
    claim = store.claim("one", LEASE)
    urgent = ask(store, Urgency.FIRST, "person:P-7")
    assert claim and (claimed(store, 2), store.rank(ordinary.id)) == ([], Urgency.FIRST)
    store.release(claim)
    assert claimed(store, 2) == [urgent.id]


def test_what_was_in_the_way_of_a_withdrawn_offboarding_waits_like_all_others(store: Store) -> None:
    ask(store, Urgency.ORDINARY, "person:P-1")
    older = ask(store, Urgency.ORDINARY, "person:P-7")
    offboarding = ask(store, Urgency.FIRST, "person:P-7")
    store.append(offboarding, [draft(EventType.WITHDRAWN, START)])
    assert store.rank(older.id) == Urgency.ORDINARY
    assert claimed(store) == ["R-1"]


@pytest.mark.parametrize("younger", [Urgency.ORDINARY, Urgency.FIRST])
def test_an_older_one_that_comes_back_goes_before_younger_ones_that_are_no_more_urgent(
    store: Store, younger: Urgency
) -> None:
    older = store.append(ask(store, Urgency.ORDINARY, "admins"), [planned(START, lanes=["admins"])])
    other = ask(store, younger, "admins")
    store.append(older, [draft(EventType.VOTED, START), draft(EventType.APPROVED, START)])
    assert claimed(store, 2) == [other.id if younger else older.id]


def test_a_stream_of_urgent_work_starves_nobody(store: Store, clock: Clock) -> None:
    ordinary = ask(store)
    clock.pass_(timedelta(minutes=6))
    for _ in range(8):
        ask(store, Urgency.FIRST)
    assert ordinary.id in claimed(store, 4)


def test_a_lease_given_while_the_clock_was_ahead_ends_within_a_quarter_of_an_hour(
    store: Store, clock: Clock
) -> None:
    first, second = ask(store, Urgency.ORDINARY, "admins"), ask(store, Urgency.ORDINARY, "admins")
    assert claimed(store) == [first.id]
    clock.pass_(-timedelta(hours=1))
    assert claimed(store) == []
    clock.pass_(timedelta(minutes=16))
    assert claimed(store, 2) == [first.id]
    assert second.id not in claimed(store)


def test_what_is_due_in_an_hour_is_due_now_after_the_clock_was_set_back(store: Store, clock: Clock) -> None:
    later = ask(store)
    clock.pass_(-timedelta(hours=1))
    assert claimed(store) == [later.id]


@pytest.mark.parametrize("layout", [3, 4])
def test_what_is_open_in_an_older_record_is_ranked_when_it_is_opened(
    tmp_path: Path, clock: Clock, layout: int
) -> None:
    path = tmp_path / "record.db"
    before = Store(path, clock.now)
    met(before)
    first = ask(before, Urgency.ORDINARY, "person:P-1")
    ask(before, Urgency.ORDINARY, "person:P-1")
    before.close()
    as_layout(path, layout)
    after = Store(path, clock.now)
    try:
        assert after.verify().faults == ()
        assert claimed(after, 2) == [first.id]
    finally:
        after.close()


# -- how much is read ----------------------------------------------------------------------------------------

ROWS = """
WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO requests (number, version, state, action, requester, next_due, active, rank, attempt, lease_until)
SELECT i, 2, :state, 'make-admin', 'P-1', :due, :rank IS NOT NULL, :rank, 0, :lease FROM n
"""
CROWDS = {
    "all are done": ("done", None, None, None),
    "all are held": ("checking", timedelta(minutes=9), 0, None),
    "all wait in one lane": ("checking", -timedelta(minutes=1), None, None),
    "all were left by the dead": ("working", timedelta(minutes=9), 0, None),
    "all are ready": ("approved", timedelta(0), 0, None),
}


def effort(store: Store, does: Callable[[], object] = lambda: None) -> int:
    """How many steps SQLite's machine takes for one claim, and what is done before."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    for one in on_sqlite(store)._all:
        one.set_progress_handler(count, 1)
    does()
    store.claim("one", LEASE)
    for one in on_sqlite(store)._all:
        one.set_progress_handler(None, 1)
    return steps


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_claim_costs_the_same_among_a_hundred_and_among_ten_thousand(
    crowd: str, tmp_path: Path, clock: Clock
) -> None:
    state, due, rank, lease = CROWDS[crowd]
    efforts = []
    for count in (100, 10_000):
        store = Store(tmp_path / f"{count}.db", clock.now)
        ask(store, Urgency.ORDINARY, "person:P-1")
        store.release(store.claim("one", LEASE) or pytest.fail("nothing is due"))
        at = stamp(clock.now() + due) if due is not None else None
        values = {"last": count + 9, "state": state, "due": at, "rank": rank, "lease": lease}
        with store.writing():
            on_sqlite(store).db.execute(ROWS, values)
        efforts.append(effort(store))
        store.close()
    assert efforts[1] <= 1.5 * efforts[0]


CROWDED = """
WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO {} SELECT 'admins', {}, i FROM n
"""


def test_a_step_costs_the_same_in_a_crowded_lane(tmp_path: Path, clock: Clock) -> None:
    efforts = []
    for count in (100, 10_000):
        store = Store(tmp_path / f"{count}.db", clock.now)
        request = ask(store, Urgency.SOON, "person:P-1", "admins")
        with store.writing():
            on_sqlite(store).db.execute(CROWDED.format("lanes", "'4'"), {"last": count + 9})
            on_sqlite(store).db.execute(CROWDED.format("urgent_lanes", "2"), {"last": count + 9})
        efforts.append(effort(store, partial(hold, store, request, 15)))
        store.close()
    assert efforts[1] <= 1.5 * efforts[0]


def test_no_claim_walks_through_all_requests(tmp_path: Path, clock: Clock) -> None:
    store = STORES["sqlite"](tmp_path, clock)
    plans: list[str] = []
    seen: list[str] = []
    with store.writing():
        on_sqlite(store).db.conn.set_trace_callback(seen.append)
    ask(store, Urgency.ORDINARY, "admins")
    seen.clear()
    store.claim("one", LEASE)
    with store.writing():
        on_sqlite(store).db.conn.set_trace_callback(None)
        for statement in seen:
            if statement.startswith(("SELECT", "UPDATE")):
                plans += [
                    row[3]
                    for row in on_sqlite(store).db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                ]
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") and " n" not in plan] == []
    store.close()


# -- one that waits for another ----------------------------------------------------------------------------


def test_who_waits_for_another_is_found_with_it_until_that_is_written_down(
    store: Store, clock: Clock
) -> None:
    first, second = ask(store, Urgency.ORDINARY, "person:P-7"), ask(store, Urgency.ORDINARY, "person:P-7")
    ask(store, Urgency.ORDINARY, "person:P-8")
    assert store.blocked(START - timedelta(seconds=1)) == []
    assert store.blocked(START) == [(second.id, first.id)]
    hold(store, second, 0)
    assert store.blocked(START) == []


def test_who_goes_first_waits_for_one_that_is_worked_on(store: Store) -> None:
    ordinary = ask(store, Urgency.ORDINARY, "person:P-7")
    assert claimed(store) == [ordinary.id]
    urgent = ask(store, Urgency.FIRST, "person:P-7", "admins")
    assert store.blocked(START) == [(urgent.id, ordinary.id)]


def test_what_most_wait_for_is_found_a_few_at_a_time(store: Store) -> None:
    for number in range(30):
        ask(store, Urgency.ORDINARY, f"person:P-{number}", "admins")
    assert len(store.blocked(START)) == 20
    assert {first for _, first in store.blocked(START)} == {"R-1"}
