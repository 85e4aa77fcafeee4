"""What people do with a bulk, and what becomes of its lines: pause, continue, stop, and what is left over."""

from contextlib import suppress

from approvals.decide import clock, decide
from approvals.decide.actor import Who
from approvals.ids import stamp
from approvals.record.database import Overtaken
from approvals.refusals import Refused
from approvals.request import Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import OPEN, EventType, State
from bot.actions.many import Bulk
from bot.context import Desk


def pause(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """The events of a pause. Raises Refused."""
    _check(request)
    return decide.pause(request, who, desk.table(request))


def go_on(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """The events that continue it. Raises Refused."""
    _check(request)
    return decide.go_on(request, who, desk.table(request))


def stop(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """The events that stop it for good. Raises Refused."""
    _check(request)
    return decide.withdraw(request, who, desk.table(request))


def _check(request: Request) -> None:
    if request.action != Bulk.NAME:
        raise Refused(f"{request.id} is a single request. See /miro show.")


def tidy(desk: Desk) -> None:
    """Closes lines of a bulk that ended before they began; what has begun is finished by itself."""
    for id in desk.store.stranded():
        line = desk.store.request(id)
        if line.state is State.WORKING:
            draft: Draft | None = _held(desk, Sentence.of("bulk-left", request=line.because_of))
        else:
            draft = halted(desk, line)
        with suppress(Overtaken):
            desk.store.append(line, [draft] if draft else [])


def halted(desk: Desk, line: Request) -> Draft | None:
    """The event that keeps a line of a paused or ended bulk from beginning; None if it may go on.

    It may if it has changed something, or somebody resumed it after the bulk had ended. While the bulk is
    paused it goes back to it, so that Continue carries it out with the rest.
    """
    if not (line.line and line.because_of) or line.progress.has_changed:
        return None
    bulk = desk.store.request(line.because_of)
    if bulk.is_paused:
        return _held(desk, Sentence.of("bulk-paused", request=bulk.id), together=True)
    if bulk.state in OPEN or not bulk.outcome:
        return None
    resumed = (event.at for event in desk.store.events(line.id) if event.type == EventType.RESUMED)
    if any(at > bulk.outcome.at for at in resumed):
        return None
    return clock.withdrawn(Sentence.of("bulk-over", request=bulk.id))


def _held(desk: Desk, text: Sentence, **more: bool) -> Draft:
    return saying(EventType.HELD, text, next_try_at=stamp(desk.now()), **more)


def nudge(desk: Desk, line: Request) -> None:
    """Has a bulk look again whether all lines have ended, after one did that went alone."""
    if not (line.line and line.because_of) or line.state in OPEN:
        return
    bulk = desk.store.request(line.because_of)
    desk.store.outbox.redraw(bulk.id)
    with suppress(Overtaken):
        if bulk.state is State.APPROVED and bulk.progress.held and not bulk.is_paused:
            desk.hold(bulk, bulk.progress.held, desk.now())
        elif bulk.state is State.STOPPED and desk.store.lines(bulk.id).keys() <= {State.DONE}:
            desk.store.append(bulk, [Draft(EventType.RESUMED)])
