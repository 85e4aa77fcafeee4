"""How much may be asked of Miro now, on SQLite: one pool for all processes, and a queue of those who wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.ids import stamp, unstamp
from approvals.record.database import Database, Row
from approvals.request import Urgency


@dataclass(frozen=True)
class Place:
    """Where somebody stands who wants credits. Without a ticket, none is kept for them in the queue.

    `reserve`: credits that are left for what is of the first urgency.
    """

    ticket: str = ""
    urgency: int = Urgency.ORDINARY
    reserve: int = 0


AGED = timedelta(minutes=1)
"""After so long a wait somebody goes before everybody who came later, however urgent."""
LENT = timedelta(seconds=2)
"""The reserve is open to everybody when as much comes back within this time; who is urgent waits for it."""
AGAIN = timedelta(seconds=1)
"""When somebody looks again for whom there isn't enough in one window."""
GRACE = timedelta(seconds=10)
"""A waiter who hasn't come back so long after the time it was told is gone, and so is its place."""
LONGEST_WAIT = timedelta(minutes=5)
"""A place that is kept for longer was given while the clock was ahead."""


class Quota:
    """The part of the store that counts credits."""

    _on: Database
    _now: Callable[[], datetime]

    def spend(self, credits: int, pool: int, window: timedelta, place: Place = Place()) -> float:
        """Takes credits from the shared pool; returns 0, or the seconds until there may be enough.

        A place with a ticket is kept in the queue meanwhile: nobody behind it takes what it waits for.
        """
        now = self._now()
        with self._on.writing():
            self._drop_the_old(now, now - window)
            spent = self._on.rows("SELECT at, credits FROM quota ORDER BY at")
            ahead = sum(row["credits"] for row in self._ahead(place, now))
            need = credits + ahead
            until = _enough_at(spent, pool, min(need, pool), window, now)
            if place.urgency != Urgency.FIRST:
                with_reserve = _enough_at(spent, pool, min(need + place.reserve, pool), window, now)
                until = max(until, with_reserve - LENT)
            if ahead and need > pool:
                until = max(until, now + AGAIN)  # those ahead take theirs first, and then it can be told
            if until > now:
                self._wait(place, credits, now, until)
                return (until - now).total_seconds()
            self._on.run("DELETE FROM quota_queue WHERE ticket = ?", place.ticket)
            self._on.run("INSERT INTO quota (at, credits) VALUES (?,?)", stamp(now), credits)
            return 0.0

    def _drop_the_old(self, now: datetime, opened: datetime) -> None:
        """Forgets what was spent before the window, and whoever doesn't wait any more.

        What lies in the future was written while the clock was ahead: it was spent now at the latest.
        """
        self._on.run("DELETE FROM quota WHERE at <= ?", stamp(opened))
        self._on.run("UPDATE quota SET at = ? WHERE at > ?", *[stamp(now)] * 2)
        late, early = stamp(now), stamp(now + LONGEST_WAIT)
        self._on.run("DELETE FROM quota_queue WHERE until < ? OR until > ?", late, early)

    def _ahead(self, place: Place, now: datetime) -> list[Row]:
        """Those who get credits before this one: more urgent, else longer in the queue."""
        rows = self._on.rows("SELECT * FROM quota_queue ORDER BY id")
        mine = next((row for row in rows if row["ticket"] == place.ticket), None)

        def turn(row: Row) -> tuple[int, int]:
            return (-Urgency.FIRST - 1 if row["since"] <= stamp(now - AGED) else -row["urgency"], row["id"])

        my_turn = turn(mine) if mine else (-place.urgency, float("inf"))
        return [row for row in rows if turn(row) < my_turn]

    def _wait(self, place: Place, credits: int, now: datetime, until: datetime) -> None:
        if place.ticket:
            self._on.run(
                "INSERT INTO quota_queue (ticket, urgency, credits, since, until) VALUES (?,?,?,?,?)"
                " ON CONFLICT (ticket) DO UPDATE SET until = excluded.until",
                place.ticket, place.urgency, credits, stamp(now), stamp(until + GRACE),
            )  # fmt: skip

    def unqueue(self, ticket: str) -> None:
        """Gives up a place in the queue."""
        with self._on.writing():
            self._on.run("DELETE FROM quota_queue WHERE ticket = ?", ticket)

    def arrived(self, credits: int, left: datetime) -> None:
        """Dates credits anew whose call left then and was answered only now: Miro counts from the arrival."""
        with self._on.writing():
            self._on.run(
                "UPDATE quota SET at = ? WHERE id ="
                " (SELECT id FROM quota WHERE credits = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1)",
                stamp(self._now()), credits, stamp(left),
            )  # fmt: skip


def _enough_at(spent: list[Row], pool: int, need: int, window: timedelta, now: datetime) -> datetime:
    """When so many credits are free."""
    free, until = pool - sum(row["credits"] for row in spent), now
    for row in spent:
        if free >= need:
            break
        free, until = free + row["credits"], unstamp(row["at"]) + window
    return until
