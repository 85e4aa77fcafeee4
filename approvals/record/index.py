"""By what requests are found, so that nobody has to fold all of them: nothing is folded that isn't shown."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.ids import PersonId, RequestId, unstamp
from approvals.people import canonical
from approvals.policy.team_names import narrow
from approvals.record.database import Database, Row, among
from approvals.record.people.reading import SAME, number_of
from approvals.request import Request
from approvals.states import OPEN, EventType, State

STUCK = "stuck"
"""Nobody can decide it any more."""
_ASKED, _BY, _ABOUT, _TEAM = "asked:", "by:", "about:", "team:"


def asked(id: PersonId) -> str:
    """It waits for the answer of this person."""
    return _ASKED + id


def asked_by(id: PersonId) -> str:
    """This person wants it."""
    return _BY + id


def about(id: PersonId) -> str:
    """It changes this person."""
    return _ABOUT + id


def team(name: str) -> str:
    """A team of this name, or id, is joined or changed."""
    return _TEAM + narrow(name)


def person_in(key: str) -> PersonId | None:
    """Whom a key names."""
    kind, _, id = key.partition(":")
    return PersonId(id) if f"{kind}:" in (_ASKED, _BY, _ABOUT) else None


def keys(request: Request) -> frozenset[str]:
    """Everything by which a request is found; nothing once it has ended.

    Until the worker has looked who asks, only they find it. One that a newer program has moved on is that
    one's to file.
    """
    if request.untouchable or request.state not in OPEN:
        return frozenset()
    found = {asked_by(request.requester)}
    if request.state is not State.CHECKING:
        found |= {team(name) for names in (*request.scope.teams, *request.scope.left) for name in names}
        found |= {about(request.subject)} if request.subject else set()
    if request.state is State.WAITING:
        found |= {asked(id) for id in request.asking.awaited}
        found |= {STUCK} if request.asking.is_stuck else set()
    return frozenset(found)


@dataclass(frozen=True)
class Found:
    """The first of the requests that were looked for, and how many there are."""

    requests: Sequence[Request] = ()
    total: int = 0

    @property
    def left(self) -> int:
        """How many more there are."""
        return self.total - len(self.requests)


@dataclass(frozen=True)
class CarriedOut:
    """A request that was carried out, as far as it tells since when something is so."""

    id: RequestId
    action: str
    at: datetime
    details: Mapping[str, Any]


Fold = Callable[[Iterable[int]], list[Request]]


def _under(keys: Collection[str]) -> str:
    """Requests that are filed under one of these keys."""
    return f"r.number IN (SELECT number FROM found_by WHERE {among('key', keys)})"


_SOONEST = "ORDER BY coalesce(r.expires_at, ''), r.number LIMIT ?"
_SUBJECT = "coalesce(r.subject, '')"
_STATE = "r.state || ''"
"""As an expression it leaves the index of a person to be used, which has their newest in order."""
_NEWEST = "ORDER BY r.number DESC LIMIT ?"


class Finding:
    """The table of what each open request is filed under."""

    def __init__(self, on: Database, fold: Fold) -> None:
        self._on, self._fold = on, fold

    def file(self, request: Request, was: Request | None = None) -> set[PersonId]:
        """Files a request anew that was filed as `was`; everybody it was or is filed under.

        The caller is in a transaction.
        """
        number, before, after = request.number, keys(was) if was else frozenset(), keys(request)
        if gone := sorted(before - after):
            self._on.run(f"DELETE FROM found_by WHERE {among('key', gone)} AND number = ?", *gone, number)
        self._on.insert("found_by", [(key, number) for key in sorted(after - before)])
        return {id for id in map(person_in, before | after) if id}

    def seen_by(self, id: PersonId, secret: Collection[str], also: Collection[PersonId] = ()) -> "Sight":
        """Requests as somebody may see them; `secret` are actions of which the person changed never hears.

        `also`: rows linked to the same human. What isn't for them isn't for this one.
        """
        mine, others = self._rows_of(id), [row for one in also for row in self._rows_of(one)]
        return Sight(self._on, self._fold, mine, tuple(secret), [*mine, *others])

    def _rows_of(self, id: PersonId) -> list[PersonId]:
        rows = self._on.rows(f"{SAME} WHERE a.number = ?", number_of(id))
        return [PersonId(f"P-{row['number']}") for row in rows]

    def in_trouble(self) -> Sequence[tuple[RequestId, int]]:
        """Everything operators look after, each with its version."""
        rows = self._on.rows(
            "SELECT number, version FROM requests WHERE state = ? UNION"
            " SELECT r.number, r.version FROM found_by f JOIN requests r ON r.number = f.number"
            " WHERE f.key = ? ORDER BY number",
            State.STOPPED, STUCK,
        )  # fmt: skip
        return [(RequestId(f"R-{row['number']}"), row["version"]) for row in rows]

    def last_done(self, email: str, actions: Collection[str]) -> CarriedOut | None:
        """The newest of these actions that was carried out on the person of an address."""
        row = self._on.row(
            "SELECT 'R-' || r.number AS id, r.action FROM requests r WHERE r.subject IN"
            " (SELECT 'P-' || number FROM people WHERE email = ? AND email != '')"
            f" AND {_STATE} = ? AND {among('r.action', actions)} ORDER BY r.number DESC LIMIT 1",
            canonical(email), State.DONE, *actions,
        )  # fmt: skip
        return self._carried_out(RequestId(row["id"]), row["action"]) if row else None

    def _carried_out(self, id: RequestId, action: str) -> CarriedOut | None:
        """Two entries tell enough: there may be dozens of them on one page, too many to fold."""
        row = self._on.row(
            "SELECT (SELECT at FROM ledger WHERE stream = ? AND type = ?) AS at,"
            " (SELECT w.text FROM ledger l JOIN words w ON w.seq = l.seq AND w.key = 'details'"
            " WHERE l.stream = ? ORDER BY l.seq DESC LIMIT 1) AS said",
            id, EventType.DONE, id,
        )  # fmt: skip
        if row is None or row["at"] is None:
            return None
        return CarriedOut(id, action, unstamp(row["at"]), json.loads(row["said"] or "{}"))


class Sight:
    """Requests through the eyes of one person, who may have several rows."""

    def __init__(
        self,
        on: Database,
        fold: Fold,
        mine: Sequence[PersonId],
        secret: Sequence[str],
        human: Sequence[PersonId],
    ) -> None:
        self._on, self._fold, self._mine, self._secret, self._human = on, fold, mine, secret, human
        self._asked = [asked(id) for id in mine]
        self._own = [key(id) for key in (asked_by, about) for id in mine]

    def _rows(self, what: str, where: str, values: Sequence[Any], more: str = "") -> list[Row]:
        """Rows about requests, without those of which this person mustn't hear."""
        about_me = f"{among('r.action', self._secret)} AND {among(_SUBJECT, self._human)}"
        hidden = f"{about_me} AND NOT {among('r.requester', self._mine)}"
        return self._on.rows(
            f"SELECT {what} FROM requests r WHERE NOT ({hidden}) AND {where} {more}",
            *self._secret, *self._human, *self._mine, *values,
        )  # fmt: skip

    def _found(self, where: str, values: Sequence[Any], order: str, limit: int, skip: int = 0) -> Found:
        order = f"{order} OFFSET ?"
        rows = self._rows("r.number, count(*) OVER () AS total", where, [*values, limit, skip], order)
        return Found(self._fold(row["number"] for row in rows), rows[0]["total"] if rows else 0)

    def waiting(self, limit: int, action: str = "", skip: int = 0) -> Sequence[Request]:
        """What waits for their answer, what ends soonest first; of one action, where it is named."""
        where = _under(self._asked) + (" AND r.action = ?" if action else "")
        values = [*self._asked, *([action] if action else [])]
        return self._found(where, values, _SOONEST, limit, skip).requests

    def kinds(self) -> Mapping[str, int]:
        """How many of each action wait for their answer."""
        where = _under(self._asked)
        rows = self._rows("r.action, count(*) AS total", where, self._asked, "GROUP BY r.action")
        return {row["action"]: row["total"] for row in rows}

    def mine(self, limit: int, skip: int = 0) -> Found:
        """Open requests by or about them, newest first."""
        return self._found(_under(self._own), self._own, _NEWEST, limit, skip)

    def open(self, limit: int, skip: int = 0) -> Found:
        """All open requests, newest first."""
        return self._found(among("r.state", OPEN), list(OPEN), _NEWEST, limit, skip)

    def concerning(self, id: PersonId, limit: int, skip: int = 0) -> Found:
        """Every request by or about one person, newest first."""
        ids = [f"P-{row['number']}" for row in self._on.rows(f"{SAME} WHERE a.number = ?", number_of(id))]
        where = f"({among('r.requester', ids)} OR {among(_SUBJECT, ids)})"
        return self._found(where, [*ids, *ids], _NEWEST, limit, skip)

    def ended(self, limit: int) -> Sequence[Request]:
        """What they asked for last and what was done about them, newest first.

        Each row of the person by itself: so the index gives the newest without sorting all.
        """
        ended = [state for state in State if state not in OPEN]
        numbers: set[int] = set()
        for column, states in (("requester", ended), ("subject", [State.DONE])):
            for id in self._mine:
                where = f"r.{column} = ? AND {among(_STATE, states)}"
                rows = self._rows("r.number", where, [id, *states, limit], _NEWEST)
                numbers |= {row["number"] for row in rows}
        return self._fold(sorted(numbers, reverse=True)[:limit])

    def teams(self, names: Collection[str], limit: int, skip: int = 0) -> Found:
        """Open requests about teams of these names, beyond those that are theirs or wait for them."""
        wanted, known = [team(name) for name in names], [*self._asked, *self._own]
        where = f"{_under(wanted)} AND NOT {_under(known)}"
        where += f" AND NOT {among('r.action', self._secret)}"
        return self._found(where, [*wanted, *known, *self._secret], _NEWEST, limit, skip)

    def stopped(self, limit: int, skip: int = 0) -> Found:
        """Requests that stopped halfway, newest first."""
        return self._found("r.state = ?", [State.STOPPED], _NEWEST, limit, skip)

    def stuck(self, limit: int, skip: int = 0) -> Found:
        """Requests that nobody can decide any more, what ends soonest first."""
        return self._found(_under([STUCK]), [STUCK], _SOONEST, limit, skip)
