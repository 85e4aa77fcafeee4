"""policy.toml as typed values: people, groups, teams, and a rule for each action. Fails closed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import time
from functools import cached_property
from itertools import chain
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator

from approvals.humans import ordered, pairs
from approvals.people import Person, canonical, key
from approvals.policy.directories import DirectoryRules, change_of
from approvals.policy.entries import KINDS, NO_CASE, Entry, Need, Source
from approvals.policy.rules import TEAMS, Part, Rule, cached, working_hours
from approvals.policy.teams import NamedTeams

DAYS_OF_THE_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ApproverGroup(Part):
    """People who decide together. `because` completes the sentence "You're asked because …"."""

    people: tuple[str, ...] = ()
    slack: str = ""
    """A Slack user group whose members are in this group as well."""
    told: tuple[str, ...] = ()
    """The members who get a message, by default all; the others can still decide."""
    because: str = Field(default="", max_length=80)

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of all members."""
        return (*self.people, *((self.slack,) if self.slack else ()))


class Account(Part):
    """Attributes of a new account besides the name (SCIM enterprise extension; Miro's limits)."""

    department: str = Field(default="", max_length=120)
    employee_number: str = Field(default="", max_length=20)
    cost_centre: str = Field(default="", max_length=120)
    division: str = Field(default="", max_length=120)
    organization: str = Field(default="", max_length=120)
    manager: str = Field(default="", max_length=60)


