"""policy.toml: who may ask for what, who decides, and how long they have. Fails closed."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from approvals.humans import ordered, pairs
from approvals.people import Person, canonical, key
from approvals.policy.teams import NamedTeams

MANAGER = "manager"
"""As an approver: whoever manages the person concerned."""
ASKERS_MANAGER = "requester-manager"
"""As an approver: whoever manages the one who asks, where that is somebody else."""
OWNERS = "owners"
"""As an approver: whoever the table `[owners]` names for every team that is joined or changed."""
ANYONE = "anyone"
"""As somebody who may ask: every colleague."""
DAYS_OF_THE_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: object) -> timedelta:
    """'30m', '18h' or '3d' as a span of time. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,3})([mhd])", str(text))
    if not found:
        raise ValueError('write a time like "30m", "18h" or "3d", with a number from 1 to 9999')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _span_or_never(text: object) -> timedelta | None:
    return None if text == "never" else span(text)


def _days(text: object) -> int:
    """'7d' as a number of days. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,2})d", str(text))
    if not found or int(found[1]) > 366:
        raise ValueError('write a number of days like "7d", 366 at most')
    return int(found[1])


def _listed(value: object) -> object:
    """One name may stand where a list of them is meant."""
    return (value,) if isinstance(value, str) else value


def _several(value: object) -> object:
    """One table may stand where a list of them is meant."""
    return [value] if isinstance(value, dict) else value


Span = Annotated[timedelta, BeforeValidator(span)]
Days = Annotated[int, BeforeValidator(_days)]


def is_person(entry: str) -> bool:
    """Whether an entry is written as an e-mail address or a Slack id."""
    return "@" in entry[1:] or bool(re.fullmatch(r"[A-Z0-9]{6,}", entry))


def is_slack_group(entry: str) -> bool:
    """Whether an entry is written as the handle of a Slack user group, "@designers"."""
    return bool(re.fullmatch(r"@[^@\s]+", entry))


def _today(person: Person) -> set[str]:
    """The keys by which somebody acts now."""
    return {one for one in (person.email, *(account.slack_id for account in person.accounts)) if one}


class Part(BaseModel):
    """A table of the policy: nothing it doesn't know, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ApproverGroup(Part):
    """People who decide together. `because` completes the sentence "You're asked because …"."""

    people: tuple[str, ...] = ()
    slack: str = ""
    """A Slack user group whose members belong to it as well."""
    told: tuple[str, ...] = ()
    """Who of them gets a message, if not all; the others may decide as well."""
    because: str = Field(default="", max_length=80)

    @property
    def entries(self) -> tuple[str, ...]:
        """Everybody in it."""
        return (*self.people, *((self.slack,) if self.slack else ()))


class Escalation(Part):
    """Who may decide as well when nobody has for so long."""

    after: Span
    to: tuple[str, ...] = Field(min_length=1)


def _soonest_first(found: tuple[Escalation, ...]) -> tuple[Escalation, ...]:
    return tuple(sorted(found, key=lambda one: one.after))


Escalations = Annotated[tuple[Escalation, ...], BeforeValidator(_several), AfterValidator(_soonest_first)]
"""However they are written: whoever comes sooner is asked sooner."""


class Step(Part):
    """One group that has to agree before the next is asked."""

    approvers: tuple[str, ...] = Field(min_length=1)
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    escalate: Escalations = ()


