"""Records as older programs left them: the same rows in the tables of an earlier layout."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from approvals.record import schema

NEXT = {1: "relations", 2: "teams_left", 3: "layout_4", 4: "layout_5"}
"""What each layout still lacks, by its number."""


def as_layout(record: Path, layout: int) -> None:
    """Rewrites a closed record as a program of that layout would have written it."""
    older = record.with_name(f"layout-{layout}.db")
    db = Database(older, execute_plugins=False)
    db.execute("PRAGMA journal_mode=WAL")
    schema.migrations.apply(db, stop_before=NEXT[layout])
    db.execute("ATTACH ? AS newer", [str(record)])
    for table in db.table_names():
        if table != "meta" and not table.startswith("_"):
            _copy(db.conn, table)
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
