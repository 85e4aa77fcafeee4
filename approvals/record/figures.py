"""Figures of the record for those who watch it: a few queries, each over an index or a small table."""

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.ids import PersonId, stamp, unstamp
from approvals.record.database import Database, among
from approvals.states import OPEN, State

WINDOW = timedelta(seconds=30)
"""Over which Miro counts calls ("SCIM rate limits")."""


class Figures:
    """What a store has and has to do, as of now. All of it raises StoreTrouble."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def requests(self) -> dict[tuple[str, str], int]:
        """How many requests there are, by action and state."""
        rows = self._on.rows("SELECT action, state, count(*) AS n FROM requests GROUP BY action, state")
        return {(row["action"], row["state"]): row["n"] for row in rows}

    def open_of(self, requester: PersonId) -> int:
        """How many requests of somebody haven't ended yet."""
        is_open = among("state || ''", tuple(OPEN))
        sql = f"SELECT count(*) AS n FROM requests WHERE requester = ? AND {is_open}"
        row = self._on.row(sql, requester, *OPEN)
        return int(row["n"]) if row else 0

    def waiting_since(self) -> datetime | None:
        """When the oldest request that waits for an approver was made; None where none waits."""
        return self._time(
            "SELECT at FROM ledger WHERE version = 1 AND stream ="
            " (SELECT 'R-' || min(number) FROM requests WHERE state = ?)",
            State.WAITING,
        )

    def unshown(self) -> int:
        """Cards, messages and pages that Slack has yet to be shown."""
        row = self._on.row("SELECT count(*) AS n FROM outbox WHERE shown < wanted")
        return int(row["n"]) if row else 0

    def unshown_since(self) -> datetime | None:
        """When the first request changed whose cards don't show it yet; None where all do."""
        return self._time(
            "SELECT min((SELECT max(at) FROM ledger WHERE stream = outbox.key)) AS at FROM outbox"
            " WHERE shown < wanted AND kind = 'card'"
        )

    def credits(self) -> int:
        """Credits of Miro's that were spent within the last 30 s."""
        since = stamp(self._now() - WINDOW)
        row = self._on.row("SELECT coalesce(sum(credits), 0) AS n FROM quota WHERE at > ?", since)
        return int(row["n"]) if row else 0

    def _time(self, sql: str, *values: object) -> datetime | None:
        row = self._on.row(sql, *values)
        return unstamp(row["at"]) if row and row["at"] else None
