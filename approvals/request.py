"""A request as far as it has come, and the events of which it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from approvals.ids import BOT, PersonId, RequestId, stamp
from approvals.plan import NO_PLAN, Plan
from approvals.sentence import Sentence
from approvals.states import ACTIVE, EventType, State

FORMATS: dict[str, int] = dict.fromkeys(EventType, 3)
"""The version in which each event is written today; older ones are lifted when they are read.

Of format 3 on an entry is sealed by the digest of its row (`record/chain.py`).
"""


class Urgency(IntEnum):
    """How soon a request is worked on; the order in which work, credits of Miro and cards are given out."""

    ORDINARY = 0
    SOON = 1
    """It takes access away."""
    FIRST = 2
    """It closes an account or takes admin rights away: it has a worker and credits of its own."""


@dataclass(frozen=True)
class Draft:
    """An event about to be appended. `words` holds what is personal: only its digest enters the chain."""

    type: str
    by: PersonId = BOT
    body: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One entry of the ledger. A word that isn't kept any more reads None."""

    seq: int
    request: RequestId
    version: int
    type: str
    format: int
    at: datetime
    by: PersonId
    body: Mapping[str, Any]
    words: Mapping[str, str | None]

    @property
    def known(self) -> bool:
        """Whether this program understands it."""
        return self.type in FORMATS and self.format <= FORMATS[self.type]

    def text(self, key: str) -> str:
        """The personal text under `key`, or what stands for it."""
        text = self.words.get(key, "")
        return "(missing)" if text is None else text


@dataclass(frozen=True)
class Vote:
    """One approver's yes, to one revision of what will change."""

    by: PersonId
    at: datetime
    revision: str
    shell: str = ""
    step: int = 0
    stands_for: PersonId | None = None
    level: int = 0
    is_fallback: bool = False

    @property
    def principal(self) -> PersonId:
        """Whose vote it is: a delegate's counts for the one who is away."""
        return self.stands_for or self.by


@dataclass(frozen=True)
class Question:
    """What an approver wants to know first, and what the requester answered."""

    by: PersonId
    at: datetime
    text: str
    answer: str = ""


@dataclass(frozen=True)
class Outcome:
    """What ended or stopped a request."""

    at: datetime
    by: PersonId
    text: Sentence | None = None
    remedy: Sentence | None = None  # what an operator does about it
    done: tuple[Sentence, ...] = ()  # by its own calls
    others: tuple[Sentence, ...] = ()  # what was to be done and holds without them
    left: tuple[Sentence, ...] = ()
    shell: str = ""


@dataclass(frozen=True)
class Scope:
    """What the rules of a policy look at, beside the people; each team and fact with all its names."""

    teams: tuple[tuple[str, ...], ...] = ()  # that are joined or changed
    left: tuple[tuple[str, ...], ...] = ()  # teams that are left
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    days: int | None = None  # after which it ends; None: it has no end


@dataclass(frozen=True)
class Deadlines:
    """What time brings about while people are asked."""

    step_at: datetime | None = None  # when the current step began
    asked_last_at: datetime | None = None  # when those who decide last heard of it
    expires_at: datetime | None = None
    escalate_at: tuple[datetime, ...] = ()
    remind_at: datetime | None = None
    remind_gap: int = 0  # seconds
    reminded: int = 0  # in the current asking


