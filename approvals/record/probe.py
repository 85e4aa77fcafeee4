"""Whether the record on SQLite takes a write now, found out without keeping anybody waiting."""

import shutil
import threading
from contextlib import suppress
from pathlib import Path

from approvals.record.connections import Connections
from approvals.record.contract import StoreTrouble

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
