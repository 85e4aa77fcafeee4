"""A record on SQLite: a connection for each reading thread, one for all writers; durable."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database as Tables

from approvals.record import schema
from approvals.record.database import Database, Mine, Row, StoreTrouble, Turns, in_use, plain
from approvals.record.opening import Source, make_private, stated

IDENTITY = ("st_dev", "st_ino")
LEAST_FREE = 5_000_000
"""Bytes that must be free on the disk; the log of a busy minute has about one million."""


@dataclass
class Batch:
    """The turns of several threads, committed together or not at all."""

    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    """Why the commit failed."""


class Sqlite(Database):
    """Readers have a connection each, because they must not see unfinished writes; writers share one."""

    def __init__(self, path: Path, source: Source | None = None) -> None:
        """`source`: what to read instead of the file at `path`; it must exist."""
        super().__init__()
        self.path, self.name, self.is_new = path, str(path), not path.exists()
        self._source, self._troubles = source, Troubles(self.name)
        self.migrates_itself = source is None or source.is_copy
        self._file: tuple[int, ...] = ()
        self._readers = Turns()
        self._writer: Tables | None = None
        self._all: list[sqlite3.Connection] = []
        self._batch: Batch | None = None
        self._is_full = True
        """Whether the writer's commits wait for the disk."""
        self._waits: dict[sqlite3.Connection, int] = {}

    # -- connections -----------------------------------------------------------------------------------

    @property
    def db(self) -> Tables:
        """This thread's connection; during its turn to write, the one for writing."""
        if self._mine.inside and self._writer:
            return self._writer
        if self._mine.line is None:
            self._mine.line = self._open()
        line: Tables = self._mine.line
        self._wait_in(line)
        return line

    def _wait_in(self, db: Tables) -> None:
        """Sets the time-out for locks, in steps of 50 ms, so that it seldom has to be changed."""
        wait = int(self._left() * 20) * 50
        if self._waits.get(db.conn) != wait:
            db.conn.execute(f"PRAGMA busy_timeout={wait}")
            self._waits[db.conn] = wait

    def _open(self) -> Tables:
        if not self._source:
            make_private(self.path)
        where, left = self._source.uri if self._source else self.path, self._left()
        how: dict[str, Any] = {
            "uri": bool(self._source),
            "check_same_thread": False,
            "cached_statements": 256,
        }
        connection = sqlite3.connect(where, timeout=left, **how)
        connection.row_factory = sqlite3.Row
        self._all.append(connection)
        self._file = self._file or stated(self.path, *IDENTITY)
        db = Tables(connection, execute_plugins=False)
        # A commit that also has to checkpoint takes ten times as long: `tidy` does that.
        # Secure: what was forgotten isn't in the file any more.
        checkpoint = "wal_autocheckpoint=20000"
        for pragma in ("synchronous=FULL", "foreign_keys=ON", checkpoint, "secure_delete=ON"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def close(self) -> None:
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._waits.clear()
        self._mine, self._writer = Mine(), None

    # -- statements ------------------------------------------------------------------------------------

    def _execute(self, sql: str, values: Sequence[Any]) -> tuple[list[Row], int]:
        with self._troubles:
            cursor = self.db.execute(sql, plain(values))
            return cursor.fetchall(), cursor.rowcount

    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        with self._troubles:
            yield from self.db.execute(sql, plain(values))

    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._troubles:
            self.db.conn.executemany(sql, map(plain, rows))

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        self.run("SAVEPOINT looking")
        try:
            yield
        finally:
            self.run("RELEASE looking")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Each statement lets go of the interpreter's lock: many threads at once spend longer on waking each
        other than on reading. Nobody waits beyond their patience."""
        is_alone = self._readers.take(self._left())
        try:
            yield
        finally:
            if is_alone:
                self._readers.hand_on()

    # -- writing ---------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Waiting for the disk takes longer than writing, so waiting threads share one commit: the first of
        them commits after all that came meanwhile had a turn. A failed turn is rolled back alone; no thread
        leaves before the commit."""
        with self._troubles:
            batch, is_first = self._enter()
            try:
                yield
                self.db.execute("RELEASE turn")
            except BaseException as error:
                self._take_back(batch, error)
                raise
            finally:
                self._leave(batch, is_first)

    def _enter(self) -> tuple[Batch, bool]:
        """(the batch, whether this thread is its first)."""
        if not self._turns.take(self._left()):
            raise in_use(self.name)
        is_first = self._batch is None
        try:
            writer = self._writer = self._writer or self._open()
            if is_first:
                self._wait_in(writer)
                if self._is_full is not self._mine.lasting:
                    writer.execute(f"PRAGMA synchronous={'FULL' if self._mine.lasting else 'NORMAL'}")
                    self._is_full = self._mine.lasting
                # IMMEDIATE: a deferred transaction that reads first fails after another process has written.
                writer.execute("BEGIN IMMEDIATE")
            elif not writer.conn.in_transaction:
                raise StoreTrouble("The record couldn't be written. Nothing was done. Try again.")
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
        """Rolls back one turn. On a full disk SQLite rolls back the whole batch: then all turns fail."""
        if self.db.conn.in_transaction:
            self.db.execute("ROLLBACK TO turn")
            self.db.execute("RELEASE turn")
        else:
            batch.error = batch.error or error

    def _leave(self, batch: Batch, is_first: bool) -> None:
        if is_first and self._is_full and self._turns.is_awaited():
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

    # -- the whole record ------------------------------------------------------------------------------

    def tables(self) -> set[str]:
        return {row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}

    @contextmanager
    def migrating(self) -> Iterator[None]:
        # In WAL mode readers and writers don't wait for each other.
        self.run("PRAGMA journal_mode=WAL")
        with self.writing():
            for statement in () if self.tables() else schema.script():
                self.db.execute(statement)
            schema.migrations.apply(self.db)
            yield

    def damage(self) -> Iterator[str]:
        """Faults of pages and indexes, and rows with dangling references."""
        for [line] in self.rows("PRAGMA integrity_check"):
            if line != "ok":
                yield f"the file is damaged: {line}"
        for row in self.rows("PRAGMA foreign_key_check"):
            yield f"row {row['rowid']} of {row['table']} refers to one of {row['parent']} that isn't there"

    def differences(self) -> Iterator[tuple[str, str]]:
        has = schema.ours(self.rows("SELECT type, name, sql FROM sqlite_master"))
        return schema.compared(schema.fresh(), has)

    def problem(self) -> str:
        if self._file != stated(self.path, *IDENTITY):
            return (
                f"The file {self.path} is gone or was replaced while the bot runs: what is saved now is "
                "lost when it ends. Stop the bot, put the file back, and start it again."
            )
        with suppress(OSError):
            if shutil.disk_usage(self.path.parent).free < LEAST_FREE:
                return f"The disk of the record {self.path} is full. Free some space."
        return ""

    def tidy(self) -> None:
        """Moves committed changes from the write-ahead log into the file."""
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")


def copy_file(source: Source, path: Path) -> None:
    """Copies a record page by page, as of one moment."""
    make_private(path)
    with (
        Troubles(str(path)),
        closing(sqlite3.connect(source.uri, uri=True)) as record,
        closing(sqlite3.connect(path)) as copy,
    ):
        record.backup(copy)


class Troubles:
    """Turns SQLite's errors into sentences, around each statement."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing: it may be entered again."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.IntegrityError):
            return
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise in_use(self._name) from error
        raise StoreTrouble(
            f"The record {self._name} can't be used: {error}. Nothing was done. "
            "Check the free disk space and the file's permissions, then try again."
        ) from error
