"""What the bot says to one person: help, who they are, where a request stands."""

from collections.abc import Callable
from datetime import timedelta

from approvals.case import Case
from approvals.decide import decide
from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.tally import Ground
from approvals.ids import PersonId, RequestId
from approvals.people import Person, Standing, listed
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS, Action
from bot.cards.blocks import Message, actions, button, header, message, section, sections, small_print
from bot.cards.catalogue import written
from bot.cards.handles import Handle
from bot.cards.home import stands
from bot.cards.named import mark
from bot.cards.request import CHANNELS
from bot.cards.scene import Scene
from bot.cards.settled import state_name
from bot.context import CONFIDENTIAL, Context, Unreadable, numbered
from bot.slack.deliver.audience import owned, owners
from bot.slack.talk import nudge, reminded
from bot.stats import counted
from bot.work.undo import undo

NOT_FOR_YOU = "You can't request this. Ask your manager or your IT team to request it for you."
COUNTED_DAYS, MOST_COUNTED = 30, 1000
"""What `/miro stats` counts: requests of so many days, the newest; reading a thousand takes 0.3 s."""


def offers(context: Context, actor: Actor) -> list[type[Action]]:
    """The actions this person may ask for, for themselves or for others."""

    def is_offered(action: type[Action]) -> bool:
        ground = Ground(context.policy, Case(action.NAME, actor.person), context.store.people, context.now())
        lists = [(*rule.ask, *rule.for_others) for rule in context.policy.rules(action.NAME)]
        return any(ground.includes(entries, actor.person) for entries in lists)

    actions = [action for action in ACTIONS.values() if not (context.boards_pass and action.NOT_FOR_TEAMS)]
    return [action for action in actions if is_offered(action)]


def may_ask(context: Context, actor: Actor, action: type[Action]) -> bool:
    """Whether somebody may ask for it; others than colleagues may go on, and are told why not at the form.

    Whoever wasn't looked up yet may, until the worker has looked.
    """
    colleague = actor.account is None or actor.account.standing is Standing.COLLEAGUE
    return not colleague or action in offers(context, actor)


def check_offered(context: Context, actor: Actor, action: type[Action]) -> None:
    """Refuses what nobody can ask for, or not this person, before a form is opened for it."""
    context.check_model(action)
    if context.policy.rule(action.NAME) is None:
        raise Refused(f"{action.NAME} isn't available here. Ask your IT team to add it to the policy.")
    if not may_ask(context, actor, action):
        raise Refused(NOT_FOR_YOU)


def read_as(action: type[Action]) -> str:
    """What was read out of plain words, in front of why it can't be asked for."""
    return f"It sounds like you want to {action.ABOUT}."


def helped(context: Context, actor: Actor, typed: str = "") -> Message:
    """Buttons for what *you* may ask, and examples."""
    mine = offers(context, actor)
    lead = f"I didn't understand “{typed[:80]}”. " if typed else ""
    if not mine:
        return message(f"{lead}You can't request anything here yet. Ask your IT team.")
    lines = [f"• {action.EXAMPLE}: {action.ABOUT}" for action in mine]
    buttons = [button(action.TITLE, f"open:{action.NAME}", action.NAME) for action in mine]
    verbs = ", ".join(
        f"/miro {verb}" for verb in ("status", "show R-42", "remind R-42", "withdraw R-42", "undo R-42")
    )
    verbs += ", /miro away, /miro whoami, /miro bulk, /miro help"
    verbs += ", /miro stats" if is_operator(context.policy, actor.person) else ""
    title = f"{lead}What do you need in Miro?"
    examples = sections("Or write to me:", *lines)
    return message(title, header(title), actions(*buttons[:25]), *examples, small_print(verbs))


def _whoami(context: Context, actor: Actor, rest: str) -> Message:
    """How the bot knows somebody: where mistaken identities are found."""
    name = actor.person.name or actor.person.email
    title = f"I know you as {name}" if name else "I don't know your name yet"
    return message(title, header(title), *sections(*known_as(context, actor)))


def known_as(context: Context, actor: Actor) -> list[str]:
    """What the bot knows of somebody, a line each."""
    person, account = actor.person, actor.account
    standing = account.standing if account else Standing.UNKNOWN
    role = " You're an operator." if is_operator(context.policy, person) else ""
    boss = context.policy.manager_of(person.email)
    people = context.store.people
    manager = people.by_email(boss) if boss else people.manager(person.id, context.now())
    return [
        f"Slack: {account.slack_id if account else 'unknown'} ({standing.value}).{role}",
        f"E-mail: {person.email or 'not known yet (I look it up with your first request)'}",
        f"Miro account: {person.miro_id or 'not known yet'}",
        f"Manager: {mark(manager) if manager else boss or 'not known'}",
    ]


def _status(context: Context, actor: Actor, rest: str) -> Message:
    if not rest:
        lines = [
            *(_line(context, request, actor) for request in _own(context, actor)),
            *_waiting(context, actor),
        ]
        return message("\n".join(lines) or "You have no requests yet. Try /miro help.")
    request = named(context, actor, rest)
    line, details = _line(context, request, actor), button("Details", "details", Handle.of(request).value)
    return message(line, section(line), actions(details))


def _waiting(context: Context, actor: Actor) -> list[str]:
    """That requests wait for somebody, counted as App Home counts them. Raises Refused."""
    count = sum(context.sight(actor.person).kinds().values())
    if not count:
        return []
    check_standing(actor, context.now())
    if count == 1:
        return ["1 request is waiting for you. Decide on its card or in App Home."]
    return [f"{count} requests are waiting for you. Decide on their cards or in App Home."]


