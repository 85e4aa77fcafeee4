"""SQLite connections as the record needs them: one a reading thread, one for all that write, durable."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from approvals.record.contract import StoreTrouble
from approvals.record.opening import make_private
from approvals.record.turns import Batch, Turns

PATIENCE = 30.0
"""Seconds to wait for another process that writes, where nobody waits for an answer."""


class Mine(threading.local):
    """What belongs to one thread."""

    db: Database | None = None
    until: float | None = None
    """When its patience ends (`time.monotonic`); None for the ordinary one."""
    inside = False
    """Whether it has its turn to write."""
    failed = False
    """Whether a part of what it writes went wrong."""


class Connections:
    """Readers have a connection each, for nobody else's unfinished writing may show; writers share one."""

    def __init__(self, path: Path, uri: str = "") -> None:
        """`uri`: where the bytes are, if not in the file that sentences name; it must exist."""
        self._path, self._uri, self._mine = path, uri, Mine()
        self._all: list[sqlite3.Connection] = []
        self._turns = Turns()
        self._writer: Database | None = None
        self._batch: Batch | None = None
        self._waits: dict[sqlite3.Connection, int] = {}
        self.commit_failed = False
        """Whether a commit failed, as on a full disk; whoever sees a later one succeed takes it back."""

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Lets this thread wait for other writers no longer than so many seconds in all, within the block."""
        before = self._mine.until
        self._mine.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._mine.until = before

    def _left(self) -> float:
        """Seconds that this thread may still wait."""
        until = self._mine.until
        return PATIENCE if until is None else max(until - time.monotonic(), 0.0)

    @property
    def db(self) -> Database:
        """This thread's database; while it has its turn to write, the one for writing."""
        if self._mine.inside and self._writer:
            return self._writer
        if self._mine.db is None:
            self._mine.db = self._open()
        self._wait_in(self._mine.db)
        return self._mine.db

    def _wait_in(self, db: Database) -> None:
        """Tells a connection how long to wait for a lock, in steps of 50 ms, for most need no new one."""
        wait = int(self._left() * 20) * 50
        if self._waits.get(db.conn) != wait:
            db.conn.execute(f"PRAGMA busy_timeout={wait}")
            self._waits[db.conn] = wait

    def _open(self) -> Database:
        if not self._uri:
            make_private(self._path)
        connection = sqlite3.connect(
            self._uri or self._path,
            timeout=self._left(),
            uri=bool(self._uri),
            check_same_thread=False,
            cached_statements=256,
        )
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
        """One transaction that may write, committed when the block is left. Inside another it is a part of
        that; they fail as a whole.

        Waiting for the disk takes longer than writing, so threads that queue behind each other share one
        commit: the first of them commits when everybody who came in the meantime had a turn. What fails is
        taken back alone; nobody leaves before the commit.
        """
        if self._mine.inside:
            try:
                self._check_whole()
                yield
            except BaseException:
                self._mine.failed = True
                raise
            return
        with troubles(self._path):
            batch, is_first = self._enter()
            try:
                yield
                self._check_whole()
                self.db.execute("RELEASE turn")
            except BaseException as error:
                self._take_back(batch, error)
                raise
            finally:
                self._leave(batch, is_first)

    def _enter(self) -> tuple[Batch, bool]:
        """A turn in the open batch, or in a new one."""
        if not self._turns.take(self._left()):
            raise StoreTrouble(_busy(self._path))
        is_first = self._batch is None
        try:
            writer = self._writer = self._writer or self._open()
            if is_first:
                self._wait_in(writer)
                # IMMEDIATE: a deferred one that reads first fails at once when another process has written.
                writer.execute("BEGIN IMMEDIATE")
            elif not writer.conn.in_transaction:
                raise StoreTrouble("The record couldn't be written. Nothing was done; please try again.")
            writer.execute("SAVEPOINT turn")
        except BaseException:
            if is_first and self._writer:
                self._writer.rollback()
            self._turns.hand_on()
            raise
        self._batch = batch = self._batch or Batch()
        self._mine.inside, self._mine.failed = True, False
        return batch, is_first

    def _take_back(self, batch: Batch, error: BaseException) -> None:
        """Undoes one turn. A full disk makes SQLite undo all of them, which is everybody's error."""
        if self.db.conn.in_transaction:
            self.db.execute("ROLLBACK TO turn")
            self.db.execute("RELEASE turn")
        else:
            batch.error = batch.error or error

    def _leave(self, batch: Batch, is_first: bool) -> None:
        if is_first and self._turns.is_awaited():
            self._turns.hand_on()
            self._turns.take()
        if is_first:
            self._commit(batch)
        self._mine.inside = False
        self._turns.hand_on()
        batch.ended.wait()
        if batch.error:
            raise copy(batch.error) from batch.error

    def _commit(self, batch: Batch) -> None:
        self._batch = None
        try:
            if not batch.error:
                self.db.execute("COMMIT")
        except BaseException as error:
            batch.error, self.commit_failed = error, True
        finally:
            if self.db.conn.in_transaction:
                self.db.rollback()
            batch.ended.set()

    def _check_whole(self) -> None:
        if self._mine.failed:
            raise StoreTrouble("A part of this couldn't be written, so nothing of it was.")

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._waits.clear()
        self._mine, self._writer = Mine(), None


@contextmanager
def troubles(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into sentences."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreTrouble(_busy(path)) from error
        raise StoreTrouble(
            f"The record {path} can't be used: {error}. Nothing was done. "
            "Look at the disk's free space and the file's permissions, then try again."
        ) from error


def _busy(path: Path) -> str:
    return f"The record {path} is in use by another program. Nothing was done; please try again in a minute."
