"""Which stored times are believed: the machine's clock may have been ahead when one was written."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from approvals.ids import stamp

SKEW = timedelta(minutes=1)
"""How far ahead of now something may lie that has happened: two clocks differ, and clocks are adjusted."""
LONGEST_RETRY = timedelta(minutes=15)
"""The longest that anything is put off before it is tried again. A later date was written by a clock that was
ahead, and is due."""


def is_recent(at: datetime | None, now: datetime, within: timedelta) -> bool:
    """Whether something happened within a time; a time in the future tells nothing of how long ago it was."""
    return at is not None and -SKEW <= now - at <= within


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def put_off(until: datetime, now: datetime) -> str:
    """The time of the next try as it is stored: no later than `LONGEST_RETRY` allows."""
    return stamp(min(until, now + LONGEST_RETRY))


def due_spans(now: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two spans of stored times that make a retry due, each from and to, both included.

    First what is past ('' stands for at once), then what lies further ahead than anything is put off.
    """
    return ("", stamp(now)), (stamp(now + LONGEST_RETRY + timedelta(milliseconds=1)), "~")
