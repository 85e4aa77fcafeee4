"""Times are stored in one form that sorts as text."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from approvals.ids import stamp, unstamp
from tests.approvals.scene import STEADY

TIMES = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


def test_a_time_is_written_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert stamp(datetime(2026, 3, 2, 10, 0, 0, 123456, berlin)) == "2026-03-02T09:00:00.123Z"


@STEADY
@given(TIMES)
def test_a_time_survives_to_the_millisecond(at: datetime) -> None:
    back = unstamp(stamp(at))
    assert timedelta() <= at - back < timedelta(milliseconds=1)
    assert back.tzinfo is UTC


@STEADY
@given(TIMES, TIMES)
def test_stamps_sort_like_the_times_they_stand_for(one: datetime, other: datetime) -> None:
    assert (unstamp(stamp(one)) < unstamp(stamp(other))) == (stamp(one) < stamp(other))
