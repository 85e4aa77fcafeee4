"""Who has to have the card of a request, and what is said to whom in the thread of their card."""

from collections.abc import Iterable, Mapping

from approvals.case import Case
from approvals.decide.actor import is_operator
from approvals.decide.tally import Ground
from approvals.ids import PersonId
from approvals.people import Person, Standing
from approvals.record.outbox import Card
from approvals.request import Question, Request
from approvals.states import State
from bot.cards import waiting
from bot.cards.request import CARDS, CHANNELS
from bot.context import CONFIDENTIAL, Desk

Key = tuple[str, str, int]
"""Role, person or channel, round: what tells the messages about one request apart."""
Threads = Mapping[str, Card]
"""The card that a Slack account or a channel has of a request, by its id."""

NOT_ASKED = -1
"""The round of a card that asks nothing any more."""
SPARED = "asked only then"
"""Ends a reply that wasn't needed: its reader got the card at that moment, and the card says the same."""


def recipient(desk: Desk, role: str, address: str) -> str:
    """The channel or Slack account that a message goes to, '' where none is known."""
    if role in CHANNELS:
        return address
    account = desk.person(PersonId(address)).account
    return account.slack_id if account else ""


def threads(desk: Desk, cards: Iterable[Card]) -> dict[str, Card]:
    """Everybody's card, the newest where an older program posted several."""
    there = [card for card in cards if card.role in CARDS and card.ts and not card.ended]
    return {recipient(desk, card.role, card.address): card for card in sorted(there, key=lambda one: one.ts)}


