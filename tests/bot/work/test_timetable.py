"""What is done again and again is due at its time and not before; what nobody spoke of is due at once."""

from datetime import timedelta

import pytest

from bot.sandbox.stage import Clock
from bot.work.refresh import Timetable

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def times(clock: Clock) -> Timetable:
    return Timetable(clock)


def test_after_a_start_everything_is_due(times: Timetable) -> None:
    assert times.is_due("groups") and times.is_due("whatever may be added some day")


def test_a_thing_is_due_at_its_time_and_not_a_moment_before(times: Timetable, clock: Clock) -> None:
    times.schedule("groups", HOUR)
    clock.pass_(HOUR - MOMENT)
    assert not times.is_due("groups")
    clock.pass_(MOMENT)
    assert times.is_due("groups")


def test_what_is_due_stays_due_until_somebody_says_when_again(times: Timetable, clock: Clock) -> None:
    times.schedule("groups", HOUR)
    clock.pass_(3 * HOUR)
    assert [times.is_due("groups") for _ in range(3)] == [True] * 3
    times.schedule("groups", HOUR)
    assert not times.is_due("groups")


def test_the_next_time_counts_from_now_so_that_nothing_is_made_up_for(times: Timetable, clock: Clock) -> None:
    times.schedule("groups", HOUR)
    clock.pass_(5 * HOUR)
    times.schedule("groups", HOUR)
    clock.pass_(HOUR - MOMENT)
    assert not times.is_due("groups")


def test_each_thing_has_a_time_of_its_own(times: Timetable, clock: Clock) -> None:
    times.schedule("groups", HOUR)
    times.schedule("admins", 2 * HOUR)
    clock.pass_(HOUR)
    assert [times.is_due(one) for one in ("groups", "admins", "people")] == [True, False, True]


@pytest.mark.parametrize("first", [HOUR / 2, 2 * HOUR], ids=["later", "sooner"])
def test_the_last_word_counts(times: Timetable, clock: Clock, first: timedelta) -> None:
    times.schedule("groups", first)
    times.schedule("groups", HOUR)
    clock.pass_(HOUR - MOMENT)
    assert not times.is_due("groups")
    clock.pass_(MOMENT)
    assert times.is_due("groups")
