"""Credits of Miro's rate limit: urgent calls first, lists in their turn, and no 429 because of the bot."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.record.claims import Place
from approvals.record.store import Store
from approvals.request import Urgency
from bot.miro.client import Miro
from bot.miro.errors import Away, Trouble
from bot.miro.quota import LIST, MARGIN, POOL, RESERVE, WINDOW
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Clock
from tests.bot.miro.scene import TOKEN, Scene, closing, scene
from tests.records import fresh

pytestmark = pytest.mark.regression

LOOK = 50
SPAN = WINDOW + MARGIN


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = Store(fresh(tmp_path / "record.db"), clock)
    yield found
    found.close()


def place(ticket: str, urgency: Urgency = Urgency.ORDINARY) -> Place:
    return Place(ticket, urgency, RESERVE)


def spend(store: Store, credits: int, at: Place) -> float:
    return store.spend(credits, POOL, SPAN, at)


def used_up(store: Store) -> None:
    """Ordinary work has taken all that it may."""
    while not store.spend(LOOK, POOL, SPAN, Place("", Urgency.ORDINARY, RESERVE)):
        pass


# -- urgent first --------------------------------------------------------------------------------------------


def test_ordinary_work_leaves_credits_for_an_offboarding(store: Store) -> None:
    used_up(store)
    assert spend(store, LOOK, place("urgent", Urgency.FIRST)) == 0
    assert spend(store, LOOK, place("soon", Urgency.SOON)) > 0


def test_an_offboarding_gets_the_next_credits_though_others_wait_longer(store: Store, clock: Clock) -> None:
    assert store.spend(POOL - 500, POOL, SPAN) == 0
    clock.pass_(timedelta(seconds=10))
    assert store.spend(500, POOL, SPAN) == 0
    ordinary, urgent = place("worker-0"), place("urgent", Urgency.FIRST)
    assert spend(store, 9_000, ordinary) > 0
    assert spend(store, 1_000, urgent) > 0
    clock.pass_(SPAN - timedelta(seconds=10))
    assert spend(store, 9_000, ordinary) > 0
    assert spend(store, 1_000, urgent) == 0


def test_what_an_offboarding_waits_for_is_taken_by_nobody_else(store: Store, clock: Clock) -> None:
    for _ in range(10):
        assert store.spend(1_000, POOL, SPAN) == 0
        clock.pass_(timedelta(seconds=1))
    urgent = place("urgent", Urgency.FIRST)
    assert spend(store, 1_500, urgent) > 0
    clock.pass_(timedelta(seconds=21))  # a thousand credits are back
    assert spend(store, 100, place("worker-0")) > 0
    clock.pass_(timedelta(seconds=1))
    assert spend(store, 1_500, urgent) == 0


def test_who_has_waited_a_minute_goes_before_the_urgent(store: Store, clock: Clock) -> None:
    ordinary, urgent = place("worker-0"), place("urgent", Urgency.FIRST)
    assert store.spend(POOL, POOL, SPAN) == 0
    assert spend(store, 2_000, ordinary) > 0
    clock.sleep(SPAN.total_seconds())
    assert (spend(store, 9_000, urgent), spend(store, 2_000, ordinary) > 0) == (0, True)
    clock.sleep(SPAN.total_seconds())
    assert (spend(store, 9_000, urgent) > 0, spend(store, 2_000, ordinary)) == (True, 0)


# -- lists ---------------------------------------------------------------------------------------------------


def test_a_list_is_not_overtaken_for_ever_by_small_calls(store: Store, clock: Clock) -> None:
    began = clock()
    for _ in range(POOL // LOOK):
        store.spend(LOOK, POOL, SPAN)
        clock.sleep(0.1)
    groups, taken = place("clock"), False
    while not taken and clock() - began < timedelta(minutes=5):
        taken = spend(store, LIST, groups) == 0
        for number in range(4):
            spend(store, LOOK, place(f"worker-{number}"))
        clock.sleep(0.1)
    assert taken and clock() - began <= SPAN + timedelta(seconds=10)


def test_who_came_first_is_served_first(store: Store, clock: Clock) -> None:
    assert store.spend(POOL, POOL, SPAN) == 0
    first, second = place("clock"), place("worker-0")
    assert spend(store, 8_000, first) > 0
    assert spend(store, 3_000, second) > 0
    clock.sleep(SPAN.total_seconds())
    assert spend(store, 3_000, second) > 0
    assert spend(store, 8_000, first) == 0


@pytest.mark.parametrize("how", ["gives up", "dies"])
def test_who_waits_no_more_holds_up_nobody(store: Store, clock: Clock, how: str) -> None:
    assert store.spend(POOL, POOL, SPAN) == 0
    assert spend(store, 9_000, place("gone")) > 0
    if how == "gives up":
        store.unqueue("gone")
        clock.sleep(SPAN.total_seconds())
    else:
        clock.sleep(SPAN.total_seconds() + 11)
    assert spend(store, 5_000, place("here")) == 0


# -- clocks and lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=400)])
def test_a_clock_set_back_stops_credits_for_one_window_at_most(
    store: Store, clock: Clock, back: timedelta
) -> None:
    assert store.spend(POOL, POOL, SPAN) == 0
    assert spend(store, 9_000, place("before")) > 0
    clock.pass_(-back)
    assert 0 < store.spend(LOOK, POOL, SPAN) <= SPAN.total_seconds()
    clock.sleep(SPAN.total_seconds() + 11)
    assert store.spend(LOOK, POOL, SPAN) == 0


@pytest.fixture
def s() -> Iterator[Scene]:
    with scene() as running:
        yield running


@pytest.mark.parametrize("late", [0.0, 0.9, 3.0, 19.0])
def test_no_429_is_caused_however_long_calls_are_on_their_way(s: Scene, tmp_path: Path, late: float) -> None:
    """The first call arrives late, so that Miro's window begins late; all others are quick."""
    store = Store(tmp_path / "record.db", s.clock)
    s.sandbox.faults.append(Fault(latency=late))
    with closing(Miro(s.url, TOKEN, store, s.clock, s.clock.sleep)) as miro:
        for _ in range(11):
            miro.groups()
    store.close()
    assert {exchange.status for exchange in s.sandbox.log} == {200}


def test_a_call_that_gives_up_leaves_the_queue(s: Scene, tmp_path: Path) -> None:
    store = Store(tmp_path / "record.db", s.clock)
    with closing(Miro(s.url, TOKEN, store, s.clock, lambda _: s.clock.pass_(timedelta(0)))) as miro:
        store.spend(POOL, POOL, SPAN)
        s.clock.pass_(-timedelta(minutes=1))
        hasty = Miro(s.url, TOKEN, store, s.clock, _impatient)
        with closing(hasty), pytest.raises(Away):
            hasty.groups()
        s.clock.pass_(SPAN)
        assert store.spend(POOL, POOL, SPAN) == 0
        miro.close()
    store.close()


def _impatient(_: float) -> None:
    raise Away("I can't wait.", Trouble.CREDITS)
