"""What happened to a request, for a terminal: what was approved and by whom, without what is internal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from approvals.ids import PersonId
from approvals.people import Directory
from approvals.record.report import Named, Row, flat, name, one_line, parsed, row
from approvals.request import Event

_INTERNAL = (
    "case",
    "seen",
    "lanes",
    "urgency",
    "level",
    "remind_at",
    "remind_gap",
    "escalate_at",
    "next_try_at",
)
_ASKING = (
    *("plan", "routing", "details", "subject", "approvers", "told", "may_decide", "expires_at"),
    *("agree", "need", "step", "steps", "stuck"),
)
"""What an entry that asks people says in lines of its own, or what was said before it."""

_LABELS = {"lines.done": "done", "lines.others": "so without it", "lines.left": "left"}
_SEALS = ("policy", "hash")
_INDENT = " " * 10


def history(events: Iterable[Event], directory: Directory, named: Named | None = None) -> list[str]:
    """Each entry with when, what, who and what was said; below it what it asks for, line by line.

    `named` says what an id in what was said means today; without it, people alone are known.
    """
    known = named or (lambda id: name(id, directory))
    lines = []
    for event in events:
        whole = row(event, directory)
        lines.append(_line(event, whole, known))
        if "approvers" in event.body:
            lines += [f"{_INDENT}{one}" for one in _asking(event.body, whole["details"], directory)]
    # A line break or a terminal's command in a reason mustn't look like another entry.
    return [one_line(line).rstrip() for line in lines]


def _line(event: Event, whole: Row, named: Named) -> str:
    hidden = (*_INTERNAL, *(_ASKING if "approvers" in event.body else ()))
    said = {key: _sealed(key, value) for key, value in whole["details"].items() if key not in hidden}
    short = [f"{_LABELS.get(key, key)}: {_short(text)}" for key, text in flat(said, named).items() if text]
    at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{event.seq:>5}  {at}  {event.type:<10} {whole['who']:<28} {', '.join(short)}"


def _sealed(key: str, value: Any) -> Any:
    """A hash as short as `audit verify` names it."""
    return value[:12] if key in _SEALS and isinstance(value, str) else value


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _asking(body: Mapping[str, Any], details: Mapping[str, Any], directory: Directory) -> Iterator[str]:
    """What an entry that asks people says to them, and who they are."""
    plan, routing = parsed(details.get("plan", "{}")), parsed(details.get("routing", "{}"))
    if "plan" in details:
        yield from _numbered("will change", _list(plan, "steps") if isinstance(plan, Mapping) else [plan])
        yield from _each("is so already", _list(plan, "already"))
        yield from _each("warning", _list(plan, "warnings"))
    if body.get("steps") == 0:
        yield "needs no approval: the policy says so"
    else:
        yield from _asked(body, routing, directory)
    yield from _each("note", _list(routing, "notes"))


def _asked(body: Mapping[str, Any], routing: Any, directory: Directory) -> Iterator[str]:
    reasons = routing.get("because") if isinstance(routing, Mapping) else None
    approvers, steps = body["approvers"], body.get("steps", 1)
    yield _people("may decide", approvers, directory, reasons)
    if body.get("told", approvers) != approvers:
        yield _people("told", body["told"], directory)
    place = f" in step {body.get('step', 0) + 1} of {steps}" if steps > 1 else ""
    yield f"must agree: {body.get('agree', 1)} of them{place}"
    if "expires_at" in body:
        yield f"ends without an answer: {body['expires_at'][:19].replace('T', ' ')} UTC"


def _people(
    label: str, ids: Sequence[str], directory: Directory, reasons: Mapping[str, str] | None = None
) -> str:
    """People by the names they have today, each with why they are asked."""
    whys = {id: (reasons or {}).get(id, "") for id in ids}
    called = [f"{_addressed(id, directory)}{f' ({why})' if why else ''}" for id, why in whys.items()]
    return f"{label}: {', '.join(called) or 'nobody'}"


def _addressed(id: str, directory: Directory) -> str:
    """Somebody by name and address, as anybody can choose any name; the id of who is gone."""
    try:
        return directory.person(PersonId(id)).addressed
    except KeyError:
        return id


def _list(of: Any, key: str) -> list[Any]:
    """What a word lists; nothing, where it is gone or isn't what it should be."""
    found = of.get(key) if isinstance(of, Mapping) else None
    return found if isinstance(found, list) else []


def _each(label: str, items: Sequence[Any]) -> Iterator[str]:
    yield from (f"{label}: {one}" for one in items)


def _numbered(label: str, items: Sequence[Any]) -> Iterator[str]:
    """The first beside the label, the others below it."""
    for number, one in enumerate(items, 1):
        lead = f"{label}:" if number == 1 else " " * (len(label) + 1)
        yield f"{lead} {number}. {_step(one)}"


def _step(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    detail = f" ({one['detail']})" if one.get("detail") else ""
    return f"{one.get('text', '')}{detail}"
