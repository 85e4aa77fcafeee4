"""A record on SQLite for commands that only look: it stays as it is to the last byte."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from approvals.record.connections import troubles
from approvals.record.opening import Source, at_rest, make_private, private_folder
from approvals.record.schema import LAYOUT
from approvals.record.store import SqliteStore, utc_now


@contextmanager
def reading(path: Path, now: Callable[[], datetime] = utc_now) -> Iterator[SqliteStore]:
    """The record of a path; nothing in its folder is made or changed. What is written to it fails.

    One of an older layout is read from a copy of this moment, which is brought up to date and thrown away.
    Raises StoreTrouble, WrongRecord.
    """
    with ExitStack() as open_:
        source = open_.enter_context(at_rest(path))
        store = SqliteStore(path, now, source=source)
        open_.callback(store.close)
        if store.layout < LAYOUT and not source.is_copy:
            copy = open_.enter_context(private_folder()) / "record.db"
            _copy(source, copy)
            store = SqliteStore(path, now, source=Source(copy.as_uri(), is_copy=True))
            open_.callback(store.close)
        yield store


def _copy(source: Source, path: Path) -> None:
    """All of a record, page by page, as it is at one moment."""
    make_private(path)
    with (
        troubles(path),
        closing(sqlite3.connect(source.uri, uri=True)) as record,
        closing(sqlite3.connect(path)) as copy,
    ):
        record.backup(copy)