class Rule(Part):
    """What holds for one action, or for those asks of it that meet its conditions."""

    when: Mapping[str, str | int | tuple[str, ...]] = {}
    ask: tuple[str, ...] = ()
    for_others: tuple[str, ...] = ()
    approval: bool = Field(default=True, strict=True)
    approvers: tuple[str, ...] = ()
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    steps: tuple[Step, ...] = Field(default=(), max_length=5)
    same_person_twice: bool = Field(default=False, strict=True)
    escalate: Escalations = ()
    fallback: tuple[str, ...] = ()
    expires: Span = timedelta(days=3)
    remind: Annotated[timedelta | None, BeforeValidator(_span_or_never)] = None
    longest: Days | None = None
    """The most days for which this can be asked; None: it may have no end."""
    proposed: Days | None = None
    """What the form proposes."""
    rules: tuple["Rule", ...] = ()

    @property
    def ladder(self) -> tuple[Step, ...]:
        """The steps in order; none where no approval is needed."""
        if not self.approval:
            return ()
        if self.steps:
            return tuple(
                step if step.escalate else step.model_copy(update={"escalate": self.escalate})
                for step in self.steps
            )
        return (Step.model_construct(approvers=self.approvers, agree=self.agree, escalate=self.escalate),)

    @property
    def first_reminder(self) -> timedelta | None:
        """How long nobody is reminded: as the rule says, else a third of the time there is; None is never."""
        return self.remind if "remind" in self.model_fields_set else self.expires / 3

    def on(self, base: "Rule") -> "Rule":
        """This rule on top of the action's own: what it doesn't say is as there."""
        said = self.model_fields_set - {"rules"}
        kept = {name: getattr(base, name) for name in base.model_fields_set - said - {"rules", "when"}}
        if "approvers" in said:
            kept.pop("steps", None)
        if "steps" in said:
            kept = {name: value for name, value in kept.items() if name not in ("approvers", "agree")}
        if said & {"approvers", "steps"}:
            kept.pop("approval", None)
        return self.model_copy(update=kept)

    def everybody(self) -> Iterator[str]:
        """Every entry that may decide under this rule, whenever that is."""
        for step in self.ladder:
            yield from step.approvers
            for escalation in step.escalate:
                yield from escalation.to
        yield from self.fallback


class Account(Part):
    """What a new account is given beside its name (SCIM enterprise extension; limits of Miro's reference)."""

    department: str = Field(default="", max_length=120)
    employee_number: str = Field(default="", max_length=20)
    cost_centre: str = Field(default="", max_length=120)
    division: str = Field(default="", max_length=120)
    organization: str = Field(default="", max_length=120)
    manager: str = Field(default="", max_length=60)


