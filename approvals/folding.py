"""Folds the events of a request into its state."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any, TypeVar

from approvals import plan, sentence
from approvals.ids import PersonId, stamp, unstamp
from approvals.plan import Plan
from approvals.request import FORMATS, Asking, Ending, Event, Outcome, Question, Request, Scope, Vote
from approvals.sentence import Sentence
from approvals.states import EventType, State, move

T = TypeVar("T")
Changes = dict[str, Any]
"""{field of a request: its value after an event; of one of its PARTS only {field: value} that change}."""
PARTS = ("plan", "asking", "deadlines", "progress", "ending", "hand_over")


def changed(value: T, **changes: Any) -> T:
    """A copy of a frozen value with other fields: `dataclasses.replace` at a tenth of its processor time,
    which dominates folding. Raises TypeError for an unknown field."""
    if not vars(value).keys() >= changes.keys():
        raise TypeError(f"{type(value).__name__} hasn't {', '.join(changes.keys() - vars(value).keys())}")
    copy = object.__new__(type(value))
    vars(copy).update(vars(value), **changes)
    return copy


def changed_by(request: Request, changes: Changes) -> Request:
    """The request after these changes."""
    for name in PARTS:
        if isinstance(part := changes.get(name), dict):
            changes[name] = changed(getattr(request, name), **part)
    return changed(request, **changes)


_AS_ASKED = ("subject", "policy", "because_of", "is_end", "line", "undoes", "practice", "urgency")
"""Fields with the name that they have in the event; without it, their default."""


def _asked(event: Event) -> Request:
    body = event.body
    begun = event.request, event.version, State.CHECKING, body["action"], event.by, event.at
    words = _read(event, "details"), event.text("reason")
    fields: Changes = {name: body[name] for name in _AS_ASKED if name in body}
    fields |= {"lanes": tuple(body["lanes"]), "is_exact": body.get("exact", False), "scope": _scope(event)}
    fields |= {"token": _token(event), "shell": event.text("shell"), "next_due": event.at}
    return Request(*begun, *words, **fields)


def _token(event: Event) -> str:
    """Eight hex digits that identify this ask: from its time and the salted digests of its words."""
    seals = sorted(event.body.get("words", {}).items())
    text = json.dumps([event.request, stamp(event.at), event.by, seals])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _read(event: Event, key: str) -> dict[str, Any]:
    text = event.words.get(key)
    return dict(json.loads(text)) if text else {}


def _scope(event: Event) -> Scope:
    case = _read(event, "case")
    facts = {key: tuple(names) for key, names in case.get("facts", {}).items()}
    # Older events, with one team to leave at most, have it among the other facts.
    older = facts.pop("leaving", None)
    teams = tuple(tuple(names) for names in case.get("teams", ()))
    left = tuple(tuple(names) for names in case.get("left", [older] if older else ()))
    return Scope(teams, left, facts, case.get("days"))


def _sentence(event: Event, key: str) -> Sentence | None:
    return sentence.read(event.body, event.words, key)


def _time(body: Mapping[str, Any], key: str) -> datetime | None:
    return unstamp(body[key]) if body.get(key) else None


def _planned(request: Request, event: Event) -> Changes:
    body = event.body
    asked = changed(request.asking, votes=(), since={}, unreachable=(), approved_at=None, decided_by=())
    made = {"revision": body["revision"], "round": request.plan.round + 1, "planned_at": event.at}
    return {
        "plan": Plan(**plan.read(event.words.get("plan") or ""), **made),
        "details": _read(event, "details") or request.details,
        "scope": _scope(event) if "case" in event.words else request.scope,
        "policy": body.get("policy", request.policy),
        "lanes": tuple(body["lanes"]),
        "subject": body.get("subject", request.subject),
        "asking": _asking(asked, event),
        "deadlines": _deadlines(event, event.at, unstamp(body["expires_at"])),
        "progress": {"held": None, "holds": 0},
        "together": False,
    }


def _asking(asking: Asking, event: Event) -> Asking:
    """Who is asked from now on."""
    body, routing = event.body, _read(event, "routing")
    because = routing.get("because", {})
    before = asking.since if body["step"] == asking.step else {}
    return changed(
        asking,
        approvers=tuple((PersonId(id), Sentence.read(because.get(id, ""))) for id in body["approvers"]),
        notified=tuple(body["told"]),
        asks=asking.asks + 1,
        since={id: before.get(id, asking.asks + 1) for id in body["told"]},
        stand_ins=routing.get("for", {}),
        need=body.get("need", body["agree"]),
        counted=len(asking.votes),
        awaited=tuple(body["approvers"]),
        agree=body["agree"],
        step=body["step"],
        steps=body["steps"],
        level=body["level"],
        confirms=body.get("confirms", False),
        is_stuck=body.get("stuck", False),
        notes=tuple(map(Sentence.read, routing.get("notes", ()))),
    )


def _deadlines(event: Event, step_at: datetime | None, expires_at: datetime | None) -> Changes:
    """The deadlines of those asked from now on."""
    begun = {"step_at": step_at, "asked_last_at": event.at, "reminded": 0}
    return {**_times(event.body), **begun, "expires_at": expires_at}


def _times(body: Mapping[str, Any]) -> Changes:
    """The deadlines that a rule gives while a step is asked."""
    escalate_at = tuple(map(unstamp, body.get("escalate_at", ())))
    remind_gap = body.get("remind_gap", 0)
    return {"escalate_at": escalate_at, "remind_at": _time(body, "remind_at"), "remind_gap": remind_gap}


def _routed(request: Request, event: Event) -> Changes:
    """People who confirm, or decide again what was approved, are asked with a new card."""
    body, asking, is_back = event.body, request.asking, request.state is State.APPROVED
    changes: Changes = {}
    if is_back or (body.get("confirms") and not asking.confirms):
        asking = changed(asking, since={})
    if is_back:
        asking = changed(asking, approved_at=None, decided_by=())
        changes = {"policy": body["policy"], "progress": {"held": None, "holds": 0}, "together": False}
    if back := body.get("back"):
        asking = changed(asking, unreachable=tuple(id for id in asking.unreachable if id not in back))
        changes["unreached"] = ()
    step_at = request.deadlines.step_at if body["step"] == asking.step and not is_back else event.at
    expires_at = unstamp(body["expires_at"]) if is_back else request.deadlines.expires_at
    return {**changes, "asking": _asking(asking, event), "deadlines": _deadlines(event, step_at, expires_at)}


def _ruled(request: Request, event: Event) -> Changes:
    return moved(event.body)


def moved(body: Mapping[str, Any]) -> Changes:
    """The changes of a waiting request under another policy's time limits."""
    times = {**_times(body), "expires_at": unstamp(body["expires_at"])}
    return {"policy": body["policy"], "asking": {"level": body["level"]}, "deadlines": times}


