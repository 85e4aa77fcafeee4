"""Deadlines while people are asked: reminders, escalation, expiry; pure.

Times are written into the events that cause them, so a long downtime doesn't move them.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from approvals.policy.model import DAYS_OF_THE_WEEK, Policy
from approvals.request import Request
from approvals.states import EventType, State

LONGEST_GAP = timedelta(days=366)
NOTICE = timedelta(hours=4)
"""The least working time that a request stays open after another policy came into force."""
NUDGE = timedelta(hours=4)
"""The time before the requester may remind the approvers."""


def later(now: datetime, span: timedelta, policy: Policy) -> datetime:
    """The time after `span` of working time: without days off, and on other days only working hours.

    Each 24 hours of the span are one working day, and so is a rest longer than that: with hours from 9 to 18,
    "8h" are eight working hours, "18h" and "1d" are nine. A longer span never ends before a shorter one.
    Days are those of the policy's zone.
    """
    if not (policy.rests or policy.hours):
        return now + span
    zone, at, left = ZoneInfo(policy.zone), now, _working_time(span, policy)
    while True:
        day = at.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(at.tzinfo)
        opens, closes = at, midnight
        if policy.hours:
            opens, closes = (datetime.combine(day, hour, zone).astimezone(at.tzinfo) for hour in policy.hours)
        start = max(at, opens)
        if start < closes and DAYS_OF_THE_WEEK[day.weekday()] not in policy.rests:
            # Without working hours a day ends when the next, possibly a day off, begins.
            if left < closes - start or (policy.hours and left == closes - start):
                return start + left
            left -= closes - start
        at = midnight


def _working_time(span: timedelta, policy: Policy) -> timedelta:
    if policy.hours is None:
        return span
    opens, closes = (datetime.combine(date.min, hour) for hour in policy.hours)
    days, rest = divmod(span, timedelta(days=1))
    return days * (closes - opens) + min(rest, closes - opens)


def reminder(now: datetime, gap: timedelta, before: int, policy: Policy) -> datetime:
    """The time of the next reminder: gaps double, counted from now, so missed ones aren't sent later."""
    return later(now, min(gap * 2 ** min(before, 10), LONGEST_GAP), policy)


def due(request: Request, now: datetime) -> EventType | None:
    """The event type that is due now, the last deadline first: after a downtime one message is enough."""
    if request.untouchable:
        return None
    if request.state is State.DONE and request.ending.ends_at:
        is_near = request.ending.notice_at and now >= request.ending.notice_at
        return EventType.OVER if now >= request.ending.ends_at else EventType.ENDING if is_near else None
    if request.state is State.APPROVED and request.is_scheduled and request.starts_at:
        return EventType.STARTED if now >= request.starts_at else None
    if request.state is State.STOPPED and request.hand_over.remind_at:
        return EventType.REMINDED if now >= request.hand_over.remind_at else None
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
    """The number of escalations of the current step that are due by now."""
    return sum(now >= at for at in request.deadlines.escalate_at)
