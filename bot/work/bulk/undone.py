"""The lines that undo a bulk: what each of its lines has changed, taken back by the opposite action."""

from collections.abc import Iterator, Sequence
from itertools import count

from approvals.ids import RequestId
from approvals.people import Person
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS
from bot.actions.fill import Problems, fill
from bot.actions.many import Bulk, Line
from bot.actions.undo import lasting, undoing
from bot.context import Context
from bot.work.undo import changed_address, own_steps


def undone(context: Context, bulk: Bulk, requester: Person) -> tuple[Sequence[Line], dict[int, str]]:
    """(lines that undo another bulk, what takes access away first; {number: what can't be undone}).

    `bulk`: with the lines that are undone. A line that takes more than one action has further numbers.
    """
    lines, problems = list[Line](), dict[int, str]()
    more, tables = count(max(line.number for line in bulk.lines) + 1), context.tables()
    for request in _changed(context, bulk):
        numbers, address = _numbers(request.line, more), changed_address(context, request)
        if request.state is State.WORKING:
            problems[next(numbers)] = f"{request.id} isn't finished yet. Undo it by itself afterwards."
            continue
        for action, raw in undoing(own_steps(context, request), address):
            number = next(numbers)
            try:
                command = fill(ACTIONS[action], raw, requester, tables)
            except (Refused, Problems) as error:
                problems[number] = f"{address}: {error}"
                continue
            details = command.model_dump(mode="json", exclude_defaults=True)
            lines.append(Line(number, action, details, request.id))
        if stays := lasting(request):
            problems[next(numbers)] = f"Can't be undone for {address}: {stays}."
    return sorted(lines, key=lambda line: -line.command.URGENCY), problems


def _changed(context: Context, bulk: Bulk) -> Iterator[Request]:
    """The lines of the other bulk that changed something, or may have, in order."""
    ids = context.store.lines_in(RequestId(bulk.undoes), list(State))
    return (request for request in context.store.each(ids) if request.line and request.may_have_changed)


def _numbers(first: int, more: Iterator[int]) -> Iterator[int]:
    yield first
    yield from more