def _reminded(request: Request, event: Event) -> Changes:
    asking, before, due = request.asking, request.deadlines, _time(event.body, "remind_at")
    if request.state is State.STOPPED:
        handed = {"reminders": request.hand_over.reminders + 1, "remind_at": due}
        return {"hand_over": handed, "next_due": due}
    deadlines = {"reminded": before.reminded + 1, "remind_at": due, "asked_last_at": event.at}
    return {"asking": {"reminders": (*asking.reminders, asking.asks)}, "deadlines": deadlines}


def _questioned(request: Request, event: Event) -> Changes:
    question = Question(event.by, event.at, event.text("text"))
    return {"asking": {"questions": (*request.asking.questions, question)}}


def _replied(request: Request, event: Event) -> Changes:
    if not request.asking.questions:
        return {}  # a reply without a question, in an older record, is ignored
    *before, last = request.asking.questions
    return {"asking": {"questions": (*before, changed(last, answer=event.text("text")))}}


def _voted(request: Request, event: Event) -> Changes:
    body, asking = event.body, request.asking
    given = {name: body[name] for name in ("step", "stands_for", "level") if name in body}
    is_fallback, shell = body.get("fallback", False), event.text("shell")
    vote = Vote(event.by, event.at, body["revision"], shell, is_fallback=is_fallback, **given)
    awaited = tuple(id for id in asking.awaited if id not in (vote.by, vote.principal))
    return {"asking": {"votes": (*asking.votes, vote), "awaited": awaited}}


