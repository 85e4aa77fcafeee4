"""What somebody with a database tool could do to a record."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from approvals.record.chain import GENESIS, Entry
from approvals.record.store import Store

COLUMNS = ("seq", "stream", "version", "type", "format", "at", "by", "body", "prev", "hash")
INSERT = f"INSERT INTO ledger VALUES ({','.join('?' * len(COLUMNS))})"


class OnServer:
    """A database tool on a server, for the statements of one on a file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Executes one statement."""
        return self._connection.execute(sql.replace("?", "%s"), values or None)


@contextmanager
def by_hand(record: Path | Store) -> Iterator[Any]:
    """The database as any tool opens it; each statement counts at once."""
    server = getattr(record._on, "_server", None) if isinstance(record, Store) else None
    if server:
        import psycopg

        with psycopg.connect(server.url, autocommit=True) as line:
            yield OnServer(line)
    else:
        path = record.path if isinstance(record, Store) else record
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection


TRIGGERS = {
    True: "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    False: "SELECT tgname, tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal",
}
"""Each and its table, on a file or not."""


@contextmanager
def unguarded(record: Path | Store) -> Iterator[Any]:
    """The same, after the triggers were dropped."""
    with by_hand(record) as connection:
        is_file = isinstance(connection, sqlite3.Connection)
        for name, table in connection.execute(TRIGGERS[is_file]).fetchall():
            connection.execute(f"DROP TRIGGER {name}" + ("" if is_file else f" ON {table}"))
        yield connection


def entries(connection: Any) -> list[Entry]:
    """All rows of the ledger."""
    return [Entry(*row) for row in connection.execute("SELECT * FROM ledger ORDER BY seq")]


def row(entry: Entry) -> tuple[object, ...]:
    """An entry as a row of the ledger."""
    return tuple(getattr(entry, name) for name in COLUMNS)


def follow(connection: Any, **columns: object) -> Entry:
    """Adds an entry that follows on the last one, sealed as it should be."""
    last = entries(connection)[-1]
    added = last._replace(seq=last.seq + 1, prev=last.hash, **columns)  # type: ignore[arg-type]
    added = added._replace(hash=added.sealed())
    connection.execute(INSERT, row(added))
    return added


def recompute(connection: Any) -> None:
    """Seals every entry anew from the first on, as a forger would."""
    head = GENESIS
    for entry in entries(connection):
        forged = entry._replace(prev=head)
        head = forged.sealed()
        connection.execute(
            "UPDATE ledger SET prev = ?, hash = ? WHERE seq = ?", (forged.prev, head, entry.seq)
        )
