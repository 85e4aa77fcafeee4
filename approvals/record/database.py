"""The port to a database: what a record needs of any database, and its errors.

Statements are written once, for all databases: `?` for a value, `ON CONFLICT` for upserts, `RETURNING` for
generated values. Texts are compared by their bytes.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

K = TypeVar("K")
V = TypeVar("V")

PATIENCE = 30.0
"""Seconds to wait for other writers if nobody waits for an answer."""


class StoreTrouble(Exception):
    """The record can't be read or written; the text says why, and the remedy.

    StoreTrouble
     ├─ Overtaken     the request has changed; read it again
     ├─ ClaimLost     the lease ran out and another worker has the request
     └─ WrongRecord   of a newer program, damaged, or not a record
    """


class Overtaken(StoreTrouble):
    """The request has changed since it was read."""


class ClaimLost(StoreTrouble):
    """Another worker has the request now; nothing was written."""


class WrongRecord(StoreTrouble):
    """This program can't open this record."""


@dataclass(frozen=True)
class Server:
    """A record on a PostgreSQL server; its text form has no secret."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        try:
            parts = urlsplit(self.url)
            return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"
        except ValueError:
            return "postgresql://…"


Location = Path | Server
"""The place of a record."""


def location(text: str) -> Location:
    """The place named by a path or a PostgreSQL URL. Raises ValueError for other URLs."""
    if "://" not in text:
        return Path(text).absolute()
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it takes the path of a file or a URL that begins with postgresql://")
    return Server(text)


class Row(Protocol):
    """One row of a query: its columns by name or index."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class ReadAhead(Generic[K, V]):
    """A cache of values by key for a unit of work; all expected keys are read with the first one.

    `read`: returns {key: value} for keys; missing keys have no value.
    """

    def __init__(self, read: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._read, self._known, self._expected = read, dict[K, V | None](), set[K]()

    def expect(self, keys: Iterable[K]) -> None:
        """Announces keys that will probably be read."""
        self._expected |= {*keys} - self._known.keys()

    def get(self, key: K) -> V | None:
        """The value of a key, or None."""
        if key not in self._known:
            wanted = self._expected if key in self._expected else {key}
            self._known |= {**dict.fromkeys(wanted), **self._read(wanted)}
            self._expected -= self._known.keys()
        return self._known[key]

    def forget(self) -> None:
        """Drops the values; all keys are read again, together, with the next one."""
        self._expected |= self._known.keys()
        self._known.clear()


class Mine(threading.local):
    """The state of one thread."""

    unit: dict[Any, ReadAhead[Any, Any]] | None = None
    """The caches of its unit of work; None outside one."""
    until: float | None = None
    """When its patience ends (`time.monotonic`); None: the default."""
    line: Any = None
    """Its connection: on SQLite for reading, on a server of its transaction."""
    inside = False
    """Whether it is in a writing transaction."""
    lasting = True
    """Whether that transaction outlasts a loss of power."""
    failed = False
    """Whether a part of its transaction failed."""
    then: list[Callable[[], object]]
    """What is called once its transaction is committed."""


class Database(ABC):
    """One database, for all threads of a process."""

    name: str
    """The name for messages, without secrets."""
    is_new: bool
    """Whether it was empty when it was opened."""
    is_shared = False
    """Whether several processes of the bot may use it at once."""
    migrates_itself = False
    """Whether opening it migrates it; else `miro-bot db migrate` does."""
    commit_failed = False
    """Whether a commit failed, as on a full disk; reset after a later one succeeds."""

    def __init__(self) -> None:
        self._mine, self._turns = Mine(), Turns()

    @abstractmethod
    def _execute(self, sql: str, values: Sequence[Any]) -> tuple[list[Row], int]:
        """Executes one statement; returns (its rows, how many rows it changed)."""

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a query."""
        return self._execute(sql, values)[0]

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query or of RETURNING, or None."""
        return next(iter(self._execute(sql, values)[0]), None)

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row of a query or of RETURNING; None without a row."""
        row = self.row(sql, *values)
        return row[0] if row else None

    def run(self, sql: str, *values: Any) -> int:
        """Executes one statement; returns the number of rows it changed."""
        return self._execute(sql, values)[1]

    def write(self, sql: str, *values: Any, lasting: bool = True) -> int:
        """As `run`, in a transaction of its own, or in that which this thread is in; `lasting`: as there."""
        with self.writing(lasting):
            return self.run(sql, *values)

    @abstractmethod
    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        """The rows of a query one by one, for results too long for memory."""

    @abstractmethod
    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Executes one statement for each row of values."""

    def insert(self, table: str, rows: Collection[Sequence[Any]]) -> None:
        """Adds a few rows with one statement."""
        if rows:
            self.run(f"INSERT INTO {table} VALUES {places(rows)}", *(value for row in rows for value in row))

    def kept(self, key: str) -> str:
        """The text that was kept under a key, or ''."""
        return str(self.value("SELECT value FROM meta WHERE key = ?", key) or "")

    def keep(self, key: str, text: str) -> None:
        """Keeps a text under a key, instead of an earlier one."""
        sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        self.write(sql, key, text)

    @abstractmethod
    def standing_still(self) -> AbstractContextManager[None]:
        """A block in which this thread reads one snapshot."""

    @abstractmethod
    def _turn(self) -> AbstractContextManager[None]:
        """One transaction that blocks other writers from its first read on."""

    @contextmanager
    def writing(self, lasting: bool = True) -> Iterator[None]:
        """One writing transaction, committed at the end of the block. A nested one is part of the outer one:
        they fail as a whole.

        `lasting`: it waits for the disk. Without, a loss of power may undo it, but nothing before it, and not
        once a later one lasts: for what is worthless after a restart, or done again.
        """
        if self._mine.inside:
            assert self._mine.lasting or not lasting
            try:
                self._check_whole()
                yield
            except BaseException:
                self._mine.failed = True
                raise
            return
        self._mine.then, self._mine.lasting = [], lasting
        try:
            with self._turn():
                yield
                self._check_whole()
        except BaseException:
            self.forget()  # it was read inside the failed transaction
            raise
        for act in self._mine.then:
            act()

    def then(self, act: Callable[[], object]) -> None:
        """Calls `act` once the transaction that this thread is in, the outermost, is committed."""
        self._mine.then.append(act)

    def _check_whole(self) -> None:
        if self._mine.failed:
            raise StoreTrouble("One part couldn't be saved, so nothing was. Try again.")

    @contextmanager
    def unit(self, *, own: bool = False) -> Iterator[None]:
        """One unit of work of this thread: cached values are read once, until they are written.

        `own`: starts a unit of its own even inside another. Without it, each write makes the next read fetch
        everything that was announced in the whole outer unit.
        """
        before = self._mine.unit
        if before is not None and not own:
            yield
            return
        self._mine.unit = {}
        try:
            yield
        finally:
            self._mine.unit = before
            self.forget()

    def ahead(self, read: Callable[[Collection[K]], Mapping[K, V]]) -> ReadAhead[K, V]:
        """The cache of `read` in this thread's unit of work."""
        unit = self._mine.unit
        cache = None if unit is None else unit.get(read)
        if cache is None:
            cache = ReadAhead(read)
            if unit is not None:
                unit[read] = cache
        return cache

    def forget(self, *ways: Callable[..., Any]) -> None:
        """Drops the caches of this thread, because values may have changed; `ways`: only these, if any."""
        for way, read in (self._mine.unit or {}).items():
            if not ways or way in ways:
                read.forget()

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Within the block this thread waits for other writers at most so many seconds in all."""
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

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block of reading for one thread at a time, on a database where that is faster."""
        yield

    @abstractmethod
    def tables(self) -> set[str]:
        """The names of its tables."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[None]:
        """One transaction, begun by migrating the tables."""

    def grant(self, role: str, may_forget: bool = False) -> None:
        """Grants a role the least rights that the bot needs; `may_forget`: to delete words, too."""
        raise StoreTrouble(f"{self.name} has no roles.")

    def renumber(self) -> None:
        """Sets the sequences after rows were inserted with numbers; inside a transaction."""
        return

    def damage(self) -> Iterator[str]:
        """The faults that the database itself finds, in sentences; a server checks its own files."""
        yield from ()

    @abstractmethod
    def differences(self) -> Iterator[tuple[str, str]]:
        """Differences from this program's schema: (`table`, `index` or `trigger`; a sentence)."""

    def problem(self) -> str:
        """A reason against writing that a trial write wouldn't show, in a sentence, or ''."""
        return ""

    def tidy(self) -> None:
        """Does housekeeping while nobody waits."""
        return

    @abstractmethod
    def close(self) -> None:
        """Closes all connections."""


def in_use(name: str) -> StoreTrouble:
    """The error if other writers blocked the record for too long."""
    return StoreTrouble(
        f"The record {name} is in use by another program. Nothing was done. Try again in a minute."
    )


def among(column: str, values: Collection[Any]) -> str:
    """The SQL condition that a column has one of these values; the values are passed separately."""
    return f"{column} IN ({','.join('?' * len(values))})" if values else "1 = 0"


def places(rows: Collection[Sequence[Any]]) -> str:
    """The placeholders for several rows in one INSERT."""
    return ",".join(f"({','.join('?' * len(row))})" for row in rows)


def plain(values: Sequence[Any]) -> Sequence[Any]:
    """Values in types that every database takes: text, integers and None.

    Raises StoreTrouble for a NUL, which PostgreSQL can't store.
    """
    allowed = [value if type(value) in _PLAIN else _plain(value) for value in values]
    for value in allowed:
        if type(value) is str and "\0" in value:
            raise StoreTrouble(
                "A text has a NUL character, which can't be stored. Nothing was done. Remove it, then try "
                "again."
            )
    return allowed


_PLAIN = frozenset({str, int, type(None)})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    for kind in (str, int):
        if isinstance(value, kind):
            return kind(value)
    return value


class Turns:
    """A fair lock: first come, first served, unlike `threading.Lock`."""

    def __init__(self) -> None:
        self._lock, self._queue, self._taken = threading.Lock(), deque[threading.Lock](), False

    def take(self, patience: float = -1) -> bool:
        """Waits for the lock, at most so many seconds (-1: for ever); returns whether it was taken."""
        mine = threading.Lock()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine.acquire()
            self._queue.append(mine)
        if mine.acquire(timeout=patience):
            return True
        with self._lock:
            # Handed over at the last moment: then it is no longer in the queue.
            if mine not in self._queue:
                return True
            self._queue.remove(mine)
        return False

    def hand_on(self) -> None:
        """Hands the lock to the next in the queue, if any."""
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False

    def is_awaited(self) -> bool:
        """Whether a thread is waiting."""
        return bool(self._queue)