def _own(context: Context, actor: Actor) -> list[Request]:
    """Requests by or about somebody, newest first, for their own eyes. Raises Refused."""
    mine = context.store.requests(person=actor.person.id, limit=10)
    seen = [request for request in mine if _concerns(context, request, actor.person)]
    if seen:
        check_standing(actor, context.now())
    return seen


def _line(context: Context, request: Request, actor: Actor) -> str:
    """One request on one line."""
    zone = actor.account.zone if actor.account and actor.account.zone else "UTC"
    try:
        command = context.command(request)
    except Unreadable:
        waits = written(request.progress.held, lambda id: context.person(id).addressed)
        return f"{request.id} · {state_name(request)}: {request.action}. {waits}".strip()
    return stands(Scene(request, command, context.facts, context.person, actor.person, zone))


def _withdraw(context: Context, actor: Actor, rest: str) -> Message:
    id = named(context, actor, rest, "withdraw").id
    context.decide(id, lambda request: decide.withdraw(request, actor, context.table(request)))
    context.wake()
    return message(f"{id} is withdrawn.")


def undone(context: Context, request: Request, actor: Actor, receipt: str = "") -> str:
    """What will undo a request. Raises Refused, StoreTrouble."""
    undoing, refusals = undo(context, request, actor, receipt=receipt)
    ids = listed([each.id for each in undoing])
    return " ".join([f"{ids} will undo {request.id}, once approved.", *refusals])


def _undo(context: Context, actor: Actor, rest: str) -> Message:
    text = undone(context, named(context, actor, rest, "undo"), actor)
    context.wake()
    return message(text)


def _remind(context: Context, actor: Actor, rest: str) -> Message:
    """Also by the number of a request that was joined to another."""
    request = named(context, actor, rest, "remind")
    first = request.because_of if request.state is State.JOINED and request.because_of else request.id
    context.decide(first, lambda request: nudge(context, request, actor))
    context.wake()
    return message(reminded(context, first))


def _stats(context: Context, actor: Actor, rest: str) -> Message:
    """Figures for operators, and for owners those of their teams."""
    operates, mine = is_operator(context.policy, actor.person), {*owned(context, actor.person)}

    def shows(request: Request) -> bool:
        teams = {name for team in (*request.scope.teams, *request.scope.left) for name in team}
        is_theirs = operates or (request.action not in CONFIDENTIAL and not mine.isdisjoint(teams))
        return is_theirs and not context.is_secret_from(actor.person, request)

    if not operates and not mine:
        raise Refused("Only operators and team owners can see statistics. Your requests: /miro status.")
    check_standing(actor, context.now())
    ids = context.store.numbers(since=context.now() - timedelta(days=COUNTED_DAYS))
    title = f"Requests of the last {COUNTED_DAYS} days{'' if operates else ' for your teams'}"
    title += f", the newest {MOST_COUNTED}" if len(ids) > MOST_COUNTED else ""
    return counted(context.store, ids[:MOST_COUNTED], shows).drawn(title)


def named(context: Context, actor: Actor, typed: str, verb: str = "show") -> Request:
    """The request that somebody names after a verb of /miro, if it concerns them. Raises Refused."""
    if not typed:
        raise Refused(f"Which request? For example: /miro {verb} R-42.")
    try:
        id = numbered(typed)
    except ValueError:
        raise Refused(f"There's no request {typed[:20]}. Request numbers look like R-42.") from None
    try:
        request = context.store.request(id)
    except KeyError:
        raise Refused(_none_of_yours(id)) from None
    may_see(context, request, actor)
    return request


def _none_of_yours(id: RequestId) -> str:
    # The same for a request of others as for a number that doesn't exist: a refusal mustn't tell which.
    return f"You have no request {id}."


VERBS: dict[str, Callable[[Context, Actor, str], Message]] = {
    "help": lambda context, actor, rest: helped(context, actor),
    "whoami": _whoami,
    "status": _status,
    "show": _status,
    "withdraw": _withdraw,
    "remind": _remind,
    "undo": _undo,
    "stats": _stats,
}
"""What may follow `/miro` beside an action."""


def _concerns(context: Context, request: Request, person: Person) -> bool:
    """Whether somebody has to do with a request, and isn't the person of a confidential one."""
    cards = (card for card in context.store.outbox.of(request.id) if card.role not in CHANNELS)
    insiders = [request.requester, *(id for id, _ in request.asking.approvers)]
    insiders += context.store.followers(request.id).values()
    insiders += [PersonId(card.address) for card in cards]
    insiders += filter(None, (request.subject, request.hand_over.to))
    inside = any(person.is_(context.person(id)) for id in insiders) or is_operator(context.policy, person)
    # Until the worker looked who asks, no owner hears of it.
    action, is_asked = ACTIONS.get(request.action), request.state is not State.CHECKING
    if not inside and action and not action.CONFIDENTIAL and is_asked:
        inside = any(person.is_(owner) for owner in owners(context, request))
    return inside and not context.is_secret_from(person, request)


def may_see(context: Context, request: Request, actor: Actor) -> None:
    """Refuses whoever has nothing to do with a request, and accounts that could decide nothing either."""
    if not _concerns(context, request, actor.person):
        raise Refused(_none_of_yours(request.id))
    check_standing(actor, context.now())
