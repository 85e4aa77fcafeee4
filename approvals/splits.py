"""An operator's correction that linked keys belong to two people: returns an entry, or raises Refused."""

from approvals.decide.actor import Actor, is_operator
from approvals.people import key
from approvals.policy.entries import is_person
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Draft, Event

PEOPLE = "people"
"""The stream of these entries, beside the streams of requests."""
SPLIT = "split"
LONGEST_REASON = 500


def split(actor: Actor, first: str, other: str, known: frozenset[str], reason: str, policy: Policy) -> Draft:
    """The entry that `first` and `other` (addresses or Slack ids) are two people; `known`: all keys linked to
    `first`. Raises Refused.

    Operators can't do it for themselves: that would let them decide their own request.
    """
    if not is_operator(policy, actor.person):
        raise Refused("Only an operator can split people.")
    if wrong := next((entry for entry in (first, other) if not is_person(entry)), ""):
        raise Refused(f"{wrong} isn't an address or Slack id. Give one of each person.")
    if key(first) == key(other):
        raise Refused(f"{first} and {other} are the same. Give one of each person.")
    if key(other) not in known:
        raise Refused(f"{first} and {other} aren't linked, so there's nothing to split.")
    if not known.isdisjoint(actor.person.keys):
        raise Refused("This is about you, so another operator has to do it.")
    if policy.human(first) == policy.human(other):
        raise Refused("The policy links them in [same_person]. Remove that line instead.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"Give a reason of at most {LONGEST_REASON} characters.")
    words = {"one": key(first), "other": key(other), "reason": reason.strip(), **actor.signed}
    return Draft(SPLIT, actor.person.id, {}, words)


def told_apart(event: Event) -> tuple[str, str]:
    """The two keys of an entry, which belong to two people; '' for a deleted one."""
    return event.words.get("one") or "", event.words.get("other") or ""
