"""Resolves the team names in a policy to Miro groups: once against a list of groups, then by id; pure.

A name is certain if exactly one group is written like it and no other looks the same. Otherwise it is
ambiguous: it gives no access to any of the groups, and restrictions apply to all of them.
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
    """The meaning of a name: the id of its group, '' if not certain; and the ids of all candidates."""

    id: str = ""
    near: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether no group matches."""
        return not self.id and not self.near


@dataclass(frozen=True)
class Meanings:
    """{name in Miro, as written in the policy: its meaning} for one policy."""

    by_name: Mapping[str, Meaning] = field(default_factory=dict)
    is_known: bool = True
    """Whether a list of groups was available."""

    @property
    def nothing(self) -> tuple[str, ...]:
        """Names without a matching group."""
        return tuple(sorted(name for name, meaning in self.by_name.items() if meaning.is_nothing))

    @property
    def unsure(self) -> dict[str, tuple[str, ...]]:
        """{name: ids of candidates} of names with several candidates, or one that is written differently."""
        unsure = {name: meaning.near for name, meaning in sorted(self.by_name.items()) if not meaning.id}
        return {name: tuple(sorted(near)) for name, near in unsure.items() if near}

    def stored(self) -> dict[str, str]:
        """The stored form, as JSON: `teams` is {name: id}, `unsure` {name: [id]}, [] for no match."""
        sure = {name: meaning.id for name, meaning in sorted(self.by_name.items()) if meaning.id}
        unsure = self.unsure | {name: () for name in self.nothing}
        parts = {"teams": sure, "unsure": unsure}
        return {key: json.dumps(part, ensure_ascii=False) for key, part in parts.items() if part}


def read(words: Mapping[str, str | None]) -> Meanings:
    """The meanings from their stored form. Raises ValueError for any other text."""
    sure, unsure = (json.loads(words.get(key) or "{}") for key in ("teams", "unsure"))
    by_name = {str(name): Meaning(str(id), frozenset({str(id)})) for name, id in sure.items()}
    by_name |= {str(name): Meaning("", frozenset(map(str, ids))) for name, ids in unsure.items()}
    return Meanings(by_name)


def settled(names: Iterable[str], groups: Sequence[Group], before: Meanings | None = None) -> Meanings:
    """The meaning of each name (or id) by a list of groups.

    A name that was certain `before` keeps its group as long as that exists, even if it was renamed.
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
    """The policy's tables about teams, and the meaning of its team names."""

    managed_elsewhere: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    owners: Mapping[str, tuple[str, ...]] = {}
    _meanings: Meanings = PrivateAttr(Meanings())
    """The resolved names; those that aren't among them are compared as written."""

    def by(self, meanings: Meanings) -> Self:
        """A copy of the policy with resolved team names."""
        policy = self.model_copy()
        policy._meanings = meanings
        return policy

    def means(self, name: str, team: Sequence[str]) -> bool | None:
        """Whether a name in the file means a team (its names, with the id last); None: ambiguous."""
        if not self._meanings.is_known:
            return None
        target = self.target(name)
        if self._is(target, team) or (target != name and not self._meaning(name) and self._is(name, team)):
            return True
        meaning = self._meaning(name)
        near = meaning is not None and bool(meaning.near & set(team[-1:]))
        alike = near or any(is_alike(written, other) for written in {name, target} for other in team)
        return None if alike else False

    def _is(self, target: str, team: Sequence[str]) -> bool:
        """Whether a name in Miro certainly is this team."""
        meaning = self._meanings.by_name.get(target)
        if meaning:
            return bool(meaning.id) and [*team[-1:]] == [meaning.id]
        return narrow(target) in map(narrow, team)

    def target(self, name: str) -> str:
        """The security name, or id, in [teams] for a name that people know; else the name itself."""
        return next((target for known, target in self.teams.items() if narrow(known) == narrow(name)), name)

    def _meaning(self, name: str) -> Meaning | None:
        return self._meanings.by_name.get(self.target(name))

    def id_of(self, name: str) -> str:
        """The id of the group that a name certainly means, or ''."""
        meaning = self._meaning(name)
        return meaning.id if meaning else ""

    def known_for(self, team: Sequence[str]) -> str:
        """The name in [teams] of a team (its names, with the id last), or ''."""
        return next((known for known, target in self.teams.items() if self._is(target, team)), "")

    def owners_of(self, team: Sequence[str]) -> tuple[str, ...]:
        """The owners of a team (its names, with the id last); none if ambiguous."""
        return next((who for name, who in self.owners.items() if self.means(name, team)), ())

    @property
    def is_listed(self) -> bool:
        """Whether its names were resolved with a list of groups."""
        return self._meanings.is_known

    @property
    def unsure(self) -> dict[str, tuple[str, ...]]:
        """{name in Miro: ids of candidates} of ambiguous names."""
        return self._meanings.unsure

    def missing(self, names: Iterable[str], there: Set[str] | None = None) -> list[str]:
        """The names that match no group in `there` (ids); None: that match no group at all, as it is for all
        names without a list of groups."""
        if there is None and not self.is_listed:
            return sorted(names)
        if there is None and not self._meanings.nothing:
            return []
        targets = {name: self.target(name) for name in names}
        meanings = {name: self._meanings.by_name.get(target) for name, target in targets.items()}
        return sorted(
            name if targets[name] == name else f"{name} ({targets[name]})"
            for name, meaning in meanings.items()
            if meaning and not (meaning.near if there is None else meaning.near & there)
        )
