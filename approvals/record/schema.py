"""The tables of a record, and the migrations that bring an older one up to date."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache
from importlib.resources import files
from sqlite3 import complete_statement

from sqlite_utils import Database as Tables
from sqlite_utils import Migrations

from approvals.humans import Kind
from approvals.people import canonical, miro_key
from approvals.record.database import Database, Row

LAYOUT = 11
"""The layout this program writes; `meta.oldest` names the oldest one that may open the file."""

migrations = Migrations("miro-bot")

_NAMES = ("first", "relations", "teams_left", *(f"layout_{number}" for number in range(4, LAYOUT + 1)))
"""The name of each layout's migration, as records keep it."""


@cache
def migration(layout: int) -> tuple[str, ...]:
    """The statements that migrate the previous layout to it: `layouts/NUMBER.sql`."""
    script = files("approvals.record").joinpath("layouts", f"{layout}.sql").read_text("utf-8")
    statements = [""]
    for line in script.splitlines(keepends=True):
        statements[-1] += line
        if complete_statement(statements[-1]):
            statements.append("")
    return tuple(statement.strip().removesuffix(";") for statement in statements[:-1])


def _to(layout: int) -> Callable[[Tables], None]:
    def migrate(db: Tables) -> None:
        for statement in migration(layout):
            db.execute(statement)
        db.execute("UPDATE meta SET value = ? WHERE key IN ('layout', 'oldest')", [str(layout)])

    return migrate


for _layout, _name in enumerate(_NAMES, 1):
    migrations(name=_name)(_to(_layout))


def compared(
    wanted: Mapping[tuple[str, str], object], has: Mapping[tuple[str, str], object]
) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of tables, triggers and indexes that differ from this program's.

    Both are {(kind, name): definition}, in any form.
    """
    for kind, name in sorted({*wanted, *has}):
        if (kind, name) not in has:
            yield kind, f"the {kind} {name} is missing"
        elif wanted.get((kind, name)) != has[kind, name]:
            yield kind, f"the {kind} {name} isn't as this program makes it"


def statements() -> list[str]:
    """The statements that create tables and then indexes, in order of dependence."""
    # Tables are created before those that refer to them.
    return [sql for wanted in ("table", "index") for (kind, _), sql in _elsewhere().items() if kind == wanted]


@cache
def columns() -> dict[str, list[tuple[str, str]]]:
    """{table: [(column, type)]}."""
    names = [name for kind, name in fresh() if kind == "table"]
    with closing(_empty()) as empty:
        rows = {name: empty.execute(f"PRAGMA table_xinfo({name})") for name in names}
        return {name: [(row[1], row[2]) for row in rows[name]] for name in names}


def indexes() -> set[str]:
    """The names of all indexes."""
    return {name for kind, name in _elsewhere() if kind == "index"}


def _elsewhere() -> dict[tuple[str, str], str]:
    """The objects that other databases have as well: all but sqlite-utils' table of migrations."""
    return {key: sql for key, sql in fresh().items() if sql and "_sqlite_" not in sql}


@cache
def fresh() -> dict[tuple[str, str], str]:
    """{(kind, name): statement} of an empty record on SQLite."""
    with closing(_empty()) as empty:
        return ours(empty.execute("SELECT type, name, sql FROM sqlite_master"))


@cache
def script() -> tuple[str, ...]:
    """All statements that make a new record on SQLite, faster than one migration after the other."""
    with closing(_empty()) as empty:
        return tuple(empty.conn.iterdump())[1:-1]  # without BEGIN and COMMIT


def _empty() -> Tables:
    fresh = Tables(memory=True, execute_plugins=False)
    migrations.apply(fresh)
    return fresh


def ours(rows: Iterable[Iterable[str]]) -> dict[tuple[str, str], str]:
    """The objects, given as in `sqlite_master`, but those of SQLite and sqlite-utils themselves."""
    return {(kind, name): sql for kind, name, sql in rows if not name.lstrip("_").startswith("sqlite_")}


Found = tuple[str, str, Kind]
"""(key, other key, kind of link)."""

_LOOK = re.compile(r'GET /Users, userName eq "([^"\s]+@[^"\s]+)"')
_ACCOUNT = re.compile(r"[UW][A-Z0-9]+")


def links_before(on: Database) -> Iterator[Found]:
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


def _of_entries(on: Database) -> Iterator[Found]:
    people = {row["number"] for row in on.rows("SELECT number FROM people")}
    rows = on.rows(
        "SELECT l.by, l.body, w.key, w.text, r.requester, r.subject"
        " FROM words w JOIN ledger l ON l.seq = w.seq LEFT JOIN requests r ON l.stream = 'R-' || r.number"
        " WHERE w.key IN ('who', 'asked_by', 'about', 'stands_in', 'look', 'seen') ORDER BY w.seq, w.key"
    )
    for row in rows:
        id = _whom(row)
        if id.startswith("P-") and int(id[2:]) in people:
            yield from ((id, key, Kind.SEEN) for key in _keys(row["key"], row["text"]))


def _whom(row: Row) -> str:
    """The key of the person that a word is about, or ''."""
    if row["key"] == "stands_in":
        return str(json.loads(row["body"]).get("delegate", ""))
    column = {"who": "by", "asked_by": "requester"}.get(row["key"], "subject")
    return str(row[column] or "")


def _keys(kind: str, text: str) -> list[str]:
    """The keys of a person in a word."""
    if kind == "look":
        return [canonical(address) for address in _LOOK.findall(text)]
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
    """The keys of the account in the last look of a *done* event."""
    try:
        shown = json.loads(text)
    except ValueError:  # "no account"
        return []
    if not isinstance(shown, dict) or not shown.get("userName"):
        return []
    return [canonical(str(shown["userName"])), miro_key(str(shown["id"]))]
