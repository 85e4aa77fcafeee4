"""What is looked up again and again, out of a record of years and out of one of days."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from approvals.ids import SlackId
from approvals.record.store import Store, utc_now
from tests.approvals.decide.crowd import Crowd
from tests.bench.table import Row

STORED, STAFF = 100_000, 50_000
FEW, FEWER = 1_000, 500
OPEN, BACKLOG = 200, 10_000
ROUNDS, MOST = 300, 1.5
MINUTES = timedelta(minutes=5)


def _claim(store: Store) -> None:
    claim = store.claim("bench/1/0", timedelta(minutes=10))
    assert claim
    store.release(claim)


WAYS: dict[str, Callable[[Store], object]] = {
    "claim and release": _claim,
    "due: what is to be shown": lambda store: store.outbox.due(20),
    "a person by address": lambda store: store.people.by_email("p250@example.com"),
    "a person by Slack account": lambda store: store.people.by_slack(SlackId("U250")),
    "leases: who has claimed something": lambda store: store.leases(),
    "the page of somebody": lambda store: store.outbox.find("page", "U250"),
    "accounts to look up anew": lambda store: store.people.stale(utc_now() - timedelta(hours=6), 20),
}


def rows() -> list[Row]:
    """Both records are asked in turn, so that a busy moment of the machine meets both."""
    small = f"{FEW:,} and {FEWER}"
    with record(FEW, FEWER, OPEN) as few:
        with record(STORED, STAFF, OPEN) as many:
            size = f"{STORED:,} requests and {STAFF:,} people, {OPEN} with work to do"
            found = [_row(f"{name}, {size}", way, many, few, small) for name, way in WAYS.items()]
        with record(STORED, STAFF, BACKLOG) as many:
            size = f"the same, {BACKLOG:,} with work to do"
            return found + [_row(f"{name}, {size}", way, many, few, small) for name, way in WAYS.items()]


@contextmanager
def record(stored: int, staff: int, backlog: int) -> Iterator[Store]:
    """A record in a folder that is gone afterwards. `backlog` have work to do, twice as many aren't drawn."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "record.db")
        crowd = Crowd(store, utc_now()).people(staff)
        crowd.requests(stored - 3 * backlog)
        crowd.requests(backlog, drawn=False).requests(backlog, "waiting", drawn=False, due_in=MINUTES)
        crowd.requests(backlog, "approved", active=True, due_in=-MINUTES)
        store.tidy()
        try:
            yield store
        finally:
            store.close()


def _row(what: str, way: Callable[[Store], object], many: Store, few: Store, small: str) -> Row:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for store, times in zip((many, few), taken, strict=True):
            begin = time.perf_counter()
            way(store)
            times.append(time.perf_counter() - begin)
    ratio = median(taken[0]) / median(taken[1])
    text = f"p50 {median(taken[0]) * 1000:.2f} ms; {ratio:.2f} times p50 at {small}"
    return Row(what, text, f"at most {MOST} times", ratio <= MOST)
