"""The port to a database: what a record asks of it, whichever it is, and the sentences for what goes wrong.

Statements are written once, for all databases: `?` for a value, `ON CONFLICT` for what may be there already,
`RETURNING` for what the database gave. Every text is compared by its bytes.
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
"""Seconds to wait for others who write, where nobody waits for an answer."""


class StoreTrouble(Exception):
    """The record can't be read or written; the text says what it means and what to do.

    StoreTrouble
     ├─ Overtaken     somebody was first; look again
     ├─ ClaimLost     the lease ran out and another worker has the request
     └─ WrongRecord   it is of a newer program, damaged, or not a record at all
    """


class Overtaken(StoreTrouble):
    """The request has moved on since it was read."""


class ClaimLost(StoreTrouble):
    """Another worker holds the request now; what this one was about to write isn't written."""


class WrongRecord(StoreTrouble):
    """This program mustn't open this record."""


@dataclass(frozen=True)
class Server:
    """A record on a PostgreSQL server. Printed, it shows no secret."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        try:
            parts = urlsplit(self.url)
            return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"
        except ValueError:
            return "postgresql://…"


Location = Path | Server
"""Where a record is."""


def location(text: str) -> Location:
    """The place that a path or a URL names. Raises ValueError for a URL of anything but PostgreSQL."""
    if "://" not in text:
        return Path(text).absolute()
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it takes the path of a file or a URL that begins with postgresql://")
    return Server(text)


class Row(Protocol):
    """One row of a query: its columns by name or by place."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class ReadAhead(Generic[K, V]):
    """What a unit of work has read, by its key: what it was told to expect is read with the first of it.

    `read`: values by their keys; a key that it leaves out has none.
    """

    def __init__(self, read: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._read, self._known, self._expected = read, dict[K, V | None](), set[K]()

    def expect(self, keys: Iterable[K]) -> None:
        """These will be asked for, or some of them."""
        self._expected |= {*keys} - self._known.keys()

    def get(self, key: K) -> V | None:
        """The value of a key, None where it has none."""
        if key not in self._known:
            wanted = self._expected if key in self._expected else {key}
            self._known |= {**dict.fromkeys(wanted), **self._read(wanted)}
            self._expected -= self._known.keys()
        return self._known[key]

    def forget(self) -> None:
        """All is read anew, together, when some of it is asked for."""
        self._expected |= self._known.keys()
        self._known.clear()


class Mine(threading.local):
    """What belongs to one thread."""

    unit: dict[Any, ReadAhead[Any, Any]] | None = None
    """What it has read in its unit of work; None outside of one."""
    until: float | None = None
    """When its patience ends (`time.monotonic`); None for the ordinary one."""
    inside = False
    """Whether it has its turn to write."""
    failed = False
    """Whether a part of what it writes went wrong."""


class Database(ABC):
    """One database, for all threads of a process."""

    name: str
    """What sentences call it; without secrets."""
    is_new: bool
    """Whether there was nothing in it when it was opened."""
    migrates_itself = False
    """Whether it is brought up to date by being opened; else `miro-bot db migrate` does that."""
    commit_failed = False
    """Whether a commit failed, as on a full disk; whoever sees a later one succeed takes it back."""

    def __init__(self) -> None:
        self._mine, self._turns = Mine(), Turns()

    @abstractmethod
    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        """The rows of a query one by one, for what is too long for memory."""

    @abstractmethod
    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query, or of what a statement returns."""

    @abstractmethod
    def run(self, sql: str, *values: Any) -> int:
        """Executes one statement; how many rows it changed."""

    @abstractmethod
    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Executes one statement for each row of values."""

    def insert(self, table: str, rows: Collection[Sequence[Any]]) -> None:
        """Adds a few rows with one statement."""
        if rows:
            self.run(f"INSERT INTO {table} VALUES {places(rows)}", *(value for row in rows for value in row))

    @abstractmethod
    def standing_still(self) -> AbstractContextManager[None]:
        """All that this thread reads within the block is as of one moment."""

    @abstractmethod
    def _turn(self) -> AbstractContextManager[None]:
        """One transaction that keeps all others from writing, from its first read on."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that may write, committed when the block is left. Inside another it is a part of
        that; they fail as a whole."""
        if self._mine.inside:
            try:
                self._check_whole()
                yield
            except BaseException:
                self._mine.failed = True
                raise
            return
        try:
            with self._turn():
                yield
                self._check_whole()
        except BaseException:
            self.forget()  # what was read of it isn't so
            raise

    def _check_whole(self) -> None:
        if self._mine.failed:
            raise StoreTrouble("A part of this couldn't be written, so nothing of it was.")

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One unit of work of this thread: what it reads ahead is read once, until it writes to it."""
        if self._mine.unit is not None:
            yield
            return
        self._mine.unit = {}
        try:
            yield
        finally:
            self._mine.unit = None

    def ahead(self, read: Callable[[Collection[K]], Mapping[K, V]]) -> ReadAhead[K, V]:
        """What this thread's unit of work has read in one way."""
        unit = self._mine.unit
        found = None if unit is None else unit.get(read)
        if found is None:
            found = ReadAhead(read)
            if unit is not None:
                unit[read] = found
        return found

    def forget(self, *ways: Callable[..., Any]) -> None:
        """What this thread has read may be otherwise now; in these ways alone, if any are named."""
        for way, read in (self._mine.unit or {}).items():
            if not ways or way in ways:
                read.forget()

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

    @abstractmethod
    def tables(self) -> set[str]:
        """The names of the tables in it."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[None]:
        """One transaction that has brought the tables up to date."""

    def grant(self, role: str) -> None:
        """Lets a role run the bot, with no more rights than that takes."""
        raise StoreTrouble(f"{self.name} has no roles.")

    def renumber(self) -> None:
        """Has the next numbers follow on those of rows that brought theirs along; inside a transaction."""
        return

    @abstractmethod
    def damage(self) -> Iterator[str]:
        """What the database itself finds wrong, in sentences."""

    @abstractmethod
    def differences(self) -> Iterator[tuple[str, str]]:
        """What isn't as this program makes it: `table`, `index` or `trigger`, and a sentence."""

    @abstractmethod
    def problem(self) -> str:
        """What keeps it from being written that a trial write wouldn't show, in a sentence, or ''."""

    def tidy(self) -> None:
        """Does what can wait until nobody waits."""
        return

    @abstractmethod
    def close(self) -> None:
        """Lets go of every connection."""


def in_use(name: str) -> StoreTrouble:
    """What is said when others kept a record from being written for too long."""
    return StoreTrouble(
        f"The record {name} is in use by another program. Nothing was done; please try again in a minute."
    )


def among(column: str, values: Collection[Any]) -> str:
    """The condition that a column has one of these values, which are handed over beside it."""
    return f"{column} IN ({','.join('?' * len(values))})" if values else "1 = 0"


def places(rows: Collection[Sequence[Any]]) -> str:
    """Where the values of several rows go, in a statement that inserts all of them."""
    return ",".join(f"({','.join('?' * len(row))})" for row in rows)


def plain(values: Sequence[Any]) -> Sequence[Any]:
    """Values as every database takes them: text, whole numbers and nothing else.

    Raises StoreTrouble for a NUL, which PostgreSQL has no place for.
    """
    found = [value if type(value) in _PLAIN else _plain(value) for value in values]
    for value in found:
        if type(value) is str and "\0" in value:
            raise StoreTrouble(
                "There is a NUL character in a text, which no record keeps. Nothing was done; take it "
                "out and try again."
            )
    return found


_PLAIN = frozenset({str, int, type(None)})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    for kind in (str, int):
        if isinstance(value, kind):
            return kind(value)
    return value


class Turns:
    """A lock that is handed on in the order in which it was asked for; `threading.Lock` has no order."""

    def __init__(self) -> None:
        self._lock, self._queue, self._taken = threading.Lock(), deque[threading.Lock](), False

    def take(self, patience: float = -1) -> bool:
        """Waits for one's turn, for so many seconds at most (-1: without end); whether it came."""
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
            # Handed on in the last moment: then it is no longer in the queue.
            if mine not in self._queue:
                return True
            self._queue.remove(mine)
        return False

    def hand_on(self) -> None:
        """The next in the queue, if there is one."""
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False

    def is_awaited(self) -> bool:
        """Whether somebody is in the queue."""
        return bool(self._queue)
