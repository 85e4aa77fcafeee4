"""Looks up on whom it depends who may ask and decide: Slack user groups, managers, people a rule names."""

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
from bot.context import BadField, Colleagues, Desk
from bot.miro.client import Miro

log = logging.getLogger(__name__)


def look_up(desk: Desk, colleagues: Colleagues, miro: Miro, ground: Ground, *, live: bool = False) -> None:
    """Looks up those who may decide this ask, unless that was done today; `live`, in any case.

    Raises SlackAway, and any MiroError where managers come from Miro.
    """
    for source, key in _needs(ground):
        if source is Source.ACCOUNT:
            find(desk, colleagues, key, live=live)
        elif source is Source.USER_GROUP:
            refresh_group(desk, colleagues, key, live=live)
        else:
            refresh_manager(desk, colleagues, miro, desk.person(PersonId(key)), ground.policy, live=live)


def _needs(ground: Ground) -> list[Need]:
    """All on which it depends who decides this ask; and the user groups and managers who may ask for it."""
    policy, rules = ground.policy, ground.policy.rules(ground.case.action)
    deciding = [*policy.fallback, *(entry for rule in rules for entry in rule.everybody())]
    asking = [entry for rule in rules for entry in (*rule.askers(), *rule.group_conditions())]
    askers = {need for need in ground.needs(asking) if need.source is not Source.ACCOUNT}
    return sorted(ground.needs(deciding) | askers, key=lambda need: (_ORDER.index(need.source), need.key))


_ORDER = (Source.USER_GROUP, Source.MANAGER, Source.ACCOUNT)
"""People last: members of groups and managers, who are looked up on the way, are then known."""


def find(desk: Desk, colleagues: Colleagues, entry: str, *, live: bool = False) -> Person | None:
    """The person whom an entry of the policy names, looked up a day ago at most; None if there is none."""
    person = desk.find(entry)
    if not live and person and person.account and person.account.fresh(desk.now()):
        return person
    return colleagues.find(entry)


def refresh_group(desk: Desk, colleagues: Colleagues, handle: str, *, live: bool = True) -> None:
    """Stores who is in a Slack user group, and looks up its members. Raises SlackAway."""
    people, now = desk.store.people, desk.now()
    if people.members(handle, now) and not live:
        return
    members = colleagues.user_group(handle)
    if members is None:
        log.warning("Slack knows no user group %s: nobody decides as its member", handle)
    people.keep_members(handle, members, now)
    for member in members or ():
        find(desk, colleagues, member)


def refresh_managers(desk: Desk, colleagues: Colleagues, miro: Miro, request: Request) -> None:
    """Looks up who manages those that a waiting request is about, before what is known grows too old."""
    for source, key in _needs(desk.table(request).ground(request)):
        if source is Source.MANAGER:
            refresh_manager(desk, colleagues, miro, desk.person(PersonId(key)), desk.policy)


def refresh_manager(
    desk: Desk, colleagues: Colleagues, miro: Miro, person: Person, policy: Policy, *, live: bool = True
) -> None:
    """The manager by the policy's table; else by a protected field of the Slack profile; else by Miro."""
    if in_table := policy.manager_of(person.email):
        find(desk, colleagues, in_table, live=live)
        return
    if not policy.looks_up_managers:
        return
    if desk.store.people.manager(person.id, desk.now()) and not live:
        return
    manager = _manager_by_profile(policy, colleagues, person)
    if manager is None and policy.manager_from_miro and person.email:
        address = miro.manager_of(person.email)
        manager = colleagues.find(address) if address else None
    desk.store.people.keep_manager(person.id, manager.id if manager else None, desk.now())


def _manager_by_profile(policy: Policy, colleagues: Colleagues, person: Person) -> Person | None:
    if not policy.manager_field:
        return None
    try:
        slack_id = colleagues.manager(person, policy.manager_field)
    except BadField as error:
        log.warning("%s", error)
        return None
    return colleagues.find(slack_id) if slack_id else None


def is_known(desk: Desk, request: Request, unanswered: Collection[str]) -> bool:
    """Whether it is known who decides a request. What was looked up within a day still holds.

    `unanswered`: handles of user groups, and ids of people whose managers were asked for in vain.
    """
    people, now = desk.store.people, desk.now()
    needs = [need for need in _needs(desk.table(request).ground(request)) if need.key in unanswered]
    return all(
        people.knows(key, now) if source is Source.USER_GROUP else people.manager(PersonId(key), now)
        for source, key in needs
    )


def on_hold(desk: Desk) -> list[str]:
    """Actions with which nobody can ask about a team, because the policy names one that Miro doesn't have."""
    about_teams = [name for name in desk.policy.actions if {*TEAMS} & {*CONDITIONS.get(name, ())}]
    return [name for name in about_teams if desk.policy.holding(name)]


def closed(desk: Desk) -> dict[str, str]:
    """Actions that nobody can decide, each with the reason: too few whom the policy names can be reached.

    Managers and owners differ with each ask; a step that names them, or falls back on them, is looked at when
    somebody asks.
    """
    reasons = {name: _undecidable(desk, name) for name in desk.policy.actions}
    return {name: reason for name, reason in reasons.items() if reason}


def _undecidable(desk: Desk, name: str) -> str:
    """Why nobody can decide an action, or ''."""
    policy, people, now = desk.policy, desk.store.people, desk.now()
    for rule in policy.rules(name):
        seats = Seats(policy, NO_CASE, people, now, rule)
        for source, handle in sorted(seats.needs(rule.group_conditions())):
            if source is Source.USER_GROUP and not people.knows(handle, now):
                # Then it isn't known which rule applies.
                return f"Slack doesn't know the user group {handle}, which a condition names"
        same_for_all = [
            number
            for number, step in enumerate(rule.ladder)
            if not any(policy.entry(entry).depends_on_ask for entry in (*step.approvers, *seats.fallback))
        ]
        if shortage := next(seats.shortages(same_for_all), None):
            return f"{shortage} be reached"
    return ""
