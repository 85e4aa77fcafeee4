"""What somebody with a database tool could do to a record."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from approvals.record.chain import GENESIS, Entry

COLUMNS = ("seq", "stream", "version", "type", "format", "at", "by", "body", "prev", "hash")
INSERT = f"INSERT INTO ledger VALUES ({','.join('?' * len(COLUMNS))})"


@contextmanager
def by_hand(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as any tool opens it; each statement counts at once."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """The same, after the triggers were dropped."""
    with by_hand(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """All rows of the ledger."""
    return [Entry(*row) for row in connection.execute("SELECT * FROM ledger ORDER BY seq")]


def row(entry: Entry) -> tuple[object, ...]:
    """An entry as a row of the ledger."""
    return tuple(getattr(entry, name) for name in COLUMNS)


def follow(connection: sqlite3.Connection, **columns: object) -> Entry:
    """Adds an entry that follows on the last one, sealed as it should be."""
    last = entries(connection)[-1]
    added = replace(last, seq=last.seq + 1, prev=last.hash, **columns)  # type: ignore[arg-type]
    added = replace(added, hash=added.sealed())
    connection.execute(INSERT, row(added))
    return added


def recompute(connection: sqlite3.Connection) -> None:
    """Seals every entry anew from the first on, as a forger would."""
    head = GENESIS
    for entry in entries(connection):
        forged = replace(entry, prev=head)
        head = forged.sealed()
        connection.execute(
            "UPDATE ledger SET prev = ?, hash = ? WHERE seq = ?", (forged.prev, head, entry.seq)
        )
