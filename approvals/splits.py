"""An operator records that what is linked as one human is two: values in, an entry or a refusal out."""

from approvals.decide.actor import Who, is_operator
from approvals.people import key
from approvals.policy.entries import is_person
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Draft, Event

PEOPLE = "people"
"""The stream that tells who was told apart, beside the streams of requests."""
SPLIT = "split"
LONGEST_REASON = 500


def split(who: Who, one: str, other: str, known: frozenset[str], reason: str, policy: Policy) -> Draft:
    """That `one` and `other` (each an address or a Slack id) are two people; `known` is all that is linked to
    `one`. Raises Refused.

    Nobody tells themselves apart: that would let them decide their own request.
    """
    if not is_operator(policy, who.person):
        raise Refused("Only an operator can say that two are different people. Nothing has changed.")
    if wrong := next((entry for entry in (one, other) if not is_person(entry)), ""):
        raise Refused(f"{wrong} is no address and no Slack id. Write two of those.")
    if key(one) == key(other):
        raise Refused(f"{one} is the same as {other}. Name one of each person.")
    if key(other) not in known:
        raise Refused(f"{one} and {other} aren't linked, so there is nothing to undo.")
    if not known.isdisjoint(who.person.keys):
        raise Refused("This is about you, so another operator has to say it.")
    if policy.human(one) == policy.human(other):
        raise Refused("The policy calls them the same person ([same_person]). Remove that line instead.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"Say why, in at most {LONGEST_REASON} characters.")
    words = {"one": key(one), "other": key(other), "reason": reason.strip(), **who.signed}
    return Draft(SPLIT, who.person.id, {}, words)


def told_apart(event: Event) -> tuple[str, str]:
    """The two keys that an entry tells apart; '' for one that was forgotten."""
    return event.words.get("one") or "", event.words.get("other") or ""
