"""Records as older programs left them: the same rows in the tables of an earlier layout."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from approvals.record import schema

NEXT = {
    1: "relations",
    2: "teams_left",
    3: "layout_4",
    4: "layout_5",
    5: "layout_6",
    6: "layout_7",
    7: "layout_8",
    8: "layout_9",
    9: "layout_10",
    10: "layout_11",
}
"""What each layout still lacks, by its number."""
_OF_A_PAGE = "body ->> 'opened_at', wanted, shown, body ->> 'drawn', body ->> 'notice'"
OUTBOX = (
    "INSERT INTO cards SELECT request, role, address, round, channel, ts, drawn, 0, NULL, ended"
    " FROM newer.messages",
    "UPDATE requests SET (shown, show_at) = (SELECT iif(shown = wanted, version, 0), nullif(next_try_at, '')"
    " FROM newer.outbox WHERE kind = 'card' AND key = 'R-' || number)",
    "INSERT INTO notes (channel, only_for, message, tries, next_try_at)"
    " SELECT channel, substr(rest, 1, instr(rest, ' ') - 1), body, tries, next_try_at FROM (SELECT *,"
    " substr(key, 1, instr(key, ' ') - 1) AS channel, substr(key, instr(key, ' ') + 1) AS rest"
    " FROM newer.outbox WHERE kind = 'note') ORDER BY id",
    f"INSERT INTO homes SELECT key, {_OF_A_PAGE}, nullif(body ->> 'noticed_at', ''), tries,"
    " nullif(next_try_at, '') FROM newer.outbox WHERE kind = 'page'",
)
"""How the outbox was kept before there was one."""


def as_layout(record: Path, layout: int) -> None:
    """Rewrites a closed record as a program of that layout would have written it."""
    older = record.with_name(f"layout-{layout}.db")
    db = Database(older, execute_plugins=False)
    db.execute("PRAGMA journal_mode=WAL")
    schema.migrations.apply(db, stop_before=NEXT[layout])
    db.execute("ATTACH ? AS newer", [str(record)])
    kept = {row[0] for row in db.execute("SELECT name FROM newer.sqlite_master")}
    for table in sorted(kept.intersection(db.table_names())):
        if table != "meta" and not table.startswith("_"):
            _copy(db.conn, table)
    for statement in OUTBOX[: 4 if layout > 1 else 3] if layout < 6 else ():
        db.execute(statement)
    db.conn.commit()
    db.close()
    older.replace(record)


def _copy(connection: sqlite3.Connection, table: str) -> None:
    """The rows of one table, as far as the older layout has a place for them."""
    kept, columns = (
        [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]
        for schema in ("newer", "main")
    )
    names = ", ".join(f'"{name}"' for name in columns if name in kept)
    connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")
