"""Hand-over of a stopped request to a person, who finishes it by hand: events, or Refused is raised."""

from datetime import timedelta

from approvals.decide.actor import Who, check_standing
from approvals.decide.basis import Table
from approvals.decide.deadlines import later
from approvals.decide.decide import check_operated
from approvals.decide.eligible import check_known, check_secret, check_shell
from approvals.decide.too_late import not_stopped
from approvals.ids import stamp
from approvals.people import Person
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import EventType, State

REMIND_EVERY = timedelta(days=1)
"""Working time between reminders of the person who finishes it."""


def next_reminder(table: Table) -> dict[str, str]:
    """The time of the next reminder, in the body of an event."""
    return {"remind_at": stamp(later(table.now, REMIND_EVERY, table.policy))}


def hand_over(request: Request, who: Who, to: Person, table: Table) -> list[Draft]:
    """An operator hands a stopped request to a colleague, who replaces an earlier one."""
    check_operated(request, who, table, "hand over")
    subject = table.directory.person(request.subject) if request.subject else None
    if subject and table.policy.is_same(to, subject):
        raise Refused("It's about this person, so someone else has to finish it. Choose another colleague.")
    if not to.is_colleague:
        raise Refused(f"{to.addressed} can't be asked here. Choose a colleague with a full Slack account.")
    if request.hand_over.to and to.is_(table.directory.person(request.hand_over.to)):
        raise Refused(f"{to.addressed} is already asked to finish {request.id}.")
    words = {**who.signed, "to": to.sealed(to.account)}
    return [Draft(EventType.HANDED, who.person.id, {"to": to.id, **next_reminder(table)}, words)]


def take_back(request: Request, who: Who, table: Table) -> list[Draft]:
    """An operator takes it back from the person it was handed to."""
    check_operated(request, who, table, "take back")
    if request.hand_over.to is None:
        raise Refused(f"{request.id} isn't handed over to anybody. Nothing has changed.")
    return [Draft(EventType.HANDED, who.person.id, {}, who.signed)]


def report(request: Request, who: Who, table: Table) -> list[Draft]:
    """The named person says that it's done by hand; the next look verifies it."""
    check_known(request)
    check_secret(request, who, table)
    to = table.directory.person(request.hand_over.to) if request.hand_over.to else None
    if to is None or not who.person.is_(to):
        raise Refused(f"{request.id} isn't handed over to you. Nothing has changed.")
    if request.state is not State.STOPPED:
        raise not_stopped(request, "finish by hand")
    check_standing(who, table.now)
    check_shell(who, table.policy)
    return [Draft(EventType.REPORTED, who.person.id, next_reminder(table), who.signed)]
