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
    alike = Counter(wide(tables.label(group)) for group in groups)
    both = Counter((wide(tables.label(group)), wide(group.security_name)) for group in groups)
    drawn, current = [], {"description": plain("A team of theirs now")}
    for group in groups:
        name, names = tables.label(group), (wide(tables.label(group)), wide(group.security_name))
        if alike[names[0]] > 1:
            name = f"{name} ({group.security_name if both[names] < 2 else group.id})"
        drawn.append(option(name, group.id) | (current if group.id in mine else {}))
    return drawn


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