class Policy(Part, NamedTeams):
    """The whole policy file."""

    operators: tuple[str, ...] = Field(min_length=1)
    domains: tuple[str, ...] = Field(min_length=1)
    tell: str = ""
    command_line_decides: bool = Field(default=False, strict=True)
    fallback: tuple[str, ...] = ()
    zone: str = "UTC"
    hours: Annotated[tuple[time, time] | None, BeforeValidator(working_hours)] = None
    """Start and end of the working day, in `zone`; None: all day."""
    rests: tuple[str, ...] = ()
    keep_texts_months: int = Field(default=0, ge=0, le=600, strict=True)
    """Months after which the texts of an ended request are forgotten; 0: they are kept."""
    compare_daily: bool = Field(default=False, strict=True)
    """Whether operators read every day where Miro differs from the record."""
    manager_field: str = ""
    manager_from_miro: bool = Field(default=False, strict=True)
    managers: Mapping[str, str] = {}
    same_person: Mapping[str, str] = {}
    """{further address or Slack account of a person: their main address}."""
    different_person: Mapping[
        str,
        Annotated[
            tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
        ],
    ] = {}
    """{address or Slack account: those of other people}, after an address was given to somebody else."""
    groups: Mapping[str, ApproverGroup] = {}
    accounts: Mapping[str, Account] = {}
    actions: Mapping[str, Rule] = {}
    directory: Mapping[str, DirectoryRules] = {}

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError('write a time zone like "Europe/Berlin"') from error
        return zone

    @field_validator("rests")
    @classmethod
    def _known_days(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        if set(days) - set(DAYS_OF_THE_WEEK) or len(set(days)) == len(DAYS_OF_THE_WEEK):
            raise ValueError(f"name some of {', '.join(DAYS_OF_THE_WEEK)}, and not all of them")
        return days

    def rule(self, action: str) -> Rule | None:
        """The action's own table; None: nobody may ask for it."""
        return self.actions.get(action)

    @cached
    def rules(self, action: str) -> tuple[Rule, ...]:
        """All rules of an action in order, its own table last."""
        base = self.actions.get(action)
        return (*(rule.on(base) for rule in base.rules), base) if base else ()

    # -- directories -------------------------------------------------------------------------------------

    def pushed(self, source: str, action: str, how: Collection[str]) -> tuple[Rule, ...]:
        """The rule for what a directory asks; () if the policy doesn't let it ask for that."""
        directory, change = self.directory.get(source), change_of(action, how)
        return (directory.rule(change),) if directory and change else ()

    @cached_property
    def mapped(self) -> Mapping[str, tuple[str, str]]:
        """{team that a directory manages: (directory, its group)}."""
        return {
            team: (name, group) for name, each in self.directory.items() for group, team in each.teams.items()
        }

    def titled(self, source: str) -> str:
        """The name of a directory for people."""
        known = self.directory.get(source)
        return (known.title if known else "") or source[:1].upper() + source[1:]

    # -- entries of lists --------------------------------------------------------------------------------

    @cached
    def entry(self, text: str) -> Entry:
        """The typed entry for a text in a list."""
        return next((kind for kind in KINDS if kind.reads(text, self)), Entry)(text, self)

    @cached_property
    def needs(self) -> frozenset[Need]:
        """All that has to be looked up for any list; for managers one need without a person."""
        texts = {*self.operators, *self.fallback, *chain.from_iterable(self.owners.values())}
        for group in self.groups.values():
            texts |= {*group.entries, *group.told}
        for rule in (rule for name in self.actions for rule in self.rules(name)):
            texts |= {*rule.askers(), *rule.everybody(), *rule.group_conditions()}
        texts |= {text for directory in self.directory.values() for text in directory.entries()}
        return frozenset(need for text in texts for need in self.entry(text).needs(NO_CASE))

    def named(self, source: Source) -> set[str]:
        """All people, or user groups, that have to be looked up for every request."""
        return {need.key for need in self.needs if need.source is source}

    @cached_property
    def operator_keys(self) -> tuple[str, ...]:
        """The address or Slack id of each operator, in order."""
        needs = (need for text in self.operators for need in self.entry(text).needs(NO_CASE))
        return tuple(dict.fromkeys(need.key for need in needs))

    @cached
    def deciding(self, action: str) -> list[Entry]:
        """All entries that may decide an action, at any time."""
        texts = {*self.fallback, *(text for rule in self.rules(action) for text in rule.everybody())}
        return [self.entry(text) for text in texts]

    @cached
    def accounts_deciding(self, action: str) -> list[str]:
        """The addresses and Slack ids among them, those of groups included."""
        needs = (need for entry in self.deciding(action) for need in entry.needs(NO_CASE))
        return [need.key for need in needs if need.source is Source.ACCOUNT]

    @cached
    def holding(self, action: str) -> list[str]:
        """Team names unknown to Miro on which the rules of this action depend."""
        owners = self.owners if any(entry.depends_on_teams for entry in self.deciding(action)) else ()
        closed = {*self.managed_elsewhere, *self.mapped}
        return self.missing({*closed, *owners, *self.teams_in_rules(action)})

    def manager_of(self, email: str) -> str:
        """The entry of a person's manager, or ''."""
        return self._managers.get(canonical(email), "")

    @cached_property
    def _managers(self) -> dict[str, str]:
        return {canonical(who): boss for who, boss in self.managers.items()}

    @property
    def looks_up_managers(self) -> bool:
        """Whether managers are also taken from Slack, a directory or Miro."""
        return bool(self.manager_field or self.directory) or self.manager_from_miro

    @cached_property
    def bosses(self) -> dict[str, str]:
        """{name of the human: entry as written} of all managers in [managers]."""
        return {self.human(boss): boss for boss in self.managers.values()}

    # -- the same human ----------------------------------------------------------------------------------

    def human(self, entry: str) -> str:
        """The same name for all addresses and accounts of a person."""
        return self.known_as(entry) or key(entry)

    def known_as(self, entry: str) -> str:
        """The main address for a further address or account in [same_person]; else ''."""
        return self._mains.get(key(entry), "")

    @cached_property
    def _mains(self) -> dict[str, str]:
        return {key(other): key(main) for other, main in self.same_person.items()}

    @cached_property
    def _apart(self) -> set[tuple[str, str]]:
        return pairs(self.different_person)

    def is_same(self, person: Person, other: Person) -> bool:
        """Whether both count as the same human for exclusion: by anything ever seen of them, or by
        [same_person]."""
        if person.is_(other):
            return True
        if self._apart and any(ordered(a, b) in self._apart for a in person.today for b in other.today):
            return False  # by today's keys
        if person.is_linked(other):
            return True
        return bool(self._mains) and not self.names(person.keys).isdisjoint(self.names(other.keys))

    def acts_as(self, person: Person, other: Person) -> bool:
        """Whether one person may act as the other: the same row or address today, or [same_person]. Past
        addresses and accounts give no rights."""
        if person.is_(other) or not self._mains:
            return person.is_(other)
        return not self.names(person.today).isdisjoint(self.names(other.today))

    def names(self, keys: Iterable[str]) -> set[str]:
        """The name of the human for each of these keys."""
        return {self._mains.get(known, known) for known in keys}

    # -- teams and accounts ------------------------------------------------------------------------------

    def team_names(self) -> set[str]:
        """All team names in the file, as written."""
        return {*self.teams, *self.managed_elsewhere, *self.mapped, *self.owners, *self.teams_in_rules()}

    def targets(self) -> set[str]:
        """The names of these teams in Miro, to be resolved to ids."""
        return set(map(self.target, self.team_names()))

    def teams_in_rules(self, action: str = "") -> set[str]:
        """All teams named by conditions, of one action or of all."""
        bases = [base for name, base in self.actions.items() if action in ("", name)]
        whens = [rule.when for base in bases for rule in base.rules]
        values = [when[key] for when in whens for key in TEAMS if key in when]
        return {str(name) for value in values for name in (value if isinstance(value, tuple) else (value,))}

    def allows(self, email: str) -> bool:
        """Whether an address is in one of the policy's domains."""
        _, at, domain = canonical(email).rpartition("@")
        return bool(at) and domain in set(map(canonical, self.domains))

    def account(self, email: str) -> Account:
        """The attributes of a new account with this address; `default` if the address isn't listed."""
        named = [account for who, account in self.accounts.items() if canonical(who) == canonical(email)]
        default = self.accounts.get("default", Account())
        return default.model_copy(update=named[0].model_dump(exclude_defaults=True) if named else None)
