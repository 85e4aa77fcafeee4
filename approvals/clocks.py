"""Which stored times are trusted: the clock may have been ahead when they were written."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from approvals.ids import stamp

SKEW = timedelta(minutes=1)
"""How far in the future a past event may lie: clocks differ, and are adjusted."""
LONGEST_RETRY = timedelta(minutes=15)
"""The longest delay before a retry. A later time was written by a clock that was ahead: it is due."""


def is_recent(at: datetime | None, now: datetime, within: timedelta) -> bool:
    """Whether `at` lies within this span before now; False for None, or a time further ahead than SKEW."""
    return at is not None and -SKEW <= now - at <= within


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def due_spans(now: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two ranges (from, to), inclusive, of stored times at which a retry is due.

    First the past ('' means at once), then times further ahead than LONGEST_RETRY.
    """
    return ("", stamp(now)), (stamp(now + LONGEST_RETRY + timedelta(milliseconds=1)), "~")
