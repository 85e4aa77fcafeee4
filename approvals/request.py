"""A request's current state, and the events from which it is folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from approvals.ids import BOT, PersonId, RequestId, stamp
from approvals.plan import NO_PLAN, Plan
from approvals.sentence import Sentence, words
from approvals.sentence import body as codes
from approvals.states import ACTIVE, EventType, State

FORMATS: dict[str, int] = dict.fromkeys(EventType, 3)
"""The format in which each event is written today; older ones are lifted when read.

From format 3 on an entry's hash covers the digest of its row (`record/chain.py`).
"""


PAUSED = "paused"
"""The code of the sentence by which somebody holds a bulk."""


class Urgency(IntEnum):
    """Priority of a request for work, Miro's rate limit and cards."""

    BULK = -1
    """A line of a bulk, which is carried out with the others: single requests go first."""
    ORDINARY = 0
    SOON = 1
    """It takes access away."""
    FIRST = 2
    """It closes an account or takes admin rights away: a worker and credits are reserved for it."""


@dataclass(frozen=True)
class Draft:
    """An event to append. `words`: personal texts, of which the chain holds only digests."""

    type: str
    by: PersonId = BOT
    body: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


def saying(type: str, text: Sentence, **more: Any) -> Draft:
    """The bot's event with a sentence; `more`: further fields of its body."""
    return Draft(type, body={**more, **codes(text=text)}, words=words(text=text))


@dataclass(frozen=True)
class Event:
    """One entry of the ledger. A deleted word reads None."""

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
        """Whether this program knows its type and format."""
        return self.type in FORMATS and self.format <= FORMATS[self.type]

    def text(self, key: str) -> str:
        """The personal text under `key`, or a placeholder if it was deleted."""
        text = self.words.get(key, "")
        return "(missing)" if text is None else text


@dataclass(frozen=True)
class Vote:
    """One approver's yes to one revision of the plan."""

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
        """The person it counts for: a delegate votes for the person who is away."""
        return self.stands_for or self.by


@dataclass(frozen=True)
class Question:
    """An approver's question, and the requester's reply."""

    by: PersonId
    at: datetime
    text: str
    answer: str = ""


UNSEEN = (".sent", ".unheard", ".reported")
"""Endings of the codes of changes that nothing can ever verify."""


@dataclass(frozen=True)
class Outcome:
    """How and why a request ended or stopped."""

    at: datetime
    by: PersonId
    text: Sentence | None = None
    remedy: Sentence | None = None  # what an operator can do
    done: tuple[Sentence, ...] = ()  # changes made by its own calls
    others: tuple[Sentence, ...] = ()  # planned changes that hold without its calls
    left: tuple[Sentence, ...] = ()
    shell: str = ""

    @property
    def unshown(self) -> tuple[Sentence, ...]:
        """The changes among `others` that Miro accepted and never showed, so that nothing verifies them."""
        return tuple(change for change in self.others if change.code.endswith(".accepted"))

    @property
    def unverifiable(self) -> tuple[Sentence, ...]:
        """The changes among `others` that nothing can ever verify."""
        return tuple(change for change in self.others if change.code.endswith(UNSEEN))


@dataclass(frozen=True)
class Scope:
    """What the rules of a policy look at besides people; each team and fact with all its names."""

    teams: tuple[tuple[str, ...], ...] = ()  # teams joined or changed
    left: tuple[tuple[str, ...], ...] = ()  # teams that are left
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    days: int | None = None  # until it ends; None: no end


@dataclass(frozen=True)
class Deadlines:
    """The time limits while people are asked."""

    step_at: datetime | None = None  # when the current step began
    asked_last_at: datetime | None = None  # when approvers were last notified
    expires_at: datetime | None = None
    escalate_at: tuple[datetime, ...] = ()
    remind_at: datetime | None = None
    remind_gap: int = 0  # seconds
    reminded: int = 0  # in the current asking


@dataclass(frozen=True)
class Asking:
    """The people asked to decide, and their votes."""

    approvers: tuple[tuple[PersonId, Sentence], ...] = ()  # (person, reason)
    notified: tuple[PersonId, ...] = ()  # approvers who get a message
    awaited: tuple[PersonId, ...] = ()  # approvers who haven't answered
    stand_ins: Mapping[PersonId, PersonId] = field(default_factory=dict)  # {delegate: whose vote}
    notes: tuple[Sentence, ...] = ()  # approvers who were skipped
    step: int = 0
    steps: int = 1
    level: int = 0  # how often the current step was escalated
    agree: int = 1
    need: int = 1  # votes missing in this step when they were asked
    counted: int = 0  # votes there were by then
    confirms: bool = False  # the votes suffice by now; one approver has to confirm
    is_stuck: bool = False  # too few approvers are left; operators were notified
    unreachable: tuple[PersonId, ...] = ()  # approvers who got no message
    asks: int = 0  # how often people were asked, rerouting included
    since: Mapping[PersonId, int] = field(default_factory=dict)  # {person: ask that notified them}
    reminders: tuple[int, ...] = ()  # one for each reminder: `asks` at that time
    votes: tuple[Vote, ...] = ()
    questions: tuple[Question, ...] = ()
    approved_at: datetime | None = None
    decided_by: tuple[PersonId, ...] = ()

    @property
    def missing(self) -> int:
        """The number of votes missing in the current step."""
        return max(self.need - len(self.votes) + self.counted, 0)

    @property
    def is_missed(self) -> bool:
        """Whether an approver turned out to be unreachable and nobody was asked instead yet."""
        return bool(self.unreachable) and not set(self.unreachable).isdisjoint(self.notified)


