"""By what an open request is found, so that nobody has to fold all of them; pure.

As the lanes, the keys follow from the folded request, and stand beside its row in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from approvals.ids import PersonId, RequestId
from approvals.policy.team_names import narrow
from approvals.request import Request
from approvals.states import OPEN, State

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
        found |= {team(name) for names in (*request.teams, *request.left) for name in names}
        found |= {about(request.subject)} if request.subject else set()
    if request.state is State.WAITING:
        found |= {asked(id) for id in request.awaited}
        found |= {STUCK} if request.is_stuck else set()
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


class Sight(Protocol):
    """Requests as one person may see them: those they mustn't hear of aren't counted either."""

    def waiting(self, limit: int, action: str = "") -> Sequence[Request]:
        """What waits for their answer, what ends soonest first; of one action, where it is named."""

    def kinds(self) -> Mapping[str, int]:
        """How many of each action wait for their answer."""

    def mine(self, limit: int) -> Found:
        """Open requests by or about them, newest first."""

    def ended(self, limit: int) -> Sequence[Request]:
        """What they asked for last and what was done about them, newest first."""

    def teams(self, names: Collection[str], limit: int) -> Found:
        """Open requests about teams of these names, beyond those that are theirs or wait for them."""

    def stopped(self, limit: int) -> Found:
        """Requests that stopped halfway, newest first."""

    def stuck(self, limit: int) -> Found:
        """Requests that nobody can decide any more, what ends soonest first."""


class Finding(Protocol):
    """Where requests are found without folding those that aren't wanted."""

    def seen_by(self, id: PersonId, secret: Collection[str], also: Collection[PersonId] = ()) -> Sight:
        """Requests as somebody may see them; `secret` are actions of which the person changed never hears.

        `also`: rows linked to the same human. What isn't for them isn't for this one.
        """

    def in_trouble(self) -> Sequence[tuple[RequestId, int]]:
        """Everything operators look after, each with its version."""

    def last_done(self, email: str, actions: Collection[str]) -> CarriedOut | None:
        """The newest of these actions that was carried out on the person of an address."""
