"""SQLite connections as the record needs them: one a thread, durable, writers in a fair queue."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from approvals.store import StoreTrouble


class Connections:
    """One connection a thread: a shared one loses a row that one thread wrote when another rolls back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._writing = threading.Lock()

    @property
    def db(self) -> Database:
        """This thread's database."""
        found: Database | None = getattr(self._mine, "db", None)
        if found is None:
            found = self._mine.db = self._open()
        return found

    def _open(self) -> Database:
        connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False, cached_statements=256)
        connection.row_factory = sqlite3.Row
        self._all.append(connection)
        db = Database(connection, execute_plugins=False)
        # A commit that has to move the log into the file first takes ten times as long: `tidy` does that.
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=20000"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with troubles(self._path):
            return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query."""
        with troubles(self._path):
            found: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return found

    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Executes one statement for each row of values."""
        with troubles(self._path):
            self.db.conn.executemany(sql, rows)

    def run(self, sql: str, *values: Any) -> int:
        """Executes one statement; how many rows it changed."""
        with troubles(self._path):
            return self.db.execute(sql, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that may write. Inside another it is a part of that; they fail as a whole.

        IMMEDIATE, because a deferred one that reads first fails at once when another process writes in
        between; and behind a lock, because SQLite's waiting is unfair among the threads of one process.
        """
        if self.db.conn.in_transaction:
            try:
                self._check_whole()
                yield
            except BaseException:
                self._mine.failed = True
                raise
            return
        with self._writing, troubles(self._path):
            self._mine.failed = False
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._check_whole()
                self.db.execute("COMMIT")
            except BaseException:
                self.db.rollback()
                raise

    def _check_whole(self) -> None:
        if self._mine.failed:
            raise StoreTrouble("A part of this couldn't be written, so nothing of it was.")

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._mine = threading.local()


@contextmanager
def troubles(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into sentences."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreTrouble(
            f"The record {path} can't be used: {error}. Nothing was done. "
            "Look at the disk's free space and the file's permissions, then try again."
        ) from error
