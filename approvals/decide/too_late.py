"""What somebody reads who comes too late: who was first, and when."""

from datetime import datetime, timedelta

from approvals.ids import BOT
from approvals.people import Directory, Person, known, listed
from approvals.refusals import Settled
from approvals.request import Request
from approvals.states import State


def ago(span: timedelta) -> str:
    """'a moment', '8 seconds', '3 minutes', '2 hours', '5 days'."""
    seconds = int(span.total_seconds())
    if seconds < 1:
        return "a moment"
    sizes = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    unit, size = next((unit, size) for unit, size in sizes if seconds >= size)
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


_SETTLED = {
    State.DONE: "{who} approved {id} {when}. It's done.",
    State.DENIED: "{who} denied {id} {when}. {unchanged}",
    State.WITHDRAWN: "{who} withdrew {id} {when}.",
    State.EXPIRED: "{id} expired {ago} ago without an answer. {unchanged}",
    State.REFUSED: "{id} ended {ago} ago: it isn't possible.",
    State.NOTHING_TO_DO: "{id} ended {ago} ago: nothing needed to change.",
    State.JOINED: "{id} was merged into an earlier request.",
    State.CHECKING: "I'm still checking {id}. You'll be asked once I know what will change.",
    State.WAITING: "{id} is waiting for an answer. {unchanged}",
}
_APPROVED = "{who} approved {id} {when}. Nothing left to do."
_UNDECIDED = (State.WITHDRAWN, State.REFUSED)
_UNASKED = "{id} needs no approval. Nothing left to do."
_BY_ITSELF = "{id} was closed automatically {ago} ago. Its card says why."


_STANDS = {
    State.CHECKING: "I'm still checking it",
    State.WAITING: "it's waiting for an answer",
    State.APPROVED: "it's approved and about to start",
    State.WORKING: "it's in progress",
    State.DONE: "nothing is left to do",
    State.NOTHING_TO_DO: "nothing needed to change",
    State.REFUSED: "it isn't possible",
    State.JOINED: "it was merged into an earlier request",
    State.DENIED: "it was denied",
    State.WITHDRAWN: "it was withdrawn",
    State.EXPIRED: "it expired without an answer",
    State.REHEARSED: "it was practice only",
}


def settled(request: Request, directory: Directory, now: datetime, reader: Person | None = None) -> Settled:
    """Says who was first, and when; to the reader who was first themselves, that they did it already."""
    since, ids = request.asking.approved_at or now, request.asking.decided_by
    if request.outcome and request.state not in (State.DONE, State.STOPPED, State.REHEARSED):
        since, ids = request.outcome.at, (request.outcome.by,)
    people, passed = [known(directory, id) for id in ids], ago(now - since)
    who = listed(person.addressed if person else "Someone" for person in people) or "Someone"
    when = f"{passed} before you"
    if reader and any(person and reader.is_(person) for person in people):
        who, when = "You", "already"
    unchanged = "Changes made earlier stay." if request.may_have_changed else "Nothing has changed."
    sentence = _sentence(request)
    return Settled(sentence.format(who=who, id=request.id, when=when, ago=passed, unchanged=unchanged))


def not_stopped(request: Request, verb: str = "resume") -> Settled:
    """Says why there is nothing to resume, or to do by hand."""
    stands = _STANDS[request.state]
    if request.state is State.APPROVED and request.starts_at:
        stands = f"it's approved to start {request.starts_at:%Y-%m-%d at %H:%M} UTC"
    return Settled(f"{request.id} isn't stopped, so there's nothing to {verb}: {stands}.")


def answered_late(request: Request) -> Settled:
    """Says why a question needs no answer any more."""
    return Settled(f"The answer isn't needed anymore: {_STANDS.get(request.state, 'it has stopped')}.")


def _sentence(request: Request) -> str:
    if request.state is State.WITHDRAWN and request.outcome and request.outcome.by == BOT:
        return _BY_ITSELF
    if request.is_unasked and request.state not in _UNDECIDED:
        return _UNASKED
    if request.outcome and request.outcome.unshown:
        return _APPROVED
    return _SETTLED.get(request.state, _APPROVED)