def _approved(request: Request, event: Event) -> Changes:
    voters = tuple(dict.fromkeys(vote.by for vote in request.asking.votes))
    asking = {"approved_at": event.at, "decided_by": voters}
    due = request.starts_at if request.is_scheduled else event.at
    together = event.body.get("together", False)
    return {"asking": asking, **_afresh(event), "next_due": due, "together": together}


def _scheduled(request: Request, event: Event) -> Changes:
    starts_at = unstamp(event.body["start_at"])
    due = starts_at if request.state is State.APPROVED else request.next_due
    return {"starts_at": starts_at, "has_started": False, "next_due": due}


def _started(request: Request, event: Event) -> Changes:
    return {"has_started": True}  # its start stays the time it is due, so that earlier ones go first


def _afresh(event: Event) -> Changes:
    progress = {"tried": (), "accepted": (), "looks": 0, "holds": 0, "held": None}
    return {"progress": progress, "next_due": event.at}


def _held(request: Request, event: Event) -> Changes:
    holds = request.progress.holds + (0 if event.body.get("behind") else 1)
    progress = {"held": _sentence(event, "text"), "holds": holds}
    together = event.body.get("together", False)
    return {"progress": progress, "next_due": _time(event.body, "next_try_at"), "together": together}


def _trying(request: Request, event: Event) -> Changes:
    before = request.progress
    tried = (*before.tried, event.body["step"])
    return {"progress": {"tried": tried, "unclear": before.unclear + 1, "held": None}, "next_due": event.at}


def _answered(request: Request, event: Event) -> Changes:
    before, body = request.progress, event.body
    if body.get("unclear"):
        after: Changes = {"holds": 0}
    elif body.get("nothing_done"):
        after = {"unclear": before.unclear - 1, "tried": before.tried[:-1]}
    else:
        after = {"unclear": before.unclear - 1, "holds": 0}
        if body["accepted"]:
            after |= {"accepted": (*before.accepted, body["step"]), "has_changed": True}
    return {"progress": after, "next_due": event.at}


def _unseen(request: Request, event: Event) -> Changes:
    progress = {"looks": request.progress.looks + 1, "held": None}
    return {"progress": progress, "next_due": unstamp(event.body["next_try_at"])}


def _resumed(request: Request, event: Event) -> Changes:
    handed = {"to": None, "remind_at": None}
    return {"outcome": None, "hand_over": handed, **_afresh(event), "together": False}


def _handed(request: Request, event: Event) -> Changes:
    before, due, to = request.hand_over, _time(event.body, "remind_at"), event.body.get("to")
    left = request.outcome.left if request.outcome and to else ()
    left = (*before.left, *(change for change in left if change not in before.left))
    after = {"to": to, "at": event.at, "times": before.times + 1, "remind_at": due, "left": left}
    return {"hand_over": after, "next_due": due}


def _reported(request: Request, event: Event) -> Changes:
    handed = {"is_reported": True, "remind_at": _time(event.body, "remind_at")}
    return {"hand_over": handed, **_afresh(event)}


def _stopped(request: Request, event: Event) -> Changes:
    due = request.hand_over.remind_at
    return {**_ended(request, event), "hand_over": {"is_reported": False}, "next_due": due}


