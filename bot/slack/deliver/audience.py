"""Who gets the card of a request, and which replies are posted in whose thread."""

from collections.abc import Iterable, Mapping

from approvals.case import Case
from approvals.decide.actor import is_operator
from approvals.decide.tally import Ground
from approvals.ids import PersonId
from approvals.people import Person, Standing
from approvals.record.outbox import Card
from approvals.request import Request
from approvals.states import State
from bot.cards import waiting
from bot.cards.request import CARDS, CHANNELS
from bot.context import CONFIDENTIAL, Context

Key = tuple[str, str, int]
"""(role, person or channel, round): identifies a message about one request."""
Threads = Mapping[str, Card]
"""{Slack account or channel: its card of a request}."""

NOT_ASKED = -1
"""The round of a card that asks nothing any more."""
SPARED = "asked only then"
"""Ends a reply that wasn't needed: its reader just got the card, which says the same."""


def key(card: Card) -> Key:
    """The key of a card."""
    return card.role, card.address, card.round


def recipient(context: Context, role: str, address: str) -> str:
    """The channel or Slack account for a message, '' if none is known."""
    if role in CHANNELS:
        return address
    account = context.person(PersonId(address)).account
    return account.slack_id if account else ""


def threads(context: Context, cards: Iterable[Card]) -> dict[str, Card]:
    """Everybody's card; the newest if an older program posted several."""
    there = [card for card in cards if card.role in CARDS and card.ts and not card.ended]
    there.sort(key=lambda card: card.ts)
    return {recipient(context, card.role, card.address): card for card in there}


