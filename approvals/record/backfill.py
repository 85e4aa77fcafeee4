"""What a record from before links were kept knows of who is who: its tables, and what its entries say."""

import json
import re
import sqlite3
from collections.abc import Iterator

from approvals.humans import Kind
from approvals.people import canonical, miro_key
from approvals.record.connections import Connections

Found = tuple[str, str, Kind]
"""Two keys, and where the link comes from."""

_LOOK = re.compile(r'GET /Users, userName eq "([^"\s]+@[^"\s]+)"')
_ACCOUNT = re.compile(r"[UW][A-Z0-9]+")


def links_before(on: Connections) -> Iterator[Found]:
    """Every link of an older record, oldest first: the tables are newer than any entry."""
    yield from _of_entries(on)
    for row in on.rows("SELECT number, email, miro_id FROM people"):
        if row["email"]:
            yield f"P-{row['number']}", row["email"], Kind.SEEN
        if row["miro_id"]:
            yield f"P-{row['number']}", miro_key(row["miro_id"]), Kind.SEEN
    for row in on.rows("SELECT slack_id, person FROM accounts"):
        yield f"P-{row['person']}", row["slack_id"], Kind.ACCOUNT
    for row in on.rows("SELECT miro_id, email FROM admins"):
        yield miro_key(row["miro_id"]), canonical(row["email"]), Kind.SEEN


def _of_entries(on: Connections) -> Iterator[Found]:
    people = {row["number"] for row in on.rows("SELECT number FROM people")}
    rows = on.rows(
        "SELECT l.by, l.body, w.key, w.text, r.requester, r.subject"
        " FROM words w JOIN ledger l ON l.seq = w.seq LEFT JOIN requests r ON l.stream = 'R-' || r.number"
        " WHERE w.key IN ('who', 'asked_by', 'about', 'stands_in', 'look', 'seen') ORDER BY w.seq"
    )
    for row in rows:
        id = _whom(row)
        if id.startswith("P-") and int(id[2:]) in people:
            yield from ((id, key, Kind.SEEN) for key in _keys(row["key"], row["text"]))


def _whom(row: sqlite3.Row) -> str:
    """The row of people that a word is about; '' for none."""
    if row["key"] == "stands_in":
        return str(json.loads(row["body"]).get("delegate", ""))
    column = {"who": "by", "asked_by": "requester"}.get(row["key"], "subject")
    return str(row[column] or "")


def _keys(kind: str, text: str) -> list[str]:
    """What a word names somebody by."""
    if kind == "look":
        return [canonical(one) for one in _LOOK.findall(text)]
    return _seen(text) if kind == "seen" else _sealed(text)


def _sealed(text: str) -> list[str]:
    """The address and the account in "ada@example.com U0ADA" (`Person.sealed`)."""
    first, *rest = text.split() or [""]
    account = rest[-1] if rest else first
    return [
        *([canonical(first)] if "@" in first[1:] else []),
        *([account] if _ACCOUNT.fullmatch(account) else []),
    ]


def _seen(text: str) -> list[str]:
    """The account that a last look at Miro showed."""
    try:
        shown = json.loads(text)
    except ValueError:  # "no account"
        return []
    if not isinstance(shown, dict) or not shown.get("userName"):
        return []
    return [canonical(str(shown["userName"])), miro_key(str(shown["id"]))]
