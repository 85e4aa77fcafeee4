"""Who has to have a message about a request in each of its states, and as what each of them sees it."""

from collections.abc import Iterable

from approvals.case import Case
from approvals.decide.actor import is_operator
from approvals.decide.tally import Ground
from approvals.ids import PersonId
from approvals.people import Person, Standing
from approvals.record.outbox import Card
from approvals.request import Request
from approvals.states import State
from bot.cards import waiting
from bot.context import CONFIDENTIAL, Desk

Key = tuple[str, str, int]
"""Role, person or channel, round: what tells the cards of one request apart."""

SPARED = "asked only then"
"""Ends a reminder that nobody needed."""


def audience(desk: Desk, request: Request, known: dict[Key, Card]) -> list[Key]:
    """Everybody who has to have a message now; the person of a confidential request never."""
    keys: list[Key] = []
    if request.state is State.WAITING:
        keys += [*_asked(desk, request, known), *_questions(request)]
    if request.state is not State.CHECKING or request.progress.held:
        keys.append(("requester", request.requester, 0))
    if request.outcome and (request.plan.round or request.state is State.STOPPED):
        keys.append(("result", request.requester, request.progress.outcomes))
    keys += [*_followers(desk, request), *_changed(desk, request)]
    if request.ending.ends_at and not request.ending.notice_at:
        concerned = dict.fromkeys(filter(None, (request.requester, request.subject)))
        keys += [("notice", id, request.progress.outcomes) for id in concerned if desk.person(id).account]
    if request.state is State.STOPPED:
        keys += [("operator", id, request.progress.outcomes) for id in helpers(desk, request)]
    if request.state is State.WAITING and request.asking.is_stuck:
        keys += [("stuck", id, request.asking.asks) for id in helpers(desk, request)]
    return keys


def _asked(desk: Desk, request: Request, known: dict[Key, Card]) -> list[Key]:
    """One card in the channel the policy names, and one for each approver who isn't in it.

    Without a channel, or with one that can't be reached, one for each; and everywhere the newest reminder.
    """
    channel: list[Key] = []
    if desk.policy.tell and request.action not in CONFIDENTIAL:
        channel = [("channel", desk.policy.tell, waiting.turn(request, None))]
        channel += _reminders("channel-reminder", desk.policy.tell, waiting.reminder(request, None))
    lost = {key[0] for key in channel if key in known and known[key].ended not in ("", SPARED)}
    if channel and not lost:
        return [*channel, *_each(request, _outside(desk, request.asking.notified))]
    # A reminder that the channel didn't take brings each of them a card: that reminds them well enough.
    return _each(request, request.asking.notified, are_reminded="channel-reminder" not in lost)


def _each(request: Request, approvers: Iterable[PersonId], are_reminded: bool = True) -> list[Key]:
    keys: list[Key] = []
    for id in approvers:
        keys.append(("approver", id, waiting.turn(request, id)))
        keys += _reminders("reminder", id, waiting.reminder(request, id)) if are_reminded else []
    return keys


def _outside(desk: Desk, approvers: Iterable[PersonId]) -> list[PersonId]:
    """Those who aren't in the channel the policy names; nobody, where Slack hasn't told who is in it."""
    people, now, channel = desk.store.people, desk.now(), desk.policy.tell
    if not people.knows(channel, now):
        return []
    there = set(people.members(channel, now))
    return [id for id in approvers if not there & {one.slack_id for one in desk.person(id).accounts}]


def _reminders(role: str, address: str, number: int) -> list[Key]:
    return [(role, address, number)] if number else []


def _questions(request: Request) -> list[Key]:
    """The requester, of an open question; who asked, of an answer."""
    each = enumerate(request.asking.questions, 1)
    return [("answer", one.by, n) if one.answer else ("question", request.requester, n) for n, one in each]


def _followers(desk: Desk, request: Request) -> list[Key]:
    """Whoever asked for the same; the person changed is told as such, and once."""
    if request.outcome is None:
        return []
    changed = [desk.person(PersonId(address)) for _, address, _ in _changed(desk, request)]
    found = [(id, desk.person(id)) for id in desk.store.followers(request.id).values()]
    return [
        ("follower", id, request.progress.outcomes)
        for id, person in found
        if not desk.is_secret_from(person, request) and not any(person.is_(one) for one in changed)
    ]


def _changed(desk: Desk, request: Request) -> list[Key]:
    """The person changed, as soon as something is, or may be: done, or stopped halfway."""
    said = request.outcome if request.state in (State.DONE, State.STOPPED) else None
    changed = said and (said.done or (said.others and request.may_have_changed))
    if not changed or not request.subject or request.action in CONFIDENTIAL:
        return []
    subject = desk.person(request.subject)
    mine = subject.is_(desk.person(request.requester))
    return (
        [] if mine or subject.account is None else [("subject", request.subject, request.progress.outcomes)]
    )


def operators(desk: Desk) -> list[Person]:
    """Operators who could act on a message."""
    return [one for one in desk.operators() if is_colleague(one)]


def is_colleague(person: Person) -> bool:
    """Whether somebody has an account that may act."""
    return person.account is not None and person.account.standing is Standing.COLLEAGUE


def helpers(desk: Desk, request: Request) -> list[PersonId]:
    """Operators who can look after a request: not the leaver, and nobody whom its card couldn't reach."""
    cards = desk.store.outbox.of(request.id)
    lost = {card.address for card in cards if card.role == "operator" and card.ended}
    return [one.id for one in operators(desk) if one.id not in lost and not desk.is_secret_from(one, request)]


def seen_as(desk: Desk, request: Request, who: Person) -> Key:
    """As what somebody sees a request of whose card nothing is known any more."""
    operates = is_operator(desk.policy, who)
    if request.state is State.STOPPED and operates:
        return "operator", who.id, request.progress.outcomes
    mine = next((id for id, _ in request.asking.approvers if who.is_(desk.person(id))), None)
    if mine:
        return "approver", mine, waiting.turn(request, mine)
    if who.is_(desk.person(request.requester)):
        return "requester", who.id, 0
    return ("operator" if operates else "subject"), who.id, request.progress.outcomes


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