class Policy(Part, NamedTeams):
    """The whole file."""

    operators: tuple[str, ...] = Field(min_length=1)
    domains: tuple[str, ...] = Field(min_length=1)
    tell: str = ""
    command_line_decides: bool = Field(default=False, strict=True)
    fallback: tuple[str, ...] = ()
    zone: str = "UTC"
    rests: tuple[str, ...] = ()
    manager_field: str = ""
    manager_from_miro: bool = Field(default=False, strict=True)
    managers: Mapping[str, str] = {}
    same_person: Mapping[str, str] = {}
    """Further addresses, or Slack accounts, of somebody; and the address by which they are known here."""
    different_person: Mapping[str, Annotated[tuple[str, ...], BeforeValidator(_listed)]] = {}
    """Addresses or Slack accounts that belong to other people than those named: an address was given on."""
    groups: Mapping[str, ApproverGroup] = {}
    accounts: Mapping[str, Account] = {}
    actions: Mapping[str, Rule] = {}

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
        """The action's own table; None means nobody can do it."""
        return self.actions.get(action)

    def rules(self, action: str) -> tuple[Rule, ...]:
        """Everything that may hold for an action: its rules in order, then its own table."""
        base = self.actions.get(action)
        return (*(rule.on(base) for rule in base.rules), base) if base else ()

    def manager_of(self, email: str) -> str:
        """The manager's entry for a person, or ''."""
        return next((boss for who, boss in self.managers.items() if canonical(who) == canonical(email)), "")

    def human(self, entry: str) -> str:
        """One name for all addresses and accounts of somebody."""
        return self.known_as(entry) or key(entry)

    def known_as(self, entry: str) -> str:
        """By which address somebody is known who has this one, or this account, as well; else ''."""
        return self._mains.get(key(entry), "")

    @cached_property
    def _mains(self) -> dict[str, str]:
        return {key(one): key(main) for one, main in self.same_person.items()}

    @cached_property
    def _apart(self) -> set[tuple[str, str]]:
        return pairs(self.different_person)

    def is_same(self, one: Person, other: Person) -> bool:
        """Whether both count as the same human where somebody is excluded: whoever is linked to them by
        anything ever seen, or by what it says of second accounts and addresses."""
        if one.is_(other):
            return True
        if self._apart and self._are_apart(one, other):
            return False
        if one.is_linked(other):
            return True
        return bool(self._mains) and not self._names(one.keys).isdisjoint(self._names(other.keys))

    def _are_apart(self, one: Person, other: Person) -> bool:
        """Whether it says of two rows, as they are today, that they are two people."""
        return any(ordered(mine, theirs) in self._apart for mine in _today(one) for theirs in _today(other))

    def acts_as(self, one: Person, other: Person) -> bool:
        """Whether one may do what the other may: the same row or address today, or so it says. What was
        seen of them in the past gives nobody anything."""
        if one.is_(other) or not self._mains:
            return one.is_(other)
        return not self._names(_today(one)).isdisjoint(self._names(_today(other)))

    def _names(self, keys: Iterable[str]) -> set[str]:
        return {self._mains.get(one, one) for one in keys}

    def team_names(self) -> set[str]:
        """Every name of a team that the file says, as it is written."""
        return {*self.teams, *self.managed_elsewhere, *self.owners, *self.teams_in_rules()}

    def targets(self) -> set[str]:
        """The same as Miro should have them, to be settled."""
        return set(map(self.target, self.team_names()))

    def holding(self, action: str) -> list[str]:
        """Names that no group of Miro has, on which it hangs what an ask of this action about teams needs."""
        named = {entry for rule in self.rules(action) for entry in (*rule.everybody(), *self.fallback)}
        owners = self.owners if OWNERS in named - self.groups.keys() else ()
        return self.unsettled({*self.managed_elsewhere, *owners, *self.teams_in_rules(action)})

    def members(self, entries: Collection[str]) -> list[tuple[str, str]]:
        """What `entries` name, groups taken apart: people and Slack user groups, with the group's reason."""
        found: list[tuple[str, str]] = []
        for entry in entries:
            group = self.groups.get(entry)
            found += [(who, group.because) for who in group.entries] if group else [(entry, "")]
        return found

    def lists(self) -> Iterator[tuple[str, ...]]:
        """Every list of the file that names people."""
        yield from (self.operators, self.fallback, *self.owners.values())
        yield from ((*group.entries, *group.told) for group in self.groups.values())
        for name in self.actions:
            for rule in self.rules(name):
                yield from (rule.ask, rule.for_others, tuple(rule.everybody()))

    def people(self) -> set[str]:
        """Every person that a rule or a group names; managers are looked up when they are needed."""
        return {entry for part in self.lists() for entry in part if is_person(entry)}

    def slack_groups(self) -> set[str]:
        """Every Slack user group that the file names, also in a condition."""
        conditions = {
            str(value)
            for name in self.actions
            for rule in self.rules(name)
            for key, value in rule.when.items()
            if key in ("requester_group", "subject_group")
        }
        named = {entry for part in self.lists() for entry in part} | conditions
        return {entry for entry in named if is_slack_group(entry)}

    def teams_in_rules(self, action: str = "") -> set[str]:
        """Every team that a condition names, of one action or of all."""
        bases = [base for name, base in self.actions.items() if action in ("", name)]
        rules = (rule for base in bases for rule in base.rules)
        values = [value for rule in rules for key, value in rule.when.items() if key in ("team", "leaving")]
        return {str(one) for value in values for one in (value if isinstance(value, tuple) else (value,))}

    @property
    def asks_for_managers(self) -> bool:
        """Whether anybody's manager may have to decide."""
        return any({MANAGER, ASKERS_MANAGER} & set(part) for part in self.lists())

    def allows(self, email: str) -> bool:
        """Whether an address is in one of the domains the policy names."""
        _, at, domain = canonical(email).rpartition("@")
        return bool(at) and domain in {canonical(one) for one in self.domains}

    def account(self, email: str) -> Account:
        """What a new account of this address is given; `default` stands for everybody not named."""
        own = next(
            (one for who, one in self.accounts.items() if canonical(who) == canonical(email)), Account()
        )
        base = self.accounts.get("default", Account())
        return Account(**(base.model_dump(exclude_defaults=True) | own.model_dump(exclude_defaults=True)))
