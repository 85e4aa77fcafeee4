"""Conditions of rules: whether each can be met, and which rule is hidden behind an earlier one; pure."""

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
"""What every action's rules may look at, beside what its form says."""
MOST_PARTS = 64
"""Into how many a condition is taken apart at most, to see whether earlier rules take all of them."""
When = Mapping[str, Any]
"""The conditions of one rule."""


def check_conditions(policy: Policy, place: Place, rule: Rule, fields: Collection[str]) -> Problems:
    """What is wrong with the conditions of one rule; `fields` are those of the action's form."""
    at = (*place, "when")
    if not rule.when:
        yield place, "a rule needs conditions: when = { … }; without any, write it in the action's table"
    for key, value in rule.when.items():
        if key not in (*CONDITIONS, *fields):
            known = ", ".join(sorted((*CONDITIONS, *fields)))
            yield at, f"{key!r} is nothing a rule can look at; known: {known}"
        elif key == "for" and value not in ("self", "others"):
            yield at, 'for: write "self" or "others"'
        elif key in GROUP_CONDITIONS:
            yield from check_entries(policy, at, [str(value)], asking=True)
        elif value == () or (key == "max_days" and not _is_count(value)):
            yield at, f"{key}: {'write a number of days from 1 on' if value != () else 'name at least one'}"
        elif isinstance(fields, Mapping) and (strange := _strange(value, fields.get(key, ()))):
            yield at, f"{key} is never {strange}; known: {', '.join(sorted(fields[key]))}"
        elif isinstance(value, int) != (key == "max_days"):
            kind = "a whole number, without quotes" if key == "max_days" else "text in quotes, or a list"
            yield at, f"{key}: write {kind}"


def _is_count(value: object) -> bool:
    return not isinstance(value, int) or (not isinstance(value, bool) and value > 0)


def _strange(value: object, known: Collection[str]) -> str:
    """A value that can't be chosen, or ''; where nothing is known, everything may be."""
    wanted = accepted(value) - accepted(tuple(known)) if known else ()
    return repr(min(wanted)) if wanted else ""


def check_hidden(policy: Policy, place: Place, base: Rule) -> Problems:
    """Rules of an action that are never reached."""
    whens = [plain(policy, rule.when) for rule in base.rules]
    for number, when in enumerate(whens):
        earlier = [str(taker + 1) for taker in takers(whens[:number], when)]
        if earlier:
            which = f"rule {earlier[0]} takes" if len(earlier) == 1 else f"rules {listed(earlier)} take"
            yield (*place, "rules", number), f"never reached: {which} everything first"


def takers(earlier: Sequence[When], when: When) -> list[int]:
    """Which of the earlier conditions take whatever meets a later one: one of them, or some together."""
    whole = _taker(earlier, when)
    if whole is not None:
        return [whole]
    together = {_taker(earlier, part) for part in _parts(when)} if when else set()
    return [] if None in together else sorted(taker for taker in together if taker is not None)


def _taker(earlier: Sequence[When], narrow: When) -> int | None:
    return next((number for number, wide in enumerate(earlier) if wide and covers(wide, narrow)), None)


def _parts(when: When) -> Iterator[When]:
    """Conditions that take the same together: each value by itself, for oneself and for others."""
    values = {key: value if isinstance(value, tuple) else (value,) for key, value in when.items()}
    if prod(len(some) for some in values.values()) > MOST_PARTS:
        values = {key: (value,) for key, value in when.items()}
    split = {"for": ("self", "others")} | values
    return (dict(zip(split, some, strict=True)) for some in product(*split.values()))


def plain(policy: Policy, when: When) -> When:
    """The same conditions with one name for each team: both of its names in [teams] mean that team."""
    teams = {
        key: {narrow(policy.target(name)) for name in several(when[key])} for key in TEAMS if key in when
    }
    return {**when, **{key: tuple(sorted(names)) for key, names in teams.items()}}


def covers(wide: When, narrow: When) -> bool:
    """Whether whatever meets `narrow` meets `wide` too."""
    return all(key in narrow and _is_within(key, narrow[key], wide[key]) for key in wide)


def _is_within(key: str, narrow: object, wide: object) -> bool:
    if isinstance(narrow, int) and isinstance(wide, int):
        return narrow <= wide
    return _values(key, narrow) <= _values(key, wide)


def _values(key: str, value: object) -> frozenset[str]:
    """What a condition takes. A group of the file is called exactly so; all else is found in any case."""
    if key in TEAMS:
        return frozenset(map(narrow, several(value)))
    is_group = key.endswith("_group") and "@" not in str(value)
    return frozenset({str(value)}) if is_group else accepted(value)


def accepted(value: object) -> frozenset[str]:
    """The values that a condition takes."""
    return frozenset(name.casefold() for name in several(value))


def several(value: object) -> tuple[str, ...]:
    """The values of a condition as they are written."""
    return tuple(map(str, value if isinstance(value, tuple) else (value,)))
