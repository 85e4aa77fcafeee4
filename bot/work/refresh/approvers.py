"""Keeps the local tables of who may decide fresh: Slack user groups, managers, people a rule names."""

import logging
from collections.abc import Collection, Iterable, Sequence

from approvals.decide.case import Case, reached
from approvals.decide.seats import Ground
from approvals.ids import PersonId
from approvals.people import Person
from approvals.policy.conditions import TEAMS
from approvals.policy.model import (
    ASKERS_MANAGER,
    MANAGER,
    OWNERS,
    Policy,
    Rule,
    Step,
    is_person,
    is_slack_group,
)
from approvals.request import Request
from bot.actions import CONDITIONS
from bot.context import BadField, Colleagues, Desk
from bot.miro.client import Miro

log = logging.getLogger(__name__)


def meet(desk: Desk, colleagues: Colleagues, miro: Miro, ground: Ground, *, live: bool = False) -> None:
    """Looks up whoever may decide this ask, unless that was done today; `live`, in any case.

    Raises SlackAway, and any MiroError where managers come from Miro.
    """
    policy = ground.policy
    rules = policy.rules(ground.case.action)
    for handle in sorted(handles(ground)):
        refresh_group(desk, colleagues, handle, live=live)
    entries = {entry for rule in rules for entry in rule.everybody()} | {*policy.fallback}
    for whom in _managed(ground):
        _meet_manager(desk, colleagues, miro, whom, policy, live)
    owners = {who for team in ground.case.owned for who in policy.owners_of(team)}
    named = [one for one, _ in policy.members([*entries, *owners])]
    _meet_people(desk, colleagues, [one for one in named if is_person(one)], live)


def meet_managers(desk: Desk, colleagues: Colleagues, miro: Miro, request: Request) -> None:
    """Looks up anew who manages those that a waiting request is about, before what is known grows too old."""
    for whom in {one.id: one for one in _managed(desk.table(request).ground(request))}.values():
        _meet_manager(desk, colleagues, miro, whom, desk.policy, live=True)


def handles(ground: Ground) -> set[str]:
    """Every Slack user group on which it hangs who asks for this and who decides it."""
    policy, rules = ground.policy, ground.policy.rules(ground.case.action)
    lists = [entry for rule in rules for entry in (*rule.ask, *rule.for_others, *rule.everybody())]
    owners = [who for team in ground.case.owned for who in policy.owners_of(team)]
    return _groups(policy, [*lists, *owners, *policy.fallback, *_conditions(rules)])


def is_told(desk: Desk, request: Request, untold: Collection[str]) -> bool:
    """Whether it is known who decides a request, of user groups and managers that Slack or Miro didn't tell.

    What was told within a day still holds.
    """
    people, now = desk.store.people, desk.now()
    ground = desk.table(request).ground(request)
    groups = any(one in untold and not people.knows(one, now) for one in handles(ground))
    return not groups and not any(
        one.id in untold and people.manager(one.id, now) is None for one in _managed(ground)
    )


def _managed(ground: Ground) -> list[Person]:
    """Those whose manager may decide it."""
    entries = {entry for rule in ground.policy.rules(ground.case.action) for entry in rule.everybody()}
    both = ((MANAGER, ground.case.concerned), (ASKERS_MANAGER, ground.case.requester))
    return [whom for kind, whom in both if kind in entries]


def _conditions(rules: Sequence[Rule]) -> list[str]:
    return [str(value) for rule in rules for key, value in rule.when.items() if key.endswith("_group")]


def _groups(policy: Policy, entries: Sequence[str]) -> set[str]:
    return {entry for entry, _ in policy.members(entries) if is_slack_group(entry)}


