"""What the record says, for people and for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from approvals.ids import stamp
from approvals.people import Directory
from approvals.request import Event

COLUMNS = ("seq", "at", "request", "event", "by", "who", "details", "hash_of_words")


def row(event: Event, directory: Directory) -> dict[str, Any]:
    """One entry as an auditor reads it. Forgotten words read "(forgotten)"."""
    body = {key: value for key, value in event.body.items() if key != "words"}
    words = {key: event.told(key) for key in event.words}
    return {
        "seq": event.seq,
        "at": stamp(event.at),
        "request": event.request,
        "event": event.type,
        "by": event.by,
        "who": words.pop("who", "") or _name(event, directory),
        "details": body | words,
        "hash_of_words": event.body.get("words", {}),
    }


def _name(event: Event, directory: Directory) -> str:
    try:
        return directory.person(event.by).called
    except KeyError:
        return str(event.by)


def history(events: Iterable[Event], directory: Directory) -> list[str]:
    """One line an entry: when, what, who, and what was said."""
    lines = []
    for event in events:
        whole = row(event, directory)
        said = {**whole["details"]}
        said.pop("plan", None)
        told = ", ".join(
            f"{key}: {_short(value)}" for key, value in said.items() if value not in ("", [], {})
        )
        at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
        line = f"{event.seq:>5}  {at}  {event.type:<10} {whole['who']:<28} {told}"
        # A line break or a terminal's command in a reason mustn't look like another entry.
        lines.append("".join(one if one.isprintable() else " " for one in line).rstrip())
    return lines


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


def as_json(rows: Iterable[dict[str, Any]]) -> str:
    """One object a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Comma separated, with a heading. A cell that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in rows:
        writer.writerow([_harmless(one[name]) for name in COLUMNS])
    return out.getvalue()


def _harmless(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
