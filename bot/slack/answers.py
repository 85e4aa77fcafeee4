"""What the bot says to one person: help, who they are, where a request stands."""

from collections.abc import Callable
from datetime import timedelta

from approvals.case import Case
from approvals.decide import decide
from approvals.decide.actor import Who, check_standing, is_operator
from approvals.decide.tally import Ground
from approvals.ids import PersonId, RequestId
from approvals.people import Person, Standing, listed
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS, Action
from bot.cards.blocks import Message, actions, button, context, header, message, section, sections
from bot.cards.catalogue import written
from bot.cards.handles import Handle
from bot.cards.home import stands
from bot.cards.named import mark
from bot.cards.request import CHANNELS
from bot.cards.scene import Scene
from bot.cards.settled import state_name
from bot.context import CONFIDENTIAL, Desk, Unreadable, numbered
from bot.slack.deliver.audience import owned, owners
from bot.slack.talk import nudge, reminded
from bot.stats import counted
from bot.work.undo import undo

NOT_FOR_YOU = "You can't request this. Ask your manager or your IT team to request it for you."
COUNTED_DAYS, MOST_COUNTED = 30, 1000
"""What `/miro stats` counts: requests of so many days, the newest; reading a thousand takes 0.3 s."""


def offers(desk: Desk, who: Who) -> list[type[Action]]:
    """The actions this person may ask for, for themselves or for others."""

    def is_offered(action: type[Action]) -> bool:
        ground = Ground(desk.policy, Case(action.NAME, who.person), desk.store.people, desk.now())
        lists = [(*rule.ask, *rule.for_others) for rule in desk.policy.rules(action.NAME)]
        return any(ground.includes(entries, who.person) for entries in lists)

    actions = [action for action in ACTIONS.values() if not (desk.boards_pass and action.NOT_FOR_TEAMS)]
    return [action for action in actions if is_offered(action)]


def may_ask(desk: Desk, who: Who, action: type[Action]) -> bool:
    """Whether somebody may ask for it; others than colleagues may go on, and are told why not at the form.

    Whoever wasn't looked up yet may, until the worker has looked.
    """
    colleague = who.account is None or who.account.standing is Standing.COLLEAGUE
    return not colleague or action in offers(desk, who)


def check_offered(desk: Desk, who: Who, action: type[Action]) -> None:
    """Refuses what nobody can ask for, or not this person, before a form is opened for it."""
    desk.check_model(action)
    if desk.policy.rule(action.NAME) is None:
        raise Refused(f"{action.NAME} isn't available here. Ask your IT team to add it to the policy.")
    if not may_ask(desk, who, action):
        raise Refused(NOT_FOR_YOU)


def read_as(action: type[Action]) -> str:
    """What was read out of plain words, in front of why it can't be asked for."""
    return f"I read this as a wish to {action.ABOUT}."


def helped(desk: Desk, who: Who, typed: str = "") -> Message:
    """Buttons for what *you* may ask, and examples."""
    mine = offers(desk, who)
    lead = f"I didn't understand “{typed[:80]}”. " if typed else ""
    if not mine:
        return message(f"{lead}You can't request anything here yet. Ask your IT team.")
    lines = [f"• {action.EXAMPLE}: {action.ABOUT}" for action in mine]
    buttons = [button(action.TITLE, f"open:{action.NAME}", action.NAME) for action in mine]
    verbs = ", ".join(
        f"/miro {verb}" for verb in ("status", "show R-42", "remind R-42", "withdraw R-42", "undo R-42")
    )
    verbs += ", /miro away, /miro whoami, /miro bulk, /miro help"
    verbs += ", /miro stats" if is_operator(desk.policy, who.person) else ""
    title = f"{lead}What do you need in Miro?"
    examples = sections("Or write to me:", *lines)
    return message(title, header(title), actions(*buttons[:25]), *examples, context(verbs))


def _whoami(desk: Desk, who: Who, rest: str) -> Message:
    """How the bot knows somebody: where mistaken identities are found."""
    name = who.person.name or who.person.email
    title = f"I know you as {name}" if name else "I don't know your name yet"
    return message(title, header(title), *sections(*known_as(desk, who)))


def known_as(desk: Desk, who: Who) -> list[str]:
    """What the bot knows of somebody, a line each."""
    person, account = who.person, who.account
    standing = account.standing if account else Standing.UNKNOWN
    role = " You're an operator." if is_operator(desk.policy, person) else ""
    boss = desk.policy.manager_of(person.email)
    people = desk.store.people
    manager = people.by_email(boss) if boss else people.manager(person.id, desk.now())
    return [
        f"Slack: {account.slack_id if account else 'unknown'} ({standing.value}).{role}",
        f"E-mail: {person.email or 'not known yet (I look it up with your first request)'}",
        f"Miro account: {person.miro_id or 'not known yet'}",
        f"Manager: {mark(manager) if manager else boss or 'not known'}",
    ]


def _status(desk: Desk, who: Who, rest: str) -> Message:
    if not rest:
        lines = [*(_line(desk, request, who) for request in _own(desk, who)), *_waiting(desk, who)]
        return message("\n".join(lines) or "You have no requests yet. Try /miro help.")
    request = named(desk, who, rest)
    line, details = _line(desk, request, who), button("Details", "details", Handle.of(request).value)
    return message(line, section(line), actions(details))


