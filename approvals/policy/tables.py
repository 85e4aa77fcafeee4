"""Checks that lists and tables of a policy name valid people, groups and teams; pure."""

import re
from collections.abc import Callable, Collection

from approvals.people import canonical
from approvals.policy.entries import RESERVED, UserGroup, is_person
from approvals.policy.line_numbers import Place, Problems
from approvals.policy.model import Policy
from approvals.policy.team_names import wide

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def check_entries(
    policy: Policy, place: Place, entries: Collection[str], *, asking: bool = False
) -> Problems:
    """The invalid entries of a list; `asking`: a list of who may ask, not of who decides."""
    for entry in entries:
        if problem := policy.entry(entry).problem(asking=asking):
            yield place, problem


def check_tables(policy: Policy) -> Problems:
    """Names outside the rules that are invalid or ambiguous."""
    for domain in policy.domains:
        if not _DOMAIN.fullmatch(domain):
            yield ("domains",), f'{domain!r} isn\'t a domain; use one like "example.com"'
    if policy.tell and not re.fullmatch("[CG][A-Z0-9]+", policy.tell):
        yield (
            ("tell",),
            f"{policy.tell!r} isn't a channel's id; copy it from the end of the channel's details in Slack, "
            'like "C0123ABCD"',
        )
    for entry in policy.operators:
        if entry not in policy.groups and not is_person(entry):
            yield ("operators",), f"{entry!r} isn't an e-mail address or Slack id"
    yield from check_entries(policy, ("fallback",), policy.fallback)
    for name, group in policy.groups.items():
        yield from _group(policy, name)
        for entry in (*group.people, *group.told):
            if not is_person(entry):
                yield ("groups", name, "people"), f"{entry!r} isn't an e-mail address or Slack id"
    yield from _managers(policy)
    yield from _same_people(policy)
    yield from _different_people(policy)
    for team, entries in policy.owners.items():
        yield from check_entries(policy, ("owners", team), entries)
        if not entries:
            yield ("owners", team), f"{team} has no owner; name one, or remove the line"
        if any(policy.entry(entry).depends_on_teams for entry in entries):
            yield ("owners", team), "name people or a group as owners"
    for team, way in policy.managed_elsewhere.items():
        if not way.strip():
            yield ("managed_elsewhere", team), "write where to ask instead"
    for table in ("teams", "owners", "managed_elsewhere"):
        yield from _twice(table, getattr(policy, table), wide)
    for table in ("managers", "same_person", "different_person", "accounts"):
        yield from _twice(table, getattr(policy, table), canonical)


def _managers(policy: Policy) -> Problems:
    for who, boss in policy.managers.items():
        place = ("managers", who)
        if "@" not in who[1:]:
            yield place, f"use the e-mail address of {who!r}: managers are looked up by it"
        if not is_person(boss):
            yield place, f"{boss!r} isn't an e-mail address or Slack id"
        elif policy.human(who) == policy.human(boss):
            yield place, "nobody manages themselves; name someone else or remove the line"


def _same_people(policy: Policy) -> Problems:
    for other, main in policy.same_person.items():
        place = ("same_person", other)
        if not is_person(other) or "@" not in main[1:]:
            yield place, "write a second address or Slack id = the address the person is known by"
        elif policy.known_as(main):
            yield place, f"{main} is itself a second address; use the person's main address"


def _different_people(policy: Policy) -> Problems:
    for entry, others in policy.different_person.items():
        place = ("different_person", entry)
        for other in others:
            if not (is_person(entry) and is_person(other)):
                yield place, "write the addresses or Slack ids of two people"
            elif policy.human(entry) == policy.human(other):
                yield place, f"[same_person] links {entry} and {other}; remove one of the lines"
        if not others:
            yield place, f"write who {entry} differs from, or remove the line"


def _twice(table: str, keys: Collection[str], fold: Callable[[str], str]) -> Problems:
    """Keys that differ only in case: only the first would count."""
    seen: set[str] = set()
    for key in keys:
        if fold(key) in seen:
            yield (table, key), f"{key} appears twice, in other letters; keep one"
        seen.add(fold(key))


def _group(policy: Policy, name: str) -> Problems:
    group, place = policy.groups[name], ("groups", name)
    if not group.entries:
        yield (*place, "people"), f"the group {name} is empty; add people or slack"
    if group.slack and not UserGroup.reads(group.slack, policy):
        yield (*place, "slack"), 'write the handle of a Slack user group, like "@designers"'
    if group.slack and name in policy.operators:
        yield (*place, "slack"), "name operators one by one, not by a Slack user group"
    if set(map(canonical, group.told)) - set(map(canonical, group.people)) and not group.slack:
        yield (*place, "told"), "told can list only people in the group"
    if name in RESERVED:
        yield place, f"{name!r} is reserved; rename the group"
