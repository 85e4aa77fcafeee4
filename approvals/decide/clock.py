"""Events without a click: from deadlines, and from changed people or policies."""

from datetime import timedelta

from approvals.decide.asking import routed, ruled, same_step, voted
from approvals.decide.basis import Table
from approvals.decide.deadlines import due, later, level, reminder
from approvals.decide.eligible import is_over
from approvals.folding import changed_by, moved
from approvals.ids import BOT, PersonId, stamp
from approvals.request import Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State

CHANGED = "people or policy changed"
BY_TIME_ALONE = (EventType.EXPIRED, EventType.ENDING, EventType.STARTED)
"""Events that don't depend on the policy, so also happen while it can't be read."""
REMIND_EVERY = timedelta(days=1)
"""Working time between reminders of the person who finishes it."""


def lapse(request: Request, table: Table) -> list[Draft]:
    """The events of a deadline that has passed, one at a time; [] if none has."""
    what = due(request, table.now)
    if what in BY_TIME_ALONE:
        return [Draft(what)]
    if what is EventType.ROUTED:
        reached = level(request, table.now)
        why = "escalated" if reached > request.asking.level else "not reachable"
        return [routed(request, table, why, level=max(reached, request.asking.level))]
    return [reminded(request, table)] if what is EventType.REMINDED else []


def reminded(
    request: Request, table: Table, by: PersonId | None = None, signed: dict[str, str] | None = None
) -> Draft:
    """The event of a reminder, by the clock or a person, with the time of the next: gaps grow."""
    if request.state is State.STOPPED:
        is_able = request.hand_over.to and table.directory.person(request.hand_over.to).is_colleague
        what = EventType.REMINDED if is_able else EventType.HANDED  # back to the operators
        return Draft(what, BOT, next_reminder(table) if is_able else {})
    gap = timedelta(seconds=request.deadlines.remind_gap)
    at = reminder(table.now, gap, request.deadlines.reminded + 1, table.policy) if gap else None
    due_at = {"remind_at": stamp(at)} if at else {}
    return Draft(EventType.REMINDED, by or BOT, due_at, signed or {})


def next_reminder(table: Table) -> dict[str, str]:
    """The time of the next reminder, in the body of an event."""
    return {"remind_at": stamp(later(table.now, REMIND_EVERY, table.policy))}


def review(request: Request, table: Table) -> list[Draft]:
    """Reroutes an open request after people or the policy changed; [] if that makes no difference.

    An approved request that isn't begun waits again if it lacks votes by the new policy; if it waits for its
    start, also if an approver has left.
    """
    if request.untouchable:
        return []
    if request.state is State.APPROVED and (request.is_scheduled or request.policy != table.hash):
        return back(request, table)
    if request.state is not State.WAITING or is_over(request, table):
        return []
    if gone := who_left(request, table):
        return [withdrawn(gone)]
    times = ruled(request, table)
    request = changed_by(request, moved(times[0].body)) if times else request
    route = table.route(request)
    asked, seated = {id for id, _ in request.asking.approvers}, {seat.person.id for seat in route.approvers}
    same = same_step(request, route) and asked ^ seated <= (set() if route.confirms else voted(request))
    return times if same else [*times, routed(request, table, CHANGED)]


def back(request: Request, table: Table) -> list[Draft]:
    """Asks for votes that an approved request lacks by now, if it isn't begun."""
    is_begun = request.state is not State.APPROVED or request.may_have_changed
    if is_begun or request.is_end or table.tally(request).is_settled:
        return []
    return [routed(request, table, CHANGED)]


def withdrawn(sentence: Sentence) -> Draft:
    """The event that ends a request without a person's decision; `sentence`: the reason."""
    return saying(EventType.WITHDRAWN, sentence)


def who_left(request: Request, table: Table) -> Sentence | None:
    """Why a request can't go on: its requester has left or is a guest now, or its subject left and can't use
    it; or None."""
    subject = table.directory.person(request.subject) if request.subject else None
    requester = table.directory.person(request.requester)
    if requester.has_left:
        return Sentence("asker-left")
    if requester.is_outside:
        return Sentence("asker-outside")
    if subject and subject.has_left and not table.is_for_leavers:
        return Sentence.of("subject-left", person=subject.id)
    return None
