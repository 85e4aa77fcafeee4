"""Whether a policy file can be used: everything that is wrong with it, each with its line; pure."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from approvals.people import canonical
from approvals.policy import (
    ANYONE,
    ASKERS_MANAGER,
    MANAGER,
    OWNERS,
    Policy,
    Rule,
    Step,
    is_person,
    is_slack_group,
)
from approvals.policy_conditions import check_conditions, check_hidden
from approvals.policy_lines import Place, Told, line_of
from approvals.policy_names import check_names
from approvals.policy_tables import check_tables

PLACEHOLDER = "REPLACE-ME"
"""Stands in a policy that `miro-bot policy init` wrote, until somebody writes what is true."""

Conditions = Mapping[str, Collection[str]]
"""Each action's name, and what of its form a rule may look at; a mapping also says what is chosen there."""

_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|#.*""")  # a # between quotes begins none
_INSIDE = 'with steps, this counts for nothing; write it inside a step: { approvers = ["it"], agree = 2 }'
_SAID = {
    "extra_forbidden": "isn't something a policy can say; remove it or mend its spelling",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "string_type": "write text in quotes",
    "tuple_type": 'write a list, like ["it"]',
    "model_type": "write a table, like { … }",
    "dict_type": "write a table, like { … }",
    "mapping_type": "write a table, like { … }",
    "too_short": "name at least one",
    "missing": "is needed; add it",
}


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


def load(text: str, actions: Conditions) -> Policy:
    """A policy that can be used. Raises BrokenPolicy."""
    policy, problems = check(text, actions)
    if policy is None or problems:
        raise BrokenPolicy(problems)
    return policy


def check(text: str, actions: Conditions) -> tuple[Policy | None, list[Problem]]:
    """The policy as far as it can be read, and everything that is wrong with it."""
    try:
        policy = Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        return None, [Problem(line, f"this isn't TOML: {error}")]
    except ValidationError as error:
        return None, [_unreadable(text, one["loc"], one["type"], one["msg"]) for one in error.errors()]
    problems = _placeholders(text)
    for place, told in (*_of_rules(policy, actions), *check_tables(policy)):
        problems.append(Problem(line_of(text, place), told))
    return policy, sorted(dict.fromkeys(problems), key=lambda problem: problem.line)


def _unreadable(text: str, place: tuple[Any, ...], kind: str, message: str) -> Problem:
    # Of a value that may be of several kinds, pydantic names each; people know the key alone.
    known = tuple(part for part in place if not re.search(r"[\[\]]|^(str|int)$", str(part)))
    told = _SAID.get(kind, message.removeprefix("Value error, "))
    return Problem(line_of(text, known), f"{'.'.join(map(str, known))}: {told}")


def _placeholders(text: str) -> list[Problem]:
    return [
        Problem(number, f"{PLACEHOLDER} still stands here; write the real name, then start again")
        for number, line in enumerate(text.splitlines(), 1)
        if PLACEHOLDER in _COMMENT.sub(lambda found: found[1] or "", line)
    ]


def _of_rules(policy: Policy, actions: Conditions) -> Told:
    for name, base in policy.actions.items():
        place: Place = ("actions", name)
        if name not in actions:
            yield place, f"there is no action {name!r}; known: {', '.join(sorted(actions))}"
            continue
        yield from _rule(policy, place, base, base)
        yield from _length(place, base, base, actions[name])
        for number, rule in enumerate(base.rules):
            at = (*place, "rules", number)
            yield from check_conditions(policy, at, rule, actions[name])
            yield from _rule(policy, at, rule, rule.on(base))
            yield from _length(at, rule, rule.on(base), actions[name])
        yield from check_hidden(place, base)
        if base.when:
            yield (*place, "when"), f"conditions belong to a rule; write [[actions.{name}.rules]]"


