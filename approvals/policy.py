"""policy.toml: who may ask for what, who decides, and how long they have. Fails closed."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from approvals.people import canonical

MANAGER = "manager"
"""As an approver: whoever the policy's table names as manager of the person concerned."""
ANYONE = "anyone"
"""As somebody who may ask: every colleague."""
PLACEHOLDER = "REPLACE-ME"
"""Stands in a policy that `miro-bot policy init` wrote, until somebody writes what is true."""

_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|#.*""")  # a # between quotes begins none
_SAID = {
    "extra_forbidden": "isn't something a policy can say; remove it or mend its spelling",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "string_type": "write text in quotes",
    "tuple_type": 'write a list, like ["it"]',
}
_DOT = r"\s*\.\s*"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: object) -> timedelta:
    """'30m', '18h' or '3d' as a span of time. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,3})([mhd])", str(text))
    if not found:
        raise ValueError('write a time like "30m", "18h" or "3d"')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _is_person(entry: str) -> bool:
    return "@" in entry or bool(re.fullmatch(r"[A-Z0-9]{6,}", entry))


class Part(BaseModel):
    """A table of the policy: nothing it doesn't know, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ApproverGroup(Part):
    """People who decide together. `because` completes the sentence "You're asked because …"."""

    people: tuple[str, ...] = Field(min_length=1)
    because: str = Field(default="", max_length=80)


class Rule(Part):
    """What holds for one action."""

    ask: tuple[str, ...] = ()
    for_others: tuple[str, ...] = ()
    approvers: tuple[str, ...] = Field(min_length=1)
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    expires: Annotated[timedelta, BeforeValidator(span)] = timedelta(days=3)


class Account(Part):
    """What a new account is given beside its name (SCIM enterprise extension; limits of Miro's reference)."""

    department: str = Field(default="", max_length=120)
    employee_number: str = Field(default="", max_length=20)
    cost_centre: str = Field(default="", max_length=120)
    division: str = Field(default="", max_length=120)
    organization: str = Field(default="", max_length=120)
    manager: str = Field(default="", max_length=60)


class Policy(Part):
    """The whole file."""

    operators: tuple[str, ...] = Field(min_length=1)
    domains: tuple[str, ...] = Field(min_length=1)
    tell: str = ""
    command_line_decides: bool = Field(default=False, strict=True)
    managed_elsewhere: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    managers: Mapping[str, str] = {}
    groups: Mapping[str, ApproverGroup] = {}
    accounts: Mapping[str, Account] = {}
    actions: Mapping[str, Rule] = {}

    def rule(self, action: str) -> Rule | None:
        """What holds for an action; None means nobody can do it."""
        return self.actions.get(action)

    def manager_of(self, email: str) -> str:
        """The manager's entry for a person, or ''."""
        return next((boss for who, boss in self.managers.items() if canonical(who) == canonical(email)), "")

    def members(self, entries: Collection[str]) -> list[tuple[str, str]]:
        """Each person entry (e-mail or Slack id) that `entries` names, with the reason of its group."""
        found: list[tuple[str, str]] = []
        for entry in entries:
            group = self.groups.get(entry)
            found += [(who, group.because) for who in group.people] if group else [(entry, "")]
        return found

    def people(self) -> set[str]:
        """Every person that a rule or a group names; managers are looked up when they are needed."""
        lists = [self.operators, *(group.people for group in self.groups.values())]
        rules = [
            part for rule in self.actions.values() for part in (rule.approvers, rule.ask, rule.for_others)
        ]
        return {entry for part in (*lists, *rules) for entry in part if _is_person(entry)}

    def allows(self, email: str) -> bool:
        """Whether an address is in one of the domains the policy names."""
        _, at, domain = canonical(email).rpartition("@")
        return bool(at) and domain in {one.casefold() for one in self.domains}

    def account(self, email: str) -> Account:
        """What a new account of this address is given; `default` stands for everybody not named."""
        own = next(
            (one for who, one in self.accounts.items() if canonical(who) == canonical(email)), Account()
        )
        base = self.accounts.get("default", Account())
        return Account(**(base.model_dump(exclude_defaults=True) | own.model_dump(exclude_defaults=True)))


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a policy, where, and what to do."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class BrokenPolicy(Exception):
    """The policy can't be used; every problem at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(text: str, actions: Collection[str]) -> Policy:
    """A policy that can be used. Raises BrokenPolicy."""
    policy, problems = check(text, actions)
    if policy is None or problems:
        raise BrokenPolicy(problems)
    return policy


def check(text: str, actions: Collection[str]) -> tuple[Policy | None, list[Problem]]:
    """The policy as far as it can be read, and everything that is wrong with it."""
    try:
        policy = Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        return None, [Problem(line, f"this isn't TOML: {error}")]
    except ValidationError as error:
        return None, [_unreadable(text, one["loc"], one["type"], one["msg"]) for one in error.errors()]
    problems = [*_placeholders(text), *_unknown_names(policy, text, actions), *_unreachable(policy, text)]
    return policy, sorted(dict.fromkeys(problems), key=lambda problem: problem.line)


def _unreadable(text: str, place: tuple[Any, ...], kind: str, message: str) -> Problem:
    names = [str(part) for part in place]
    told = _SAID.get(kind, message.removeprefix("Value error, "))
    return Problem(_line(text, names), f"{'.'.join(names)}: {told}")


def _line(text: str, names: list[str]) -> int:
    """Where a key stands: below its table's heading, or on the line of the inline table it is in."""
    keys = [rf"[\"']?{re.escape(name)}[\"']?" for name in names if not name.isdigit()]
    lines, start, below = text.splitlines(), -1, keys
    for depth in range(len(keys), 0, -1):
        heading = re.compile(rf"\s*\[\s*{_DOT.join(keys[:depth])}\s*\]")
        start = next((n for n, line in enumerate(lines) if heading.match(line)), -1)
        if start >= 0:
            below = keys[depth:]
            break
    end = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    for length in range(len(below), 0, -1):
        wanted = re.compile(rf"\s*{_DOT.join(below[:length])}\s*=")
        found = next((n for n in range(start + 1, end) if wanted.match(lines[n])), -1)
        if found >= 0:
            return found + 1
    return max(start, 0) + 1


