"""While the triggers stand, the ledger only grows at its end."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.ids import PersonId
from approvals.record.store import Store
from approvals.request import Draft
from approvals.states import EventType
from tests.approvals.record.tamper import INSERT, by_hand, entries, follow, row
from tests.approvals.scene import START, asked, draft

APPEND_ONLY = "the record is append-only"
MUST_FOLLOW = "an entry must follow on the last one"


@pytest.fixture
def hand(record: Store) -> Iterator[sqlite3.Connection]:
    """A database tool on a record with two entries."""
    request = record.ask(asked(PersonId("P-1")))
    record.append(request, [draft(EventType.HELD, START)])
    with by_hand(record.path) as connection:
        yield connection


def refused(connection: sqlite3.Connection, sql: str, *values: object) -> str:
    """What the database says to a statement, having changed nothing."""
    before = entries(connection)
    with pytest.raises(sqlite3.IntegrityError) as told:
        connection.execute(sql, values)
    assert entries(connection) == before
    return str(told.value)


@pytest.mark.parametrize("column", ["body", "by", "hash", "seq"])
def test_no_entry_can_be_updated(hand: sqlite3.Connection, column: str) -> None:
    assert refused(hand, f"UPDATE ledger SET {column} = 7 WHERE seq = 1") == APPEND_ONLY


def test_no_entry_can_be_deleted(hand: sqlite3.Connection) -> None:
    assert refused(hand, "DELETE FROM ledger WHERE seq = 2") == APPEND_ONLY
    assert refused(hand, "DELETE FROM ledger") == APPEND_ONLY


@pytest.mark.parametrize("seq", [1, 2])
def test_no_entry_can_be_replaced(hand: sqlite3.Connection, seq: int) -> None:
    forged = entries(hand)[seq - 1]._replace(body="{}")
    sql = INSERT.replace("INSERT", "INSERT OR REPLACE")
    assert refused(hand, sql, *row(forged)) == MUST_FOLLOW


@pytest.mark.parametrize("version", [1, 2])
def test_no_entry_can_take_the_place_of_another(hand: sqlite3.Connection, version: int) -> None:
    """REPLACE also deletes what has the same stream and version, and no trigger on DELETE hears of it."""
    last = entries(hand)[-1]
    forged = last._replace(seq=last.seq + 1, prev=last.hash, version=version, body="{}")
    sql = INSERT.replace("INSERT", "INSERT OR REPLACE")
    assert refused(hand, sql, *row(forged)) == MUST_FOLLOW


def test_no_entry_can_be_upserted(hand: sqlite3.Connection) -> None:
    forged = entries(hand)[0]
    sql = f"{INSERT} ON CONFLICT DO UPDATE SET body = '{{}}'"
    assert refused(hand, sql, *row(forged)) == MUST_FOLLOW


@pytest.mark.parametrize("seq", [0, 4, None])
def test_no_entry_can_leave_a_gap(hand: sqlite3.Connection, seq: int | None) -> None:
    last = entries(hand)[-1]
    added = last._replace(version=3, prev=last.hash)
    assert refused(hand, INSERT, seq, *row(added)[1:]) == MUST_FOLLOW


def test_no_entry_can_follow_on_an_older_one(hand: sqlite3.Connection) -> None:
    first, last = entries(hand)
    forked = last._replace(seq=3, version=3, prev=first.hash)
    assert refused(hand, INSERT, *row(forked)) == MUST_FOLLOW


def test_an_entry_that_follows_is_taken(hand: sqlite3.Connection) -> None:
    added = follow(hand, version=3)
    assert entries(hand)[-1] == added


def test_words_cannot_be_updated(hand: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="kept as it was said, or forgotten"):
        hand.execute("UPDATE words SET text = 'something else'")


def test_words_can_be_deleted(hand: sqlite3.Connection) -> None:
    before = hand.execute("SELECT count(*) FROM words").fetchone()[0]
    hand.execute("DELETE FROM words WHERE text = 'Joins IT on Monday'")
    assert hand.execute("SELECT count(*) FROM words").fetchone()[0] == before - 1


def test_personal_words_are_not_in_the_ledger(record: Store) -> None:
    secret = "Zoe goes on leave"
    record.ask(asked(PersonId("P-1"), reason=secret))
    with by_hand(record.path) as connection:
        dump = [line for line in connection.iterdump() if secret in line]
    assert len(dump) == 1
    assert "words" in dump[0].partition("VALUES")[0]


def test_an_empty_word_is_not_kept(record: Store) -> None:
    begun = asked(PersonId("P-1"), reason="")
    request = record.ask(Draft(begun.type, begun.by, begun.body, {"shell": "", "reason": ""}))
    with by_hand(record.path) as connection:
        assert connection.execute("SELECT count(*) FROM words").fetchone() == (0,)
    assert record.request(request.id).reason == ""


def test_a_second_opening_changes_nothing(record: Store, tmp_path: Path) -> None:
    with by_hand(record.path) as connection:
        before = list(connection.iterdump())
    Store(tmp_path / "record.db").close()
    with by_hand(record.path) as connection:
        assert list(connection.iterdump()) == before