def carded(desk: Desk, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """Everybody who has to have a card now; the person of a confidential request never."""
    keys: list[Key] = []
    if request.state is State.WAITING:
        keys += _asked(desk, request, known)
        keys += [("approver", one.by, waiting.turn(request, one.by)) for one in _answered(request)]
    if request.state is not State.CHECKING or request.progress.held:
        keys.append(("requester", request.requester, 0))
    keys += [("subject", id, request.progress.outcomes) for id in _changed(desk, request)]
    if _needs_help(request):
        keys += [("operator", id, request.progress.outcomes) for id in helpers(desk, request)]
    return keys


def replies(desk: Desk, request: Request, known: Mapping[Key, Card], theirs: Threads) -> list[Key]:
    """What has to be said in threads now, in order; `theirs`: who has a card."""
    keys: list[Key] = []
    if request.state is State.WAITING:
        keys = [*_asked_again(request, theirs), *_questions(request), *_reminded(desk, request, known)]
        if request.asking.is_stuck:
            keys += [("stuck", id, request.asking.asks) for id in helpers(desk, request)]
    if request.state is State.WORKING and 0 < len(request.progress.accepted) < len(request.plan.steps):
        keys.append(("progress", request.requester, request.progress.outcomes))
    if request.outcome:
        keys += [("result", id, request.progress.outcomes) for id in _concluded(desk, request, theirs)]
        keys += [("follower", id, request.progress.outcomes) for id in _followers(desk, request)]
    if request.ending.ends_at and not request.ending.notice_at:
        concerned = dict.fromkeys(filter(None, (request.requester, request.subject)))
        keys += [("notice", id, request.progress.outcomes) for id in concerned if desk.person(id).account]
    return keys


def _asked(desk: Desk, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """One card in the channel the policy names, and one for each approver who isn't in it.

    Without a channel, or with one that can't be reached, one for each.
    """
    approvers = request.asking.notified
    channel: list[Key] = []
    if desk.policy.tell and request.action not in CONFIDENTIAL:
        channel = [("channel", desk.policy.tell, waiting.turn(request, None))]
        if not _lost(desk, request, known):
            approvers = tuple(_outside(desk, approvers))
    return [*channel, *(("approver", id, waiting.turn(request, id)) for id in approvers)]


def _lost(desk: Desk, request: Request, known: Mapping[Key, Card]) -> set[str]:
    """The roles of what the channel didn't take of what it has to have now."""
    turn = waiting.turn(request, None)
    rounds = {"channel": turn, "channel-again": turn, "channel-reminder": waiting.reminder(request, None)}
    cards = (known.get((role, desk.policy.tell, round)) for role, round in rounds.items())
    return {card.role for card in cards if card and card.ended not in ("", SPARED)}


def _reminded(desk: Desk, request: Request, known: Mapping[Key, Card]) -> list[Key]:
    """The newest reminder, wherever people are asked; a channel that didn't take it brings them cards."""
    keys: list[Key] = []
    for role, address, _ in _asked(desk, request, known):
        if role == "channel":
            keys.append(("channel-reminder", address, waiting.reminder(request, None)))
        elif "channel-reminder" not in _lost(desk, request, known):
            keys.append(("reminder", address, waiting.reminder(request, PersonId(address))))
    return [key for key in keys if key[2]]


def _outside(desk: Desk, approvers: Iterable[PersonId]) -> list[PersonId]:
    """Those who aren't in the channel the policy names; nobody, where Slack hasn't told who is in it."""
    people, now, channel = desk.store.people, desk.now(), desk.policy.tell
    if not people.knows(channel, now):
        return []
    there = set(people.members(channel, now))
    return [id for id in approvers if not there & {one.slack_id for one in desk.person(id).accounts}]


def _asked_again(request: Request, theirs: Threads) -> list[Key]:
    """Those whose card was posted for an earlier question than the one it asks now."""
    keys: list[Key] = []
    for card in theirs.values():
        who = None if card.role in CHANNELS else PersonId(card.address)
        turn = waiting.turn(request, who)
        if turn and (card.role not in ("approver", "channel") or card.round < turn):
            keys.append(("channel-again" if who is None else "again", card.address, turn))
    return keys


def _answered(request: Request) -> list[Question]:
    return [one for one in request.asking.questions[-1:] if one.answer]


def _questions(request: Request) -> list[Key]:
    """The newest question: to the requester while it is open, to who asked it when it is answered."""
    number = len(request.asking.questions)
    if not number:
        return []
    answered = _answered(request)
    return [("answer", answered[0].by, number) if answered else ("question", request.requester, number)]


def _concluded(desk: Desk, request: Request, theirs: Threads) -> list[PersonId]:
    """Who reads in their thread how it ended: who asked; all who have a card, if it was begun."""
    mine = [request.requester] if request.plan.round or request.state is State.STOPPED else []
    if request.state not in (State.DONE, State.STOPPED) and request.progress.outcomes < 2:
        return mine
    others = [PersonId(card.address) for card in theirs.values() if card.role not in CHANNELS]
    others += [*_changed(desk, request), *(helpers(desk, request) if _needs_help(request) else ())]
    return list(dict.fromkeys([*mine, *others]))


def _followers(desk: Desk, request: Request) -> list[PersonId]:
    """Who asked for the same; the person changed is told as such, and once."""
    changed = [desk.person(id) for id in _changed(desk, request)]
    found = [(id, desk.person(id)) for id in desk.store.followers(request.id).values()]
    return [
        id
        for id, person in found
        if not desk.is_secret_from(person, request) and not any(person.is_(one) for one in changed)
    ]


def _changed(desk: Desk, request: Request) -> list[PersonId]:
    """The person changed, as soon as something is, or may be: done, or stopped halfway."""
    outcome = request.outcome if request.state in (State.DONE, State.STOPPED) else None
    is_changed = outcome and (outcome.done or (outcome.others and request.may_have_changed))
    if not is_changed or not request.subject or request.action in CONFIDENTIAL:
        return []
    subject = desk.person(request.subject)
    is_requester = subject.is_(desk.person(request.requester))
    return [] if is_requester or subject.account is None else [request.subject]


def operators(desk: Desk) -> list[Person]:
    """Operators who could act on a message."""
    return [one for one in desk.operators() if is_colleague(one)]


def is_colleague(person: Person) -> bool:
    """Whether somebody has an account that may act."""
    return person.account is not None and person.account.standing is Standing.COLLEAGUE


def _needs_help(request: Request) -> bool:
    """Whether operators have the next step."""
    stuck = request.state is State.WAITING and request.asking.is_stuck
    return stuck or request.state is State.STOPPED


def helpers(desk: Desk, request: Request) -> list[PersonId]:
    """Operators who can look after a request: not the leaver, and nobody whom its card couldn't reach."""
    cards = desk.store.outbox.of(request.id)
    lost = {card.address for card in cards if card.role == "operator" and card.ended}
    return [one.id for one in operators(desk) if one.id not in lost and not desk.is_secret_from(one, request)]


def seen_as(desk: Desk, request: Request, who: Person, otherwise: str = "subject") -> Key:
    """As what somebody sees a request on their card; `otherwise`: where they have nothing to do with it."""
    mine = next((id for id, _ in request.asking.approvers if who.is_(desk.person(id))), None)
    if request.state is State.STOPPED and who.id in helpers(desk, request):
        return "operator", who.id, request.progress.outcomes
    if mine:
        return "approver", mine, waiting.turn(request, mine) or NOT_ASKED
    if who.is_(desk.person(request.requester)):
        return "requester", who.id, request.progress.outcomes
    if otherwise == "subject" and is_operator(desk.policy, who):
        otherwise = "operator"
    return otherwise, who.id, NOT_ASKED if otherwise == "approver" else request.progress.outcomes


def owned(desk: Desk, person: Person) -> list[str]:
    """The teams of which the policy calls somebody an owner, by their ids; none that is in doubt."""
    ground = Ground(desk.policy, Case("", person), desk.store.people, desk.now())
    names = [name for name, entries in desk.policy.owners.items() if ground.includes(entries, person)]
    return [id for id in map(desk.policy.id_of, names) if id]


def owners(desk: Desk, request: Request) -> Iterable[Person]:
    """Everybody who owns a team that a request is about."""
    teams = request.scope.teams or request.scope.left
    if not desk.policy.owners or not teams:
        return []
    ground = Ground(desk.policy, Case("", desk.person(request.requester)), desk.store.people, desk.now())
    named = (one for team in teams for one in ground.named(desk.policy.owners_of(team)))
    return [one.person for one in named if one.person]
