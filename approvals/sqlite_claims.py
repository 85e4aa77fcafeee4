"""Who works on which request and for how long, on SQLite; and how much may be asked of Miro meanwhile."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.connections import Connections
from approvals.ids import RequestId, stamp, unstamp
from approvals.request import FORMATS
from approvals.store import Claim, ClaimLost


class SqliteClaims:
    """The part of the store by which several workers share what there is to do."""

    def __init__(self, on: Connections, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def claim(self, owner: str, lease: timedelta) -> Claim | None:
        """The next request that has work due and whose lanes are all free.

        A lane is not free while an older request with work to do is in it, nor while anybody works in it.
        """
        now = self._now()
        with self._on.writing():
            row = self._claimable(now)
            while row and not self._knows(row["number"]):
                row = self._claimable(now, after=row["number"])
            if row is None:
                return None
            self._on.run(
                "UPDATE requests SET owner = ?, attempt = attempt + 1, lease_until = ? WHERE number = ?",
                owner, stamp(now + lease), row["number"],
            )  # fmt: skip
            return Claim(RequestId(f"R-{row['number']}"), owner, row["attempt"] + 1)

    def _claimable(self, now: datetime, after: int = 0) -> sqlite3.Row | None:
        return self._on.row(
            """SELECT r.number, r.attempt FROM requests r
            WHERE r.active = 1 AND r.next_due <= :now AND (r.lease_until IS NULL OR r.lease_until < :now)
            AND NOT EXISTS (
              SELECT 1 FROM lanes mine JOIN lanes its ON its.key = mine.key AND its.number != mine.number
              JOIN requests other ON other.number = its.number
              WHERE mine.number = r.number AND (other.number < r.number OR other.lease_until >= :now))
            AND r.number > ? ORDER BY r.number LIMIT 1""".replace(":now", "?"),
            *[stamp(now)] * 3, after,
        )  # fmt: skip

    def _knows(self, number: int) -> bool:
        """Whether this program understands all that happened to a request."""
        rows = self._on.rows("SELECT DISTINCT type, format FROM ledger WHERE stream = ?", f"R-{number}")
        return all(row["format"] <= FORMATS.get(row["type"], 0) for row in rows)

    def _fence(self, claim: Claim, since: str = "") -> None:
        row = self._on.row(
            "SELECT 1 FROM requests WHERE number = ? AND owner = ? AND attempt = ?"
            " AND coalesce(lease_until, '') >= ?",
            int(claim.request.removeprefix("R-")), claim.owner, claim.attempt, since,
        )  # fmt: skip
        if row is None:
            raise ClaimLost(f"the time to work on {claim.request} ran out, or another worker has it now")

    def renew(self, claim: Claim, lease: timedelta) -> None:
        """Keeps a claim alive. Raises ClaimLost."""
        self._lease(claim, stamp(self._now() + lease))

    def release(self, claim: Claim) -> None:
        """Gives a claim back."""
        self._lease(claim, None)

    def _lease(self, claim: Claim, until: str | None) -> None:
        with self._on.writing():
            self._fence(claim, stamp(self._now()) if until else "")
            number = int(claim.request.removeprefix("R-"))
            self._on.run("UPDATE requests SET lease_until = ? WHERE number = ?", until, number)
            if until is None:
                self._on.run("UPDATE requests SET owner = NULL WHERE number = ?", number)

    def leases(self) -> set[str]:
        """Owners of claims that haven't run out."""
        now, owners, row = stamp(self._now()), set(), self._next_owner("")
        while row:
            owner = row["owner"]
            if self._on.row("SELECT 1 FROM requests WHERE owner = ? AND lease_until >= ?", owner, now):
                owners.add(owner)
            row = self._next_owner(owner)
        return owners

    def _next_owner(self, after: str) -> sqlite3.Row | None:
        """From one owner to the next: there are few of them, however much each has claimed."""
        return self._on.row("SELECT owner FROM requests WHERE owner > ? ORDER BY owner LIMIT 1", after)

    def free(self, owner: str) -> None:
        """Ends the claims of an owner that is known to be dead; fences it off should it live after all."""
        with self._on.writing():
            self._on.run(
                "UPDATE requests SET owner = NULL, lease_until = NULL, attempt = attempt + 1 WHERE owner = ?",
                owner,
            )

    def spend(self, credits: int, pool: int, window: timedelta) -> float:
        """Takes credits from the shared pool; returns 0, or the seconds until there may be enough."""
        now = self._now()
        with self._on.writing():
            self._on.run("DELETE FROM quota WHERE at <= ?", stamp(now - window))
            used = self._on.rows("SELECT at, credits FROM quota ORDER BY at")
            free, until = pool - sum(row["credits"] for row in used), now
            for row in used:
                if free >= credits:
                    break
                free, until = free + row["credits"], unstamp(row["at"]) + window
            if until > now:
                return (until - now).total_seconds()
            self._on.run("INSERT INTO quota VALUES (?,?)", stamp(now), credits)
            return 0.0
