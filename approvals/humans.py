"""Which rows, accounts, addresses and Miro ids may be one human: by links, less known differences; pure.

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
    """A row and an address or Miro id that it once had."""
    POLICY = "policy"
    """[same_person] of the policy in force."""


@dataclass(frozen=True)
class Link:
    """Two keys that were seen together. A later link has a higher `number`."""

    number: int
    one: str
    other: str
    kind: Kind

    @property
    def rank(self) -> tuple[int, int]:
        """The order in which links are followed: the policy's, accounts, then the newest."""
        return [Kind.POLICY, Kind.ACCOUNT, Kind.SEEN].index(self.kind), -self.number


def grouped(links: Iterable[Link], apart: Iterable[Pair]) -> list[frozenset[str]]:
    """The keys of each human: all that are linked, directly or not, unless `apart` says otherwise.

    Links are followed in order of rank; one that would join two keys of a pair in `apart` is skipped, so an
    address that was given to somebody else stays with its newest owner. The policy's links are always
    followed.
    """
    links, apart = list(links), list(apart)
    groups = {end: {end} for link in links for end in (link.one, link.other)}
    for link in sorted(links, key=lambda each: each.rank):
        mine, other = groups[link.one], groups[link.other]
        if mine is other or (link.kind is not Kind.POLICY and is_parted(mine, other, apart)):
            continue
        mine |= other
        groups |= dict.fromkeys(other, mine)
    return [frozenset(group) for group in {id(group): group for group in groups.values()}.values()]


def is_parted(some: Collection[str], others: Collection[str], apart: Iterable[Iterable[str]]) -> bool:
    """Whether each group holds one key of a pair in `apart`."""
    return any((a in some and b in others) or (b in some and a in others) for a, b in apart)


def pairs(table: Mapping[str, Collection[str]]) -> set[Pair]:
    """A table of the policy, {entry: other entries}, as ordered pairs of keys."""
    return {ordered(key(entry), key(other)) for entry, others in table.items() for other in others}


def ordered(first: str, other: str) -> Pair:
    """The pair in alphabetical order."""
    return (first, other) if first < other else (other, first)
