"""Opens the record's file: created for its owner only, and read without changing anything.

SQLite in WAL mode writes even for readers: it makes `-wal` and `-shm` beside the file, and leaves them there
if it may not write the file (https://www.sqlite.org/wal.html, "Read-Only Databases").
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.record import schema
from approvals.record.database import Database, StoreTrouble

OWNER_ONLY = 0o600
UNMOVED = ("-wal", "-journal")
"""Files beside the record with changes that aren't in it yet."""
AT_ONCE = 1000
"""Rows copied at once."""
TRIES = 5
"""Attempts to copy a file that is written to meanwhile."""


def make_private(path: Path) -> None:
    """Creates an empty file readable only by its owner, if there is none.

    SQLite gives `-wal` and `-shm` the same mode. If it can't be created, SQLite reports the error.
    """
    with suppress(OSError):
        file = os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        os.fchmod(file, OWNER_ONLY)  # independent of the umask: the owner must be able to write it
        os.close(file)


def beside(path: Path, ending: str) -> Path:
    """A file that belongs to a record: `-wal`, `-shm`, `-journal` or `.lock`."""
    return Path(f"{path.resolve()}{ending}")


@dataclass(frozen=True)
class Source:
    """What a record is read from: an SQLite URI, and whether it is our own copy."""

    uri: str
    is_copy: bool = False


@contextmanager
def at_rest(path: Path) -> Iterator[Source]:
    """Yields a record for reading, without changing its folder or blocking anybody with a lock.

    While a bot runs, its file is read concurrently. After a bot was killed, a copy is read. Raises
    StoreTrouble if the file was written to meanwhile, so that the result proves nothing.
    """
    unmoved = any(any(stated(beside(path, ending), "st_size")) for ending in UNMOVED)
    if unmoved and is_running(path) and beside(path, "-shm").exists():
        yield Source(f"{path.resolve().as_uri()}?mode=ro")
    elif unmoved:
        with private_folder() as folder:
            yield Source(_copied(path, folder).as_uri(), is_copy=True)
    else:
        before = _signature(path.resolve())
        yield Source(f"{path.resolve().as_uri()}?mode=ro&immutable=1")
        if _signature(path.resolve()) != before:
            raise _written_meanwhile(path)


def is_running(path: Path) -> bool:
    """Whether `miro-bot run` holds the lock beside a record."""
    try:
        with beside(path, ".lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder readable only by this user, deleted afterwards."""
    with TemporaryDirectory(prefix="miro-bot-") as folder:
        yield Path(folder)


def _copied(path: Path, folder: Path) -> Path:
    """A consistent copy of a record and its `-wal` or `-journal` file.

    A process that has the record open itself loses its locks by this (POSIX: when any descriptor of the file
    is closed): only for commands that do nothing else.
    """
    copy = folder / "record.db"
    files = {path.resolve(): copy} | {beside(path, ending): beside(copy, ending) for ending in UNMOVED}
    for _ in range(TRIES):
        before = [_signature(file) for file in files]
        for file, to in files.items():
            to.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # the log, if its last writer has just ended
                shutil.copyfile(file, to)
        if before == [_signature(file) for file in files]:
            return copy
    raise _written_meanwhile(path)


def stated(path: Path, *attributes: str) -> tuple[int, ...]:
    """Some attributes of a file, by their names in `os.stat_result`; () if it isn't there."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return tuple(getattr(stat, name) for name in attributes)


def _signature(path: Path) -> tuple[int, ...]:
    return stated(path, "st_ino", "st_size", "st_mtime_ns")


def _written_meanwhile(path: Path) -> StoreTrouble:
    return StoreTrouble(
        f"The record {path} changed while it was read, so the result proves nothing. Run the command again."
    )


def copy_rows(source: Database, target: Database) -> None:
    """Copies all rows of a database into an empty one, each table after those it refers to."""
    for table, columns in schema.columns().items():
        names = [name for name, _ in columns]
        insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({','.join('?' * len(names))})"
        if table == "meta":
            insert += " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        rows = source.each(f"SELECT {', '.join(names)} FROM {table} ORDER BY {names[0]}")
        while some := [*islice(rows, AT_ONCE)]:
            target.run_each(insert, [tuple(row) for row in some])
    target.renumber()
