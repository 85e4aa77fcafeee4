"""Finds the one account in Miro that a command is about: under every address known, and by its id."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.people import Person, canonical, listed, miro_key
from approvals.request import Request, Urgency
from bot.actions import ACTIONS, Action
from bot.context import Desk
from bot.miro.accounts import ASK_FIRST, HasAccount, creates, unknown
from bot.miro.client import Miro
from bot.miro.goals import Goal, Seen
from bot.miro.groups import OutOfGroup
from bot.miro.plan import Obstacle
from bot.miro.wire import MiroAccount

MOST = 10
"""Looks for one person at most, however many addresses and ids are linked."""
SUGGESTED = 3
_ALIKE = 0.7
"""How much two names before the @ have in common where one may be the other, mistyped (difflib's ratio)."""


@dataclass(frozen=True)
class Meant:
    """The account that is meant, as a plan shows it; `miro_id` is '' for one that is to be created."""

    miro_id: str
    user_name: str
    is_deleted: bool = False
    """Whether this bot has deleted it: then nobody is looked for but whoever has its address."""

    @classmethod
    def by(cls, plan: Mapping[str, Any], person: Person) -> "Meant":
        """What a stored plan shows; one from before addresses were kept means the person's of today."""
        return cls(plan.get("miro_id", ""), plan.get("user_name") or person.email)


def look(
    desk: Desk, miro: Miro, command: Action, meant: Meant | None = None, *, is_exact: bool = False
) -> Seen:
    """What the goals of a command are held against: one GET where nothing else is linked to the person.

    `meant`: the account of an approved plan. `is_exact`: the address itself was written, so an account that
    has it is the one, unless nothing is left to be taken away from it: then the linked ones are looked at
    too. One more GET when an admin may be demoted. Raises Obstacle where two may be meant.
    """
    if command.group:
        return Seen(group=miro.group(command.group))
    assert command.subject
    person, facts = desk.person(command.subject), desk.facts
    try:
        wanted = command.needs(facts)
    except KeyError as error:
        raise Obstacle("The team isn't in Miro any more.") from error
    if meant and meant.miro_id:
        account = _same(miro, meant, wanted)
    else:
        account = miro.look(person.email, wanted)
        if account and is_exact:
            _check_nowhere_left(desk, miro, person, command, wanted, account)
        else:
            account = _one_of(_all_found(miro, person, wanted, account), person)
    if account is None:
        return Seen(vanished=_has_vanished(desk, command, person))
    account = _with_groups(miro, account, command.goals(facts))
    _check_domain(desk, person, account)
    _link(desk, person, account)
    if account.display_name and not person.name:
        desk.store.people.learn(person.id, name=account.display_name)  # nobody Slack knows
    # Where the rights aren't shown, none is taken away, whoever else is Company Admin.
    if account.knows_roles and command.demotes(facts, Seen(account)):
        return Seen(account, other_admin=miro.other_admin(account.id))
    return Seen(account)


def _with_groups(miro: Miro, account: MiroAccount, goals: Sequence[Goal]) -> MiroAccount:
    """The account with no groups where it shows none and is in none of those to be left.

    A service may leave an empty list out (RFC 7643 section 2.5). Somebody who is in one of them after all has
    groups that aren't shown: those stay unknown.
    """
    leaving = [goal.group for goal in goals if isinstance(goal, OutOfGroup)]
    if account.groups is not None or not leaving or any(miro.is_member(account, id) for id in leaving):
        return account
    return account.model_copy(update={"groups": ()})


def _same(miro: Miro, meant: Meant, wanted: str) -> MiroAccount | None:
    """The account with the id that is meant, whatever its address is now; else one that has the address."""
    account = miro.look(meant.user_name, wanted)
    if meant.is_deleted or (account and account.id == meant.miro_id):
        return account
    return miro.by_id(meant.miro_id, wanted) or account


def _check_nowhere_left(
    desk: Desk, miro: Miro, person: Person, command: Action, wanted: str, named: MiroAccount
) -> None:
    """Raises Obstacle where nothing is left to take away from the named account, but from a linked one.

    The person still has what is to be taken away: that is no "already".
    """
    goals = command.goals(desk.facts)
    if command.URGENCY < Urgency.SOON or _is_left(miro, named, goals):
        return
    linked = [one for one in _all_found(miro, person, wanted, named) if one.id != named.id]
    others = [one for one in linked if one.active is not False and _is_left(miro, one, goals)]
    if others:
        names = listed(sorted(one.user_name for one in (named, *others)))
        raise Obstacle(
            f"Miro has {len(others) + 1} accounts that may be those of {person.addressed}: {names}. "
            f"Nothing is left to do for {named.user_name}. Ask again with the address of the one you mean."
        )


def _is_left(miro: Miro, account: MiroAccount, goals: Sequence[Goal]) -> bool:
    """Whether anything is left to do for an account, or may be, as far as Miro shows it."""
    seen = Seen(_with_groups(miro, account, goals))
    return any(not goal.holds(seen) for goal in goals)


def _one_of(found: Sequence[MiroAccount], person: Person) -> MiroAccount | None:
    """The one account of somebody's, or None. Raises Obstacle for two."""
    if len(found) > 1:
        names = listed(sorted(one.user_name for one in found))
        raise Obstacle(
            f"Miro has {len(found)} accounts that may be those of {person.addressed}: {names}. "
            "Ask again with the address of the one you mean, instead of the name."
        )
    return next(iter(found), None)


def _all_found(miro: Miro, person: Person, wanted: str, first: MiroAccount | None) -> list[MiroAccount]:
    """Every account under any address or id ever seen of somebody; `first` is the one of today's address."""
    found = {first.id: first} if first else {}
    others = [one for one in person.addresses if one != person.email]
    for address in others[: MOST - 1]:
        if account := miro.look(address, wanted):
            found[account.id] = account
    ids = {one.partition(":")[2] for one in person.keys if one.startswith(miro_key(""))}
    for id in sorted(ids - found.keys())[: MOST - 1]:
        if account := miro.by_id(id, wanted):
            found[account.id] = account
    return list(found.values())


def _has_vanished(desk: Desk, command: Action, person: Person) -> bool:
    """Whether somebody would get an account who had one that this bot didn't delete."""
    known = {one.partition(":")[2] for one in person.keys if one.startswith(miro_key(""))}
    return creates(command.goals(desk.facts)) and bool(known - _deleted(desk, person))


def _deleted(desk: Desk, person: Person) -> set[str]:
    """The ids of somebody's accounts that this bot deleted."""
    names = [name for name, action in ACTIONS.items() if action.CLOSES]
    closed = [one for name in names for id in person.rows for one in desk.store.done(name, id)]
    return {str(one.plan.get("miro_id", "")) for one in closed if "gone" in one.tried}


def _check_domain(desk: Desk, person: Person, account: MiroAccount) -> None:
    """A linked address may be one of a domain that the policy doesn't name."""
    if not desk.policy.allows(account.user_name):
        raise Obstacle(
            f"In Miro the account of {person.addressed} is {account.user_name}, and I only change "
            f"accounts of {', '.join(desk.policy.domains)}. Ask your IT team to add the domain to the policy."
        )


def _link(desk: Desk, person: Person, account: MiroAccount) -> None:
    """Whoever has this account in Miro, also under another address, is the same human from now on."""
    own = miro_key(account.id)
    if own not in person.keys or canonical(account.user_name) not in person.keys:
        desk.store.people.same_as(person.id, own)
        desk.store.people.same_as(own, canonical(account.user_name))


def not_found(desk: Desk, request: Request, command: Action) -> str:
    """That nothing was found, under which addresses, and what was perhaps meant: never a fact about a person.

    Addresses of others are suggested to those alone who may ask for others.
    """
    assert command.subject
    person, asker = desk.person(command.subject), desk.person(request.requester)
    ground = desk.ground(command, asker)
    may_see = not request.is_end and ground.includes(ground.rule.for_others, asker)
    near = _near(desk, person) if may_see else []
    said = unknown(
        listed(person.addresses[:MOST], "or"), f"Did you mean {listed(near, 'or')}?" if near else ""
    )
    needs_one = any(isinstance(goal, HasAccount) for goal in command.goals(desk.facts))
    return f"{said} {ASK_FIRST}" if needs_one else said


def _near(desk: Desk, person: Person) -> list[str]:
    """The known addresses that somebody may have meant, the nearest first."""
    name, _, domain = person.email.partition("@")
    known = {
        address.partition("@")[0]: address
        for address in desk.store.people.addresses_about(len(person.email))
        if address.endswith(f"@{domain}") and address not in person.keys
    }
    return [known[one] for one in difflib.get_close_matches(name, known, SUGGESTED, _ALIKE)]
