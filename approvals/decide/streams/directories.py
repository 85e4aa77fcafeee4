"""Operators pause a directory, or let through what is held: returns an entry, or raises Refused; pure.

Each directory has a stream of its own in the record ("directory:okta").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.eligible import check_shell
from approvals.policy.entries import View
from approvals.refusals import Refused
from approvals.request import Draft, Event


class Control(StrEnum):
    """The types of entries about a directory."""

    HELD = "directory-held"  # more changes than the policy lets through within an hour
    KEPT = "directory-kept"  # an operator looked, and they stay held
    RELEASED = "directory-released"
    PAUSED = "directory-paused"
    RESUMED = "directory-resumed"


@dataclass(frozen=True)
class Hold:
    """The current state of a directory by its entries."""

    is_paused: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    """{action: people} of what is held since `at`; {} for nothing."""
    at: datetime | None = None
    version: int = 0
    key: str = ""
    """Who and which words are held, as a digest; buttons and the shell carry it."""


def folded(events: Iterable[Event]) -> Hold:
    """The state from the entries of one directory, oldest first."""
    hold = Hold()
    for event in events:
        hold = replace(hold, version=event.version)
        if event.type in (Control.PAUSED, Control.RESUMED):
            hold = replace(hold, is_paused=event.type == Control.PAUSED)
        elif event.type in (Control.HELD, Control.RELEASED):
            counts, key = event.body.get("counts", {}), event.body.get("key", "")
            hold = replace(hold, counts=counts, at=event.at, key=key)
    return hold


def decided(what: Control, source: str, hold: Hold, actor: Actor, view: View) -> Draft:
    """The entry of an operator's decision. Raises Refused.

    Who runs a directory doesn't decide what it asks, so doesn't let it through either.
    """
    check_standing(actor, view.now)
    check_shell(actor, view.policy)
    title = view.policy.titled(source)
    if source not in view.policy.directory:
        raise Refused(f"The policy has no directory {source[:40]}. Nothing has changed.")
    if not is_operator(view.policy, actor.person):
        raise Refused(f"Only an operator can do this for {title}. Nothing has changed.")
    if what is not Control.PAUSED and view.excludes(actor.person):
        raise Refused(f"You run {title}, so another operator decides this. Nothing has changed.")
    if what in (Control.RELEASED, Control.KEPT) and not hold.counts:
        raise Refused(f"Nothing from {title} is on hold now.")
    if (what is Control.PAUSED and hold.is_paused) or (what is Control.RESUMED and not hold.is_paused):
        raise Refused(f"{title} is {'paused already' if hold.is_paused else 'not paused'}.")
    return Draft(what, actor.person.id, {}, actor.signed)
