"""The whole life of a request in one table; nothing else changes a request.

Rules for this file:
1. `MOVES` lists every change of state; nothing else changes one.
2. This file doesn't know who decides, when, or what is asked for.

What *follows* from a request (putting something right, an undo, an extension) is a request of its own
with `because_of`, so that the table stays on one screen.
"""

from enum import StrEnum


class State(StrEnum):
    """The states of a request."""

    CHECKING = "checking"  # saved; the worker finds out what would change and who decides
    WAITING = "waiting"  # approvers were asked
    APPROVED = "approved"  # to be carried out
    WORKING = "working"  # at least one call was tried
    STOPPED = "stopped"  # half done or not begun; an operator has the next step
    DONE = "done"  # every change was seen to hold
    NOTHING_TO_DO = "nothing to do"  # it held already, nobody was asked
    REFUSED = "refused"  # not allowed, or nobody could decide
    JOINED = "joined"  # the same request was waiting already
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nobody answered in time
    REHEARSED = "rehearsed"  # practice: approved, nothing was changed


class EventType(StrEnum):
    """The types of events: one for each thing an auditor may ask about."""

    ASKED = "asked"
    SCHEDULED = "scheduled"  # it isn't to start before a time, or was moved to a later one
    HELD = "held"  # Slack or Miro doesn't answer; retried automatically
    PLANNED = "planned"  # what will change is known and approvers are asked (again)
    UNNEEDED = "unneeded"
    REFUSED = "refused"
    JOINED = "joined"
    ROUTED = "routed"  # others are asked: next step, escalation, or somebody can't decide
    RULED = "ruled"  # another policy is in force; its time limits apply
    REMINDED = "reminded"
    QUESTIONED = "questioned"  # an approver wants to know something first
    REPLIED = "replied"
    VOTED = "voted"  # one approver said yes
    APPROVED = "approved"  # enough of them did
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REHEARSED = "rehearsed"
    STARTED = "started"  # the time came for which it was scheduled
    TRYING = "trying"  # written before each call
    ANSWERED = "answered"  # written after each call
    UNSEEN = "unseen"  # accepted, but the last look didn't show it yet
    DONE = "done"
    ENDING = "ending"  # access given for some days ends soon; its person was notified
    OVER = "over"  # the days are over: another request takes the access back
    STOPPED = "stopped"
    RESUMED = "resumed"
    HANDED = "handed over"  # a named person finishes it by hand in Miro, or no longer does
    REPORTED = "reported done"  # that person did; one look has to verify it
    UNREACHED = "unreached"  # a message couldn't be delivered; the state stays


_S = State
MOVES: dict[EventType, dict[State, State]] = {
    EventType.HELD: {_S.CHECKING: _S.CHECKING, _S.APPROVED: _S.APPROVED, _S.WORKING: _S.WORKING},
    EventType.SCHEDULED: {state: state for state in (_S.CHECKING, _S.WAITING, _S.APPROVED)},
    EventType.PLANNED: {_S.CHECKING: _S.WAITING, _S.APPROVED: _S.WAITING, _S.WORKING: _S.WAITING},
    EventType.UNNEEDED: {_S.CHECKING: _S.NOTHING_TO_DO},
    EventType.REFUSED: {_S.CHECKING: _S.REFUSED, _S.APPROVED: _S.REFUSED},
    EventType.JOINED: {_S.CHECKING: _S.JOINED},
    EventType.RULED: {_S.WAITING: _S.WAITING},
    EventType.QUESTIONED: {_S.WAITING: _S.WAITING},
    EventType.REPLIED: {_S.WAITING: _S.WAITING},
    EventType.VOTED: {_S.WAITING: _S.WAITING},
    EventType.REMINDED: {_S.WAITING: _S.WAITING, _S.STOPPED: _S.STOPPED},
    EventType.ROUTED: {_S.WAITING: _S.WAITING, _S.APPROVED: _S.WAITING},
    EventType.APPROVED: {_S.WAITING: _S.APPROVED},
    EventType.DENIED: {_S.WAITING: _S.DENIED},
    EventType.EXPIRED: {_S.WAITING: _S.EXPIRED},
    EventType.WITHDRAWN: dict.fromkeys((_S.CHECKING, _S.WAITING, _S.APPROVED, _S.STOPPED), _S.WITHDRAWN),
    EventType.REHEARSED: {_S.APPROVED: _S.REHEARSED},
    EventType.STARTED: {_S.APPROVED: _S.APPROVED},
    EventType.TRYING: {_S.APPROVED: _S.WORKING, _S.WORKING: _S.WORKING},
    EventType.ANSWERED: {_S.WORKING: _S.WORKING},
    EventType.UNSEEN: {_S.WORKING: _S.WORKING},
    EventType.DONE: {_S.APPROVED: _S.DONE, _S.WORKING: _S.DONE},
    EventType.ENDING: {_S.DONE: _S.DONE},
    EventType.OVER: {_S.DONE: _S.DONE},
    EventType.STOPPED: {_S.APPROVED: _S.STOPPED, _S.WORKING: _S.STOPPED},
    EventType.RESUMED: {_S.STOPPED: _S.APPROVED},
    EventType.HANDED: {_S.STOPPED: _S.STOPPED},
    EventType.REPORTED: {_S.STOPPED: _S.WORKING},
    EventType.UNREACHED: {state: state for state in State},
}

ACTIVE = frozenset({_S.CHECKING, _S.APPROVED, _S.WORKING})
"""The worker has the next step."""
OPEN = ACTIVE | {_S.WAITING, _S.STOPPED}
"""Not ended."""


class Impossible(Exception):
    """An event that the table doesn't allow: the caller decided on an older state, or is wrong."""


def move(state: State | None, what: EventType) -> State:
    """The state after an event of type `what`; the first is `asked`. Raises Impossible."""
    if state is None and what is EventType.ASKED:
        return State.CHECKING
    try:
        return MOVES[what][state]  # type: ignore[index]
    except KeyError:
        now = state or "not asked yet"
        raise Impossible(f"{what.value!r} can't happen to a request that is {now}") from None


def mermaid() -> str:
    """The table as a Mermaid diagram; README shows exactly this."""
    arrows: dict[tuple[str, str], list[str]] = {("[*]", _S.CHECKING.name): [EventType.ASKED.value]}
    for what, moves in MOVES.items():
        for before, after in moves.items():
            if before is not after:
                arrows.setdefault((before.name, after.name), []).append(what.value)
    for state in State:
        if state not in OPEN:
            arrows[state.name, "[*]"] = []
    lines = [f"  {a} --> {b}: {', '.join(words)}".removesuffix(": ") for (a, b), words in arrows.items()]
    return "\n".join(["stateDiagram-v2", *lines])
