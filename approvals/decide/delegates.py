"""A person names a delegate for some days, or ends that; returns an entry, or raises Refused."""

from datetime import datetime, timedelta

from approvals.decide.actor import Actor, check_standing
from approvals.ids import stamp, unstamp
from approvals.people import Delegation, Person
from approvals.refusals import Refused
from approvals.request import Draft, Event

AWAY = "away"
"""The stream of delegations, beside the streams of requests."""
DELEGATED, RETURNED = "delegated", "returned"
LONGEST = timedelta(days=92)


def delegated(actor: Actor, delegate: Person, since: datetime, until: datetime, now: datetime) -> Draft:
    """The entry of a delegate for some days, who replaces an earlier one. Raises Refused."""
    check_standing(actor, now)
    if delegate.is_linked(actor.person):
        raise Refused("Choose someone else: you can't be your own delegate.")
    if not delegate.is_colleague:
        raise Refused(f"{delegate.addressed} can't decide here. Choose a colleague as delegate.")
    if until <= now or until <= since:
        raise Refused("The last day is in the past. Choose a later one.")
    if until - since > LONGEST:
        raise Refused(f"A delegate can stand in for {LONGEST.days} days at most. Choose an earlier last day.")
    body = {"delegate": delegate.id, "since": stamp(since), "until": stamp(until)}
    words = {**actor.signed, "stands_in": delegate.sealed(delegate.account)}
    return Draft(DELEGATED, actor.person.id, body, words)


def returned(actor: Actor, current: Delegation | None, now: datetime) -> Draft:
    """The entry that ends a delegation early. Raises Refused."""
    check_standing(actor, now)
    if current is None:
        raise Refused("You have no delegate.")
    return Draft(RETURNED, actor.person.id, {}, actor.signed)


def delegation(event: Event) -> Delegation | None:
    """The delegation in an entry, or None if the entry ends one."""
    if event.type != DELEGATED:
        return None
    body = event.body
    return Delegation(event.by, body["delegate"], unstamp(body["since"]), unstamp(body["until"]))
