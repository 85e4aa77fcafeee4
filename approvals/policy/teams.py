"""Which groups of Miro the names in a policy mean: settled once against a list of groups, then by id; pure.

A name means a group for certain only if it is written like it and no other group looks the same. What it may
mean beyond that is closed: nothing opens for it, and whatever closes holds for it as well.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, PrivateAttr

from approvals.people import Group
from approvals.policy.team_names import is_alike, narrow


@dataclass(frozen=True)
class Meaning:
    """What one name means: the id of a group, '' where that isn't certain; and the ids of all it may mean."""

    id: str = ""
    near: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether no group has such a name."""
        return not self.id and not self.near


@dataclass(frozen=True)
class Meanings:
    """What the names of one policy mean: by each name that Miro should have, as it is written there."""

    by_name: Mapping[str, Meaning] = field(default_factory=dict)
    is_known: bool = True
    """Whether there was a list of groups to look in."""

    @property
    def nothing(self) -> tuple[str, ...]:
        """Names that no group has."""
        return tuple(sorted(name for name, meaning in self.by_name.items() if meaning.is_nothing))

    @property
    def unsure(self) -> dict[str, tuple[str, ...]]:
        """Names that may mean several groups, or one that is written otherwise; with the ids of these."""
        unsure = {name: meaning.near for name, meaning in sorted(self.by_name.items()) if not meaning.id}
        return {name: tuple(sorted(near)) for name, near in unsure.items() if near}

    def stored(self) -> dict[str, str]:
        """As the record keeps it, in JSON: `teams` is {name: id}, `unsure` {name: [id]}, [] for nothing."""
        sure = {name: meaning.id for name, meaning in sorted(self.by_name.items()) if meaning.id}
        unsure = self.unsure | {name: () for name in self.nothing}
        parts = {"teams": sure, "unsure": unsure}
        return {key: json.dumps(part, ensure_ascii=False) for key, part in parts.items() if part}


def read(words: Mapping[str, str | None]) -> Meanings:
    """What `stored` gave, read again. Raises ValueError for what it can't have given."""
    sure, unsure = (json.loads(words.get(key) or "{}") for key in ("teams", "unsure"))
    by_name = {str(name): Meaning(str(id), frozenset({str(id)})) for name, id in sure.items()}
    by_name |= {str(name): Meaning("", frozenset(map(str, ids))) for name, ids in unsure.items()}
    return Meanings(by_name)


def settled(names: Iterable[str], groups: Sequence[Group], before: Meanings | None = None) -> Meanings:
    """What each name means by a list of groups; an id means that group.

    What a name meant for certain `before`, it means on while that group is there, however it is called now.
    """
    there = {group.id for group in groups}
    earlier = before.by_name if before else {}
    kept = {name: meaning for name, meaning in earlier.items() if meaning.id in there}
    return Meanings({name: kept.get(name) or _meaning(name, groups) for name in names})


def _meaning(name: str, groups: Sequence[Group]) -> Meaning:
    if any(group.id == name for group in groups):
        return Meaning(name, frozenset({name}))
    near = {str(group.id) for group in groups if any(is_alike(name, other) for other in called(group))}
    exact = {str(group.id) for group in groups if narrow(name) in map(narrow, called(group))}
    return Meaning(next(iter(near)) if len(near) == 1 and near == exact else "", frozenset(near))


def called(group: Group) -> tuple[str, str]:
    """Both names of a group."""
    return group.known_name, group.security_name


class NamedTeams(BaseModel):
    """The tables of a policy that are about teams, and what a name of a team means anywhere in it."""

    managed_elsewhere: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    owners: Mapping[str, tuple[str, ...]] = {}
    _meanings: Meanings | None = PrivateAttr(None)
    """Which groups its names mean; None: nobody looked, and names are compared as they are written."""

    def by(self, meanings: Meanings) -> Self:
        """The same policy, its names of teams settled."""
        policy = self.model_copy()
        policy._meanings = meanings
        return policy

    def means(self, name: str, team: Sequence[str]) -> bool | None:
        """Whether a name in the file means a team, given by its names with its id last; None: in doubt."""
        if self._meanings and not self._meanings.is_known:
            return None
        target = self.target(name)
        if self._is(target, team) or (target != name and not self._meaning(name) and self._is(name, team)):
            return True
        meaning = self._meaning(name)
        near = meaning is not None and bool(meaning.near & set(team[-1:]))
        alike = near or any(is_alike(written, other) for written in {name, target} for other in team)
        return None if alike else False

    def _is(self, target: str, team: Sequence[str]) -> bool:
        """Whether what Miro should have is this team for certain."""
        meaning = self._meanings.by_name.get(target) if self._meanings else None
        if meaning:
            return bool(meaning.id) and [*team[-1:]] == [meaning.id]
        return narrow(target) in map(narrow, team)

    def target(self, name: str) -> str:
        """What Miro should have: the security name, or id, for the name that people know."""
        return next((target for known, target in self.teams.items() if narrow(known) == narrow(name)), name)

    def _meaning(self, name: str) -> Meaning | None:
        return self._meanings.by_name.get(self.target(name)) if self._meanings else None

    def id_of(self, name: str) -> str:
        """The id of the group that a name means for certain, or ''."""
        meaning = self._meaning(name)
        return meaning.id if meaning else ""

    def known_for(self, team: Sequence[str]) -> str:
        """The name in [teams] that people know a team by, given by its names with its id last; or ''."""
        return next((known for known, target in self.teams.items() if self._is(target, team)), "")

    def owners_of(self, team: Sequence[str]) -> tuple[str, ...]:
        """The owners of a team, given by its names with its id last; nobody owns what is in doubt."""
        return next((who for name, who in self.owners.items() if self.means(name, team)), ())

    @property
    def is_listed(self) -> bool:
        """Whether its names could be looked for in a list of groups."""
        return self._meanings is None or self._meanings.is_known

    @property
    def unsure(self) -> dict[str, tuple[str, ...]]:
        """Names, as Miro should have them, that nobody can tell from others; with the ids they may mean."""
        return self._meanings.unsure if self._meanings else {}

    def unsettled(self, names: Iterable[str]) -> list[str]:
        """Which of some names no group of Miro has; all of them, before there is a list of groups."""
        return sorted(names) if not self.is_listed else self.missing(names, None)

    def missing(self, names: Iterable[str], there: Set[str] | None) -> list[str]:
        """Which of some names mean none of the groups that are `there`; with None, that mean none at all."""
        if there is None and not (self._meanings and self._meanings.nothing):
            return []
        meanings = {name: meaning for name in names if (meaning := self._meaning(name))}
        near = {
            name: meaning.near if there is None else meaning.near & there
            for name, meaning in meanings.items()
        }
        return sorted(self._shown(name) for name, ids in near.items() if not ids)

    def _shown(self, name: str) -> str:
        """A name as it is written, with the one that Miro should have."""
        target = self.target(name)
        return name if target == name else f"{name} ({target})"
