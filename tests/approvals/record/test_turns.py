"""Those who queue to write come in order, and share one commit without sharing their errors."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event

import pytest

from approvals.record.database import StoreTrouble, Turns
from approvals.record.sqlite import Sqlite

TOGETHER = 8


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Sqlite]:
    """Sqlite to a file with one table in it."""
    found = Sqlite(tmp_path / "some.db")
    found.run("CREATE TABLE things (name TEXT NOT NULL)")
    yield found
    found.close()


def in_queue(turns: Turns, many: int) -> None:
    """Returns once so many wait."""
    deadline = time.monotonic() + 30
    while len(turns._queue) < many:
        assert time.monotonic() < deadline, "nobody came"
        time.sleep(0.001)


def add(on: Sqlite, name: str, then: Callable[[], None] = lambda: None) -> None:
    """Puts one thing into the table."""
    with on.writing():
        on.run("INSERT INTO things VALUES (?)", name)
        then()


def behind_one(on: Sqlite, *works: Callable[[], None]) -> list[Future[None]]:
    """One writer, and others that queue while it has its turn; all of them, ended."""
    with ThreadPoolExecutor(len(works)) as threads, on.writing():
        on.run("INSERT INTO things VALUES ('first')")
        found = []
        for number, work in enumerate(works, 1):
            found.append(threads.submit(work))
            in_queue(on._turns, number)
        # Leaving `writing` comes before leaving the pool: nobody could end otherwise.
    return found


def names(on: Sqlite) -> list[str]:
    """What is in the table, in the order in which it was written."""
    return [row["name"] for row in on.rows("SELECT name FROM things ORDER BY rowid")]


def commits(on: Sqlite) -> list[str]:
    """Where every COMMIT from now on is noted."""
    found: list[str] = []
    with on.writing():
        on.db.conn.set_trace_callback(lambda sql: found.append(sql) if sql == "COMMIT" else None)
    found.clear()
    return found


def fails() -> None:
    """What goes wrong in a turn."""
    raise ZeroDivisionError


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, came = Turns(), []

    def work(n: int) -> None:
        turns.take()
        came.append(n)
        turns.hand_on()

    turns.take()
    with ThreadPoolExecutor(TOGETHER) as threads:
        for n in range(TOGETHER):
            threads.submit(work, n)
            in_queue(turns, n + 1)
        turns.hand_on()
    assert came == list(range(TOGETHER))
    assert not turns.is_awaited()


def test_those_who_queue_share_one_commit(on: Sqlite) -> None:
    seen = commits(on)
    works = behind_one(on, *(lambda n=n: add(on, str(n)) for n in range(TOGETHER)))
    assert [one.exception() for one in works] == [None] * TOGETHER
    assert names(on) == ["first", *map(str, range(TOGETHER))]
    assert seen == ["COMMIT"]


def test_nobody_leaves_before_the_commit(on: Sqlite, tmp_path: Path) -> None:
    def added_and_looked_up() -> None:
        add(on, "second")
        with closing(sqlite3.connect(tmp_path / "some.db")) as elsewhere:
            assert elsewhere.execute("SELECT count(*) FROM things").fetchone() == (2,)

    [work] = behind_one(on, added_and_looked_up)
    assert work.exception() is None


def test_the_error_of_one_is_the_error_of_one(on: Sqlite) -> None:
    bad, good = behind_one(on, lambda: add(on, "bad", fails), lambda: add(on, "good"))
    assert isinstance(bad.exception(), ZeroDivisionError)
    assert good.exception() is None
    assert names(on) == ["first", "good"]


def test_an_error_of_the_first_leaves_the_others_their_own(on: Sqlite) -> None:
    with ThreadPoolExecutor(1) as threads, pytest.raises(ZeroDivisionError), on.writing():
        on.run("INSERT INTO things VALUES ('first')")
        work = threads.submit(add, on, "second")
        in_queue(on._turns, 1)
        fails()
    assert work.exception() is None
    assert names(on) == ["second"]


def test_later_turns_see_what_earlier_ones_wrote(on: Sqlite) -> None:
    seen: list[str] = []

    def look() -> None:
        with on.writing():
            seen.extend(names(on))

    behind_one(on, look)
    assert seen == ["first"]


def test_a_commit_that_fails_fails_for_all(on: Sqlite) -> None:
    def spoil() -> None:
        add(on, "spoilt", lambda: on.db.conn.rollback())

    works = []
    with pytest.raises(StoreTrouble):
        works = behind_one(on, lambda: add(on, "second"), spoil, lambda: add(on, "last"))
    assert works == []
    assert names(on) == []
    add(on, "again")
    assert names(on) == ["again"]


def test_a_full_disk_is_everybodys_error_and_not_for_ever(on: Sqlite) -> None:
    def page_limit(pages: int) -> None:
        with on.writing():
            on.rows(f"PRAGMA max_page_count = {pages}")

    page_limit(2)
    found: list[object] = []

    def too_much() -> None:
        start.wait(30)
        try:
            add(on, "x" * 100_000)
        except StoreTrouble as error:
            found.append(str(error))

    start = Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(too_much)
    assert len(found) == 4
    assert all("Nothing was done" in str(one) for one in found)
    page_limit(1000)
    add(on, "small")
    assert names(on) == ["small"]


def test_a_turn_inside_a_turn_waits_for_nobody(on: Sqlite) -> None:
    ended = Event()

    def inner() -> None:
        with on.writing(), on.writing():
            on.run("INSERT INTO things VALUES ('inner')")
        ended.set()

    behind_one(on, inner)
    assert ended.is_set()
    assert names(on) == ["first", "inner"]


def test_who_reads_alone_waits_for_another_reader_but_not_beyond_their_patience(on: Sqlite) -> None:
    reading, end, read = Event(), Event(), list[str]()

    def reads(name: str, patience: float) -> None:
        with on.patience(patience), on.alone():
            read.append(name)
            reading.set()
            end.wait(30 if name == "slow" else 0)

    with ThreadPoolExecutor(2) as threads:
        threads.submit(reads, "slow", 30)
        reading.wait(30)
        patient = threads.submit(reads, "patient", 30)
        in_queue(on._readers, 1)
        reads("hasty", 0.01)
        assert read == ["slow", "hasty"]
        end.set()
        patient.result(30)
    assert read == ["slow", "hasty", "patient"]
