"""A request, folded from its events: the events are the state."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Any

from approvals.ids import BOT, PersonId, RequestId, stamp, unstamp
from approvals.states import ACTIVE, State, What, move

FORMATS: dict[str, int] = {what: 2 if what is What.PLANNED else 1 for what in What}
"""The version in which each event is written today; older ones are lifted when they are read."""


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

    def told(self, key: str) -> str:
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
    """What ended or stopped a request, in the words that people read."""

    at: datetime
    by: PersonId
    text: str = ""
    remedy: str = ""
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    shell: str = ""


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
    plan: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""
    round: int = 0
    days: int | None = None  # after which it ends; None: it has no end
    ends_at: datetime | None = None
    notice_at: datetime | None = None
    is_end: bool = False  # takes back what another request gave for some days
    teams: tuple[tuple[str, ...], ...] = ()  # that are joined or changed, each with all its names
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what else a rule may look at
    approvers: tuple[tuple[PersonId, str], ...] = ()
    told: tuple[PersonId, ...] = ()  # those of them who get a message
    asks: int = 0  # how often people were asked, or others were
    since: Mapping[PersonId, int] = field(default_factory=dict)  # with which of these each of `told` was
    stand_ins: Mapping[PersonId, PersonId] = field(default_factory=dict)  # delegates, and for whom
    awaited: tuple[PersonId, ...] = ()  # those of them who haven't answered
    agree: int = 1
    need: int = 1  # votes that were missing in this step when they were asked
    counted: int = 0  # votes there were by then
    step: int = 0
    steps: int = 1
    level: int = 0  # how often the current step was escalated
    notes: tuple[str, ...] = ()  # who was stepped over
    is_stuck: bool = False  # too few are left to decide it; the operators were told
    lost: tuple[PersonId, ...] = ()  # whom no message reached
    reminded: int = 0
    reminders: tuple[int, ...] = ()  # all that were ever sent, each with what was asked by then (`asks`)
    asked_last_at: datetime | None = None  # when those who decide last heard of it
    remind_at: datetime | None = None
    remind_gap: int = 0  # seconds
    escalate_at: tuple[datetime, ...] = ()
    questions: tuple[Question, ...] = ()
    expires_at: datetime | None = None
    votes: tuple[Vote, ...] = ()
    approved_at: datetime | None = None
    decided_by: tuple[PersonId, ...] = ()
    outcome: Outcome | None = None
    outcomes: int = 0  # how often it ended or stopped; a stopped one may go on
    held: str = ""
    tried: tuple[str, ...] = ()  # since it was approved or resumed
    accepted: tuple[str, ...] = ()
    changed: bool = False  # whether Miro ever accepted a call of it; never taken back
    holds: int = 0
    looks: int = 0
    next_due: datetime | None = None
    unreached: tuple[str, ...] = ()
    untouchable: bool = False

    @property
    def number(self) -> int:
        """42 of R-42."""
        return int(self.id.removeprefix("R-"))

    @property
    def has_lost(self) -> bool:
        """Whether somebody who was asked turned out not to be reachable, and nobody was asked instead yet."""
        return bool(set(self.lost) & set(self.told))

    @property
    def is_unasked(self) -> bool:
        """Whether the policy needs nobody's approval for it."""
        return self.steps == 0

    @property
    def missing(self) -> int:
        """Votes that are still missing in the current step."""
        return max(self.need - len(self.votes) + self.counted, 0)


def _asked(event: Event) -> Request:
    body = event.body
    return Request(
        id=event.request,
        version=event.version,
        state=State.CHECKING,
        action=body["action"],
        requester=event.by,
        asked_at=event.at,
        details=_read(event, "details"),
        reason=event.told("reason"),
        subject=body.get("subject"),
        policy=body["policy"],
        because_of=body.get("because_of"),
        is_end=body.get("is_end", False),
        **_case(event),
        practice=body.get("practice", False),
        shell=event.told("shell"),
        lanes=tuple(body["lanes"]),
        next_due=event.at,
    )


def _read(event: Event, key: str) -> dict[str, Any]:
    text = event.words.get(key)
    return dict(json.loads(text)) if text else {}


def _case(event: Event) -> dict[str, Any]:
    """What a policy looks at."""
    case = _read(event, "case")
    return {
        "teams": tuple(tuple(names) for names in case.get("teams", ())),
        "facts": {key: tuple(names) for key, names in case.get("facts", {}).items()},
        "days": case.get("days"),
    }


