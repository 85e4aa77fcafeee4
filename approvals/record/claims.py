"""What workers share: claims of requests, and the credits of Miro's rate limit.

A request has lanes: the person, group or list of admins that it changes. While it is claimed, no other
request in them is. Active requests are ordered in each lane, and only a request that is first in all its
lanes can be claimed:

1. what has begun and can go on, so that nothing starts on top of what is half done;
2. what is urgent and can go on, the most urgent first;
3. what has begun, or is urgent, and is held: whose next try comes first;
4. the rest, held or not, the older first.

So an urgent request waits for no next try but its own. It may go before one that has begun and is held:
nothing of that is on its way any more, and each starts with a look at Miro and asks again where its plan
isn't what was approved; just as after one that has stopped, which stands in no lane. The order is one for
all lanes, so no two requests wait for each other.

The credits of Miro are one pool for all processes, with a queue of those who wait for some.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from approvals.clocks import SKEW, due_spans
from approvals.ids import RequestId, stamp, unstamp
from approvals.record.database import ClaimLost, Database, Row, among
from approvals.request import FORMATS, Request, Urgency, is_active
from approvals.states import EventType, State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """The right to work on one request until the lease ends; checked by every write of its owner."""

    request: RequestId
    owner: str
    attempt: int

    def lost(self) -> ClaimLost:
        """The error of its owner when it has ended."""
        return ClaimLost(f"the time to work on {self.request} ran out, or another worker has it now")


@dataclass(frozen=True)
class Place:
    """A caller's place in the queue for credits; without a ticket it has none.

    `reserve`: credits that it leaves for Urgency.FIRST.
    """

    ticket: str = ""
    urgency: int = Urgency.ORDINARY
    reserve: int = 0


AGED = timedelta(minutes=1)
"""After so long a caller goes before all that came later, however urgent."""
LENT = timedelta(seconds=2)
"""The reserve is open to everybody if as many credits come back within this time."""
AGAIN = timedelta(seconds=1)
"""When to ask again if a window hasn't enough credits."""
GRACE = timedelta(seconds=10)
"""A caller that is so late for its turn has gone, and loses its place."""
LONGEST_WAIT = timedelta(minutes=5)
"""A place with a later time was given while the clock was ahead."""


HELD = "number = ? AND owner = ? AND attempt = ? AND coalesce(lease_until, '') >= ?"
"""Whether a claim still holds; `held_by` has the values."""


def held_by(claim: Claim, since: str) -> tuple[int, str, int, str]:
    """The values of `HELD`; `since`: when its lease mustn't have ended yet, '' for never mind."""
    return int(claim.request.removeprefix("R-")), claim.owner, claim.attempt, since