def carded(context: Context, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """The keys of all cards needed now; never one for the subject of a confidential request."""
    keys: list[Key] = []
    if request.state is State.WAITING:
        keys += _asked(context, request, known)
        answered = [asked.by for asked in request.asking.questions[-1:] if asked.answer]
        keys += [("approver", by, waiting.turn(request, by)) for by in answered]
    # Nobody is called unreachable before Slack was asked who they are.
    is_known = request.progress.held and recipient(context, "requester", request.requester)
    # The card of a bulk tells its requester of its lines; one that waits for other approvers has its own.
    is_told = bool(request.line) and (request.together or request.state is not State.WAITING)
    is_told = is_told or bool(context.person(request.requester).source)
    if (request.state is not State.CHECKING or is_known) and not is_told:
        keys.append(("requester", request.requester, 0))
    keys += [("subject", id, request.progress.outcomes) for id in _changed(context, request)]
    if request.state is State.STOPPED and request.hand_over.to:
        keys.append(("handed", request.hand_over.to, request.hand_over.times))
    if _needs_help(request):
        keys += [("operator", id, request.progress.outcomes) for id in helpers(context, request)]
    return keys


def replies(context: Context, request: Request, known: Mapping[Key, Card], theirs: Threads) -> list[Key]:
    """The keys of all replies needed now, in order; `theirs`: the existing cards."""
    keys, outcomes, to = list[Key](), request.progress.outcomes, request.hand_over.to
    if request.state is State.WAITING:
        keys = [*_asked_again(request, theirs), *_questions(request), *_reminded(context, request, known)]
        if request.asking.is_stuck:
            keys += [("stuck", id, request.asking.asks) for id in helpers(context, request)]
    is_halfway = 0 < len(request.progress.accepted) < len(request.plan.steps)
    if request.state is State.WORKING and not request.line and is_halfway:
        keys.append(("progress", request.requester, outcomes))
    if request.outcome:
        keys += [("result", id, outcomes) for id in _concluded(context, request, theirs)]
        keys += [("follower", id, outcomes) for id in _followers(context, request)]
    if request.state is State.STOPPED and to:
        keys.append(("by-hand", to, request.hand_over.times + request.hand_over.reminders))
    if request.ending.ends_at and not request.ending.notice_at:
        concerned = dict.fromkeys(filter(None, (request.requester, request.subject)))
        if not (request.subject and context.person(request.subject).is_offboarded):  # nobody needs it longer
            keys += [("notice", id, outcomes) for id in concerned if context.person(id).account]
    return keys


def _asked(context: Context, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """One card in the policy's channel, and one for each approver who isn't a member.

    Without a reachable channel, one for each approver.
    """
    approvers = request.asking.notified
    channel: list[Key] = []
    if context.policy.tell and request.action not in CONFIDENTIAL:
        channel = [("channel", context.policy.tell, waiting.turn(request, None))]
        if not _lost(context, request, known):
            approvers = tuple(_outside(context, approvers))
    return [*channel, *(("approver", id, waiting.turn(request, id)) for id in approvers)]


def _lost(context: Context, request: Request, known: Mapping[Key, Card]) -> set[str]:
    """The roles of needed messages that the channel refused."""
    turn = waiting.turn(request, None)
    rounds = {"channel": turn, "channel-again": turn, "channel-reminder": waiting.reminder(request, None)}
    cards = (known.get((role, context.policy.tell, round)) for role, round in rounds.items())
    return {card.role for card in cards if card and card.ended not in ("", SPARED)}


def _reminded(context: Context, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """The newest reminder for everybody who is asked; if the channel refused it, approvers get cards."""
    keys, is_lost = list[Key](), "channel-reminder" in _lost(context, request, known)
    for role, address, _ in _asked(context, request, known):
        if role == "channel":
            keys.append(("channel-reminder", address, waiting.reminder(request, None)))
        elif not is_lost:
            keys.append(("reminder", address, waiting.reminder(request, PersonId(address))))
    return [key for key in keys if key[2]]


def _outside(context: Context, approvers: Iterable[PersonId]) -> list[PersonId]:
    """The approvers who aren't in the policy's channel; none if its members aren't known."""
    people, now, channel = context.store.people, context.now(), context.policy.tell
    if not people.knows(channel, now):
        return []
    there = set(people.members(channel, now))
    return [
        id for id in approvers if not there & {account.slack_id for account in context.person(id).accounts}
    ]


def _asked_again(request: Request, theirs: Threads) -> list[Key]:
    """Replies to approvers whose card was posted for an earlier ask."""
    keys: list[Key] = []
    for card in theirs.values():
        who = None if card.role in CHANNELS else PersonId(card.address)
        turn = waiting.turn(request, who)
        if turn and (card.role not in ("approver", "channel") or card.round < turn):
            keys.append(("channel-again" if who is None else "again", card.address, turn))
    return keys


def _questions(request: Request) -> list[Key]:
    """The newest question: to the requester while it is open, then to the approver who asked."""
    number = len(request.asking.questions)
    newest = request.asking.questions[-1:]
    return [
        ("answer", each.by, number) if each.answer else ("question", request.requester, number)
        for each in newest
    ]


def _concluded(context: Context, request: Request, theirs: Threads) -> list[PersonId]:
    """The readers of the outcome in their thread: the requester; everybody with a card if work began."""
    is_told = not request.line and (request.plan.round or request.state is State.STOPPED)
    mine = [request.requester] if is_told else []
    if request.state not in (State.DONE, State.STOPPED) and request.progress.outcomes < 2:
        return mine
    others = [PersonId(card.address) for card in theirs.values() if card.role not in CHANNELS]
    others += [*_changed(context, request), *(helpers(context, request) if _needs_help(request) else ())]
    return list(dict.fromkeys([*mine, *others]))


def _followers(context: Context, request: Request) -> list[PersonId]:
    """The people who joined, without the person changed, who gets a message anyway."""
    changed = [context.person(id) for id in _changed(context, request)]
    followers = context.store.followers(request.id).values()
    ids = [id for id in followers if not any(context.person(id).is_(other) for other in changed)]
    return [id for id in ids if not context.is_secret_from(context.person(id), request)]


def _changed(context: Context, request: Request) -> list[PersonId]:
    """The person changed, once something is or may be changed: done, or stopped halfway."""
    outcome = request.outcome if request.state in (State.DONE, State.STOPPED) else None
    is_changed = outcome and (outcome.done or (outcome.others and request.may_have_changed))
    if not is_changed or not request.subject or request.action in CONFIDENTIAL:
        return []
    subject = context.person(request.subject)
    is_requester = subject.is_(context.person(request.requester))
    is_told = not is_requester and subject.account is not None and not subject.is_offboarded
    return [request.subject] if is_told else []


def operators(context: Context) -> list[Person]:
    """Operators with an account that may act."""
    return [person for person in context.operators() if is_colleague(person)]


def is_colleague(person: Person) -> bool:
    """Whether a person has an account that may act."""
    return person.account is not None and person.account.standing is Standing.COLLEAGUE


def _needs_help(request: Request) -> bool:
    """Whether operators have the next step."""
    stuck = request.state is State.WAITING and request.asking.is_stuck
    return stuck or request.state is State.STOPPED


def helpers(context: Context, request: Request) -> list[PersonId]:
    """Operators for a request, without the leaver and those whom its card couldn't reach."""
    cards = context.store.outbox.of(request.id)
    lost = {card.address for card in cards if card.role == "operator" and card.ended}
    able = [person for person in operators(context) if person.id not in lost]
    return [person.id for person in able if not context.is_secret_from(person, request)]


def seen_as(context: Context, request: Request, who: Person, otherwise: str = "subject") -> Key:
    """The key by which a person's card is drawn; `otherwise`: the role of people not involved."""
    mine = next((id for id, _ in request.asking.approvers if who.is_(context.person(id))), None)
    if request.state is State.STOPPED and who.id in helpers(context, request):
        return "operator", who.id, request.progress.outcomes
    if request.hand_over.to and who.is_(context.person(request.hand_over.to)):
        return "handed", who.id, request.hand_over.times
    if mine:
        return "approver", mine, waiting.turn(request, mine) or NOT_ASKED
    if who.is_(context.person(request.requester)):
        return "requester", who.id, request.progress.outcomes
    if otherwise == "subject" and is_operator(context.policy, who):
        otherwise = "operator"
    return otherwise, who.id, NOT_ASKED if otherwise == "approver" else request.progress.outcomes


def owned(context: Context, person: Person) -> list[str]:
    """The ids of teams that a person owns by the policy, without ambiguous ones."""
    ground = Ground(context.policy, Case("", person), context.store.people, context.now())
    names = [name for name, entries in context.policy.owners.items() if ground.includes(entries, person)]
    return [id for id in map(context.policy.id_of, names) if id]


def owners(context: Context, request: Request) -> Iterable[Person]:
    """All owners of the teams of a request."""
    teams = request.scope.teams or request.scope.left
    if not context.policy.owners or not teams:
        return []
    ground = Ground(
        context.policy, Case("", context.person(request.requester)), context.store.people, context.now()
    )
    named = (each for team in teams for each in ground.named(context.policy.owners_of(team)))
    return [each.person for each in named if each.person]
