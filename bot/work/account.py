"""Finds the one account in Miro that a command is about: under every address known, and by its id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from unicodedata import combining, normalize

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from approvals.ids import PersonId
from approvals.people import Person, canonical, listed, miro_key
from approvals.plan import Plan
from approvals.record.people.groups import Admin
from approvals.request import Request, Urgency
from bot.actions import ACTIONS, Action
from bot.context import Context
from bot.miro.accounts import ASK_FIRST, HasAccount, creates, unknown
from bot.miro.client import Miro, memberships
from bot.miro.goals import Goal, Seen, needs
from bot.miro.groups import GroupGone, OutOfGroup
from bot.miro.plan import Obstacle
from bot.miro.rest.client import Rest
from bot.miro.rest.goals import TeamExists, TeamRole
from bot.miro.rest.looks import roles
from bot.miro.rights import demotes
from bot.miro.wire import ADMIN, MiroAccount

MAX_LOOKS = 10
"""Looks for one person, however many addresses and ids are linked."""
SUGGESTIONS = 3
_SIMILAR, _LIKE_A_NAME = 70, 80
"""Per cent that what stands before the @ has in common with that of a known address, or with a full name."""


@dataclass(frozen=True)
class Target:
    """The account that a plan was made for; `miro_id` is '' for one that is to be created."""

    miro_id: str
    user_name: str
    is_deleted: bool = False
    """Whether this bot has deleted it: then the id is of no use, and only the address is looked for."""

    @classmethod
    def of(cls, plan: Plan, person: Person) -> "Target":
        """What a stored plan shows; one from before addresses were kept means the person's of today."""
        return cls(plan.miro_id, plan.user_name or person.email)


def look(
    context: Context, miro: Miro, command: Action, target: Target | None = None, *, is_exact: bool = False
) -> Seen:
    """What the goals of a command are held against, roles in teams by REST included, if it shows them.

    Raises as `_look`.
    """
    return with_roles(context, miro.rest, command, _look(context, miro, command, target, is_exact=is_exact))


def with_roles(context: Context, rest: Rest | None, command: Action, seen: Seen) -> Seen:
    """A look with the roles in teams that goals of a command are about."""
    led = [goal for goal in command.goals(context.facts) if isinstance(goal, TeamRole | TeamExists)]
    if rest is None or not led:
        return seen
    return replace(seen, team_roles=roles(rest, led, seen.account.id if seen.account else ""))


def _look(context: Context, miro: Miro, command: Action, target: Target | None, *, is_exact: bool) -> Seen:
    """What the goals of a command are held against: one GET where nothing else is linked to the person.

    `target`: the account of an approved plan. `is_exact`: the address itself was written. One more GET when
    an admin may be demoted. Raises Obstacle where two accounts may be meant.
    """
    if command.new_group:
        return Seen(group=miro.group_named(command.new_group))
    if command.group:
        group = miro.group(command.group)
        is_counted = group and any(isinstance(goal, GroupGone) for goal in command.goals(context.facts))
        return Seen(group=group, members=miro.count_members(command.group) if is_counted else 0)
    assert command.subject
    person = context.person(command.subject)
    try:
        goals = command.goals(context.facts)
    except KeyError as error:
        raise Obstacle("The team is no longer in Miro.") from error
    if target and target.miro_id:
        account = _approved(miro, target, needs(goals))
    else:
        account = _search(miro, command, person, goals, needs(goals), is_exact)
    if account is None:
        return Seen(vanished=creates(goals) and bool(_miro_ids(person) - _deleted_ids(context, person)))
    account = _with_groups(miro, account, goals)
    if not command.CLOSES and not context.policy.allows(account.user_name):  # it was linked
        raise Obstacle(
            f"In Miro the account of {person.addressed} is {account.user_name}, and I only "
            f"change accounts of {', '.join(context.policy.domains)}. "
            "Ask your IT team to add the domain to the policy."
        )
    _link(context, person, account)
    if account.display_name and not person.name:
        context.store.people.learn(person.id, name=account.display_name)  # nobody Slack knows
    # Where the rights aren't shown, none is taken away, whoever else is Company Admin.
    demoted = account.knows_roles and demotes(goals, Seen(account))
    return Seen(account, other_admin=demoted and miro.other_admin(account.id))


def _approved(miro: Miro, target: Target, fields: str) -> MiroAccount | None:
    """The account with the approved id, whatever its address is now; else the one that has the address."""
    account = miro.look(target.user_name, fields)
    if target.is_deleted or (account and account.id == target.miro_id):
        return account
    return miro.by_id(target.miro_id, fields) or account


def _search(
    miro: Miro, command: Action, person: Person, goals: Sequence[Goal], fields: str, is_exact: bool
) -> MiroAccount | None:
    """The only account of a person. Raises Obstacle where it may be one of two.

    Of an exact address it is the account that has it, unless that has nothing left to be taken away and a
    linked one has: the person still has what is to be taken away, which is no "already".
    """
    named = miro.look(person.email, fields)
    exact = named if is_exact else None
    if exact and (command.URGENCY < Urgency.SOON or _is_unmet(miro, exact, goals)):
        return exact
    accounts = _linked_accounts(miro, person, fields, named)
    hint = "Ask again with the address of the one you mean, instead of the name."
    if exact:
        others = [account for account in accounts if account.id != exact.id and account.active is not False]
        accounts = [exact, *(account for account in others if _is_unmet(miro, account, goals))]
        hint = f"Nothing is left to do for {exact.user_name}. Ask again with the address of the one you mean."
    if len(accounts) > 1:
        names = listed(sorted(account.user_name for account in accounts))
        raise Obstacle(
            f"Miro has {len(accounts)} accounts that may be those of {person.addressed}: {names}. {hint}"
        )
    return next(iter(accounts), None)


