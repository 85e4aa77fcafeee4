"""Somebody names one delegate for a span of days, or comes back: values in, an entry or a refusal out."""

from datetime import datetime, timedelta

from approvals.decide.actor import Who, check_standing
from approvals.ids import stamp, unstamp
from approvals.people import Delegation, Person
from approvals.refusals import Refused
from approvals.request import Draft, Event

AWAY = "away"
"""The stream that tells who stands in for whom, beside the streams of requests."""
DELEGATED, RETURNED = "delegated", "returned"
LONGEST = timedelta(days=92)


def delegated(who: Who, delegate: Person, since: datetime, until: datetime, now: datetime) -> Draft:
    """One delegate for a span of days; one named before is replaced. Raises Refused."""
    check_standing(who, now)
    if delegate.is_linked(who.person):
        raise Refused("Name somebody else: you can't stand in for yourself.")
    if not delegate.is_colleague:
        raise Refused(f"{delegate.addressed} can't decide here, so can't stand in. Name a colleague.")
    if until <= now or until <= since:
        raise Refused("The last day is over already. Name a later one.")
    if until - since > LONGEST:
        raise Refused(f"A delegate is for {LONGEST.days} days at most. Name an earlier last day.")
    body = {"delegate": delegate.id, "since": stamp(since), "until": stamp(until)}
    words = {**who.signed, "stands_in": delegate.sealed(delegate.account)}
    return Draft(DELEGATED, who.person.id, body, words)


def returned(who: Who, current: Delegation | None, now: datetime) -> Draft:
    """Back before the last day: nobody stands in any more. Raises Refused."""
    check_standing(who, now)
    if current is None:
        raise Refused("You have no delegate, so there is nothing to end.")
    return Draft(RETURNED, who.person.id, {}, who.signed)


def delegation(event: Event) -> Delegation | None:
    """What such an entry says of its writer: who stands in, or None for nobody."""
    if event.type != DELEGATED:
        return None
    body = event.body
    return Delegation(event.by, body["delegate"], unstamp(body["since"]), unstamp(body["until"]))
