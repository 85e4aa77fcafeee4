"""Ids of different things are different types, and times are written in one form."""

from datetime import UTC, datetime
from typing import NewType

RequestId = NewType("RequestId", str)  # "R-42"
PersonId = NewType("PersonId", str)  # "P-7": opaque, so that the record can outlive a person's data
GroupId = NewType("GroupId", str)  # Miro's own id of a group
SlackId = NewType("SlackId", str)  # opaque: on Enterprise Grid they begin with U or W

BOT = PersonId("bot")
"""Stands where a person would, when the bot itself did something."""


def stamp(at: datetime) -> str:
    """A time as it is stored: UTC, milliseconds, sorts as text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unstamp(text: str) -> datetime:
    """The time that `stamp` wrote."""
    return datetime.fromisoformat(text)