def _placeholders(text: str) -> list[Problem]:
    return [
        Problem(number, f"{PLACEHOLDER} still stands here; write the real name, then start again")
        for number, line in enumerate(text.splitlines(), 1)
        if PLACEHOLDER in _COMMENT.sub(lambda found: found[1] or "", line)
    ]


def _unknown_names(policy: Policy, text: str, actions: Collection[str]) -> list[Problem]:
    found = []
    for name, rule in policy.actions.items():
        if name not in actions:
            known = ", ".join(sorted(actions))
            found.append(
                Problem(_line(text, ["actions", name]), f"there is no action {name!r}; known: {known}")
            )
        for key, entries in (
            ("ask", rule.ask),
            ("for_others", rule.for_others),
            ("approvers", rule.approvers),
        ):
            special = {MANAGER} if key == "approvers" else {ANYONE}
            for entry in entries:
                if not (_is_person(entry) or entry in policy.groups or entry in special):
                    line = _line(text, ["actions", name, key])
                    found.append(
                        Problem(line, f"{entry!r} is no e-mail, Slack id or group; add [groups.{entry}]")
                    )
    return [*found, *_strangers(policy, text)]


def _strangers(policy: Policy, text: str) -> list[Problem]:
    """Names outside of the rules that mean nobody."""
    lists = [(["operators"], [one for one in policy.operators if one not in policy.groups])]
    lists += [(["groups", name, "people"], list(group.people)) for name, group in policy.groups.items()]
    lists += [(["managers", who], [who, boss]) for who, boss in policy.managers.items()]
    return [
        Problem(_line(text, place), f"{entry!r} is no e-mail or Slack id")
        for place, entries in lists
        for entry in entries
        if not _is_person(entry)
    ]


def _unreachable(policy: Policy, text: str) -> list[Problem]:
    """More votes wanted than there are people: nobody could ever approve."""
    found = []
    for name, rule in policy.actions.items():
        people = {canonical(who) for who, _ in policy.members(rule.approvers)}
        if rule.agree > len(people):
            line = _line(text, ["actions", name, "agree"])
            found.append(Problem(line, f"{name} wants {rule.agree} to agree, but only {len(people)} can"))
    return found