class Quota:
    """The store's counter of credits."""

    _on: Database
    _now: Callable[[], datetime]

    def spend(self, credits: int, pool: int, window: timedelta, place: Place = Place()) -> float:
        """Takes credits from the shared pool; returns 0, or the seconds until there may be enough.

        A place with a ticket is kept in the queue: nobody behind it takes its credits.
        """
        now = self._now()
        with self._on.writing(lasting=False):
            spent = self._spent(now, now - window)
            queue = self._queue(now)
            ahead = sum(row["credits"] for row in _ahead(queue, place, now))
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
            if any(row["ticket"] == place.ticket for row in queue):
                self._on.run("DELETE FROM quota_queue WHERE ticket = ?", place.ticket)
            self._on.run("INSERT INTO quota (at, credits) VALUES (?,?)", stamp(now), credits)
            return 0.0

    def _spent(self, now: datetime, opened: datetime) -> list[Row]:
        """What was spent within the window, the oldest first; what was before it is forgotten.

        What lies in the future was written while the clock was ahead: it was spent now at the latest.
        """
        rows = self._on.rows("SELECT at, credits FROM quota ORDER BY at")
        if all(stamp(opened) < row["at"] <= stamp(now) for row in rows):
            return rows
        self._on.run("DELETE FROM quota WHERE at <= ?", stamp(opened))
        self._on.run("UPDATE quota SET at = ? WHERE at > ?", *[stamp(now)] * 2)
        return self._on.rows("SELECT at, credits FROM quota ORDER BY at")

    def _queue(self, now: datetime) -> list[Row]:
        """Those who wait for credits, the first that came first; who doesn't any more is forgotten."""
        late, early = stamp(now), stamp(now + LONGEST_WAIT)
        rows = self._on.rows("SELECT * FROM quota_queue ORDER BY id")
        waiting = [row for row in rows if late <= row["until"] <= early]
        if waiting != rows:
            self._on.run("DELETE FROM quota_queue WHERE until < ? OR until > ?", late, early)
        return waiting

    def _wait(self, place: Place, credits: int, now: datetime, until: datetime) -> None:
        if place.ticket:
            new = "INSERT INTO quota_queue (ticket, urgency, credits, since, until) VALUES (?,?,?,?,?)"
            sql = f"{new} ON CONFLICT (ticket) DO UPDATE SET until = excluded.until"
            times = stamp(now), stamp(until + GRACE)
            self._on.run(sql, place.ticket, place.urgency, credits, *times)

    def unqueue(self, ticket: str) -> None:
        """Leaves the queue."""
        self._on.write("DELETE FROM quota_queue WHERE ticket = ?", ticket, lasting=False)

    def arrived(self, credits: int, left: datetime) -> None:
        """Moves credits, taken at `left`, to now, when their call was answered: Miro counts from arrival."""
        latest = "SELECT id FROM quota WHERE credits = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1"
        with self._on.writing(lasting=False):
            sql = f"UPDATE quota SET at = ? WHERE id = ({latest})"
            self._on.run(sql, stamp(self._now()), credits, stamp(left))


def _ahead(queue: Sequence[Row], place: Place, now: datetime) -> list[Row]:
    """The places before this one: more urgent, else longer in the queue."""
    mine = next((row for row in queue if row["ticket"] == place.ticket), None)

    def turn(row: Row) -> tuple[int, int]:
        return (-Urgency.FIRST - 1 if row["since"] <= stamp(now - AGED) else -row["urgency"], row["id"])

    my_turn = turn(mine) if mine else (-place.urgency, float("inf"))
    return [row for row in queue if turn(row) < my_turn]


def _enough_at(spent: list[Row], pool: int, need: int, window: timedelta, now: datetime) -> datetime:
    """When so many credits are free."""
    free, until = pool - sum(row["credits"] for row in spent), now
    for row in spent:
        if free >= need:
            break
        free, until = free + row["credits"], unstamp(row["at"]) + window
    return until


PATIENCE = timedelta(minutes=5)
"""How long ordinary work waits behind more urgent work."""
SHARE = 4
"""After that, one in so many claims goes to it."""
_NEWEST = "SELECT at FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)"
_DUE_AT_ONCE = """AND r.next_due <= (
  SELECT e.at FROM ledger e WHERE e.stream = 'R-' || r.number AND e.version = r.version)"""
"""A request that isn't put off: it was due when its last event was written, by the clock of then."""


_IN_FREE_LANES = """NOT EXISTS (
  SELECT 1 FROM lanes mine WHERE mine.number = r.number AND mine.key IN (
    SELECT its.key FROM requests busy CROSS JOIN lanes its
    WHERE its.number = busy.number AND busy.lease_until IS NOT NULL))"""
"""Whether nobody works in a lane of request r."""
_MOST_URGENT = """SELECT rank FROM requests WHERE rank IS NOT NULL AND lease_until IS NULL
  AND rank <= ? AND rank >= ? ORDER BY rank DESC LIMIT 1"""


