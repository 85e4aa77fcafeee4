"""Options of teams in a form, unambiguous even if names look alike; pure."""

from collections import Counter
from collections.abc import Sequence

from approvals.people import Group
from approvals.policy.team_names import wide
from bot.actions.tables import Tables
from bot.cards.blocks import Block, option, plain

MOST_OPTIONS = 100
"""The most options of a static select; with more, Slack asks for them while a person types."""


def offered(tables: Tables, whose: str = "") -> list[Group]:
    """The teams that can be asked for, without those managed elsewhere; the teams of `whose` person first."""
    mine = {group.id for group in tables.teams_of(whose) or ()} if whose else set()
    askable = [group for group in tables.groups if not tables.managed(group)]
    return sorted(askable, key=lambda group: group.id not in mine)


def options(groups: Sequence[Group], tables: Tables, whose: str = "") -> list[Block]:
    """Options for groups; look-alikes are shown with the security name, or else the id."""
    mine = {group.id for group in tables.teams_of(whose) or ()} if whose else set()
    names = [tables.label(group) for group in groups]
    alike, both = Counter(map(wide, names)), Counter(map(_both, names, groups))
    drawn = [option(_apart(*pair, alike, both), pair[1].id) for pair in zip(names, groups, strict=True)]
    current = {"description": plain("A team of theirs now")}
    return [choice | current if choice["value"] in mine else choice for choice in drawn]


def _both(name: str, group: Group) -> tuple[str, str]:
    return wide(name), wide(group.security_name)


def _apart(name: str, group: Group, alike: Counter[str], both: Counter[tuple[str, str]]) -> str:
    if alike[wide(name)] < 2:
        return name
    return f"{name} ({group.security_name if both[_both(name, group)] < 2 else group.id})"


def suggestions(typed: str, tables: Tables, whose: str = "") -> list[Block]:
    """Options of up to 100 groups with the typed text in a name; those that begin with it first.

    Names are matched by their looks, because this only offers them.
    """
    wanted = wide(typed)
    matches = [
        group
        for group in offered(tables, whose)
        if wanted in wide(tables.label(group)) or wanted in wide(group.security_name)
    ]
    if wanted:
        matches.sort(key=lambda group: not wide(tables.label(group)).startswith(wanted))
    return options(matches[:MOST_OPTIONS], tables, whose)