@dataclass(frozen=True)
class Progress:
    """The state of the work in Miro."""

    tried: tuple[str, ...] = ()  # since it was approved or resumed
    accepted: tuple[str, ...] = ()
    has_changed: bool = False  # whether Miro ever accepted one of its calls; stays true
    unclear: int = 0  # calls with an unknown outcome
    looks: int = 0
    held: Sentence | None = None  # why it waits
    holds: int = 0
    outcomes: int = 0  # how often it ended or stopped (a stopped one can be resumed)


@dataclass(frozen=True)
class Ending:
    """The end of access given for some days."""

    ends_at: datetime | None = None
    notice_at: datetime | None = None
    is_moved: bool = False  # whether another request moved or removed its end


@dataclass(frozen=True)
class HandOver:
    """The work of a stopped request that a named person finishes by hand in Miro."""

    to: PersonId | None = None  # None: nobody now
    at: datetime | None = None
    times: int = 0  # how often it was handed over or taken back
    remind_at: datetime | None = None
    reminders: int = 0  # over all hand-overs
    left: tuple[Sentence, ...] = ()  # changes handed over, which end as if the request had made them
    is_reported: bool = False  # that person says it's done; the next look verifies that


@dataclass(frozen=True)
class Request:
    """The current state of one request. Times are UTC."""

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
    token: str = ""  # distinguishes it from another request with its number, after a restore
    is_exact: bool = False  # the person was named by a typed address
    is_end: bool = False  # takes back what another request gave for some days
    undoes: RequestId | None = None  # a line of another bulk, whose changes this line takes back
    line: int = 0  # of the bulk's list that it follows from; 0: it isn't a line
    together: bool = False
    """Approved with its bulk, and carried out with it; a line that has to wait goes on alone."""
    scope: Scope = Scope()
    plan: Plan = NO_PLAN
    asking: Asking = Asking()
    deadlines: Deadlines = Deadlines()
    progress: Progress = Progress()
    outcome: Outcome | None = None
    ending: Ending = Ending()
    hand_over: HandOver = HandOver()
    starts_at: datetime | None = None  # it isn't carried out before; None: as soon as it is approved
    has_started: bool = False  # that time came after the approval
    next_due: datetime | None = None
    unreached: tuple[Sentence, ...] = ()
    untouchable: bool = False

    @property
    def number(self) -> int:
        """42 for R-42."""
        return int(self.id.removeprefix("R-"))

    @property
    def priority(self) -> int:
        """How soon it is worked on."""
        return Urgency.BULK if self.together and is_active(self) else self.urgency

    @property
    def may_have_changed(self) -> bool:
        """Whether it may have changed something in Miro."""
        return self.progress.has_changed or self.progress.unclear > 0

    @property
    def is_scheduled(self) -> bool:
        """Whether it waits for its start, or will once it is approved."""
        is_open = self.state in (State.CHECKING, State.WAITING, State.APPROVED)
        return is_open and self.starts_at is not None and not self.has_started

    @property
    def is_paused(self) -> bool:
        """Whether somebody paused it."""
        held = self.progress.held
        return self.state is State.APPROVED and held is not None and held.code == PAUSED

    @property
    def is_unasked(self) -> bool:
        """Whether the policy requires no approval."""
        return self.asking.steps == 0


def is_active(request: Request) -> bool:
    """Whether the worker has the next step."""
    waits = request.is_paused or (request.state is State.APPROVED and request.is_scheduled)
    return request.state in ACTIVE and not waits and not request.untouchable


def listed(request: Request) -> dict[str, Any]:
    """{column: value} stored beside the events, to find requests without folding them."""
    expires = request.deadlines.expires_at if request.state is State.WAITING else None
    return {
        "version": request.version,
        "state": request.state.value,
        "subject": request.subject,
        "because_of": request.because_of,
        "next_due": stamp(request.next_due) if request.next_due else None,
        "active": int(is_active(request)),
        "urgency": int(request.priority),
        "expires_at": stamp(expires) if expires else None,
    }
