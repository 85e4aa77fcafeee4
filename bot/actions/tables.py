"""The data for forms and sentences: people, groups with all their names, and the policy in force."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from rapidfuzz import fuzz, process

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Directory, Group, Person, listed
from approvals.policy.model import Policy
from approvals.policy.team_names import is_alike, narrow
from approvals.policy.teams import called
from bot.actions.form import Facts, Team
from bot.actions.sentences import clip

CLOSE = 75
"""How alike names are, of 100, that one may be a slip of the other."""


@dataclass(frozen=True)
class Tables:
    """The people, groups and policy in force, as needed by forms and sentences.

    `meet`: finds or adds a person by `email` or `slack_id`; `get_group`: a group by its id, or None;
    `boards_pass`: groups are teams, whose admins get a leaver's boards.
    """

    policy: Policy
    all_groups: Callable[[], Sequence[Group]]
    meet: Callable[..., Person]
    people: Directory
    get_group: Callable[[GroupId], Group | None]
    now: datetime
    boards_pass: bool = True
    named: Callable[[Collection[str]], Mapping[str, Sequence[Person]]] = lambda names: {}
    """Maps full names to {name: people with it}; names are case-folded."""
    teams_of: Callable[[str], Sequence[Group] | None] = lambda raw: None
    """The teams of a Slack id or address, as last seen in Miro; None if not known."""
    has_rest: bool = False
    is_unlisted: Callable[[str], bool] = lambda email: False
    """Whether Miro listed all active accounts within a day, and none had this address."""

    @cached_property
    def groups(self) -> Sequence[Group]:
        """All groups, read at the first use: there may be thousands."""
        return self.all_groups()

    def label(self, group: Group) -> str:
        """The display name: the policy's, else the one first seen."""
        return self.policy.known_for((*called(group), group.id)) or group.known_name

    def team(self, id: GroupId) -> Team:
        """A group for sentences. Raises KeyError if it isn't in Miro any more."""
        group = self.get_group(id)
        if group is None or group.gone:
            raise KeyError(id)
        return self.known_team(id)

    def known_team(self, id: GroupId) -> Team:
        """A group for sentences, by its last names if it isn't in Miro any more. Raises KeyError."""
        group = self.get_group(id)
        if group is None:
            raise KeyError(id)
        return Team(group.id, clip(self.label(group)), group.security_name, self.label(group))

    def person(self, id: PersonId) -> Person:
        """A person for sentences. Raises KeyError."""
        person = self.people.person(id)
        return replace(person, name=clip(person.name, 40, 3))

    def called(self, slack_id: str) -> str:
        """The name of a Slack account's person, or ''."""
        person = self.people.by_slack(SlackId(slack_id))
        return person.name if person else ""

    @property
    def facts(self) -> Facts:
        """The facts for actions."""
        return Facts(
            self.person, self.team, lambda email: self.policy.account(email).model_dump(), self.known_team,
            self.boards_pass,
            lambda name, email="": bool(self.policy.rule(name)) and (not email or self.policy.allows(email)),
            self.has_rest,
        )  # fmt: skip

    def managed(self, group: Group, source: str = "") -> str:
        """Where to ask instead, or '': an identity provider would revert changes of its groups.

        `source`: the directory that asks; its own teams it may change.
        """
        names, policy = (*self.names(group), group.id), self.policy
        ways = dict(policy.managed_elsewhere) | {
            team: f"the group {name} in {policy.titled(of)}"
            for team, (of, name) in policy.mapped.items()
            if of != source and not policy.directory[of].asked_in_slack
        }
        # A false match only asks elsewhere, a missed one bypasses the provider: so look-alikes match, too.
        matches = [(policy.means(name, names), way) for name, way in ways.items()]
        closing = sorted((match is None, way) for match, way in matches if match is not False)
        if not closing:
            return ""
        return f"{clip(self.label(group))} is managed elsewhere: use {closing[0][1].strip(' .')}."

    def is_in_policy(self, group: Group) -> bool:
        """Whether the policy names a group, in any table or rule, or may mean it."""
        names = (*self.names(group), group.id)
        return any(self.policy.means(name, names) is not False for name in self.policy.team_names())

    def unknown_teams(self) -> list[str]:
        """Team names in the policy that Miro doesn't have: misspelt ones protect and own nothing."""
        return self.policy.missing(self.policy.team_names(), {group.id for group in self.groups})

    def ambiguous_names(self) -> list[str]:
        """Ambiguous team names in the policy, each with the teams it may mean."""
        by_id = {str(group.id): group for group in self.groups}
        return [
            f"“{name}” ({listed([f'{id}: “{by_id[id].security_name}”' for id in ids if id in by_id], 'or')})"
            for name, ids in self.policy.unsure.items()
            if by_id.keys() & set(ids)
        ]

    def names(self, group: Group) -> tuple[str, ...]:
        """All names of a group, here and in Miro."""
        return tuple(dict.fromkeys((self.label(group), *called(group))))

    def is_taken(self, name: str, *, but: GroupId | None) -> bool:
        """Whether a name looks like any name of another group."""
        return any(group.id != but for group in self.similar(name))

    def matching(self, name: str) -> list[Group]:
        """The groups with this id, display name or security name."""
        # No id contains a NUL: the record can't store one.
        known = None if "\0" in name else self.get_group(GroupId(name.strip()))
        if known:
            return [] if known.gone else [known]
        wanted = narrow(name)
        return [team for team in self.groups if wanted in map(narrow, (self.label(team), team.security_name))]

    def close(self, name: str) -> Group | None:
        """The group whose name is spelled almost so, if there is one."""
        labels = {group.id: self.label(group) for group in self.groups}
        match = process.extractOne(
            name, labels, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=CLOSE
        )
        return next((group for group in self.groups if match and group.id == match[2]), None)

    def similar(self, name: str) -> list[Group]:
        """The groups with a name that looks like this one."""
        return [group for group in self.groups if any(is_alike(name, known) for known in self.names(group))]
