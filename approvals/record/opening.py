"""How the record's file is opened: made for its owner's eyes alone, and read without a trace.

SQLite in WAL mode writes even for those who only read: it makes `-wal` and `-shm` beside the file, and leaves
them there when it may not write the file (https://www.sqlite.org/wal.html, "Read-Only Databases").
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.record import schema
from approvals.record.database import Database, StoreTrouble

OWNER_ONLY = 0o600
UNMOVED = ("-wal", "-journal")
"""Files beside the record that hold what isn't in it yet."""
AT_ONCE = 1000
"""Rows that are copied at once."""
TRIES = 5
"""How often a copy is made of what somebody writes to meanwhile."""


def make_private(path: Path) -> None:
    """Makes an empty file that only its owner may read, if there is none.

    SQLite gives `-wal` and `-shm` the same mode. What can't be made is left for SQLite to complain about.
    """
    with suppress(OSError):
        file = os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        os.fchmod(file, OWNER_ONLY)  # whatever the umask takes away: an owner has to be able to write it
        os.close(file)


def beside(path: Path, ending: str) -> Path:
    """A file that belongs to a record: `-wal`, `-shm`, `-journal` or `.lock`."""
    return Path(f"{path.resolve()}{ending}")


@dataclass(frozen=True)
class Source:
    """Where the bytes of a record are read from: an SQLite URI, and whether it is a copy of our own."""

    uri: str
    is_copy: bool = False


@contextmanager
def at_rest(path: Path) -> Iterator[Source]:
    """A record for reading: nothing in its folder is made or changed, and no lock of ours holds anybody up.

    While a bot runs on it, it is read beside the bot. What a bot left behind when it was killed is read from
    a copy. Raises StoreTrouble where what was read proves nothing, because the file was written to.
    """
    unmoved = any(_size(beside(path, ending)) for ending in UNMOVED)
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
    with ExitStack() as open_:
        try:
            file = open_.enter_context(beside(path, ".lock").open("rb"))
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for copies that only this user can read, gone afterwards."""
    with TemporaryDirectory(prefix="miro-bot-") as folder:
        yield Path(folder)


def _copied(path: Path, folder: Path) -> Path:
    """A copy of a record and of what hasn't been moved into it yet, all of one moment.

    A process that has the record open itself loses its locks on it by this (POSIX: with the first file that
    is closed): it is for commands that do nothing else.
    """
    copy = folder / "record.db"
    files = {path.resolve(): copy} | {beside(path, ending): beside(copy, ending) for ending in UNMOVED}
    for _ in range(TRIES):
        before = [_signature(file) for file in files]
        for file, to in files.items():
            to.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # the log, where its last writer has just gone
                shutil.copyfile(file, to)
        if before == [_signature(file) for file in files]:
            return copy
    raise _written_meanwhile(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _written_meanwhile(path: Path) -> StoreTrouble:
    return StoreTrouble(
        f"The record {path} was written to while it was read, so what was read proves nothing. "
        "Run the command once more."
    )


def copy_rows(source: Database, target: Database) -> None:
    """Writes all rows of one database into another that has none, each table after those it refers to."""
    for table, columns in schema.columns().items():
        names = [name for name, _ in columns]
        insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({','.join('?' * len(names))})"
        if table == "meta":
            insert += " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        rows = source.each(f"SELECT {', '.join(names)} FROM {table} ORDER BY {names[0]}")
        while some := [*islice(rows, AT_ONCE)]:
            target.run_each(insert, [tuple(row) for row in some])
    target.renumber()