def refresh_group(desk: Desk, colleagues: Colleagues, handle: str, *, live: bool = True) -> None:
    """Writes down who is in a Slack user group, and meets its members. Raises SlackAway."""
    people, now = desk.store.people, desk.now()
    if people.members(handle, now) and not live:
        return
    members = colleagues.user_group(handle)
    if members is None:
        log.warning("Slack knows no user group %s: nobody decides as its member", handle)
    people.keep_members(handle, members, now)
    _meet_people(desk, colleagues, members or (), live=False)


def _meet_people(desk: Desk, colleagues: Colleagues, entries: Iterable[str], live: bool) -> None:
    for entry in dict.fromkeys(entries):
        person = desk.find(entry)
        if live or person is None or person.account is None or not person.account.fresh(desk.now()):
            colleagues.find(entry)


def _meet_manager(
    desk: Desk, colleagues: Colleagues, miro: Miro, whom: Person, policy: Policy, live: bool
) -> None:
    """The manager by the policy's table; else by a protected field of the profile; else by Miro."""
    boss = policy.manager_of(whom.email)
    if boss:
        _meet_people(desk, colleagues, [boss], live)
        return
    if desk.store.people.manager(whom.id, desk.now()) and not live:
        return
    found = _by_profile(policy, colleagues, whom) or _by_miro(policy, colleagues, miro, whom)
    if policy.manager_field or policy.manager_from_miro:
        desk.store.people.keep_manager(whom.id, found, desk.now())


def _by_profile(policy: Policy, colleagues: Colleagues, whom: Person) -> PersonId | None:
    if not policy.manager_field:
        return None
    try:
        slack_id = colleagues.manager(whom, policy.manager_field)
    except BadField as error:
        log.warning("%s", error)
        return None
    found = colleagues.find(slack_id) if slack_id else None
    return found.id if found else None


def _by_miro(policy: Policy, colleagues: Colleagues, miro: Miro, whom: Person) -> PersonId | None:
    if not policy.manager_from_miro or not whom.email:
        return None
    address = miro.manager_of(whom.email)
    found = colleagues.find(address) if address else None
    return found.id if found else None


def on_hold(desk: Desk) -> list[str]:
    """Actions with which nobody can ask about a team, because the policy names one that Miro doesn't have."""
    about_teams = [name for name in desk.policy.actions if {*TEAMS} & {*CONDITIONS.get(name, ())}]
    return [name for name in about_teams if desk.policy.holding(name)]


def closed(desk: Desk) -> dict[str, str]:
    """Actions that nobody can decide, because too few of the people whom the policy names can be reached.

    Managers and owners differ with each ask; a step that names them is looked at when somebody asks.
    """
    found: dict[str, str] = {}
    nobody = Person(PersonId("P-0"))
    for name in desk.policy.actions:
        missing = _unknown_conditions(desk, name)
        if missing:
            found[name] = f"Slack doesn't know the user group {missing[0]}, which a condition names"
        for rule in desk.policy.rules(name):
            alone = desk.policy.model_copy(update={"actions": {name: rule.model_copy(update={"rules": ()})}})
            ground = Ground(alone, Case(name, nobody), desk.store.people, desk.now())
            for step in rule.ladder:
                can = reached(ground.seats(step))
                if can < step.agree and not _differs(desk, step) and name not in found:
                    found[name] = f"{step.agree} must agree and {can} can be reached"
            if not any(_differs(desk, step) for step in rule.ladder) and name not in found:
                problem = ground.unfillable()
                found |= {name: problem} if problem else {}
    return found


def _unknown_conditions(desk: Desk, action: str) -> list[str]:
    """User groups of conditions of which nobody can tell who is in them: which rule holds isn't known."""
    named = _groups(desk.policy, _conditions(desk.policy.rules(action)))
    return sorted(one for one in named if not desk.store.people.knows(one, desk.now()))


def _differs(desk: Desk, step: Step) -> bool:
    """Whether who decides a step depends on who asks for what."""
    return bool({MANAGER, ASKERS_MANAGER, OWNERS} & set(step.approvers) - desk.policy.groups.keys())
