"""What became of every line of a bulk, as a file: a row for each line of the list."""

from collections.abc import Iterator

from approvals.people import Person
from approvals.record.evidence import report
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import State
from bot.actions.many import Bulk
from bot.summary import person, summary
from bot.work.bulk.plans import left_out

COLUMNS = ("line", "email", "action", "request", "state", "what", "outcome", "verified_at")


def written(store: Store, bulk: Request, reader: Person | None = None) -> Iterator[str]:
    """The lines of the file, which no spreadsheet takes for formulas. `reader`: None in a shell."""
    return report.as_csv(COLUMNS, rows(store, bulk, reader))


def rows(store: Store, bulk: Request, reader: Person | None = None) -> Iterator[dict[str, str]]:
    """Each line of the list in order, by COLUMNS.

    "done" is verified; a line that isn't a request of its own says why. In Slack only the requester reads
    that, and whom a line that isn't in the bulk is about: it may be the reader.
    """
    events = list(store.events(bulk.id))
    why = left_out(event.words for event in events)
    made = {request.line: request for request in store.each(store.lines_in(bulk.id, list(State)))}
    lists = [text for event in events if (text := event.words.get("details"))]
    # Of one that undoes another, or is a file, the lines are known since it was checked.
    newest = lists[-1:] if bulk.details.get("undoes") or bulk.details.get("file") else lists[:1]
    lines = {line.number: line for text in newest for line in Bulk.model_validate_json(text).lines}
    numbers = sorted({*lines, *why})
    if reader and not reader.is_(person(store, bulk.requester)):
        own = {line["number"] for line in bulk.details.get("lines", ())}
        lines = {number: line for number, line in lines.items() if number in own}
        why = dict.fromkeys(why, "")
    for number in numbers:
        row, line = {"line": str(number)}, lines.get(number)
        row |= {"action": line.action, "email": person(store, line.details["person"]).email} if line else {}
        blank = dict.fromkeys(COLUMNS, "")
        if request := made.get(number):
            known = summary(store, request)
            row |= {name: str(known[name]) for name in ("state", "what", "outcome")} | {"request": request.id}
            if request.state is State.DONE and request.outcome and not request.outcome.unshown:
                row["verified_at"] = f"{request.outcome.at:%Y-%m-%dT%H:%M:%SZ}"
        elif number in why:
            row |= {"state": "left out", "outcome": why[number]}
        else:
            is_so = bulk.state is State.NOTHING_TO_DO
            row["state"] = bulk.state.value if is_so else f"not begun: {bulk.id} is {bulk.state.value}"
        yield blank | row
