"""What people do with a bulk, and what becomes of its lines: pause, continue, stop, and what is left over."""

from collections.abc import Callable
from contextlib import suppress

from approvals.decide import clock, decide
from approvals.decide.actor import Actor
from approvals.decide.basis import Table
from approvals.ids import stamp
from approvals.record.database import Overtaken
from approvals.refusals import Refused
from approvals.request import Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import OPEN, EventType, State
from bot.actions.many import Bulk
from bot.context import Context

Decide = Callable[[Context, Request, Actor], list[Draft]]


def _of_bulks(decision: Callable[[Request, Actor, Table], list[Draft]]) -> Decide:
    def decided(context: Context, request: Request, actor: Actor) -> list[Draft]:
        if request.action != Bulk.NAME:
            raise Refused(f"{request.id} is a single request. See /miro show.")
        return decision(request, actor, context.table(request))

    return decided


pause, go_on, stop = map(_of_bulks, (decide.pause, decide.go_on, decide.withdraw))
"""The events that pause it, continue it, or stop it for good. Each raises Refused."""


def tidy(context: Context) -> None:
    """Closes lines of a bulk that ended before they began; what has begun is finished by itself."""
    for id in context.store.stranded():
        line = context.store.request(id)
        if line.state is State.WORKING:
            draft: Draft | None = _held(context, Sentence.of("bulk-left", request=line.because_of))
        else:
            draft = halted(context, line)
        with suppress(Overtaken):
            context.store.append(line, [draft] if draft else [])


def halted(context: Context, line: Request) -> Draft | None:
    """The event that keeps a line of a paused or ended bulk from beginning; None if it may go on.

    It may if it has changed something, or somebody resumed it after the bulk had ended. While the bulk is
    paused it goes back to it, so that Continue carries it out with the rest.
    """
    if not (line.line and line.because_of) or line.progress.has_changed:
        return None
    bulk = context.store.request(line.because_of)
    if bulk.is_paused:
        return _held(context, Sentence.of("bulk-paused", request=bulk.id), together=True)
    if bulk.state in OPEN or not bulk.outcome:
        return None
    resumed = (event.at for event in context.store.events(line.id) if event.type == EventType.RESUMED)
    if any(at > bulk.outcome.at for at in resumed):
        return None
    return clock.withdrawn(Sentence.of("bulk-over", request=bulk.id))


def _held(context: Context, text: Sentence, **more: bool) -> Draft:
    return saying(EventType.HELD, text, next_try_at=stamp(context.now()), **more)


def nudge(context: Context, line: Request) -> None:
    """Has a bulk look again whether all lines have ended, after one did that went alone."""
    if not (line.line and line.because_of) or line.state in OPEN:
        return
    bulk = context.store.request(line.because_of)
    context.store.outbox.redraw(bulk.id)
    with suppress(Overtaken):
        if bulk.state is State.APPROVED and bulk.progress.held and not bulk.is_paused:
            context.hold(bulk, bulk.progress.held, context.now())
        elif bulk.state is State.STOPPED and context.store.lines(bulk.id).keys() <= {State.DONE}:
            context.store.append(bulk, [Draft(EventType.RESUMED)])
