"""A type for each kind of id, and the stored form of times."""

from datetime import UTC, datetime
from typing import NewType

RequestId = NewType("RequestId", str)  # "R-42"
PersonId = NewType("PersonId", str)  # "P-7": opaque, so that the record can outlive a person's data
GroupId = NewType("GroupId", str)  # Miro's own id of a group
SlackId = NewType("SlackId", str)  # opaque: on Enterprise Grid they begin with U or W

BOT = PersonId("bot")
"""The person of events that the bot itself causes."""


def stamp(at: datetime) -> str:
    """A time in its stored form: UTC, milliseconds, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unstamp(text: str) -> datetime:
    """The time written by `stamp`."""
    return datetime.fromisoformat(text)
