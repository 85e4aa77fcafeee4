"""One connection a reading thread, and one writer at a time."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.sqlite import Sqlite, Troubles


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Sqlite]:
    """Sqlite to a file with one table in it."""
    found = Sqlite(tmp_path / "some.db")
    found.run("CREATE TABLE things (name TEXT NOT NULL UNIQUE)")
    yield found
    found.close()


def names(on: Sqlite) -> list[str]:
    """What is in the table."""
    return [row["name"] for row in on.rows("SELECT name FROM things ORDER BY name")]


def add(on: Sqlite, name: str) -> None:
    """Puts one thing into the table."""
    with on.writing():
        on.run("INSERT INTO things VALUES (?)", name)


def test_a_thread_keeps_its_connection(on: Sqlite) -> None:
    assert on.db is on.db


def test_two_threads_have_two_connections(on: Sqlite) -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: on.db).result() is not on.db


def test_every_connection_writes_durably(on: Sqlite) -> None:
    [synchronous], [keys] = on.rows("PRAGMA synchronous"), on.rows("PRAGMA foreign_keys")
    assert (synchronous[0], keys[0]) == (2, 1)


def test_what_a_transaction_wrote_stays(on: Sqlite) -> None:
    add(on, "a")
    assert names(on) == ["a"]
    assert not on.db.conn.in_transaction


def test_an_error_takes_everything_back(on: Sqlite) -> None:
    with pytest.raises(ZeroDivisionError), on.writing():
        on.run("INSERT INTO things VALUES ('a')")
        raise ZeroDivisionError
    assert names(on) == []
    add(on, "b")
    assert names(on) == ["b"]


def test_a_transaction_inside_another_is_part_of_it(on: Sqlite) -> None:
    with pytest.raises(ZeroDivisionError), on.writing():
        add(on, "a")
        raise ZeroDivisionError
    assert names(on) == []


def test_an_inner_error_takes_everything_back(on: Sqlite) -> None:
    with pytest.raises(StoreTrouble, match="so nothing was"), on.writing():
        add(on, "a")
        with pytest.raises(ZeroDivisionError), on.writing():
            on.run("INSERT INTO things VALUES ('b')")
            raise ZeroDivisionError
        add(on, "c")
    assert names(on) == []
    add(on, "d")
    assert names(on) == ["d"]


def test_nothing_more_is_taken_after_a_part_failed(on: Sqlite) -> None:
    with pytest.raises(StoreTrouble), on.writing():
        with pytest.raises(ZeroDivisionError), on.writing():
            raise ZeroDivisionError
        with pytest.raises(StoreTrouble, match="so nothing was"):
            add(on, "c")
    assert names(on) == []


def test_nobody_else_sees_an_open_transaction(on: Sqlite) -> None:
    with ThreadPoolExecutor(1) as other, on.writing():
        on.run("INSERT INTO things VALUES ('a')")
        assert other.submit(names, on).result() == []


def test_a_second_writer_waits_for_the_first(on: Sqlite) -> None:
    begun, seen = Event(), []

    def second() -> None:
        begun.set()
        with on.writing():
            seen.extend(names(on))

    thread = Thread(target=second)
    with on.writing():
        thread.start()
        begun.wait(10)
        on.run("INSERT INTO things VALUES ('a')")
        assert seen == []
    thread.join(10)
    assert seen == ["a"]


def test_many_writers_lose_nothing(on: Sqlite) -> None:
    start = Barrier(16)

    def work(n: int) -> None:
        start.wait(10)
        for k in range(5):
            add(on, f"{n:02}-{k}")

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert names(on) == [f"{n:02}-{k}" for n in range(16) for k in range(5)]


def test_reading_before_writing_cannot_be_overtaken(tmp_path: Path, on: Sqlite) -> None:
    """A deferred transaction that reads first fails at once when another process has written since."""
    other = Sqlite(tmp_path / "some.db")
    with ThreadPoolExecutor(1) as elsewhere:
        with on.writing():
            before = names(on)
            late = elsewhere.submit(add, other, "b")
            on.run("INSERT INTO things VALUES ('a')")
            assert not late.done()
        late.result(30)
    assert (before, names(on)) == ([], ["a", "b"])
    other.close()


def test_closing_closes_every_threads_connection(on: Sqlite) -> None:
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(lambda: on.db.conn).result()
    mine = on.db.conn
    on.close()
    for connection in (mine, theirs):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_a_closed_one_opens_again_when_asked(on: Sqlite) -> None:
    add(on, "a")
    on.close()
    assert names(on) == ["a"]


def test_database_errors_become_sentences() -> None:
    with pytest.raises(StoreTrouble) as told, Troubles("record.db"):
        raise sqlite3.OperationalError("disk I/O error")
    assert str(told.value).startswith("The record record.db can't be used: disk I/O error. Nothing was done.")


def test_broken_rules_and_own_errors_pass_as_they_are() -> None:
    with pytest.raises(sqlite3.IntegrityError), Troubles("record.db"):
        raise sqlite3.IntegrityError("the record is append-only")
    with pytest.raises(Overtaken), Troubles("record.db"):
        raise Overtaken("R-1 has moved on")
