"""Miro as the lines of a bulk see it: one look round for all, and one call for the members of a group."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from approvals.people import canonical
from bot.miro import wire
from bot.miro.client import Accepted, Miro
from bot.miro.errors import Away, Declined, Locked
from bot.miro.goals import ScimCall
from bot.miro.quota import LARGE, cost
from bot.miro.rest.client import RestCall
from bot.miro.transport import encoded
from bot.miro.wire import MiroAccount

T = TypeVar("T")

MOST_MEMBERS = 8_000
"""The most members in one PATCH of a group (Miro's page on rate limits), which holds 800,000 bytes, too."""
MOST_BYTES = 800_000


class LookFirst(Exception):
    """Something was changed since the look round: the next one comes first."""


class Gathered(Exception):
    """A call that is sent together with those of other lines, after all have been gathered."""

    def __init__(self, call: ScimCall, id: str) -> None:
        super().__init__(str(call))
        self.call, self.id = call, id


class Shared(Miro):
    """A view of Miro on one look round. Only for one thread."""

    def __init__(
        self,
        miro: Miro,
        wanted: Collection[str],
        people: int,
        more: str,
        now: Callable[[], datetime],
        gathers: bool = False,
    ) -> None:
        """Looks at everybody, if that costs fewer calls than a look for each of so many people.

        `wanted`: their addresses and ids; `more`: as in `look`; `gathers`: calls that change the members of a
        group raise Gathered.
        """
        vars(self).update(vars(miro))
        self._gathers, self._others = gathers, dict[str, bool]()
        self._wanted = {*wanted}
        self.changed = set[str]()
        """Addresses and ids of accounts that were changed since."""
        self._refused = set[str]()
        self.alone = set[str]()
        """Ids of accounts whose calls aren't sent together, because Miro refused that."""
        self.trouble: Away | Locked | None = None
        """Why Miro can't be used now."""
        before = now()
        self._round = miro.accounts(self._wanted, people, more) if people > 1 else None
        self.looked_at = before if self._round else None

    def look(self, address: str, more: str = "") -> MiroAccount | None:
        key = canonical(address)
        return self._seen(key, lambda: super(Shared, self).look(address, more))

    def by_id(self, id: str, more: str = "") -> MiroAccount | None:
        return self._seen(id, lambda: super(Shared, self).by_id(id, more))

    def _seen(self, key: str, look: Callable[[], MiroAccount | None]) -> MiroAccount | None:
        if key in self.changed and self._gathers and key not in self._refused:
            raise LookFirst
        if self._round is None or key not in self._wanted or key in self._refused:
            return self._troubled(look)
        accounts, is_whole = self._round
        if key not in accounts and not is_whole:
            return self._troubled(look)
        return accounts.get(key)

    def other_admin(self, id: str) -> bool:
        if id not in self._others:
            self._others[id] = self._troubled(lambda: super(Shared, self).other_admin(id))
        return self._others[id]

    def send(self, call: ScimCall, id: str, address: str = "") -> Accepted:
        if isinstance(call, RestCall):
            return super().send(call, id, address)
        keys = {id, canonical(address)} - {""}
        self.changed |= keys
        operations = (call.body or {}).get("Operations", ())
        is_membership = call.path.startswith("/Groups/") and "{user}" in str(operations)
        if self._gathers and is_membership and id and id not in self.alone:
            raise Gathered(call, id)
        self._others.clear()
        try:
            return self._troubled(lambda: super(Shared, self).send(call, id, address))
        except Declined:
            self._refused |= keys  # what Miro refused is looked at by itself: somebody else may have done it
            raise

    def _troubled(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (Away, Locked) as error:
            self.trouble = error
            raise


def merged(gathered: Sequence[Gathered]) -> ScimCall:
    """One PATCH for calls to one group: everybody who joins in one operation, then those who leave."""
    first = gathered[0].call
    assert first.body
    bodies = [wire.addressed(each.call.body or {}, each.id) for each in gathered]
    operations = [operation for body in bodies for operation in body["Operations"]]
    joining = [value for each in operations if each["op"] == "Add" for value in each["value"]]
    adds = [{"op": "Add", "path": "members", "value": joining}] if joining else []
    others = [each for each in operations if each["op"] != "Add"]
    return replace(first, body={**first.body, "Operations": [*adds, *others]})


def shares(gathered: Iterable[Gathered]) -> Iterator[list[Gathered]]:
    """The calls in the fewest credits: by group, in bodies below 500 bytes or in large ones."""
    groups: dict[str, list[Gathered]] = {}
    for each in gathered:
        groups.setdefault(each.call.path, []).append(each)
    for path, each_group in groups.items():
        small = [*_cut(each_group, LARGE - 1, len(each_group))]
        large = [*_cut(each_group, MOST_BYTES, MOST_MEMBERS)]
        prices = [sum(cost("PATCH", path, size(merged(part))) for part in parts) for parts in (small, large)]
        yield from small if prices[0] <= prices[1] else large


def size(call: ScimCall) -> int:
    """Bytes of the body of a call."""
    return len(encoded(call.body or {}))


def _cut(gathered: Sequence[Gathered], most_bytes: int, most: int) -> Iterator[list[Gathered]]:
    """Consecutive parts whose bodies are at most so large; a single call is never cut."""
    part: list[Gathered] = []
    length = 0
    for each in gathered:
        own = size(merged([each]))
        more = size(merged([*part[-1:], each])) - size(merged(part[-1:])) if part else own
        if part and (length + more > most_bytes or len(part) >= most):
            yield part
            part, length, more = [], 0, own
        part.append(each)
        length += more
    if part:
        yield part