def _ended(request: Request, event: Event) -> Changes:
    lines = {name: tuple(map(Sentence.read, some)) for name, some in _read(event, "lines").items()}
    text, remedy = _sentence(event, "text"), _sentence(event, "remedy")
    done, others, left = (lines.get(name, ()) for name in ("done", "others", "left"))
    outcome = Outcome(event.at, event.by, text, remedy, done, others, left, event.text("shell"))
    progress = {"held": None, "outcomes": request.progress.outcomes + 1}
    return {"outcome": outcome, "progress": progress, "next_due": None}


def _denied(request: Request, event: Event) -> Changes:
    return {**_ended(request, event), "asking": {"decided_by": (event.by,)}}


def _joined(request: Request, event: Event) -> Changes:
    return {**_ended(request, event), "because_of": event.body["because_of"]}


def _done(request: Request, event: Event) -> Changes:
    """When its days are over, only the approved changes that were really made are taken back."""
    changes = _ended(request, event)
    if "gave" in event.words:
        changes["plan"] = {"gives": tuple(_read(event, "gave").get("keys", ()))}
    if "ends_at" in event.body:
        ends, notice = (unstamp(event.body[key]) for key in ("ends_at", "notice_at"))
        changes |= {"ending": {"ends_at": ends, "notice_at": notice}, "next_due": notice}
    return changes


def _ending(request: Request, event: Event) -> Changes:
    return {"ending": {"notice_at": None}, "next_due": request.ending.ends_at}


def _over(request: Request, event: Event) -> Changes:
    moved = request.ending.is_moved or event.body.get("moved", False)
    return {"ending": Ending(is_moved=moved), "next_due": None}


def _unreached(request: Request, event: Event) -> Changes:
    changes: Changes = {}
    if sentence := _sentence(event, "text"):
        changes["unreached"] = (*request.unreached, sentence)
    if who := event.body.get("who"):
        changes["asking"] = {"unreachable": (*request.asking.unreachable, who)}
    return changes


_READS: dict[EventType, Callable[[Request, Event], Changes]] = {
    what: globals().get(f"_{what.name.lower()}", _ended) for what in EventType if what != EventType.ASKED
}
"""The function above with the name of the event type; without one, the event ends the request."""


def _lifted(event: Event) -> Event:
    """The event in today's format. Format 1 had one step, and everybody was notified with a reason."""
    if event.type != EventType.PLANNED or event.format > 1:
        return event
    why = {id: because for id, because in event.body["approvers"]}
    body = {**event.body, "approvers": list(why), "told": list(why), "step": 0, "steps": 1, "level": 0}
    routing = json.dumps({"notes": [], "because": why})
    return replace(event, body=body, words={**event.words, "routing": routing}, format=FORMATS[event.type])


def apply(request: Request | None, event: Event) -> Request:
    """The request after one more event. Raises Impossible if the table of states doesn't allow it."""
    if not event.known:
        if request is None:
            raise ValueError(f"{event.request} begins with an event this program doesn't know")
        return changed(request, version=event.version, untouchable=True, next_due=None)
    if request and request.untouchable:  # a newer program wrote an event
        return changed(request, version=event.version)
    what, event = EventType(event.type), _lifted(event)
    state = move(request.state if request else None, what)
    if request is None:
        return _asked(event)
    changes = {"version": event.version, "state": state, **_READS[what](request, event)}
    after = changed_by(request, changes)
    return changed(after, next_due=_next_due(after, event.at)) if state is State.WAITING else after


def _next_due(request: Request, now: datetime) -> datetime | None:
    """The time of the clock's next step while people are asked; `now` if somebody is unreachable."""
    asking, deadlines = request.asking, request.deadlines
    escalation = deadlines.escalate_at[asking.level : asking.level + 1]
    missed = now if asking.is_missed else None
    times = (deadlines.expires_at, deadlines.remind_at, *escalation, missed)
    return min((time for time in times if time), default=None)


def fold(events: Iterable[Event]) -> Request:
    """The request from all its events, oldest first. Raises ValueError if there are none."""
    whole = reduce(apply, events, None)
    if whole is None:
        raise ValueError("there is no request without events")
    return whole
