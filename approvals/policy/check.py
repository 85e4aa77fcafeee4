"""Checks a policy file and reports every problem with its line; pure."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pydantic import ValidationError

from approvals.policy.conditions import check_conditions, check_hidden
from approvals.policy.directories import Change, check_directory
from approvals.policy.entries import Manager
from approvals.policy.file_alone import check_fillable
from approvals.policy.line_numbers import Place, Problems, line_of
from approvals.policy.model import Policy
from approvals.policy.rules import Escalation, Rule
from approvals.policy.tables import check_entries, check_tables
from approvals.policy.team_names import wide

PLACEHOLDER = "REPLACE-ME"
"""The placeholder that `miro-bot policy init` writes for values to fill in."""

Conditions = Mapping[str, Collection[str]]
"""{action: fields of its form that a rule may look at}; a mapping also lists the choices of a field."""

_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|#.*""")  # a # between quotes doesn't begin one
_INSIDE = 'this has no effect beside steps; put it in a step: { approvers = ["it"], agree = 2 }'
_TOO_DEEP = "too many nested brackets; a policy needs few, so remove some"
_TOO_LATE = "this ends before {0} in the action's table; set {0} here too"
_BY_KIND = {
    "extra_forbidden": "isn't a known setting; remove it or correct its spelling",
    "missing": "is required; add it",
    "value_error": "{error}",
    "too_short": "name at least one",
    "too_long": "name at most {max_length}",
    "string_too_long": "write at most {max_length} characters",
    "greater_than_equal": "write a number of at least {ge}",
    "less_than_equal": "write a number of at most {le}",
    "enum": "choose from {expected}",
    "bool": "write true or false, without quotes",
    "int": "write a whole number, without quotes",
    "string": "write text in quotes",
    "tuple": 'write a list, like ["it"]',
    **dict.fromkeys(("model", "dict", "mapping"), "write a table, like {{ … }}"),
    "": "can't be used; compare it with docs/policy.md",
}
"""{pydantic's type of error, or what it begins with: what to do}; {} stands for values of its context."""


@dataclass(frozen=True)
class Problem:
    """One problem of a policy: its place, and what to do."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class BrokenPolicy(Exception):
    """The policy can't be used; lists every problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(text: str, actions: Conditions) -> Policy:
    """The policy in a TOML text. Raises BrokenPolicy."""
    policy, problems = check(text, actions)
    if policy is None or problems:
        raise BrokenPolicy(problems)
    return policy


def check(text: str, actions: Conditions) -> tuple[Policy | None, list[Problem]]:
    """(the policy, None if it can't be read; all its problems)."""
    try:
        policy = Policy.model_validate(tomllib.loads(text))
    except RecursionError:
        return None, [Problem(_deepest(text), _TOO_DEEP)]
    except ValidationError as error:
        faults = (unreadable(text, part["loc"], part["type"], part.get("ctx", {})) for part in error.errors())
        return None, _in_order(text, faults)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"line (\d+)", str(error))
        line = int(match[1]) if match else len(text.splitlines())
        where = re.sub(r"at line \d+, (column \d+)", r"\1", str(error))
        return None, [Problem(line, f"not valid TOML: {where}")]
    except ValueError:  # Python's own for a number of thousands of digits
        digits = re.search(r"\d{4000}", text)
        line = text.count("\n", 0, digits.start() if digits else None) + 1
        return None, [Problem(line, "this number is too long; shorten it")]
    problems = (*_of_rules(policy, actions), *check_tables(policy), *_of_directories(policy))
    return policy, _in_order(text, (Problem(line_of(text, place), problem) for place, problem in problems))


