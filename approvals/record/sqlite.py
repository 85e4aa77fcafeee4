"""The record on SQLite: one connection a reading thread, one for all that write, durable."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from approvals.record.database import Batch, StoreTrouble, Turns
from approvals.record.opening import Source, make_private

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


def copy_file(source: Source, path: Path) -> None:
    """All of a record on SQLite, page by page, as it is at one moment."""
    make_private(path)
    with (
        troubles(path),
        closing(sqlite3.connect(source.uri, uri=True)) as record,
        closing(sqlite3.connect(path)) as copy,
    ):
        record.backup(copy)


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


LEAST_FREE = 5_000_000
"""Bytes that have to be free on the disk: the log of a busy minute has about one million."""
ROOM = 16_384
"""Bytes that a trial write takes: more than one page, so that the file would have to grow."""


class _TakenBack(Exception):
    """Ends a trial write."""


class Probe:
    """Tries to write; one caller at a time, the others get what was found last."""

    def __init__(self, on: Connections, path: Path) -> None:
        self._on, self._path = on, path
        self._file = _identity(path)
        self._lock, self._found = threading.Lock(), ""

    def problem(self, patience: float) -> str:
        """What is wrong with the record, in a sentence, or ''. It takes about `patience` seconds at most."""
        if self._lock.acquire(timeout=patience):
            try:
                self._found = self._look(patience)
            finally:
                self._lock.release()
        return self._found

    def _look(self, patience: float) -> str:
        if self._file != _identity(self._path):
            return (
                f"The file {self._path} is gone or was replaced while the bot runs: what is saved now is "
                "lost when it ends. Stop the bot, put the file back, and start it again."
            )
        with suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < LEAST_FREE:
                return f"The disk of the record {self._path} is full. Free some space."
        try:
            with self._on.patience(patience):
                self._write()
        except StoreTrouble as error:
            return str(error)
        return ""

    def _write(self) -> None:
        with suppress(_TakenBack), self._on.writing():
            self._on.run("INSERT INTO receipts VALUES (?, '')", "probe".ljust(ROOM, "-"))
            raise _TakenBack
        if self._on.commit_failed:
            # Taken back it doesn't reach the disk: whether that is well again, only a commit can tell.
            with self._on.writing():
                self._on.run("INSERT OR IGNORE INTO receipts VALUES ('probe', '')")
                self._on.run("DELETE FROM receipts WHERE key = 'probe'")
            self._on.commit_failed = False


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of a file, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
