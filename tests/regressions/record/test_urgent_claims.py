"""Who closes an account waits behind nobody else's request; and finding the next one reads no whole table."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import PersonId, stamp
from approvals.record.store import Store
from approvals.request import Request, Urgency
from approvals.states import What
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


def test_what_is_in_the_way_of_an_offboarding_is_as_urgent(store: Store) -> None:
    for number in range(5):
        ask(store, Urgency.ORDINARY, f"person:P-{number}")
    older = ask(store, Urgency.ORDINARY, "person:P-7")
    offboarding = ask(store, Urgency.FIRST, "person:P-7", "admins")
    assert (store.rank(older.id), store.rank(offboarding.id)) == (Urgency.FIRST, Urgency.ORDINARY)
    claim = store.claim("urgent", LEASE, Urgency.FIRST)
    assert claim and claim.request == older.id
    store.append(older, [draft(What.REFUSED, START)], claim)
    assert claimed(store) == [offboarding.id]


def test_what_was_in_the_way_of_a_withdrawn_offboarding_waits_like_all_others(store: Store) -> None:
    ask(store, Urgency.ORDINARY, "person:P-1")
    older = ask(store, Urgency.ORDINARY, "person:P-7")
    offboarding = ask(store, Urgency.FIRST, "person:P-7")
    store.append(offboarding, [draft(What.WITHDRAWN, START)])
    assert store.rank(older.id) == Urgency.ORDINARY
    assert claimed(store) == ["R-1"]


def test_an_older_one_that_comes_back_takes_its_lane_again(store: Store) -> None:
    older = store.append(ask(store, Urgency.ORDINARY, "admins"), [planned(START, lanes=["admins"])])
    ask(store, Urgency.FIRST, "admins")
    store.append(older, [draft(What.VOTED, START), draft(What.APPROVED, START)])
    assert claimed(store, 2) == [older.id]


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


def test_what_is_open_in_an_older_record_is_ranked_when_it_is_opened(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "record.db"
    before = Store(path, clock.now)
    met(before)
    first = ask(before, Urgency.ORDINARY, "person:P-1")
    ask(before, Urgency.ORDINARY, "person:P-1")
    before.close()
    as_layout(path, 3)
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


def effort(store: Store) -> int:
    """How many steps SQLite's machine takes for one claim."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    for one in on_sqlite(store)._all:
        one.set_progress_handler(count, 1)
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