def _in_order(text: str, problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, sorted by line; a placeholder is the only one of its line."""
    placeholders = _placeholders(text)
    lines = {problem.line for problem in placeholders}
    others = dict.fromkeys(problem for problem in problems if problem.line not in lines)
    return sorted([*placeholders, *others], key=lambda problem: problem.line)


def _deepest(text: str) -> int:
    """The first line where brackets are nested more than half as deeply as anywhere."""
    signs = [(number, sign) for number, line in enumerate(text.splitlines(), 1) for sign in line]
    depths = list(accumulate((sign in "[{") - (sign in "]}") for _, sign in signs))
    many = max(depths, default=0) / 2  # an unclosed bracket also counts on all lines below
    return next((number for (number, _), depth in zip(signs, depths, strict=True) if depth > many), 1)


def unreadable(text: str, place: tuple[Any, ...], kind: str, context: Mapping[str, Any]) -> Problem:
    """The problem for one of pydantic's errors in our own words."""
    # For a value of several possible types pydantic adds the type; people know only the key.
    known = tuple(part for part in place if not re.search(r"[\[\]]|^(str|int)$", str(part)))
    known_kind = next(name for name in (kind, kind.partition("_")[0], "") if name in _BY_KIND)
    remedy = _BY_KIND[known_kind].format_map(context)
    named = ""
    for part in known:  # people count from 1: rules, 0 is rule 1
        named = f"{named.removesuffix('s')} {part + 1}" if isinstance(part, int) else f"{named}.{part}"
    return Problem(line_of(text, known), f"{named[1:]}: {remedy}")


def _placeholders(text: str) -> list[Problem]:
    return [
        Problem(number, f"replace {PLACEHOLDER} with the real value")
        for number, line in enumerate(text.splitlines(), 1)
        if PLACEHOLDER in _COMMENT.sub(lambda match: match[1] or "", line)
    ]


def _of_rules(policy: Policy, actions: Conditions) -> Problems:
    for name, base in policy.actions.items():
        place: Place = ("actions", name)
        if name not in actions:
            yield place, f"unknown action {name!r}; choose from {', '.join(sorted(actions))}"
            continue
        yield from _rule(policy, place, base, base, actions[name])
        for number, rule in enumerate(base.rules):
            at = (*place, "rules", number)
            yield from check_conditions(policy, at, rule, actions[name])
            yield from _rule(policy, at, rule, rule.on(base), actions[name])
        yield from check_hidden(policy, place, base)
        if base.when:
            yield (*place, "when"), f"conditions go into a rule: [[actions.{name}.rules]]"


def _of_directories(policy: Policy) -> Problems:
    closed = {_alike(policy, team): "managed_elsewhere" for team in policy.managed_elsewhere}
    for name, directory in policy.directory.items():
        place: Place = ("directory", name)
        if not re.fullmatch("[a-z][a-z0-9-]*", name):
            yield place, "name a directory in small letters, like [directory.okta]"
        yield from check_directory(place, directory)
        for team in directory.teams.values():
            other = closed.setdefault(_alike(policy, team), own := f"[directory.{name}]")
            if other != own:
                yield (*place, "teams"), f"{team} is in {other} too; keep one of them"
        for key in ("administrators", "owner", "asked_in_slack", "approvers"):
            yield from check_entries(policy, (*place, key), getattr(directory, key))
        for change in Change:
            whole = directory.rule(change)
            yield from _rule(
                policy, (*place, "rules", change), directory.rules.get(change) or whole, whole, ()
            )


def _alike(policy: Policy, team: str) -> str:
    """The form of a team's name in which names that close something are compared."""
    return wide(policy.target(team))


def _rule(policy: Policy, place: Place, own: Rule, whole: Rule, fields: Collection[str]) -> Problems:
    """The problems of a rule: `own` as written, `whole` with the values it inherits."""
    for key in ("ask", "for_others", "approvers", "fallback"):
        asking = key in ("ask", "for_others")
        yield from check_entries(policy, (*place, key), getattr(own, key), asking=asking)
    if Manager.word in own.ask:
        yield (*place, "ask"), "nobody manages themselves; put manager in for_others"
    for number, step in enumerate(own.steps):
        yield from check_entries(policy, (*place, "steps", number, "approvers"), step.approvers)
    for escalation in _escalations(own):
        yield from check_entries(policy, (*place, "escalate"), escalation.to)
    yield from _times(place, own, whole)
    name = str(place[-1] if place[0] == "directory" else place[1])
    if not whole.askers():
        yield place, f"nobody can request {name}; add ask or for_others"
    if own.approvers and own.steps:
        yield (*place, "steps"), f"{name} has approvers and steps; keep one of them"
    if whole.steps and "agree" in own.model_fields_set:
        yield (*place, "agree"), _INSIDE
    if not own.approval and (own.approvers or own.steps):
        yield (*place, "approval"), f"{name} has approvers but needs no approval; keep one of them"
    if any(rule.rules for rule in own.rules):
        yield (*place, "rules"), "a rule can't contain rules"
    if whole.approval and not whole.approvers and not whole.steps:
        yield place, f"{name} has nobody to decide; add approvers, steps or approval = false"
    else:
        yield from check_fillable(policy, place, own, whole)
    for key, days in (("longest", own.longest), ("proposed", own.proposed)):
        if days and "max_days" not in fields:
            yield (*place, key), f"{name} has no end date, so remove this"
    if own.delete_after and "how" not in fields:
        yield (*place, "delete_after"), f"{name} closes no account, so remove this"
    if own.proposed and whole.longest and own.proposed > whole.longest:
        yield (*place, "proposed"), f"this is more than longest ({whole.longest} days)"


def _times(place: Place, own: Rule, whole: Rule) -> Problems:
    """Reminders and escalations later than the end of the request, also inherited ones."""
    escalations = _escalations(own)
    if any(escalation.after >= whole.expires for escalation in escalations):
        yield (*place, "escalate"), "this comes after the request has expired; shorten it"
    if own.remind and own.remind >= whole.expires:
        yield (*place, "remind"), 'this comes after the request has expired; shorten it, or write "never"'
    if "expires" not in own.model_fields_set or not whole.ladder:
        return
    inherited = [other for step in whole.ladder for other in step.escalate if other not in escalations]
    if any(escalation.after >= whole.expires for escalation in inherited):
        yield (*place, "expires"), _TOO_LATE.format("escalate")
    if not own.remind and whole.remind and whole.remind >= whole.expires:
        yield (*place, "expires"), _TOO_LATE.format("remind")


def _escalations(own: Rule) -> list[Escalation]:
    """The escalations written in a rule itself, for all of it or in a step."""
    return [*own.escalate, *(escalation for step in own.steps for escalation in step.escalate)]