def _linked_accounts(miro: Miro, person: Person, fields: str, named: MiroAccount | None) -> list[MiroAccount]:
    """Every account under any address or id ever seen of a person; `named` has the address of today."""
    others = [address for address in person.addresses if address != person.email][: MAX_LOOKS - 1]
    seen = [named, *(miro.look(address, fields) for address in others)]
    by_id = {account.id: account for account in seen if account}
    ids = sorted(_miro_ids(person) - by_id.keys())[: MAX_LOOKS - 1]
    return [*by_id.values(), *filter(None, (miro.by_id(id, fields) for id in ids))]


def _is_unmet(miro: Miro, account: MiroAccount, goals: Sequence[Goal]) -> bool:
    """Whether something is left to do for an account, or may be, as far as Miro shows it."""
    seen = Seen(_with_groups(miro, account, goals))
    return any(not goal.holds(seen) for goal in goals)


def _with_groups(miro: Miro, account: MiroAccount, goals: Sequence[Goal]) -> MiroAccount:
    """The account with no groups where it shows none and is in none of those to be left.

    A service may leave an empty list out (RFC 7643 section 2.5). Somebody who is in one of them after all has
    groups that aren't shown: those stay unknown.
    """
    leaving = [goal.group for goal in goals if isinstance(goal, OutOfGroup)]
    if account.groups is not None or not leaving or any(miro.is_member(account, id) for id in leaving):
        return account
    return account.model_copy(update={"groups": ()})


def _miro_ids(person: Person) -> set[str]:
    """The ids of every account ever seen of a person."""
    return {key.partition(":")[2] for key in person.keys if key.startswith(miro_key(""))}


def closures(context: Context, id: PersonId) -> list[Request]:
    """The done requests that closed an account of this person."""
    names = [name for name, action in ACTIONS.items() if action.CLOSES]
    return [request for name in names for request in context.store.done(name, id)]


def _deleted_ids(context: Context, person: Person) -> set[str]:
    """The ids of a person's accounts that this bot deleted, or somebody for it."""
    done = [request for id in person.rows for request in closures(context, id)]
    return {request.plan.miro_id for request in done if context.deletes(request)}


def _link(context: Context, person: Person, account: MiroAccount) -> None:
    """Links the person with this account's id and address: whoever has it is the same human from now on."""
    own = miro_key(account.id)
    if own not in person.keys or canonical(account.user_name) not in person.keys:
        with context.store.writing():
            context.store.people.humans.link(person.id, own)
            context.store.people.humans.link(own, canonical(account.user_name))


def not_found(context: Context, request: Request, command: Action) -> str:
    """That nothing was found, under which addresses, and what was perhaps meant: never a fact about a person.

    Addresses of others are suggested to those alone who may ask for others.
    """
    assert command.subject
    person, requester = context.person(command.subject), context.person(request.requester)
    ground = context.ground(command, requester)
    may_see = not request.is_end and ground.includes(ground.rule.for_others, requester)
    similar = _similar_addresses(context, person) if may_see else []
    suggestion = f"Did you mean {listed(similar, 'or')}?" if similar else ""
    text = unknown(listed(person.addresses[:MAX_LOOKS], "or"), suggestion)
    needs_account = any(isinstance(goal, HasAccount) for goal in command.goals(context.facts))
    return f"{text} {ASK_FIRST}" if needs_account else text


def _similar_addresses(context: Context, person: Person) -> list[str]:
    """The known addresses that may have been meant, the most similar first."""
    typed, score = person.email.partition("@")[0], dict[str, float]()
    words = _plain(typed)
    for address, name in context.store.people.names_by_address().items():
        if address not in person.keys and context.policy.allows(address):
            spelt = fuzz.ratio(typed, address.partition("@")[0], score_cutoff=_SIMILAR)
            named = fuzz.token_set_ratio(words, _plain(name), score_cutoff=_LIKE_A_NAME)
            score[address] = max(spelt, named)
    return [address for address in nlargest(SUGGESTIONS, score, key=score.__getitem__) if score[address]]


def _plain(name: str) -> str:
    """The words of a name, without case, accents and what stands between them."""
    return default_process("".join(sign for sign in normalize("NFKD", name) if not combining(sign)))


def note(context: Context, account: MiroAccount, *addresses: str) -> None:
    """Stores the groups and the admin rights of an account that was just seen, so far as it shows them.

    So the lists of Miro, which are read now and then, are never behind the bot's own changes. `addresses`:
    those it had before.
    """
    groups, is_closed = context.store.groups, account.active is False
    if account.knows_groups or is_closed:
        emails = {canonical(address) for address in (account.user_name, *addresses)}
        groups.note_member(account.id, emails, memberships(account))
    if account.knows_roles or is_closed:
        is_admin = account.org_role == ADMIN or account.admin_roles
        groups.note_admin(account.id, admin_of(account) if is_admin and not is_closed else None)


def admin_of(account: MiroAccount) -> Admin:
    """An account with admin rights, as it is listed."""
    company = ["Company Admin"] if account.org_role == ADMIN else []
    rights = ", ".join([*company, *sorted(account.admin_roles)])
    return Admin(account.id, account.user_name, account.display_name, rights)