def _planned(request: Request, event: Event) -> dict[str, Any]:
    body = event.body
    changes = {
        "plan": _read(event, "plan"),
        "details": _read(event, "details") or request.details,
        "policy": body.get("policy", request.policy),
        "revision": body["revision"],
        "round": request.round + 1,
        "expires_at": unstamp(body["expires_at"]),
        "lanes": tuple(body["lanes"]),
        "subject": body.get("subject", request.subject),
        "votes": (),
        "lost": (),
        "approved_at": None,
        "decided_by": (),
        "held": "",
        "holds": 0,
    }
    before = replace(request, votes=(), since={})
    return changes | (_case(event) if "case" in event.words else {}) | _asking(before, event)


def _asking(request: Request, event: Event) -> dict[str, Any]:
    """Who is asked from now on."""
    body, routing = event.body, _read(event, "routing")
    because = routing.get("because", {})
    approvers = tuple((PersonId(id), because.get(id, "")) for id in body["approvers"])
    told, remind = tuple(map(PersonId, body["told"])), body.get("remind_at")
    before = request.since if body["step"] == request.step else {}
    return {
        "approvers": approvers,
        "told": told,
        "asks": request.asks + 1,
        "since": {id: before.get(id, request.asks + 1) for id in told},
        "stand_ins": {PersonId(id): PersonId(whose) for id, whose in routing.get("for", {}).items()},
        "need": body.get("need", body["agree"]),
        "counted": len(request.votes),
        "awaited": tuple(map(PersonId, body["approvers"])),
        "agree": body["agree"],
        "step": body["step"],
        "steps": body["steps"],
        "level": body["level"],
        "is_stuck": body.get("stuck", False),
        "notes": tuple(routing.get("notes", ())),
        "remind_at": unstamp(remind) if remind else None,
        "remind_gap": body.get("remind_gap", 0),
        "escalate_at": tuple(map(unstamp, body.get("escalate_at", ()))),
        "reminded": 0,
        "asked_last_at": event.at,
    }


def _routed(request: Request, event: Event) -> dict[str, Any]:
    return _asking(request, event)


def _reminded(request: Request, event: Event) -> dict[str, Any]:
    due = event.body.get("remind_at")
    return {
        "reminded": request.reminded + 1,
        "reminders": (*request.reminders, request.asks),
        "remind_at": unstamp(due) if due else None,
        "asked_last_at": event.at,
    }


def _questioned(request: Request, event: Event) -> dict[str, Any]:
    return {"questions": (*request.questions, Question(event.by, event.at, event.told("text")))}


def _replied(request: Request, event: Event) -> dict[str, Any]:
    *before, last = request.questions
    return {"questions": (*before, replace(last, answer=event.told("text")))}


def _voted(request: Request, event: Event) -> dict[str, Any]:
    body = event.body
    stands_for = PersonId(body["stands_for"]) if "stands_for" in body else None
    vote = Vote(
        event.by,
        event.at,
        body["revision"],
        event.told("shell"),
        body.get("step", 0),
        stands_for,
        body.get("level", 0),
        body.get("fallback", False),
    )
    awaited = tuple(id for id in request.awaited if id not in (vote.by, vote.principal))
    return {"votes": (*request.votes, vote), "awaited": awaited}


def _approved(request: Request, event: Event) -> dict[str, Any]:
    voters = tuple(dict.fromkeys(vote.by for vote in request.votes))
    return {"approved_at": event.at, "decided_by": voters, **_afresh(event)}


def _afresh(event: Event) -> dict[str, Any]:
    return {"tried": (), "accepted": (), "looks": 0, "holds": 0, "held": "", "next_due": event.at}


def _held(request: Request, event: Event) -> dict[str, Any]:
    due = unstamp(event.body["next_try_at"])
    return {"held": event.told("text"), "holds": request.holds + 1, "next_due": due}


def _trying(request: Request, event: Event) -> dict[str, Any]:
    tried = (*request.tried, event.body["step"])
    return {"tried": tried, "held": "", "next_due": event.at}


def _answered(request: Request, event: Event) -> dict[str, Any]:
    if event.body.get("nothing_done"):
        return {"tried": request.tried[:-1], "next_due": event.at}
    if not event.body["accepted"]:
        return {"holds": 0, "next_due": event.at}
    accepted = (*request.accepted, event.body["step"])
    return {"accepted": accepted, "changed": True, "holds": 0, "next_due": event.at}


def _unseen(request: Request, event: Event) -> dict[str, Any]:
    return {"looks": request.looks + 1, "next_due": unstamp(event.body["next_try_at"])}


def _resumed(request: Request, event: Event) -> dict[str, Any]:
    return {"outcome": None, **_afresh(event)}