class Claims(Quota):
    """The store's claims, by which workers share the work."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now
        self._claims = 0
        self._latest: datetime | None = None
        """The latest time seen so far; the clock is behind it once it was set back."""
        self._is_behind = False

    def claim(self, owner: str, lease: timedelta, least: int = Urgency.ORDINARY) -> Claim | None:
        """Claims the next due request that is first in all its free lanes: the most urgent, then the oldest.

        A lane is free if no request in it is claimed. `least`: the least urgency, counting that of requests
        behind it.
        """
        now = self._now()
        latest = self._latest = self._seen(now)
        if not self._has_work(now, latest, lease, least):
            return None
        with self._on.writing(lasting=False):
            self._end_leases(now, now + lease + SKEW)
            row = self._next(now, latest, least)
            if row is None:
                return None
            self._claims += 1
            return self._taken([row], owner, now + lease)[0]

    def _taken(self, rows: Sequence[Row], owner: str, until: datetime) -> list[Claim]:
        """Claims requests, given as (number, attempt)."""
        sql = "UPDATE requests SET owner = ?, attempt = attempt + 1, lease_until = ? WHERE number = ?"
        self._on.run_each(sql, [(owner, stamp(until), row["number"]) for row in rows])
        return [Claim(RequestId(f"R-{row['number']}"), owner, row["attempt"] + 1) for row in rows]

    def _has_work(self, now: datetime, latest: datetime, lease: timedelta, least: int) -> bool:
        """Whether there may be something to claim, so that idle workers keep nobody from writing."""
        ranks = range(least, Urgency.FIRST + 1)
        free = f"rank IS NOT NULL AND lease_until IS NULL AND {among('rank', ranks)}"
        due = f"SELECT 1 FROM requests WHERE {free}"
        _, (ahead, _) = due_spans(now)
        ended = "SELECT 1 FROM requests WHERE lease_until IS NOT NULL AND lease_until NOT BETWEEN ? AND ?"
        sql = f"{due} AND next_due <= ? UNION ALL {due} AND next_due >= ? UNION ALL {ended} LIMIT 1"
        times = stamp(now), stamp(now + lease + SKEW)
        return self._on.row(sql, *ranks, stamp(latest), *ranks, ahead, *times) is not None

    def _end_leases(self, now: datetime, latest: datetime) -> None:
        """Ends claims whose leases ran out.

        All leases have one length: one that ends later was given while the clock was ahead.
        """
        self._on.run(
            "UPDATE requests SET lease_until = CASE WHEN lease_until > ? THEN ? END"
            " WHERE lease_until IS NOT NULL AND lease_until NOT BETWEEN ? AND ?",
            *[stamp(latest)] * 2, stamp(now), stamp(latest),
        )  # fmt: skip

    def _next(self, now: datetime, latest: datetime, least: int) -> Row | None:
        spans = [(span, "") for span in due_spans(now)]
        if now < latest:
            spans.append(((stamp(now), stamp(latest)), _DUE_AT_ONCE))
        is_shared = self._claims % SHARE == SHARE - 1 and least == Urgency.ORDINARY
        if is_shared and (row := self._first(Urgency.ORDINARY, ("", stamp(now - PATIENCE)), "")):
            return row
        rank = self._on.value(_MOST_URGENT, Urgency.FIRST, least)
        while rank is not None:
            for span, condition in spans:
                if row := self._first(rank, span, condition):
                    return row
            rank = self._on.value(_MOST_URGENT, rank - 1, least)
        return None

    def _seen(self, now: datetime) -> datetime:
        """The latest time seen; says so when the clock is behind it."""
        newest = None if self._latest else self._on.value(_NEWEST)
        latest = max(now, self._latest or (unstamp(newest) if newest else now))
        is_behind = now < latest - SKEW
        if is_behind and not self._is_behind:
            log.warning(
                "This clock is %s behind the record: it was set back, or another machine's is ahead. "
                "What is due is done all the same.",
                latest - now,
            )
        self._is_behind = is_behind
        return latest

    def _first(self, rank: int, due: tuple[str, str], condition: str) -> Row | None:
        """The oldest of a rank that is due and that this program understands."""
        sql = f"""SELECT r.number, r.attempt FROM requests r
            WHERE r.rank = ? AND r.lease_until IS NULL AND r.next_due BETWEEN ? AND ? {condition}
            AND {_IN_FREE_LANES} ORDER BY r.next_due, r.number LIMIT 1 OFFSET ?"""
        for skipped in count():
            row = self._on.row(sql, rank, *due, skipped)
            if row is None or self._knows(row["number"]):
                return row
        return None

    def claim_lines(self, bulk: RequestId, owner: str, lease: timedelta, limit: int) -> list[Claim]:
        """Claims lines of a bulk that are carried out together, each first in its free lanes, in order."""
        sql = f"""SELECT r.number, r.attempt FROM requests r WHERE r.because_of = ? AND r.rank = ?
            AND r.lease_until IS NULL AND {_IN_FREE_LANES} ORDER BY r.number LIMIT ?"""
        with self._on.writing(lasting=False):
            rows = self._on.rows(sql, bulk, int(Urgency.BULK), limit)
            return self._taken(rows, owner, self._now() + lease)

    def renew_all(self, owner: str, lease: timedelta) -> set[Claim]:
        """Extends all leases of an owner that haven't ended; returns these claims."""
        now, held = self._now(), "owner = ? AND lease_until >= ? RETURNING number, attempt"
        sql = f"UPDATE requests SET lease_until = ? WHERE {held}"
        with self._on.writing(lasting=False):
            rows = self._on.rows(sql, stamp(now + lease), owner, stamp(now))
        return {Claim(RequestId(f"R-{row['number']}"), owner, row["attempt"]) for row in rows}

    def give_way(self, owner: str) -> None:
        """Ends an owner's claims of lines that haven't begun and are in the way of something urgent."""
        sql = """UPDATE requests SET lease_until = NULL, owner = NULL
            WHERE owner = ? AND state = ? AND because_of IS NOT NULL AND EXISTS (
              SELECT 1 FROM lanes mine CROSS JOIN urgent_lanes u
              WHERE mine.number = requests.number AND u.key = mine.key AND u.number != mine.number)"""
        self._on.write(sql, owner, State.APPROVED, lasting=False)

    def blocked(self, due: datetime) -> list[tuple[RequestId, RequestId]]:
        """Some of what is due since a time and waits for another request in its lanes, each with that one.

        Without those that have waited since they were last held.
        """
        others = """FROM lanes mine CROSS JOIN lanes its CROSS JOIN requests other
            WHERE mine.number = {}.number AND its.key = mine.key AND its.number != mine.number
            AND other.number = its.number
            AND (other.lease_until IS NOT NULL OR (its.place, its.number) < (mine.place, mine.number))"""
        first = "ORDER BY other.lease_until IS NULL, its.place, its.number LIMIT 1"
        held = "e.stream = 'R-' || r.number AND e.version = r.version AND e.type = ?"
        sql = f"""SELECT blocked.number, (SELECT its.number {others.format("blocked")} {first}) AS other
            FROM (SELECT * FROM requests r WHERE r.number IN (SELECT number FROM lanes)
              AND r.lease_until IS NULL AND r.next_due <= ? AND r.urgency >= {Urgency.ORDINARY:d}
              AND EXISTS (SELECT 1 {others.format("r")}) AND NOT EXISTS (SELECT 1 FROM ledger e WHERE {held})
              ORDER BY r.next_due, r.number LIMIT 20) blocked"""
        rows = self._on.rows(sql, stamp(due), EventType.HELD)
        return [(RequestId(f"R-{row['number']}"), RequestId(f"R-{row['other']}")) for row in rows]

    def _knows(self, number: int) -> bool:
        """Whether this program knows all events of a request."""
        rows = self._on.rows("SELECT DISTINCT type, format FROM ledger WHERE stream = ?", f"R-{number}")
        return all(row["format"] <= FORMATS.get(row["type"], 0) for row in rows)

    def rank(self, id: RequestId) -> int:
        """The urgency of an active request, counting those behind it in its lanes."""
        behind = """SELECT max(u.urgency) FROM lanes mine CROSS JOIN urgent_lanes u
            WHERE mine.number = r.number AND u.key = mine.key"""
        sql = f"SELECT coalesce(({behind}), r.urgency) FROM requests r WHERE r.number = ?"
        return int(self._on.value(sql, int(id.removeprefix("R-"))) or 0)

    def renew(self, claim: Claim, lease: timedelta) -> None:
        """Extends the lease of a claim. Raises ClaimLost."""
        self._lease(claim, stamp(self._now() + lease))

    def release(self, claim: Claim) -> None:
        """Ends a claim."""
        self._lease(claim, None)

    def _lease(self, claim: Claim, until: str | None) -> None:
        since, owner = (stamp(self._now()), claim.owner) if until else ("", None)
        sql = f"UPDATE requests SET lease_until = ?, owner = ? WHERE {HELD}"
        if not self._on.write(sql, until, owner, *held_by(claim, since), lasting=False):
            raise claim.lost()

    def leases(self) -> set[str]:
        """The owners of current claims."""
        now, owners, owner = stamp(self._now()), set(), ""
        following = "SELECT owner FROM requests WHERE owner > ? ORDER BY owner LIMIT 1"
        current = "SELECT 1 FROM requests WHERE owner = ? AND lease_until >= ? LIMIT 1"
        # One after the other, because there are few owners, however many claims.
        while owner := self._on.value(following, owner):
            owners |= {owner} if self._on.row(current, owner, now) else set()
        return owners

    def free(self, owner: str) -> None:
        """Ends the claims of a dead owner, whose writes are refused if it is alive after all."""
        sql = "UPDATE requests SET owner = NULL, lease_until = NULL, attempt = attempt + 1 WHERE owner = ?"
        self._on.write(sql, owner)

    # -- lanes, and `requests.rank`, by whose index a claim finds its request ----------------------------
    #
    # `rank` is NULL if a request isn't active, or isn't the first in all its lanes. Else it is the highest
    # urgency in its lanes: a request in the way of an urgent one is as urgent.

    def _keep_lanes(self, request: Request) -> None:
        """Stores the lanes of a request, and who is first in them now; called in a transaction."""
        number = request.number
        wanted = dict.fromkeys(request.lanes, self._place(request)) if is_active(request) else {}
        rows = self._on.rows("SELECT key, place FROM lanes WHERE number = ?", number)
        has = {row["key"]: row["place"] for row in rows}
        if wanted and has == wanted:
            return
        if has:
            self._on.run("DELETE FROM lanes WHERE number = ?", number)
            # Each urgency by name: a lane may be crowded.
            some = f"{among('key', has)} AND urgency IN ({Urgency.SOON:d}, {Urgency.FIRST:d}) AND number = ?"
            self._on.run(f"DELETE FROM urgent_lanes WHERE {some}", *has, number)
        self._on.insert("lanes (key, place, number)", [(*lane, number) for lane in wanted.items()])
        if request.priority > Urgency.ORDINARY:
            self._on.insert("urgent_lanes", [(key, request.priority, number) for key in wanted])
        # The old and the new first request of a lane are among the first two.
        first = "SELECT number FROM lanes WHERE key = ? ORDER BY place, number LIMIT 2"
        touched = {row["number"] for key in sorted({*has, *wanted}) for row in self._on.rows(first, key)}
        for each in sorted({number, *touched}):
            self._rank(each)

    def _place(self, request: Request) -> str:
        """The sortable place of an active request in its lanes; the head of this file explains the order."""
        has_begun, urgency = request.state is State.WORKING, max(request.priority, Urgency.ORDINARY)
        if not (has_begun or urgency):
            return "4"
        if request.progress.held and request.next_due and request.next_due > self._now():
            return f"3 {stamp(request.next_due)}"
        return "0" if has_begun else str(1 + Urgency.FIRST - urgency)

    def _rank(self, number: int) -> None:
        """Recomputes whether a request is first in its lanes, and its rank."""
        before = "(before.place, before.number) < (mine.place, mine.number)"
        sql = f"""UPDATE requests SET rank = CASE WHEN active = 1 AND NOT EXISTS (
              SELECT 1 FROM lanes mine CROSS JOIN lanes before
              WHERE mine.number = requests.number AND before.key = mine.key AND {before}
            ) THEN (SELECT max(of.urgency) FROM (
              SELECT requests.urgency AS urgency UNION ALL
              SELECT (SELECT max(u.urgency) FROM urgent_lanes u WHERE u.key = mine.key) AS urgency
              FROM lanes mine WHERE mine.number = requests.number) of) END WHERE number = ?"""
        self._on.run(sql, number)
