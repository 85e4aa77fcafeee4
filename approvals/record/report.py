"""What the record says, for people and for spreadsheets, with all it takes to check it elsewhere."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from approvals import plan, sentence
from approvals.ids import PersonId, stamp
from approvals.people import Directory
from approvals.record.chain import Sealed
from approvals.request import Event
from approvals.sentence import SENTENCES, Sentence

Row = dict[str, Any]
Named = Callable[[str], str]
"""Whom or what an id means today; '' for what is no id."""

Says = Callable[[Sentence], str]
"""How a sentence of the record reads."""

_STRUCTURED = ("values", "details", "case", "plan", "routing", "lines", "seen", "gave", "teams", "unsure")
"""Words that hold JSON. All others are somebody's own, even if they look like it."""
_IDS = ("values", "subject", "approvers", "told", "stands_for", "delegate", "lanes", "details", "seen")
"""Where an id stands for a person or a group. The same text in somebody's reason is left as it is."""
_JOINERS = "\u200c\u200d"
"""They command nothing, and some scripts and pictures aren't written without them."""
_FORMULA = re.compile(r"[\t\r\n']|\s*[=+\-@＝＋－＠]")


def row(event: Event, directory: Directory) -> Row:
    """One entry as an auditor reads it. Words that are gone read "(missing)"."""
    words = {key: event.text(key) for key in event.words}
    place = {"seq": event.seq, "at": stamp(event.at), "request": event.request, "event": event.type}
    return place | _said(event.by, event.body, words, lambda id: name(id, directory))


def exported(one: Sealed, called: Named) -> Row:
    """The same as it is stored, and all it takes to check it; a forgery can be shown as well.

    `called`: who an id is today.
    """
    entry = one.entry
    words = {key: one.words[key][1] if key in one.words else "(missing)" for key in one.digests}
    place = {"seq": entry.seq, "at": entry.at, "request": entry.stream, "event": entry.type}
    return (
        place
        | _said(PersonId(entry.by), one.body, words, called)
        | {
            "version": entry.version,
            "format": entry.format,
            "prev": entry.prev,
            "hash": entry.hash,
            "salts": {key: salt for key, (salt, _) in one.words.items()},
            "digests": one.digests,
            "body": entry.body,
        }
    )


def _said(by: PersonId, body: Mapping[str, Any], words: dict[str, str], called: Named) -> Row:
    who = words.pop("who", "") or _labelled(by, called)
    said = {key: value for key, value in body.items() if key != "words"}
    return {"by": by, "who": who, "details": said | words}


def name(id: str, directory: Directory) -> str:
    """Who an id is today, by name and address, as anybody can choose any name; or ''."""
    try:
        return directory.person(PersonId(id)).addressed
    except KeyError:
        return ""


def _labelled(text: str, named: Named) -> str:
    """An id, or the lane of one, with what it means beside it."""
    known = named(text.rpartition(":")[2])
    return f"{text} ({known})" if known else text


def one_line(text: str) -> str:
    """A text for a terminal: no line break in it begins a line, and no command in it is obeyed."""
    lines = (line for line in text.splitlines() if line.strip())
    return "".join(map(_harmless_sign, " / ".join(lines)))


def _harmless_sign(one: str) -> str:
    if one.isprintable() or one in _JOINERS:
        return one
    return " " if one.isspace() else one.encode("unicode_escape").decode()


def flat(details: Mapping[str, Any], named: Named = lambda id: "") -> dict[str, str]:
    """Details as a table has them: a column for each leaf, and what is in a list side by side."""
    found: dict[str, list[str]] = {}
    for key, value in details.items():
        whole = parsed(value) if key in _STRUCTURED else value
        for path, leaf in _leaves(key, whole):
            found.setdefault(path, []).append(_labelled(leaf, named) if key in _IDS else leaf)
    return {path: " | ".join(leaves) for path, leaves in found.items()}


def parsed(text: Any) -> Any:
    """What a word that holds JSON says; as it is, where it holds none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(f"{path}.{key}", one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(path, one)
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    else:
        yield path, "" if value is None else str(value)


def as_jsonl(rows: Iterable[Row]) -> Iterator[str]:
    """One object a line."""
    return (json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Comma separated lines: a heading, then a line for each row; what is in a list stands side by side."""
    yield _csv_line(columns)
    for row in rows:
        cells = (row[column] for column in columns)
        yield _csv_line([_harmless(", ".join(cell) if isinstance(cell, list) else cell) for cell in cells])


def _csv_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; the ' in front can be told from one that was there."""
    return f"'{value}" if _FORMULA.match(str(value)) else str(value)


