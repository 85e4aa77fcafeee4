"""What follows without a click: from the time that passes, and from people or a policy that changed."""

from dataclasses import replace
from datetime import timedelta

from approvals.decide.asking import routed, ruled, same_step, voted
from approvals.decide.basis import Table
from approvals.decide.deadlines import due, level, reminder
from approvals.decide.eligible import is_over
from approvals.folding import moved
from approvals.ids import BOT, PersonId, stamp
from approvals.request import Draft, Request
from approvals.sentence import Sentence, body, words
from approvals.states import EventType, State

CHANGED = "people or policy changed"
BY_TIME_ALONE = (EventType.EXPIRED, EventType.ENDING)
"""What follows whatever a policy says, also one that can't be read any more."""


def lapse(request: Request, table: Table) -> list[Draft]:
    """What time brings about now: one thing at a time, and nothing where it isn't time."""
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
    """That they were reminded, by time or by somebody, and when the next one is due: each gap is longer."""
    gap = timedelta(seconds=request.deadlines.remind_gap)
    at = reminder(table.now, gap, request.deadlines.reminded + 1, table.policy) if gap else None
    due_at = {"remind_at": stamp(at)} if at else {}
    return Draft(EventType.REMINDED, by or BOT, due_at, signed or {})


def review(request: Request, table: Table) -> list[Draft]:
    """Routes an open request anew, where people or the policy changed; nothing, where that changes nothing.

    What was approved and not begun waits again, if it lacks votes by another policy.
    """
    if request.untouchable:
        return []
    if request.state is State.APPROVED and request.policy != table.hash:
        return back(request, table)
    if request.state is not State.WAITING or is_over(request, table):
        return []
    ended = left(request, table)
    if ended:
        return ended
    times = ruled(request, table)
    request = replace(request, **moved(request, times[0].body)) if times else request
    route = table.route(request)
    asked, seated = {id for id, _ in request.asking.approvers}, {seat.person.id for seat in route.approvers}
    same = same_step(request, route) and asked ^ seated <= (set() if route.confirms else voted(request))
    return times if same else [*times, routed(request, table, CHANGED)]


def back(request: Request, table: Table) -> list[Draft]:
    """Asks for the votes that something approved lacks by now, as long as it isn't begun."""
    is_begun = request.state is not State.APPROVED or request.may_have_changed
    if is_begun or request.is_end or table.tally(request).is_settled:
        return []
    return [routed(request, table, CHANGED)]


def left(request: Request, table: Table) -> list[Draft]:
    """Ends what somebody who has left asked for, or is a guest now, and what is of no use to a leaver."""
    gone = who_left(request, table)
    return [withdrawn(gone)] if gone else []


def withdrawn(said: Sentence) -> Draft:
    """Ends a request by itself: because of what `who_left` says, say."""
    return Draft(EventType.WITHDRAWN, body=body(text=said), words=words(text=said))


def who_left(request: Request, table: Table) -> Sentence | None:
    """Who isn't there any more, on whom a request hangs."""
    subject = table.directory.person(request.subject) if request.subject else None
    requester = table.directory.person(request.requester)
    if requester.has_left:
        return Sentence("asker-left")
    if requester.is_outside:
        return Sentence("asker-outside")
    if subject and subject.has_left and not table.is_for_leavers:
        return Sentence.of("subject-left", person=subject.id)
    return None
