"""The record for people and spreadsheets, with all data needed to check it elsewhere."""

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
"""Maps an id to the current name of its person or group; '' for other texts."""

Says = Callable[[Sentence], str]
"""Maps a sentence of the record to its text."""

_STRUCTURED = ("values", "details", "case", "plan", "routing", "lines", "seen", "gave", "teams", "unsure")
"""Words that hold JSON. All others were typed by people, even if they look like it."""
_IDS = ("values", "subject", "approvers", "told", "stands_for", "delegate", "lanes", "details", "seen")
"""Words with ids of people or groups; the same text in a reason stays unchanged."""
_JOINERS = "\u200c\u200d"
"""Joiners: harmless, and needed by some scripts and emoji."""
_FORMULA = re.compile(r"[\t\r\n']|\s*[=+\-@＝＋－＠]")


def row(event: Event, directory: Directory) -> Row:
    """One entry for an auditor; deleted words read "(missing)"."""
    words = {key: event.text(key) for key in event.words}
    place = {"seq": event.seq, "at": stamp(event.at), "request": event.request, "event": event.type}
    return place | _said(event.by, event.body, words, lambda id: name(id, directory))


def exported(sealed: Sealed, called: Named) -> Row:
    """The same as it is stored, and all it takes to check it; a forgery can be shown as well.

    `called`: who an id is today.
    """
    entry = sealed.entry
    words = {key: sealed.words[key][1] if key in sealed.words else "(missing)" for key in sealed.digests}
    place = {"seq": entry.seq, "at": entry.at, "request": entry.stream, "event": entry.type}
    sealing = {name: getattr(entry, name) for name in ("version", "format", "prev", "hash")}
    salts = {key: salt for key, (salt, _) in sealed.words.items()}
    sealing |= {"salts": salts, "digests": sealed.digests, "body": entry.body}
    return place | _said(PersonId(entry.by), sealed.body, words, called) | sealing


def _said(by: PersonId, body: Mapping[str, Any], words: dict[str, str], called: Named) -> Row:
    who = words.pop("who", "")
    who = _labelled(by, called) if who in ("", "(missing)") else who
    fields = {key: value for key, value in body.items() if key != "words"}
    return {"by": by, "who": who, "details": fields | words}


def name(id: str, directory: Directory) -> str:
    """The current name and address of an id, or ''; a name alone could be anybody's."""
    try:
        return directory.person(PersonId(id)).addressed
    except KeyError:
        return ""


def _labelled(text: str, named: Named) -> str:
    """An id, or its lane, with its current name."""
    known = named(text.rpartition(":")[2])
    return f"{text} ({known})" if known else text


def one_line(text: str) -> str:
    """A text on one line for a terminal, with control characters escaped."""
    lines = (line for line in text.splitlines() if line.strip())
    return "".join(map(_harmless_sign, " / ".join(lines)))


def _harmless_sign(sign: str) -> str:
    if sign.isprintable() or sign in _JOINERS:
        return sign
    return " " if sign.isspace() else sign.encode("unicode_escape").decode()


def flat(details: Mapping[str, Any], named: Named = lambda id: "") -> dict[str, str]:
    """Details as a table has them: a column for each leaf, and what is in a list side by side."""
    columns: dict[str, list[str]] = {}
    for key, value in details.items():
        whole = parsed(value) if key in _STRUCTURED else value
        for path, leaf in _leaves(key, whole):
            columns.setdefault(path, []).append(_labelled(leaf, named) if key in _IDS else leaf)
    return {path: " | ".join(leaves) for path, leaves in columns.items()}


