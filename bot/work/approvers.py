"""Looks up everything that decides who may ask and approve: user groups, managers, people in rules."""

import logging
from collections.abc import Collection

from approvals.decide.tally import Ground
from approvals.ids import PersonId
from approvals.people import Person
from approvals.policy.entries import NO_CASE, Need, Source
from approvals.policy.model import Policy
from approvals.policy.rules import TEAMS
from approvals.policy.seats import Seats
from approvals.request import Request
from bot.actions import CONDITIONS
from bot.context import BadField, Colleagues, Context
from bot.miro.client import Miro

log = logging.getLogger(__name__)


def look_up(
    context: Context, colleagues: Colleagues, miro: Miro, ground: Ground, *, live: bool = False
) -> None:
    """Looks up who may decide this request, unless looked up within a day; with `live` in any case.

    Raises SlackAway, and any MiroError if managers come from Miro.
    """
    for source, key in _needs(ground):
        if source is Source.ACCOUNT:
            find(context, colleagues, key, live=live)
        elif source is Source.USER_GROUP:
            refresh_group(context, colleagues, key, live=live)
        else:
            refresh_manager(
                context, colleagues, miro, context.person(PersonId(key)), ground.policy, live=live
            )


def _needs(ground: Ground) -> list[Need]:
    """All look-ups needed to know who decides this request, and which groups and managers may ask."""
    policy, rules = ground.policy, ground.rules
    deciding = [*policy.fallback, *(entry for rule in rules for entry in rule.everybody())]
    asking = [entry for rule in rules for entry in (*rule.askers(), *rule.group_conditions())]
    askers = {need for need in ground.needs(asking) if need.source is not Source.ACCOUNT}
    return sorted(ground.needs(deciding) | askers, key=lambda need: (_ORDER.index(need.source), need.key))


_ORDER = (Source.USER_GROUP, Source.MANAGER, Source.ACCOUNT)
"""People last, because members of groups and managers are known by then."""


def find(context: Context, colleagues: Colleagues, entry: str, *, live: bool = False) -> Person | None:
    """The person of an entry of the policy, looked up within a day; None if there is none."""
    person = context.find(entry)
    if not live and person and person.account and person.account.fresh(context.now()):
        return person
    return colleagues.find(entry)


def refresh_group(context: Context, colleagues: Colleagues, handle: str, *, live: bool = True) -> None:
    """Stores the members of a Slack user group, and looks them up. Raises SlackAway."""
    people, now = context.store.people, context.now()
    if people.members(handle, now) and not live:
        return
    members = colleagues.user_group(handle)
    if members is None:
        log.warning("Slack knows no user group %s: nobody decides as its member", handle)
    people.keep_members(handle, members, now)
    for member in members or ():
        find(context, colleagues, member)


def refresh_managers(context: Context, colleagues: Colleagues, miro: Miro, request: Request) -> None:
    """Looks up the managers of the people of a waiting request, before the data is too old."""
    for source, key in _needs(context.table(request).ground(request)):
        if source is Source.MANAGER:
            refresh_manager(context, colleagues, miro, context.person(PersonId(key)), context.policy)


def refresh_manager(
    context: Context, colleagues: Colleagues, miro: Miro, person: Person, policy: Policy, *, live: bool = True
) -> None:
    """Looks up the manager: by the policy's table, else by a protected Slack profile field, else by Miro."""
    if in_table := policy.manager_of(person.email):
        find(context, colleagues, in_table, live=live)
        return
    is_known = not live and context.store.people.manager(person.id, context.now())
    if is_known or not policy.looks_up_managers:
        return
    manager = None
    if policy.manager_field:
        try:
            slack_id = colleagues.manager(person, policy.manager_field)
            manager = colleagues.find(slack_id) if slack_id else None
        except BadField as error:
            log.warning("%s", error)
    if manager is None and context.pushed and (boss := context.pushed.manager_of(person.email)):
        manager = colleagues.find(boss)
    if manager is None and policy.manager_from_miro and person.email:
        address = miro.manager_of(person.email)
        manager = colleagues.find(address) if address else None
    context.store.people.keep_manager(person.id, manager.id if manager else None, context.now())


def is_known(context: Context, request: Request, unanswered: Collection[str]) -> bool:
    """Whether it is known who decides a request; data looked up within a day counts.

    `unanswered`: handles of user groups, and ids of people whose managers couldn't be looked up.
    """
    people, now = context.store.people, context.now()
    needs = [need for need in _needs(context.table(request).ground(request)) if need.key in unanswered]
    return all(
        people.knows(key, now) if source is Source.USER_GROUP else people.manager(PersonId(key), now)
        for source, key in needs
    )


def on_hold(context: Context) -> list[str]:
    """Actions on hold for all teams, because the policy names a team that Miro doesn't have."""
    about_teams = [name for name in context.policy.actions if {*TEAMS} & {*CONDITIONS.get(name, ())}]
    return [name for name in about_teams if context.policy.holding(name)]


def closed(context: Context) -> dict[str, str]:
    """{action: reason} of actions that nobody can decide: too few people in the policy are reachable.

    Managers and owners depend on the request: steps with them are checked when somebody asks.
    """
    reasons = {name: _undecidable(context, name) for name in context.policy.actions}
    return {name: reason for name, reason in reasons.items() if reason}


def _undecidable(context: Context, name: str) -> str:
    """Why nobody can decide an action, or ''."""
    policy, people, now = context.policy, context.store.people, context.now()
    for rule in policy.rules(name):
        seats = Seats(policy, NO_CASE, people, now, rule)
        for source, handle in sorted(seats.needs(rule.group_conditions())):
            if source is Source.USER_GROUP and not people.knows(handle, now):
                # Without its members it isn't known which rule applies.
                return f"Slack doesn't know the user group {handle}, which a condition names"
        same_for_all = [
            number
            for number, step in enumerate(rule.ladder)
            if not any(policy.entry(entry).depends_on_ask for entry in (*step.approvers, *seats.fallback))
        ]
        if shortage := next(seats.shortages(same_for_all), None):
            return f"{shortage} be reached"
    return ""
