"""Access reviews: owners keep or end each person's access. Entries, and the review folded from them; pure.

A review has a stream of its own in the record ("V-1"). It isn't a request: it changes nothing by itself, each
person's access is decided alone, and a request knows neither. What it ends is a request like any other.

A comparison of Miro with the record is a review of all differences: kept until a date, or put right.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from approvals.decide.actor import Actor
from approvals.decide.deadlines import later
from approvals.ids import BOT, GroupId, PersonId, RequestId, stamp, unstamp
from approvals.people import addressed
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Draft, Event

REVIEW = "V-"
"""The streams of reviews begin with it."""
REMINDERS = 3
"""At most, in equal parts of the time; in working time a part takes longer, so there may be fewer."""
DIFFERENCES = GroupId("*")
"""The `team` of a comparison."""
OWNERLESS, LEAVER, LEFT_SLACK = "ownerless", "leaver", "left-slack"
UNGRANTED, OVERDUE = "ungranted", "overdue"
DIRECTORY = "directory"
"""The codes of differences."""
ACCOUNT = "account"
"""The fact that an account is open. Other facts are the id of a group, or the name of an admin right."""
Holders = Mapping[tuple[str, str, str], str]
"""{(address in Miro, right or '' for a team, Miro id): name} of those who have the access now.

Of differences: {(address, "code:fact", ''): the difference as a sentence}."""


class Step(StrEnum):
    """The types of a review's entries."""

    STARTED = "started"
    KEPT = "kept"
    ENDED = "ended"
    GONE = "gone"  # Miro doesn't list it any more, and nobody has decided it
    REMINDED = "reminded"
    CLOSED = "closed"


@dataclass(frozen=True)
class Access:
    """One person's access, as Miro listed it when the review began; `number` is its place in the review."""

    number: int
    email: str
    right: str  # '' for a team
    name: str
    miro_id: str = ""  # '' for a difference, and in older reviews
    decision: str = ""  # KEPT, ENDED or GONE
    by: PersonId = BOT
    at: datetime | None = None
    request: RequestId | None = None  # ends it
    kept_until: datetime | None = None  # a difference
    reason: str = ""

    @property
    def label(self) -> str:
        """'Alex Smith (alex@example.com), Company Admin'; of a difference, its sentence."""
        if ":" in self.right:
            return self.name
        return ", ".join(filter(None, (addressed(self.name, self.email), self.right)))

    def line(self, named: Callable[[PersonId], str]) -> str:
        """'Alex Smith (alex@example.com): kept by Carol Diaz'; `named`: maps a person to a name."""
        if self.decision in ("", Step.GONE):
            return f"{self.label}: {'no longer has it in Miro' if self.decision else 'not decided'}"
        more = f" with {self.request}" if self.request else ""
        if self.kept_until:
            more = f" until {self.kept_until:%Y-%m-%d} ({self.reason})"
        decision = "put right" if ":" in self.right and self.request else self.decision
        return f"{self.label}: {decision} by {named(self.by)}{more}"


@dataclass(frozen=True)
class Review:
    """The current state of a review. `team`: its Miro id, '' for admins; `subject`: the access, in words."""

    id: str
    key: str  # with a digest, as buttons carry it: after a restore V-1 may be another review
    by: PersonId
    at: datetime
    until: datetime
    team: GroupId
    subject: str
    reminded_at: datetime
    accesses: tuple[Access, ...] = ()
    reminders: int = 0
    closed_at: datetime | None = None

    @property
    def compares(self) -> bool:
        """Whether it is about differences between Miro and the record."""
        return self.team == DIFFERENCES

    def having(self, decision: str = "") -> list[Access]:
        """The accesses with this decision; by default those that nobody has decided."""
        return [access for access in self.accesses if access.decision == decision]


def started(actor: Actor, team: GroupId, subject: str, holders: Holders, until: datetime) -> Draft:
    """The entry that begins a review. Raises Refused."""
    if not holders:
        raise Refused(f"Nobody has {subject}, so there's nothing to review.")
    listed = sorted(holders.items(), key=lambda holder: (holder[1].casefold(), holder[0]))
    words = {
        str(number): json.dumps([email, right, name, miro_id], ensure_ascii=False)
        for number, ((email, right, miro_id), name) in enumerate(listed)
    }
    body = {"team": team, "until": stamp(until), "count": len(words), "subject": subject}
    return Draft(Step.STARTED, actor.person.id, body, words | actor.signed)


def due(review: Review, holders: Holders, now: datetime, policy: Policy) -> list[Draft]:
    """The entries of what time, or another change in Miro, brings about. Nothing is ended by silence."""
    left = review.having()
    # The address of an account may change in Miro; its id stays.
    has = {(key, right) for email, right, miro_id in holders for key in (email, miro_id)}
    names = {each.number: {(each.email, each.right), (each.miro_id, each.right)} for each in left}
    gone = [number for number, mine in names.items() if has.isdisjoint(mine)]
    drafts = [Draft(Step.GONE, body={"accesses": gone})] if gone else []
    gap = (review.until - review.at) / (REMINDERS + 1)
    if review.closed_at:
        return []
    if now >= review.until or len(gone) == len(left):
        return [*drafts, Draft(Step.CLOSED)]
    if not review.compares and now >= later(review.reminded_at, gap, policy):
        drafts.append(Draft(Step.REMINDED))
    return drafts


def folded(events: Iterable[Event]) -> Review:
    """The review from its entries, at least one, oldest first."""
    first, *others = events
    body, forgotten = first.body, '["(missing)", "", ""]'
    words = [first.words.get(str(number)) or forgotten for number in range(body["count"])]
    accesses = [Access(number, *json.loads(word)) for number, word in enumerate(words)]
    seal = sha256(json.dumps([stamp(first.at), sorted(body["words"].items())]).encode()).hexdigest()
    key, end = f"{first.request}:{seal[:8]}", unstamp(body["until"])
    review = Review(first.request, key, first.by, first.at, end, body["team"], body["subject"], first.at)
    for event in others:
        for number in event.body.get("accesses", ()):
            made = {"by": event.by, "at": event.at, "request": event.body.get("request")}
            until, reason = event.body.get("until"), event.text("reason")
            made |= {"kept_until": unstamp(until) if until else None, "reason": reason}
            accesses[number] = replace(accesses[number], decision=event.type, **made)
        if event.type == Step.REMINDED:
            review = replace(review, reminded_at=event.at, reminders=review.reminders + 1)
        elif event.type == Step.CLOSED:
            review = replace(review, closed_at=event.at)
    return replace(review, accesses=tuple(accesses))
