"""What time brings about while people are asked: reminders, escalation, expiry; pure.

Times are written into the events that cause them, so a long downtime doesn't move them.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from approvals.policy.model import DAYS_OF_THE_WEEK, Policy
from approvals.request import Request
from approvals.states import EventType, State

LONGEST_GAP = timedelta(days=366)
NOTICE = timedelta(hours=4)
"""How long, in working hours, a request stays open at least after another policy came into force."""
NUDGE = timedelta(hours=4)
"""How long those who decide have their peace before the requester may remind them."""


def later(now: datetime, span: timedelta, policy: Policy) -> datetime:
    """So much later, days of rest not counted: what comes first without them comes first with them, too.

    A day is one by the clock on the policy's walls.
    """
    at, left = now, span
    while policy.rests:
        local = at.astimezone(ZoneInfo(policy.zone))
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo).astimezone(
            at.tzinfo
        )
        if DAYS_OF_THE_WEEK[local.weekday()] not in policy.rests:
            if left < midnight - at:
                break
            left -= midnight - at
        at = midnight
    return at + left


def reminder(now: datetime, gap: timedelta, before: int, policy: Policy) -> datetime:
    """When to remind next: each gap is twice the one before, counted from now, so none is made up for."""
    return later(now, min(gap * 2 ** min(before, 10), LONGEST_GAP), policy)


def due(request: Request, now: datetime) -> EventType | None:
    """What time brings about now; the latest first, so that a long silence ends in one message."""
    if request.untouchable:
        return None
    if request.state is State.DONE and request.ending.ends_at:
        is_near = request.ending.notice_at and now >= request.ending.notice_at
        return EventType.OVER if now >= request.ending.ends_at else EventType.ENDING if is_near else None
    if request.state is not State.WAITING:
        return None
    if request.deadlines.expires_at and now >= request.deadlines.expires_at:
        return EventType.EXPIRED
    if level(request, now) > request.asking.level or request.asking.is_missed:
        return EventType.ROUTED
    if request.deadlines.remind_at and now >= request.deadlines.remind_at:
        return EventType.REMINDED
    return None


def level(request: Request, now: datetime) -> int:
    """How often the current step should have been escalated by now."""
    return sum(now >= at for at in request.deadlines.escalate_at)


def may_nudge_at(request: Request) -> datetime | None:
    """From when on the requester may remind those who decide."""
    return request.deadlines.asked_last_at + NUDGE if request.deadlines.asked_last_at else None
