"""Looks up on whom it depends who may ask and decide: Slack user groups, managers, people a rule names."""

import logging
from collections.abc import Collection, Sequence

from approvals.decide.case import Case, reached
from approvals.decide.seats import Ground
from approvals.ids import PersonId
from approvals.people import Person
from approvals.policy import model
from approvals.policy.conditions import TEAMS
from approvals.policy.model import Policy, Rule, Step
from approvals.request import Request
from bot.actions import CONDITIONS
from bot.context import BadField, Colleagues, Desk
from bot.miro.client import Miro

log = logging.getLogger(__name__)


def look_up(desk: Desk, colleagues: Colleagues, miro: Miro, ground: Ground, *, live: bool = False) -> None:
    """Looks up those who may decide this ask, unless that was done today; `live`, in any case.

    Raises SlackAway, and any MiroError where managers come from Miro.
    """
    policy, rules = ground.policy, ground.policy.rules(ground.case.action)
    for handle in sorted(_user_groups(ground)):
        refresh_group(desk, colleagues, handle, live=live)
    for person in _managed(ground):
        refresh_manager(desk, colleagues, miro, person, policy, live=live)
    entries = {entry for rule in rules for entry in rule.everybody()} | {*policy.fallback, *_owners(ground)}
    for entry in dict.fromkeys(entry for entry, _ in policy.members(entries) if model.is_person(entry)):
        find(desk, colleagues, entry, live=live)


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
    ground = desk.table(request).ground(request)
    for person in {person.id: person for person in _managed(ground)}.values():
        refresh_manager(desk, colleagues, miro, person, desk.policy)


def refresh_manager(
    desk: Desk, colleagues: Colleagues, miro: Miro, person: Person, policy: Policy, *, live: bool = True
) -> None:
    """The manager by the policy's table; else by a protected field of the Slack profile; else by Miro."""
    if in_table := policy.manager_of(person.email):
        find(desk, colleagues, in_table, live=live)
        return
    if not (policy.manager_field or policy.manager_from_miro):
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
    ground = desk.table(request).ground(request)
    handles = _user_groups(ground) & {*unanswered}
    persons = [person for person in _managed(ground) if person.id in unanswered]
    return all(people.knows(handle, now) for handle in handles) and all(
        people.manager(person.id, now) for person in persons
    )


def _user_groups(ground: Ground) -> set[str]:
    """Every Slack user group on which it depends who may ask for this and who decides it."""
    policy, rules = ground.policy, ground.policy.rules(ground.case.action)
    lists = [entry for rule in rules for entry in (*rule.ask, *rule.for_others, *rule.everybody())]
    return _handles(policy, [*lists, *_owners(ground), *policy.fallback, *_group_conditions(rules)])


def _owners(ground: Ground) -> set[str]:
    return {owner for team in ground.case.owned for owner in ground.policy.owners_of(team)}


def _managed(ground: Ground) -> list[Person]:
    """Those whose manager may decide it."""
    entries = {entry for rule in ground.policy.rules(ground.case.action) for entry in rule.everybody()}
    kinds = ((model.MANAGER, ground.case.concerned), (model.ASKERS_MANAGER, ground.case.requester))
    return [person for kind, person in kinds if kind in entries]


def _group_conditions(rules: Sequence[Rule]) -> list[str]:
    return [str(value) for rule in rules for key, value in rule.when.items() if key.endswith("_group")]


def _handles(policy: Policy, entries: Collection[str]) -> set[str]:
    return {entry for entry, _ in policy.members(entries) if model.is_slack_group(entry)}


def on_hold(desk: Desk) -> list[str]:
    """Actions with which nobody can ask about a team, because the policy names one that Miro doesn't have."""
    about_teams = [name for name in desk.policy.actions if {*TEAMS} & {*CONDITIONS.get(name, ())}]
    return [name for name in about_teams if desk.policy.holding(name)]


def closed(desk: Desk) -> dict[str, str]:
    """Actions that nobody can decide, each with the reason: too few whom the policy names can be reached.

    Managers and owners differ with each ask; a step that names them is looked at when somebody asks.
    """
    reasons = {name: _undecidable(desk, name) for name in desk.policy.actions}
    return {name: reason for name, reason in reasons.items() if reason}


def _undecidable(desk: Desk, name: str) -> str:
    """Why nobody can decide an action, or ''."""
    policy, people, now = desk.policy, desk.store.people, desk.now()
    for handle in sorted(_handles(policy, _group_conditions(policy.rules(name)))):
        if not people.knows(handle, now):  # then it isn't known which rule applies
            return f"Slack doesn't know the user group {handle}, which a condition names"
    for rule in policy.rules(name):
        alone = policy.model_copy(update={"actions": {name: rule.model_copy(update={"rules": ()})}})
        ground = Ground(alone, Case(name, Person(PersonId("P-0"))), people, now)
        steps = [step for step in rule.ladder if not _depends_on_ask(policy, step)]
        for step in steps:
            can = reached(ground.seats(step))
            if can < step.agree:
                return f"{step.agree} must agree and {can} can be reached"
        if len(steps) == len(rule.ladder) and (reason := ground.unfillable()):
            return reason
    return ""


def _depends_on_ask(policy: Policy, step: Step) -> bool:
    """Whether who decides a step depends on who asks for what."""
    return bool(
        {model.MANAGER, model.ASKERS_MANAGER, model.OWNERS} & set(step.approvers) - policy.groups.keys()
    )
