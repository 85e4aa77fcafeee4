"""An offboarding among many requests: done at once, while all take what Miro allows, and no 429."""

from collections.abc import Iterator
from datetime import timedelta
from heapq import heapify, heappop, heappush
from math import ceil
from pathlib import Path

import pytest

from approvals.record.claims import LENT, Place
from approvals.record.store import Store
from approvals.request import Urgency
from bot.miro.quota import LIST, MARGIN, POOL, RESERVE, WINDOW
from bot.sandbox.miro.gate import Credits
from bot.sandbox.stage import Clock
from tests.records import fresh

pytestmark = pytest.mark.regression

SPAN = WINDOW + MARGIN
LOOK, WRITE = 50, 100
REQUEST = [LOOK, WRITE, LOOK]
OFFBOARDING = [LOOK, LOOK, WRITE, WRITE, LOOK]
"""It is looked at before it is asked about and after; rights are taken away, the account is closed."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(fresh(tmp_path / "record.db"), clock)
    yield opened
    opened.close()


class Crowd:
    """Workers that call Miro at the same time, each one call after another; Miro counts by its own."""

    def __init__(self, store: Store, clock: Clock, late: float) -> None:
        self._store, self._clock, self._late = store, clock, late
        self._began, self._miro = clock(), Credits()
        self._calls: list[tuple[float, str, Iterator[float]]] = []

    def add(self, name: str, calls: list[int], begin: float = 0, urgency: int = Urgency.ORDINARY) -> None:
        self._calls.append((begin, name, self._called(name, calls, urgency)))

    def done(self) -> dict[str, float]:
        """Seconds until each has made its calls. Raises Refusal when Miro answers 429."""
        turns, done = self._calls, {}
        heapify(turns)
        while turns:
            at, name, calls = heappop(turns)
            self._clock.pass_(timedelta(seconds=at) - (self._clock() - self._began))
            wait = next(calls, None)
            if wait is None:
                done[name] = at
            else:
                heappush(turns, (at + wait, name, calls))
        return done

    def _called(self, name: str, calls: list[int], urgency: int) -> Iterator[float]:
        for credits in calls:
            place = Place(name, urgency, RESERVE if credits < LIST else 0)
            while wait := self._store.spend(credits, POOL, SPAN, place):
                yield wait
            yield self._late
            self._miro.spend(credits, (self._clock() - self._began).total_seconds())


@pytest.fixture(params=[0.0, 0.05, 0.3], ids=lambda late: f"{late} s a call")
def crowd(request: pytest.FixtureRequest, store: Store, clock: Clock) -> Crowd:
    """Four workers with 25 requests each: two windows of Miro's, and what the offboarding needs."""
    made = Crowd(store, clock, request.param)
    for number in range(4):
        made.add(f"worker-{number}", REQUEST * 25)
    return made


def test_hundreds_take_little_longer_than_miro_allows_and_cause_no_429(crowd: Crowd) -> None:
    crowd.add("urgent", OFFBOARDING, 5, Urgency.FIRST)
    windows = ceil((sum(REQUEST) * 25 * 4 + sum(OFFBOARDING)) / POOL) - 1
    assert max(crowd.done().values()) <= 1.10 * windows * WINDOW.total_seconds()


@pytest.mark.parametrize("begin", [0.5, 5, 28.9, 29.5, 45, 61])
def test_an_offboarding_waits_for_no_window(crowd: Crowd, begin: float) -> None:
    crowd.add("urgent", OFFBOARDING, begin, Urgency.FIRST)
    assert crowd.done()["urgent"] - begin <= LENT.total_seconds() + 2


def test_a_list_that_waits_holds_up_no_offboarding(crowd: Crowd) -> None:
    crowd.add("clock", [LIST], 15)
    crowd.add("urgent", OFFBOARDING, 16, Urgency.FIRST)
    done = crowd.done()
    assert done["urgent"] - 16 <= LENT.total_seconds() + 2
    assert done["clock"] - 15 <= SPAN.total_seconds()


def used_up(store: Store) -> int:
    """Credits that ordinary work gets now."""
    spent = 0
    while not store.spend(LOOK, POOL, SPAN, Place("", Urgency.ORDINARY, RESERVE)):
        spent += LOOK
    return spent


def test_what_nobody_urgent_took_is_used_before_the_window_ends(store: Store, clock: Clock) -> None:
    assert used_up(store) == POOL - RESERVE
    clock.pass_(SPAN - LENT - timedelta(seconds=0.1))
    assert used_up(store) == 0
    clock.pass_(timedelta(seconds=0.1))
    assert used_up(store) == RESERVE
    clock.pass_(LENT)
    assert used_up(store) == POOL - 2 * RESERVE


@pytest.mark.parametrize("after", [0.0, 1.0, 1.9])
def test_who_is_urgent_when_the_reserve_is_lent_waits_until_it_comes_back(
    store: Store, clock: Clock, after: float
) -> None:
    used_up(store)
    clock.pass_(SPAN - LENT)
    used_up(store)
    clock.pass_(timedelta(seconds=after))
    urgent = Place("urgent", Urgency.FIRST, RESERVE)
    wait = store.spend(RESERVE, POOL, SPAN, urgent)
    assert 0 < wait <= LENT.total_seconds() - after
    clock.sleep(wait)
    assert store.spend(LOOK, POOL, SPAN, Place("worker", Urgency.ORDINARY, RESERVE)) == 0
    assert store.spend(RESERVE, POOL, SPAN, urgent) == 0