def _waiting(desk: Desk, who: Who) -> list[str]:
    """That requests wait for somebody, counted as App Home counts them. Raises Refused."""
    count = sum(desk.sight(who.person).kinds().values())
    if not count:
        return []
    check_standing(who, desk.now())
    if count == 1:
        return ["1 request is waiting for you. Decide on its card or in App Home."]
    return [f"{count} requests are waiting for you. Decide on their cards or in App Home."]


def _own(desk: Desk, who: Who) -> list[Request]:
    """Requests by or about somebody, newest first, for their own eyes. Raises Refused."""
    mine = desk.store.requests(person=who.person.id, limit=10)
    seen = [request for request in mine if _concerns(desk, request, who.person)]
    if seen:
        check_standing(who, desk.now())
    return seen


def _line(desk: Desk, request: Request, who: Who) -> str:
    """One request on one line."""
    zone = who.account.zone if who.account and who.account.zone else "UTC"
    try:
        command = desk.command(request)
    except Unreadable:
        waits = written(request.progress.held, lambda id: desk.person(id).addressed)
        return f"{request.id} · {state_name(request)}: {request.action}. {waits}".strip()
    return stands(Scene(request, command, desk.facts, desk.person, who.person, zone))


def _withdraw(desk: Desk, who: Who, rest: str) -> Message:
    id = named(desk, who, rest, "withdraw").id
    desk.decide(id, lambda request: decide.withdraw(request, who, desk.table(request)))
    desk.wake()
    return message(f"{id} is withdrawn.")


def undone(desk: Desk, request: Request, who: Who, receipt: str = "") -> str:
    """What will undo a request. Raises Refused, StoreTrouble."""
    undoing, refusals = undo(desk, request, who, receipt=receipt)
    ids = listed([each.id for each in undoing])
    return " ".join([f"{ids} will undo {request.id}, once approved.", *refusals])


def _undo(desk: Desk, who: Who, rest: str) -> Message:
    said = undone(desk, named(desk, who, rest, "undo"), who)
    desk.wake()
    return message(said)


def _remind(desk: Desk, who: Who, rest: str) -> Message:
    """Also by the number of a request that was joined to another."""
    request = named(desk, who, rest, "remind")
    first = request.because_of if request.state is State.JOINED and request.because_of else request.id
    desk.decide(first, lambda request: nudge(desk, request, who))
    desk.wake()
    return message(reminded(desk, first))


def _stats(desk: Desk, who: Who, rest: str) -> Message:
    """Figures for operators, and for owners those of their teams."""
    operates, mine = is_operator(desk.policy, who.person), {*owned(desk, who.person)}

    def shows(request: Request) -> bool:
        teams = {name for team in (*request.scope.teams, *request.scope.left) for name in team}
        is_theirs = operates or (request.action not in CONFIDENTIAL and not mine.isdisjoint(teams))
        return is_theirs and not desk.is_secret_from(who.person, request)

    if not operates and not mine:
        raise Refused("Only operators and team owners can see statistics. Your requests: /miro status.")
    check_standing(who, desk.now())
    ids = desk.store.numbers(since=desk.now() - timedelta(days=COUNTED_DAYS))
    title = f"Requests of the last {COUNTED_DAYS} days{'' if operates else ' for your teams'}"
    title += f", the newest {MOST_COUNTED}" if len(ids) > MOST_COUNTED else ""
    return counted(desk.store, ids[:MOST_COUNTED], shows).drawn(title)


def named(desk: Desk, who: Who, typed: str, verb: str = "show") -> Request:
    """The request that somebody names after a verb of /miro, if it concerns them. Raises Refused."""
    if not typed:
        raise Refused(f"Which request? For example: /miro {verb} R-42.")
    try:
        id = numbered(typed)
    except ValueError:
        raise Refused(f"There's no request {typed[:20]}. Request numbers look like R-42.") from None
    try:
        request = desk.store.request(id)
    except KeyError:
        raise Refused(_none_of_yours(id)) from None
    may_see(desk, request, who)
    return request


def _none_of_yours(id: RequestId) -> str:
    # The same for a request of others as for a number that doesn't exist: a refusal mustn't tell which.
    return f"You have no request {id}."


VERBS: dict[str, Callable[[Desk, Who, str], Message]] = {
    "help": lambda desk, who, rest: helped(desk, who),
    "whoami": _whoami,
    "status": _status,
    "show": _status,
    "withdraw": _withdraw,
    "remind": _remind,
    "undo": _undo,
    "stats": _stats,
}
"""What may follow `/miro` beside an action."""


def _concerns(desk: Desk, request: Request, person: Person) -> bool:
    """Whether somebody has to do with a request, and isn't the person of a confidential one."""
    cards = (card for card in desk.store.outbox.of(request.id) if card.role not in CHANNELS)
    insiders = [request.requester, *(id for id, _ in request.asking.approvers)]
    insiders += desk.store.followers(request.id).values()
    insiders += [PersonId(card.address) for card in cards]
    insiders += filter(None, (request.subject, request.hand_over.to))
    inside = any(person.is_(desk.person(id)) for id in insiders) or is_operator(desk.policy, person)
    # Until the worker looked who asks, no owner hears of it.
    action, is_asked = ACTIONS.get(request.action), request.state is not State.CHECKING
    if not inside and action and not action.CONFIDENTIAL and is_asked:
        inside = any(person.is_(owner) for owner in owners(desk, request))
    return inside and not desk.is_secret_from(person, request)


def may_see(desk: Desk, request: Request, who: Who) -> None:
    """Refuses whoever has nothing to do with a request, and accounts that could decide nothing either."""
    if not _concerns(desk, request, who.person):
        raise Refused(_none_of_yours(request.id))
    check_standing(who, desk.now())
