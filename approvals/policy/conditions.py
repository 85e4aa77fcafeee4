"""Conditions of rules: whether each can be met, and which rules an earlier one hides; pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from approvals.people import listed
from approvals.policy.line_numbers import Place, Problems
from approvals.policy.model import Policy
from approvals.policy.rules import GROUP_CONDITIONS, TEAMS, Rule
from approvals.policy.tables import check_entries
from approvals.policy.team_names import narrow

CONDITIONS = (*GROUP_CONDITIONS, "for")
"""The conditions for every action, besides the fields of its form."""
SELF, OTHERS = "self", "others"
"""The values of `for`: whom a request is for."""
MOST_PARTS = 64
"""The most parts that conditions are split into, to see whether earlier rules together take all of them."""
Taken = Mapping[str, Any]
"""{condition of a rule: accepted values, a frozenset}; for `max_days` the highest, an integer."""


def check_conditions(policy: Policy, place: Place, rule: Rule, fields: Collection[str]) -> Problems:
    """The problems of one rule's conditions; `fields`: those of the action's form."""
    at = (*place, "when")
    if not rule.when:
        yield place, "a rule needs conditions: when = { … }; without any, put it in the action's table"
    for key, value in rule.when.items():
        if key not in (*CONDITIONS, *fields):
            known = ", ".join(sorted((*CONDITIONS, *fields)))
            yield at, f"unknown condition {key!r}; choose from {known}"
        elif key == "for" and value not in (SELF, OTHERS):
            yield at, 'for: write "self" or "others"'
        elif key in GROUP_CONDITIONS:
            yield from check_entries(policy, at, [str(value)], asking=True)
            if policy.entry(str(value)).depends_on_ask:
                yield at, f"{key}: name a group, a person or a Slack user group"
        elif value == () or (key == "max_days" and not _is_count(value)):
            yield at, f"{key}: {'write a number of days from 1 on' if value != () else 'name at least one'}"
        elif isinstance(fields, Mapping) and (strange := _strange(value, fields.get(key, ()))):
            yield at, f"{key} can't be {strange}; choose from {', '.join(sorted(fields[key]))}"
        elif isinstance(value, int) != (key == "max_days"):
            kind = "a whole number, without quotes" if key == "max_days" else "text in quotes, or a list"
            yield at, f"{key}: write {kind}"


def _is_count(value: object) -> bool:
    return not isinstance(value, int) or (not isinstance(value, bool) and value > 0)


def _strange(value: object, known: Collection[str]) -> str:
    """A value that isn't among the known choices, or ''; without known choices any value is right."""
    wanted = accepted(value) - accepted(tuple(known)) if known else ()
    return repr(min(wanted)) if wanted else ""


def check_hidden(policy: Policy, place: Place, base: Rule) -> Problems:
    """The rules of an action that an earlier rule makes unreachable."""
    whens = [plain(policy, rule.when) for rule in base.rules]
    for number, when in enumerate(whens):
        earlier = [str(taker + 1) for taker in takers(whens[:number], when)]
        if earlier:
            which = f"rule {earlier[0]} covers" if len(earlier) == 1 else f"rules {listed(earlier)} cover"
            yield (*place, "rules", number), f"never applies: {which} every case first"


def takers(earlier: Sequence[Taken], when: Taken) -> list[int]:
    """The indexes of earlier conditions that, alone or together, accept everything that meets `when`."""

    def taker(narrow: Taken) -> int | None:
        return next((number for number, wide in enumerate(earlier) if wide and covers(wide, narrow)), None)

    whole = taker(when)
    together = {taker(part) for part in _parts(when)} if when and whole is None else {whole}
    return [] if None in together else sorted(number for number in together if number is not None)


def _parts(when: Taken) -> Iterator[Taken]:
    """Splits conditions into equivalent ones with a single value each, for oneself and for others."""
    values = {key: value for key, value in when.items() if not isinstance(value, int)}
    choices = {key: [frozenset({name}) for name in names] for key, names in values.items()}
    if prod(map(len, choices.values())) > MOST_PARTS:
        choices = {}
    choices = {"for": [frozenset({SELF}), frozenset({OTHERS})]} | choices
    return ({**when, **dict(zip(choices, part, strict=True))} for part in product(*choices.values()))


def plain(policy: Policy, when: Mapping[str, object]) -> Taken:
    """Conditions with their accepted values in a comparable form: both names of a team in [teams] are one;
    groups of the policy are matched exactly, everything else in any case."""
    taken = dict[str, Any]()
    for key, value in when.items():
        is_group = key in GROUP_CONDITIONS and "@" not in str(value)
        if key in TEAMS:
            taken[key] = frozenset(narrow(policy.target(name)) for name in several(value))
        elif isinstance(value, int) or is_group:
            taken[key] = value if isinstance(value, int) else frozenset({str(value)})
        else:
            taken[key] = accepted(value)
    return taken


def covers(wide: Taken, narrow: Taken) -> bool:
    """Whether everything that meets `narrow` also meets `wide`."""
    both = [(narrow[key], taken) for key, taken in wide.items() if key in narrow]
    return len(both) == len(wide) and all(type(a) is type(b) and a <= b for a, b in both)


def accepted(value: object) -> frozenset[str]:
    """The values that a condition takes."""
    return frozenset(name.casefold() for name in several(value))


def several(value: object) -> tuple[str, ...]:
    """The values of a condition as written."""
    return tuple(map(str, value if isinstance(value, tuple) else (value,)))