def parsed(text: Any) -> Any:
    """The parsed JSON of a word; the word itself if it isn't JSON."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(path, item)
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    else:
        yield path, "" if value is None else str(value)


def as_jsonl(rows: Iterable[Row]) -> Iterator[str]:
    """One object a line."""
    return (json.dumps(each, ensure_ascii=False) + "\n" for each in rows)


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
    *("card", "case", "values", "seen", "lanes", "urgency", "level", "remind_at", "remind_gap"),
    *("escalate_at", "next_try_at", "removed", "line_plans", "left_out"),
)
_ASKING = (
    *("plan", "routing", "details", "subject", "approvers", "told", "may_decide", "expires_at"),
    *("agree", "need", "step", "steps", "stuck"),
)
"""Keys of an entry that asks people which are shown on lines of their own, or were shown before."""

_SHOWN_ABOVE = ("action", "subject", "exact", "step", "gave")
"""Keys that a history of one request leaves out: its heading, or the line before, says it."""
_LABELS = {
    "lines.done": "done",
    "lines.others": "already so",
    "lines.left": "left",
    "about": "for",
    "asked_by": "requested by",
    "seen_at": "seen at",
    "text": "",
}
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
            lines += [f"{_INDENT}{entry}" for entry in _asking(event.body, whole["details"], directory, says)]
        if "card" in event.words:
            lines += [f"{_INDENT}{line}" for line in _below("read", event.text("card").splitlines())]
    # A line break or a terminal's command in a reason mustn't look like another entry.
    return [one_line(line).rstrip() for line in lines]


ENTRY = ("entry", "date", "request", "event", "by", "details", "link")
"""The columns of an entry that a person reads; digests, salts and ids are for machines."""


def entry_row(whole: Row, named: Named) -> Row:
    """What a person reads of an entry that `exported` gave, by the columns of ENTRY."""
    fields = {key: _sealed(key, value) for key, value in whole["details"].items() if key not in _INTERNAL}
    details = "; ".join(_said_of(key, text) for key, text in flat(fields, named).items() if text)
    of_entry = (whole[key] for key in ("seq", "at", "request", "event", "who"))
    return dict(zip(ENTRY, (*of_entry, details, whole["link"]), strict=True))


def _line(event: Event, whole: Row, named: Named, says: Says) -> str:
    hidden = (*_INTERNAL, *_SHOWN_ABOVE, *(_ASKING if "approvers" in event.body else ()))
    fields = {key: _sealed(key, value) for key, value in whole["details"].items() if key not in hidden}
    coded = {key: sentence.read(event.body, event.words, key) for key in SENTENCES if key in event.body}
    fields |= {key: says(entry) for key, entry in coded.items() if entry}
    if "lines" in fields:
        came = parsed(fields["lines"])
        fields["lines"] = (
            {key: _each_said(came, key, says) for key in came} if isinstance(came, dict) else came
        )
    whole_said = flat(fields, named).items()
    short = [_said_of(key.removeprefix("details."), _short(text)) for key, text in whole_said if text]
    at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{event.seq:>5}  {at}  {event.type:<10} {whole['who']:<28} {', '.join(short)}"


def _said_of(key: str, text: str) -> str:
    label = _LABELS.get(key, key)
    return f"{label}: {text}" if label else text


def _sealed(key: str, value: Any) -> Any:
    """A hash shortened as in `audit verify`."""
    return value[:12] if key in _SEALS and isinstance(value, str) else value


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _asking(
    body: Mapping[str, Any], details: Mapping[str, Any], directory: Directory, says: Says
) -> Iterator[str]:
    """The lines of an entry that asks people: the question, and who they are."""
    planned, routing = parsed(details.get("plan", "{}")), parsed(details.get("routing", "{}"))
    if "plan" in details:
        steps = _list(planned, "steps") if isinstance(planned, Mapping) else [planned]
        numbered = [f"{number}. {_step(step, says)}" for number, step in enumerate(steps, 1)]
        yield from _below("will change", numbered)
        yield from _each("already so", planned, "already", says)
        yield from _each("warning", planned, "warnings", says)
    if body.get("steps") == 0:
        yield "needs no approval: the policy says so"
    else:
        yield from _asked(body, routing, directory, says)
    yield from _each("note", routing, "notes", says)


def _asked(body: Mapping[str, Any], routing: Any, directory: Directory, says: Says) -> Iterator[str]:
    because = routing.get("because") if isinstance(routing, Mapping) else None
    reasons = {id: says(Sentence.read(why)) for id, why in (because or {}).items()}
    approvers, steps = body["approvers"], body.get("steps", 1)
    yield _people("may decide", approvers, directory, reasons)
    if body.get("told", approvers) != approvers:
        yield _people("notified", body["told"], directory)
    place = f" in step {body.get('step', 0) + 1} of {steps}" if steps > 1 else ""
    yield f"needed: {body.get('agree', 1)} of them{place}"
    if "expires_at" in body:
        yield f"expires: {body['expires_at'][:19].replace('T', ' ')} UTC"


def _people(
    label: str, ids: Sequence[str], directory: Directory, reasons: Mapping[str, str] | None = None
) -> str:
    """People with their current names, each with the reason why they are asked."""
    whys = {id: (reasons or {}).get(id, "") for id in ids}
    called = [f"{name(id, directory) or id}{f' ({why})' if why else ''}" for id, why in whys.items()]
    return f"{label}: {', '.join(called) or 'nobody'}"


def _list(of: Any, key: str) -> list[Any]:
    """The list under a key of a word; [] if it is missing or invalid."""
    items = of.get(key) if isinstance(of, Mapping) else None
    return items if isinstance(items, list) else []


def _each_said(of: Any, key: str, says: Says) -> list[str]:
    """The texts of the sentences listed in a word."""
    return [says(Sentence.read(item)) for item in _list(of, key)]


def _each(label: str, of: Any, key: str, says: Says) -> Iterator[str]:
    return (f"{label}: {text}" for text in _each_said(of, key, says))


def _below(label: str, lines: Sequence[str]) -> Iterator[str]:
    """The lines, the first one after the label."""
    for number, line in enumerate(lines):
        yield f"{' ' * (len(label) + 1) if number else f'{label}:'} {line}"


def _step(stored: Any, says: Says) -> str:
    if not isinstance(stored, Mapping):
        return str(stored)
    step = plan.step(stored)
    todo, *hazards = map(says, step.lines)
    detail, risks = says(step.change.form("detail")), " ".join(filter(None, hazards))
    return " ".join(filter(None, (f"{todo}." if risks else todo, risks, f"({detail})" if detail else "")))