def _rule(policy: Policy, place: Place, said: Rule, whole: Rule) -> Told:
    """What is wrong with one rule: names it says itself, and whether it can be decided as a whole."""
    for key in ("ask", "for_others", "approvers", "fallback"):
        yield from check_names(policy, (*place, key), getattr(said, key), asking=key in ("ask", "for_others"))
    for number, step in enumerate(said.steps):
        yield from check_names(policy, (*place, "steps", number, "approvers"), step.approvers)
    for escalation in [*said.escalate, *(one for step in said.steps for one in step.escalate)]:
        yield from check_names(policy, (*place, "escalate"), escalation.to)
        if escalation.after >= whole.expires:
            yield (*place, "escalate"), "this comes after the request has expired; shorten it"
    name = str(place[1])
    if said.remind and said.remind >= whole.expires:
        yield (*place, "remind"), 'this comes after the request has expired; shorten it, or write "never"'
    if not (whole.ask or whole.for_others):
        yield place, f"nobody may ask for {name}; write ask or for_others"
    if said.approvers and said.steps:
        yield (*place, "steps"), f"{name} has approvers and steps; keep one of them"
    if whole.steps and "agree" in said.model_fields_set:
        yield (*place, "agree"), _INSIDE
    if not said.approval and (said.approvers or said.steps):
        yield (*place, "approval"), f"{name} has approvers and needs no approval; keep one of them"
    if any(rule.rules for rule in said.rules):
        yield (*place, "rules"), "a rule can't have rules of its own"
    if whole.approval and not whole.approvers and not whole.steps:
        yield place, f"{name} says nobody who decides; write approvers, steps or approval = false"
        return
    told = False
    for number, step in enumerate(whole.ladder):
        at = (*place, "steps", number) if said.steps else (*place, "agree")
        for problem in _unfillable(policy, at, name, whole, step):
            told = True
            yield problem
    if not told:
        yield from _too_few(policy, (*place, "steps"), whole)


def _people(policy: Policy, entries: Collection[str]) -> set[str] | None:
    """Whom a list means, by the file alone; None where others have to be asked."""
    found: set[str] = set()
    for entry in entries:
        dynamic = {MANAGER, ASKERS_MANAGER, ANYONE, *(() if OWNERS in policy.groups else (OWNERS,))}
        members = [one for one, _ in policy.members([entry])]
        if not (is_person(entry) or entry in policy.groups or is_slack_group(entry) or entry in dynamic):
            return None  # nobody's name: told already
        if entry in dynamic - policy.groups.keys() or any(is_slack_group(one) for one in members):
            from_table = not (policy.manager_field or policy.manager_from_miro)
            if entry == MANAGER and policy.managers and from_table:
                found |= {canonical(boss) for boss in policy.managers.values()}
                continue
            return None
        found |= {canonical(one) for one in members}
    return found


def _at_most(policy: Policy, entries: Collection[str]) -> int | None:
    """How many people can decide one request at most; None where others have to be asked."""
    bosses = {MANAGER, ASKERS_MANAGER} & set(entries)  # one of each, however many there are in the company
    named = _people(policy, [one for one in entries if one not in bosses])
    return None if named is None else len(named) + len(bosses)


def _unfillable(policy: Policy, place: Place, name: str, rule: Rule, step: Step) -> Told:
    """More votes wanted than there are people, or nobody left once the requester is taken out."""
    entries = [*step.approvers, *(to for one in step.escalate for to in one.to)]
    most, people = _at_most(policy, entries), _people(policy, entries)
    if most and step.agree > most:
        yield place, f"{name} wants {step.agree} to agree, but only {most} can"
        return
    if not people:
        return  # who they are isn't in the file, or told already
    askers = _people(policy, [*rule.ask, *rule.for_others])
    spare = _people(policy, rule.fallback or policy.fallback)
    if not askers or spare is None:
        return
    if all(len((people | spare) - {asker}) < step.agree for asker in askers):
        yield place, f"nobody but who asks for {name} could decide it; name one more person"


def _too_few(policy: Policy, place: Place, rule: Rule) -> Told:
    """Steps that each could be filled, and all together can't: one person counts once."""
    lists = [_people(policy, [*step.approvers, *rule.fallback]) for step in rule.ladder]
    known = [people for people in lists if people is not None]
    wanted = sum(step.agree for step in rule.ladder)
    if len(known) < len(lists) or len(known) < 2 or rule.same_person_twice:
        return
    can = len(set().union(*known, _people(policy, policy.fallback) or ()))
    if can < wanted:
        yield place, f"{wanted} different people must agree over all steps, but only {can} can"


def _length(place: Place, said: Rule, whole: Rule, fields: Collection[str]) -> Told:
    for key, days in (("longest", said.longest), ("proposed", said.proposed)):
        if days and "max_days" not in fields:
            yield (*place, key), f"{place[1]} can't end by itself; remove it"
    if said.proposed and whole.longest and said.proposed > whole.longest:
        yield (*place, "proposed"), f"this is more than the longest, {whole.longest} days"