_INTERNAL = (
    "card",
    "case",
    "values",
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


def history(
    events: Iterable[Event], directory: Directory, says: Says, named: Named | None = None
) -> list[str]:
    """Each entry with when, what, who and what was said; below it what it asks for, line by line.

    `says`: how a sentence that has a code reads. `named` says what an id in what was said means today;
    without it, people alone are known.
    """
    known = named or (lambda id: name(id, directory))
    lines = []
    for event in events:
        whole = row(event, directory)
        lines.append(_line(event, whole, known, says))
        if "approvers" in event.body:
            lines += [f"{_INDENT}{one}" for one in _asking(event.body, whole["details"], directory, says)]
        if "card" in event.words:
            lines += [f"{_INDENT}{line}" for line in _below("read", event.text("card").splitlines())]
    # A line break or a terminal's command in a reason mustn't look like another entry.
    return [one_line(line).rstrip() for line in lines]


ENTRY = ("entry", "date", "request", "event", "by", "details", "link")
"""The columns of an entry that a person reads; digests, salts and ids are for machines."""


def entry_row(whole: Row, named: Named) -> Row:
    """What a person reads of an entry that `exported` gave, by the columns of ENTRY."""
    said = {key: _sealed(key, value) for key, value in whole["details"].items() if key not in _INTERNAL}
    details = "; ".join(f"{_LABELS.get(key, key)}: {text}" for key, text in flat(said, named).items() if text)
    return {
        "entry": whole["seq"],
        "date": whole["at"],
        "request": whole["request"],
        "event": whole["event"],
        "by": whole["who"],
        "details": details,
        "link": whole["link"],
    }


def _line(event: Event, whole: Row, named: Named, says: Says) -> str:
    hidden = (*_INTERNAL, *(_ASKING if "approvers" in event.body else ()))
    said = {key: _sealed(key, value) for key, value in whole["details"].items() if key not in hidden}
    coded = {key: sentence.read(event.body, event.words, key) for key in SENTENCES if key in event.body}
    said |= {key: says(one) for key, one in coded.items() if one}
    if "lines" in said:
        came = parsed(said["lines"])
        said["lines"] = {key: _each_said(came, key, says) for key in came} if isinstance(came, dict) else came
    short = [f"{_LABELS.get(key, key)}: {_short(text)}" for key, text in flat(said, named).items() if text]
    at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{event.seq:>5}  {at}  {event.type:<10} {whole['who']:<28} {', '.join(short)}"


def _sealed(key: str, value: Any) -> Any:
    """A hash as short as `audit verify` names it."""
    return value[:12] if key in _SEALS and isinstance(value, str) else value


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _asking(
    body: Mapping[str, Any], details: Mapping[str, Any], directory: Directory, says: Says
) -> Iterator[str]:
    """What an entry that asks people says to them, and who they are."""
    planned, routing = parsed(details.get("plan", "{}")), parsed(details.get("routing", "{}"))
    if "plan" in details:
        steps = _list(planned, "steps") if isinstance(planned, Mapping) else [planned]
        numbered = [f"{number}. {_step(step, says)}" for number, step in enumerate(steps, 1)]
        yield from _below("will change", numbered)
        yield from _each("is so already", _each_said(planned, "already", says))
        yield from _each("warning", _each_said(planned, "warnings", says))
    if body.get("steps") == 0:
        yield "needs no approval: the policy says so"
    else:
        yield from _asked(body, routing, directory, says)
    yield from _each("note", _each_said(routing, "notes", says))


def _asked(body: Mapping[str, Any], routing: Any, directory: Directory, says: Says) -> Iterator[str]:
    because = routing.get("because") if isinstance(routing, Mapping) else None
    reasons = {id: says(Sentence.read(why)) for id, why in (because or {}).items()}
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
    called = [f"{name(id, directory) or id}{f' ({why})' if why else ''}" for id, why in whys.items()]
    return f"{label}: {', '.join(called) or 'nobody'}"


def _list(of: Any, key: str) -> list[Any]:
    """What a word lists; nothing, where it is gone or isn't what it should be."""
    found = of.get(key) if isinstance(of, Mapping) else None
    return found if isinstance(found, list) else []


def _each_said(of: Any, key: str, says: Says) -> list[str]:
    """What a word lists as sentences."""
    return [says(Sentence.read(one)) for one in _list(of, key)]


def _each(label: str, items: Sequence[Any]) -> Iterator[str]:
    yield from (f"{label}: {one}" for one in items)


def _below(label: str, lines: Sequence[str]) -> Iterator[str]:
    """The first line beside the label, the others below it."""
    for number, line in enumerate(lines):
        yield f"{' ' * (len(label) + 1) if number else f'{label}:'} {line}"


def _step(one: Any, says: Says) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    step = plan.step(one)
    todo, *hazards = map(says, step.lines)
    detail, risks = says(step.change.form("detail")), " ".join(filter(None, hazards))
    return " ".join(filter(None, (f"{todo}." if risks else todo, risks, f"({detail})" if detail else "")))