@dataclass(frozen=True)
class Asking:
    """Who is asked to decide, and what they answered."""

    approvers: tuple[tuple[PersonId, str], ...] = ()  # each with why
    notified: tuple[PersonId, ...] = ()  # those of them who get a message
    awaited: tuple[PersonId, ...] = ()  # those of them who haven't answered
    stand_ins: Mapping[PersonId, PersonId] = field(default_factory=dict)  # delegates, and for whom
    notes: tuple[Sentence, ...] = ()  # who was stepped over
    step: int = 0
    steps: int = 1
    level: int = 0  # how often the current step was escalated
    agree: int = 1
    need: int = 1  # votes that were missing in this step when they were asked
    counted: int = 0  # votes there were by then
    confirms: bool = False  # the votes would do by now: one of those who are asked says so once more
    is_stuck: bool = False  # too few are left to decide it; the operators were notified
    unreachable: tuple[PersonId, ...] = ()  # whom no message reached
    asks: int = 0  # how often people were asked, or others were
    since: Mapping[PersonId, int] = field(default_factory=dict)  # with which of these each was notified
    reminders: tuple[int, ...] = ()  # all that were ever sent, each with what was asked by then (`asks`)
    votes: tuple[Vote, ...] = ()
    questions: tuple[Question, ...] = ()
    approved_at: datetime | None = None
    decided_by: tuple[PersonId, ...] = ()

    @property
    def missing(self) -> int:
        """Votes that are still missing in the current step."""
        return max(self.need - len(self.votes) + self.counted, 0)

    @property
    def is_missed(self) -> bool:
        """Whether somebody who was asked turned out to be unreachable, and nobody was asked instead yet."""
        return bool(self.unreachable) and not set(self.unreachable).isdisjoint(self.notified)


@dataclass(frozen=True)
class Progress:
    """How far the work on it has come."""

    tried: tuple[str, ...] = ()  # since it was approved or resumed
    accepted: tuple[str, ...] = ()
    has_changed: bool = False  # whether Miro ever accepted a call of it; never taken back
    unclear: int = 0  # calls of which nobody learned what came of them
    looks: int = 0
    held: Sentence | None = None  # what it waits for
    holds: int = 0
    outcomes: int = 0  # how often it ended or stopped; a stopped one may go on


@dataclass(frozen=True)
class Ending:
    """When what was given for some days is taken back."""

    ends_at: datetime | None = None
    notice_at: datetime | None = None
    is_moved: bool = False  # whether another request moved its end, or took it away


@dataclass(frozen=True)
class Request:
    """One ask, as far as it has come. Times are UTC."""

    id: RequestId
    version: int
    state: State
    action: str
    requester: PersonId
    asked_at: datetime
    details: Mapping[str, Any]
    reason: str = ""
    subject: PersonId | None = None
    policy: str = ""
    because_of: RequestId | None = None
    practice: bool = False
    shell: str = ""
    lanes: tuple[str, ...] = ()
    urgency: int = Urgency.ORDINARY
    token: str = ""  # tells it apart from another request of its number, after a backup was restored
    is_exact: bool = False  # names the person by an address that was written
    is_end: bool = False  # takes back what another request gave for some days
    scope: Scope = Scope()
    plan: Plan = NO_PLAN
    asking: Asking = Asking()
    deadlines: Deadlines = Deadlines()
    progress: Progress = Progress()
    outcome: Outcome | None = None
    ending: Ending = Ending()
    next_due: datetime | None = None
    unreached: tuple[Sentence, ...] = ()
    untouchable: bool = False

    @property
    def number(self) -> int:
        """42 of R-42."""
        return int(self.id.removeprefix("R-"))

    @property
    def may_have_changed(self) -> bool:
        """Whether something in Miro may be otherwise than before it."""
        return self.progress.has_changed or self.progress.unclear > 0

    @property
    def is_unasked(self) -> bool:
        """Whether the policy needs nobody's approval for it."""
        return self.asking.steps == 0


def is_active(request: Request) -> bool:
    """Whether the worker has the next step."""
    return request.state in ACTIVE and not request.untouchable


def listed(request: Request) -> dict[str, Any]:
    """What a store keeps beside the events, so that a request is found without folding them."""
    expires = request.deadlines.expires_at if request.state is State.WAITING else None
    return {
        "version": request.version,
        "state": request.state.value,
        "subject": request.subject,
        "because_of": request.because_of,
        "next_due": stamp(request.next_due) if request.next_due else None,
        "active": int(is_active(request)),
        "urgency": int(request.urgency),
        "expires_at": stamp(expires) if expires else None,
    }
