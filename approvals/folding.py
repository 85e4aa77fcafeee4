"""A request, folded from its events: the events are the state."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

from approvals.ids import PersonId, stamp, unstamp
from approvals.request import FORMATS, Event, Outcome, Question, Request, Urgency, Vote
from approvals.states import State, What, move


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
        is_exact=body.get("exact", False),
        is_end=body.get("is_end", False),
        **_case(event),
        practice=body.get("practice", False),
        shell=event.told("shell"),
        lanes=tuple(body["lanes"]),
        token=_token(event),
        urgency=body.get("urgency", Urgency.ORDINARY),
        next_due=event.at,
    )


def _token(event: Event) -> str:
    """Eight hexadecimal digits of this very ask: when it was, and the salted digests of its words."""
    seals = sorted(event.body.get("words", {}).items())
    text = json.dumps([event.request, stamp(event.at), event.by, seals])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _read(event: Event, key: str) -> dict[str, Any]:
    text = event.words.get(key)
    return dict(json.loads(text)) if text else {}


def _case(event: Event) -> dict[str, Any]:
    """What a policy looks at."""
    case = _read(event, "case")
    facts = {key: tuple(names) for key, names in case.get("facts", {}).items()}
    # Before several could be told apart, the one team that is left stood among the other facts.
    older = facts.pop("leaving", None)
    return {
        "teams": tuple(tuple(names) for names in case.get("teams", ())),
        "left": tuple(tuple(names) for names in case.get("left", [older] if older else ())),
        "facts": facts,
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
        "planned_at": event.at,
        "step_at": event.at,
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
        "confirms": body.get("confirms", False),
        "is_stuck": body.get("stuck", False),
        "notes": tuple(routing.get("notes", ())),
        "remind_at": unstamp(remind) if remind else None,
        "remind_gap": body.get("remind_gap", 0),
        "escalate_at": tuple(map(unstamp, body.get("escalate_at", ()))),
        "reminded": 0,
        "asked_last_at": event.at,
    }


def _routed(request: Request, event: Event) -> dict[str, Any]:
    """Whoever confirms, or decides once more what was approved, is asked with a card of its own."""
    body, is_back = event.body, request.state is State.APPROVED
    is_new = is_back or (body.get("confirms") and not request.confirms)
    same = body["step"] == request.step and not is_back
    times: dict[str, Any] = {"step_at": request.step_at if same else event.at}
    if is_back:
        times |= {"policy": body["policy"], "expires_at": unstamp(body["expires_at"])}
        times |= {"approved_at": None, "decided_by": (), "held": "", "holds": 0}
    return times | _asking(replace(request, since={}) if is_new else request, event)


def _ruled(request: Request, event: Event) -> dict[str, Any]:
    return moved(event.body)


def moved(body: Mapping[str, Any]) -> dict[str, Any]:
    """What another policy's times change of a waiting request."""
    remind = body.get("remind_at")
    return {
        "policy": body["policy"],
        "expires_at": unstamp(body["expires_at"]),
        "level": body["level"],
        "escalate_at": tuple(map(unstamp, body["escalate_at"])),
        "remind_gap": body.get("remind_gap", 0),
        "remind_at": unstamp(remind) if remind else None,
    }


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
    if not request.questions:
        return {}  # an answer to nothing says nothing; a record that holds one can still be read
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
    return {"tried": tried, "unclear": request.unclear + 1, "held": "", "next_due": event.at}


def _answered(request: Request, event: Event) -> dict[str, Any]:
    if event.body.get("unclear"):
        return {"holds": 0, "next_due": event.at}
    clear = {"unclear": request.unclear - 1, "next_due": event.at}
    if event.body.get("nothing_done"):
        return {**clear, "tried": request.tried[:-1]}
    if not event.body["accepted"]:
        return {**clear, "holds": 0}
    accepted = (*request.accepted, event.body["step"])
    return {**clear, "accepted": accepted, "changed": True, "holds": 0}


def _unseen(request: Request, event: Event) -> dict[str, Any]:
    return {"looks": request.looks + 1, "held": "", "next_due": unstamp(event.body["next_try_at"])}


def _resumed(request: Request, event: Event) -> dict[str, Any]:
    return {"outcome": None, **_afresh(event)}


def _ended(request: Request, event: Event) -> dict[str, Any]:
    outcome = Outcome(
        at=event.at,
        by=event.by,
        text=event.told("text"),
        remedy=event.told("remedy"),
        done=tuple(_read(event, "lines").get("done", ())),
        others=tuple(_read(event, "lines").get("others", ())),
        left=tuple(_read(event, "lines").get("left", ())),
        shell=event.told("shell"),
    )
    decided = {"decided_by": (event.by,)} if event.type == What.DENIED else {}
    joined = {"because_of": event.body["because_of"]} if event.type == What.JOINED else {}
    count = request.outcomes + 1
    over = {"outcome": outcome, "outcomes": count, "next_due": None, "held": ""}
    return over | decided | joined | _until(event) | _gave(request, event)


def _gave(request: Request, event: Event) -> dict[str, Any]:
    """What was really brought about of what was approved: only that is taken back when the days are over."""
    if event.type != What.DONE or "gave" not in event.words:
        return {}
    return {"plan": {**request.plan, "gives": _read(event, "gave").get("keys", [])}}


def _until(event: Event) -> dict[str, Any]:
    """When what was done is to be taken back, and when that is said."""
    if event.type != What.DONE or "ends_at" not in event.body:
        return {}
    ends, notice = (unstamp(event.body[key]) for key in ("ends_at", "notice_at"))
    return {"ends_at": ends, "notice_at": notice, "next_due": notice}


def _ending(request: Request, event: Event) -> dict[str, Any]:
    return {"notice_at": None, "next_due": request.ends_at}


def _over(request: Request, event: Event) -> dict[str, Any]:
    moved = {"is_moved": True} if event.body.get("moved") else {}
    return {"ends_at": None, "notice_at": None, "next_due": None, **moved}


def _unreached(request: Request, event: Event) -> dict[str, Any]:
    text, who = event.told("text"), event.body.get("who")
    lost = {"lost": (*request.lost, PersonId(who))} if who else {}
    return lost | ({"unreached": (*request.unreached, text)} if text else {})


_READS = {
    What.PLANNED: _planned,
    What.ROUTED: _routed,
    What.RULED: _ruled,
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
