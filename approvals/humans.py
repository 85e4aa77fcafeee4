"""Which rows, accounts, addresses and Miro ids may be one human: links, less what is told apart; pure.

A key is a row ("P-7"), a Slack account ("U0ADA"), an address ("ada@example.com") or a Miro id ("miro:3074").
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from approvals.people import key

Pair = tuple[str, str]


class Kind(StrEnum):
    """Where a link comes from."""

    ACCOUNT = "account"
    """A row and the Slack account that acts through it."""
    SEEN = "seen"
    """An address or a Miro id that was seen of a row."""
    POLICY = "policy"
    """[same_person] of the policy in force."""


@dataclass(frozen=True)
class Link:
    """Two keys that were seen together. `number` counts up: what was seen last has the highest."""

    number: int
    one: str
    other: str
    kind: Kind

    @property
    def rank(self) -> tuple[int, int]:
        """Which link holds first where not all can: the policy's, accounts, then what was seen last."""
        return [Kind.POLICY, Kind.ACCOUNT, Kind.SEEN].index(self.kind), -self.number


def grouped(links: Iterable[Link], apart: Iterable[Pair]) -> list[frozenset[str]]:
    """The keys of each human: everything that is linked, however far, except across `apart`.

    An address that was given to somebody else stays with those of whom it was seen last: links are followed
    in their order of rank, and one that would bring two keys of `apart` together is left out. What the
    policy calls the same person is always followed.
    """
    links, apart = list(links), list(apart)
    groups = {one: {one} for link in links for one in (link.one, link.other)}
    for link in sorted(links, key=lambda one: one.rank):
        mine, other = groups[link.one], groups[link.other]
        if mine is other or (link.kind is not Kind.POLICY and _parts(mine, other, apart)):
            continue
        mine |= other
        groups |= dict.fromkeys(other, mine)
    return [frozenset(group) for group in {id(group): group for group in groups.values()}.values()]


def _parts(some: Collection[str], others: Collection[str], apart: Iterable[Pair]) -> bool:
    """Whether two groups hold one key each of a pair that is told apart."""
    return any((a in some and b in others) or (b in some and a in others) for a, b in apart)


def pairs(table: Mapping[str, Collection[str]]) -> set[Pair]:
    """A table of the policy, one entry against several, as pairs of keys in order."""
    return {ordered(key(one), key(other)) for one, others in table.items() for other in others}


def ordered(one: str, other: str) -> Pair:
    """A pair without direction."""
    return (one, other) if one < other else (other, one)