def _ended(request: Request, event: Event) -> dict[str, Any]:
    outcome = Outcome(
        at=event.at,
        by=event.by,
        text=event.told("text"),
        remedy=event.told("remedy"),
        done=tuple(_read(event, "lines").get("done", ())),
        left=tuple(_read(event, "lines").get("left", ())),
        shell=event.told("shell"),
    )
    decided = {"decided_by": (event.by,)} if event.type == What.DENIED else {}
    joined = {"because_of": event.body["because_of"]} if event.type == What.JOINED else {}
    count = request.outcomes + 1
    over = {"outcome": outcome, "outcomes": count, "next_due": None, "held": ""}
    return over | decided | joined | _until(event)


def _until(event: Event) -> dict[str, Any]:
    """When what was done is to be taken back, and when that is said."""
    if event.type != What.DONE or "ends_at" not in event.body:
        return {}
    ends, notice = (unstamp(event.body[key]) for key in ("ends_at", "notice_at"))
    return {"ends_at": ends, "notice_at": notice, "next_due": notice}


def _ending(request: Request, event: Event) -> dict[str, Any]:
    return {"notice_at": None, "next_due": request.ends_at}


def _over(request: Request, event: Event) -> dict[str, Any]:
    return {"ends_at": None, "notice_at": None, "next_due": None}


def _unreached(request: Request, event: Event) -> dict[str, Any]:
    text, who = event.told("text"), event.body.get("who")
    lost = {"lost": (*request.lost, PersonId(who))} if who else {}
    return lost | ({"unreached": (*request.unreached, text)} if text else {})


_READS = {
    What.PLANNED: _planned,
    What.ROUTED: _routed,
    What.REMINDED: _reminded,
    What.QUESTIONED: _questioned,
    What.REPLIED: _replied,
    What.ENDING: _ending,
    What.OVER: _over,
    What.VOTED: _voted,
    What.APPROVED: _approved,
    What.HELD: _held,
    What.TRYING: _trying,
    What.ANSWERED: _answered,
    What.UNSEEN: _unseen,
    What.RESUMED: _resumed,
    What.UNREACHED: _unreached,
}


def _lifted(event: Event) -> Event:
    """The event as it would be written today. In format 1 there was one step, and everybody was told why."""
    if event.type != What.PLANNED or event.format > 1:
        return event
    why = {id: because for id, because in event.body["approvers"]}
    body = {**event.body, "approvers": list(why), "told": list(why), "step": 0, "steps": 1, "level": 0}
    routing = json.dumps({"notes": [], "because": why})
    return replace(event, body=body, words={**event.words, "routing": routing}, format=FORMATS[event.type])


def apply(request: Request | None, event: Event) -> Request:
    """The request after one more event. Raises Impossible where the table doesn't allow it."""
    if not event.known:
        if request is None:
            raise ValueError(f"{event.request} begins with an event this program doesn't know")
        return replace(request, version=event.version, untouchable=True, next_due=None)
    if request and request.untouchable:  # its state is a newer program's to know
        return replace(request, version=event.version)
    what, event = What(event.type), _lifted(event)
    state = move(request.state if request else None, what)
    if request is None:
        return _asked(event)
    changes = _READS.get(what, _ended)(request, event)
    due = changes.pop("next_due", request.next_due)
    after = replace(request, version=event.version, state=state, next_due=due, **changes)
    return replace(after, next_due=_next_due(after, event.at)) if state is State.WAITING else after


def _next_due(request: Request, now: datetime) -> datetime | None:
    """When something is to be brought about while people are asked: by time, or for one told in vain."""
    missed = now if request.has_lost else None
    times = (request.expires_at, request.remind_at, *request.escalate_at[request.level :][:1], missed)
    return min((one for one in times if one), default=None)


def fold(events: Iterable[Event]) -> Request:
    """A request from all its events, oldest first. Raises ValueError when there are none."""
    whole = reduce(apply, events, None)
    if whole is None:
        raise ValueError("there is no request without events")
    return whole


def is_active(request: Request) -> bool:
    """Whether the worker has the next step."""
    return request.state in ACTIVE and not request.untouchable


def listed(request: Request) -> dict[str, Any]:
    """What a store keeps beside the events, so that a request is found without folding them."""
    expires = request.expires_at if request.state is State.WAITING else None
    return {
        "version": request.version,
        "state": request.state.value,
        "subject": request.subject,
        "because_of": request.because_of,
        "next_due": stamp(request.next_due) if request.next_due else None,
        "active": int(is_active(request)),
        "expires_at": stamp(expires) if expires else None,
    }
