"""A person names a delegate for some days, or ends that; returns an entry, or raises Refused."""

from datetime import datetime, timedelta

from approvals.decide.actor import Who, check_standing
from approvals.ids import stamp, unstamp
from approvals.people import Delegation, Person
from approvals.refusals import Refused
from approvals.request import Draft, Event

AWAY = "away"
"""The stream of delegations, beside the streams of requests."""
DELEGATED, RETURNED = "delegated", "returned"
LONGEST = timedelta(days=92)


def delegated(who: Who, delegate: Person, since: datetime, until: datetime, now: datetime) -> Draft:
    """The entry of a delegate for some days, who replaces an earlier one. Raises Refused."""
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
    """The entry that ends a delegation early. Raises Refused."""
    check_standing(who, now)
    if current is None:
        raise Refused("You have no delegate, so there is nothing to end.")
    return Draft(RETURNED, who.person.id, {}, who.signed)


def delegation(event: Event) -> Delegation | None:
    """The delegation in an entry, or None if the entry ends one."""
    if event.type != DELEGATED:
        return None
    body = event.body
    return Delegation(event.by, body["delegate"], unstamp(body["since"]), unstamp(body["until"]))
