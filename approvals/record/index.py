"""The index of open requests: only requests that are shown have to be folded."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from approvals.ids import PersonId, RequestId, unstamp
from approvals.people import canonical
from approvals.policy.team_names import narrow
from approvals.record.database import Database, Row, among
from approvals.record.people.reading import same_rows
from approvals.request import Request
from approvals.states import OPEN, EventType, State

STUCK = "stuck"
"""The key of requests that nobody can decide any more."""
ASKED, BY, ABOUT, HANDED, TEAM = "asked:", "by:", "about:", "handed:", "team:"
"""How keys begin: who may decide, who asked, whom it is about, who finishes it by hand; a team."""


def team(name: str) -> str:
    """The key of requests about a team with this name or id."""
    return TEAM + narrow(name)


def person_in(key: str) -> PersonId | None:
    """The person in a key, or None."""
    kind, _, id = key.partition(":")
    return PersonId(id) if f"{kind}:" in (ASKED, BY, ABOUT, HANDED) else None


def keys(request: Request) -> frozenset[str]:
    """All keys of a request; none after it has ended.

    Before the worker's check only its requester finds it; a line is found by its bulk. If a newer program
    wrote to it, that program keeps its keys.
    """
    if request.untouchable or request.state not in OPEN or request.together:
        return frozenset()
    filed = {BY + request.requester}
    if request.state is not State.CHECKING:
        filed |= {team(name) for names in (*request.scope.teams, *request.scope.left) for name in names}
        filed |= {ABOUT + request.subject} if request.subject else set()
    if request.hand_over.to:
        filed |= {HANDED + request.hand_over.to}
    if request.state is State.WAITING:
        filed |= {ASKED + id for id in request.asking.awaited}
        filed |= {STUCK} if request.asking.is_stuck else set()
    return frozenset(filed)


@dataclass(frozen=True)
class Found:
    """The first matching requests, and the number of all."""

    requests: Sequence[Request] = ()
    total: int = 0

    @property
    def left(self) -> int:
        """The number of further matches."""
        return self.total - len(self.requests)


@dataclass(frozen=True)
class CarriedOut:
    """A done request, with what and when it was carried out."""

    id: RequestId
    action: str
    at: datetime
    details: Mapping[str, Any]


Fold = Callable[[Iterable[int]], list[Request]]
Secret = Callable[[Request], bool]
Rows = Sequence[PersonId]


def _under(keys: Collection[str]) -> str:
    """The SQL condition for requests with one of these keys."""
    return f"r.number IN (SELECT number FROM found_by WHERE {among('key', keys)})"


_SOONEST = "ORDER BY coalesce(r.expires_at, ''), r.number LIMIT ?"
_SUBJECT = "coalesce(r.subject, '')"
_OF_MANY = f"{_SUBJECT} = ''"
_STATE = "r.state || ''"
"""An expression, so that the database uses the index of a person, which is in order."""
_NEWEST = "ORDER BY r.number DESC LIMIT ?"


class Finding:
    """The table of the keys of open requests."""

    def __init__(self, on: Database, fold: Fold) -> None:
        self._on, self._fold = on, fold

    def file(self, request: Request, was: Request | None = None) -> set[PersonId]:
        """Replaces the keys of `was` by those of `request`; returns all people in old and new keys.

        Called in a transaction.
        """
        number, before, after = request.number, keys(was) if was else frozenset(), keys(request)
        if gone := sorted(before - after):
            self._on.run(f"DELETE FROM found_by WHERE {among('key', gone)} AND number = ?", *gone, number)
        self._on.insert("found_by", [(key, number) for key in sorted(after - before)])
        return {id for id in map(person_in, before | after) if id}

    def seen_by(
        self,
        id: PersonId,
        secret: Collection[str],
        also: Collection[PersonId] = (),
        is_secret: Secret = lambda _: False,
    ) -> "Sight":
        """The requests that a person may see; `secret`: actions that stay secret from the person changed.

        `also`: other rows of the same human, from whom requests may be secret as well. `is_secret`: whether
        one is whose people only its details name.
        """
        mine, *others = (same_rows(self._on, each) for each in (id, *also))
        return Sight(
            self._on, self._fold, mine, tuple(secret), is_secret, [*mine, *chain.from_iterable(others)]
        )

    def in_trouble(self) -> Sequence[tuple[RequestId, int]]:
        """(id, version) of all requests that operators have to look after."""
        stopped = "SELECT number, version FROM requests WHERE state = ?"
        keyed = "found_by f JOIN requests r ON r.number = f.number WHERE f.key = ?"
        sql = f"{stopped} UNION SELECT r.number, r.version FROM {keyed} ORDER BY number"
        rows = self._on.rows(sql, State.STOPPED, STUCK)
        return [(RequestId(f"R-{row['number']}"), row["version"]) for row in rows]

    def last_done(self, email: str, actions: Collection[str]) -> CarriedOut | None:
        """The newest done request with one of these actions about the person with an address."""
        about = "r.subject IN (SELECT 'P-' || number FROM people WHERE email = ? AND email != '')"
        where = f"{about} AND {_STATE} = ? AND {among('r.action', actions)}"
        sql = f"SELECT r.number, r.action FROM requests r WHERE {where} ORDER BY r.number DESC LIMIT 1"
        row = self._on.row(sql, canonical(email), State.DONE, *actions)
        return self._carried_out(RequestId(f"R-{row['number']}"), row["action"]) if row else None

    def _carried_out(self, id: RequestId, action: str) -> CarriedOut | None:
        """Reads two entries only: a page may show dozens of requests, too many to fold."""
        done = "SELECT at FROM ledger WHERE stream = ? AND type = ?"
        details = """SELECT w.text FROM ledger l JOIN words w ON w.seq = l.seq AND w.key = 'details'
            WHERE l.stream = ? ORDER BY l.seq DESC LIMIT 1"""
        [(at, body)] = self._on.rows(f"SELECT ({done}), ({details})", id, EventType.DONE, id)
        return CarriedOut(id, action, unstamp(at), json.loads(body or "{}")) if at else None


class Sight:
    """The requests visible to one person, who may have several rows."""

    def __init__(
        self, on: Database, fold: Fold, mine: Rows, secret: Sequence[str], is_secret: Secret, human: Rows
    ) -> None:
        self._on, self._fold, self._mine, self._secret, self._human = on, fold, mine, secret, human
        self._is_secret = is_secret
        self._asked = [ASKED + id for id in mine]
        self._own = [kind + id for kind in (BY, ABOUT) for id in mine]

    def _rows(self, what: str, where: str, values: Sequence[Any], more: str = "") -> list[Row]:
        """Rows of requests, without those that are secret from this person."""
        about_me = f"{among('r.action', self._secret)} AND {among(_SUBJECT, self._human)}"
        hidden = f"{about_me} AND NOT {among('r.requester', self._mine)}"
        sql = f"SELECT {what} FROM requests r WHERE NOT ({hidden}) AND {where} {more}"
        return self._on.rows(sql, *self._secret, *self._human, *self._mine, *values)

    def _found(self, where: str, values: Sequence[Any], order: str, limit: int, skip: int = 0) -> Found:
        about_many = f"{where} AND {_OF_MANY} AND {among('r.action', self._secret)}"
        many = self._rows("r.number", about_many, [*values, *self._secret])
        hidden = [each.number for each in self._fold(row["number"] for row in many) if self._is_secret(each)]
        where, order = f"{where} AND NOT {among('r.number', hidden)}", f"{order} OFFSET ?"
        values = [*values, *hidden, limit, skip]
        rows = self._rows("r.number, count(*) OVER () AS total", where, values, order)
        return Found(self._fold(row["number"] for row in rows), rows[0]["total"] if rows else 0)

    def waiting(self, limit: int, action: str = "", skip: int = 0) -> Sequence[Request]:
        """Requests waiting for their decision, by expiry; `action`: only of that action."""
        where = _under(self._asked) + (" AND r.action = ?" if action else "")
        values = [*self._asked, *([action] if action else [])]
        return self._found(where, values, _SOONEST, limit, skip).requests

    def kinds(self) -> Mapping[str, int]:
        """{action: number of requests waiting for their decision}."""
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
        ids = same_rows(self._on, id)
        where = f"({among('r.requester', ids)} OR {among(_SUBJECT, ids)})"
        return self._found(where, [*ids, *ids], _NEWEST, limit, skip)

    def ended(self, limit: int) -> Sequence[Request]:
        """Ended requests by or about them, newest first.

        Queried for each row of the person, so that the index gives the newest without a sort.
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
        """Open requests about teams with these names, except their own and those waiting for them."""
        wanted, known = [team(name) for name in names], [*self._asked, *self._own]
        where = f"{_under(wanted)} AND NOT {_under(known)}"
        where += f" AND NOT {among('r.action', self._secret)}"
        return self._found(where, [*wanted, *known, *self._secret], _NEWEST, limit, skip)

    def stopped(self, limit: int, skip: int = 0) -> Found:
        """Requests that stopped halfway, newest first."""
        return self._found("r.state = ?", [State.STOPPED], _NEWEST, limit, skip)

    def handed(self, limit: int, skip: int = 0) -> Found:
        """Requests that they finish by hand, newest first."""
        keys = [HANDED + id for id in self._mine]
        return self._found(_under(keys), keys, _NEWEST, limit, skip)

    def stuck(self, limit: int, skip: int = 0) -> Found:
        """Requests that nobody can decide any more, by expiry."""
        return self._found(_under([STUCK]), [STUCK], _SOONEST, limit, skip)
