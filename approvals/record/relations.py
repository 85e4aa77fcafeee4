"""The tables of who belongs to whom on SQLite: Slack user groups, managers, and who stands in for whom."""

import re
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from approvals.clocks import SKEW
from approvals.ids import PersonId, SlackId, stamp, unstamp
from approvals.people import FRESH, Delegation, Person, canonical
from approvals.record.connections import Connections


def number_of(id: PersonId) -> int:
    """7 of P-7. Raises KeyError for what can be no id of a person."""
    if not re.fullmatch("P-[0-9]{1,18}", id):
        raise KeyError(id)
    return int(id.removeprefix("P-"))


SAME = (
    "SELECT b.number FROM people a JOIN people b"
    # On b: only so SQLite sees that the index of addresses has all it needs.
    " ON b.number = a.number OR (b.email != '' AND b.email = a.email)"
)
"""Rows of one address are one human."""


class SqliteRelations:
    """What Slack and Miro said of groups and managers, and the delegates people named."""

    def __init__(self, on: Connections) -> None:
        self._on = on

    def person(self, id: PersonId) -> Person:
        """The person with this id. Raises KeyError."""
        raise NotImplementedError

    def keep_members(self, handle: str, members: Iterable[SlackId] | None, now: datetime) -> None:
        """Writes down who is in a Slack user group, or a channel; None: Slack knows none of that name."""
        name = canonical(handle)
        with self._on.writing():
            self._on.run("DELETE FROM user_groups WHERE handle = ?", name)
            self._on.run("DELETE FROM user_groups_seen WHERE handle = ?", name)
            if members is not None:
                pairs = [(name, id) for id in set(members)]
                self._on.run_each("INSERT INTO user_groups VALUES (?,?)", pairs)
                self._on.run("INSERT INTO user_groups_seen VALUES (?,?)", name, stamp(now))

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, or a channel; nobody, where that wasn't looked at for a day."""
        rows = self._on.rows(
            "SELECT m.slack_id FROM user_groups m JOIN user_groups_seen s ON s.handle = m.handle"
            " WHERE m.handle = ? AND s.seen_at BETWEEN ? AND ? ORDER BY m.slack_id",
            canonical(handle), stamp(now - FRESH), stamp(now + SKEW),
        )  # fmt: skip
        return [SlackId(row["slack_id"]) for row in rows]

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether Slack told within a day who is in a group or channel; not of one it doesn't know."""
        seen = "SELECT 1 FROM user_groups_seen WHERE handle = ? AND seen_at BETWEEN ? AND ?"
        span = stamp(now - FRESH), stamp(now + SKEW)
        return self._on.row(seen, canonical(handle), *span) is not None

    def keep_manager(self, id: PersonId, boss: PersonId | None, now: datetime) -> None:
        """Writes down who manages somebody, as Slack or Miro said; None: nobody is known to."""
        with self._on.writing():
            self._on.run(
                "INSERT OR REPLACE INTO managers VALUES (?,?,?)",
                number_of(id), number_of(boss) if boss else None, stamp(now),
            )  # fmt: skip

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as Slack or Miro said within a day."""
        seen = "SELECT boss AS found FROM managers WHERE seen_at BETWEEN ? AND ? AND person IN"
        row = self._of(id, seen, now - FRESH, now + SKEW)
        return self.person(PersonId(f"P-{row['found']}")) if row and row["found"] else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody at a time."""
        row = self._of(id, "SELECT * FROM delegations WHERE since <= ? AND until > ? AND person IN", now, now)
        return _delegation(row) if row else None

    def named_delegate(self, id: PersonId, now: datetime) -> Delegation | None:
        """Whom somebody named, also for days to come."""
        row = self._of(id, "SELECT * FROM delegations WHERE until > ? AND person IN", now)
        return _delegation(row) if row else None

    def away_as(self, id: PersonId) -> list[PersonId]:
        """The other rows of somebody that have a delegate."""
        rows = self._on.rows(
            f"SELECT person FROM delegations WHERE person != ? AND person IN ({SAME} WHERE a.number = ?)",
            number_of(id), number_of(id),
        )  # fmt: skip
        return [PersonId(f"P-{row['person']}") for row in rows]

    def _of(self, id: PersonId, sql: str, *at: datetime) -> sqlite3.Row | None:
        times = map(stamp, at)
        return self._on.row(f"{sql} ({SAME} WHERE a.number = ?) ORDER BY person", *times, number_of(id))


def _delegation(row: sqlite3.Row) -> Delegation:
    person, delegate = PersonId(f"P-{row['person']}"), PersonId(f"P-{row['delegate']}")
    return Delegation(person, delegate, unstamp(row["since"]), unstamp(row["until"]))
