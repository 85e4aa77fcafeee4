"""What `verify` sees of somebody who edits the record with a database tool."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.chain import Anchor
from approvals.ids import PersonId
from approvals.sqlite import SqliteStore
from approvals.states import What
from approvals.store import Overtaken, Store
from tests.approvals.scene import START, STEADY, asked, draft, planned
from tests.approvals.tamper import by_hand, recompute, unguarded

ADA = PersonId("P-1")


@pytest.fixture
def lived(record: SqliteStore) -> SqliteStore:
    """A record with a policy and two requests: R-1 done, R-2 waiting."""
    record.take_policy("operators = []")
    now = START
    one = record.ask(asked(ADA))
    whole = (What.PLANNED, What.VOTED, What.APPROVED, What.TRYING, What.ANSWERED, What.DONE)
    record.append(one, [draft(what, now) for what in whole])
    record.append(record.ask(asked(ADA, reason="Second try")), [planned(now + timedelta(days=1))])
    return record


@pytest.fixture
def hand(lived: SqliteStore) -> Iterator[sqlite3.Connection]:
    """A database tool on that record, its triggers dropped."""
    with unguarded(lived.path) as connection:
        yield connection


def faults(store: Store, *anchors: Anchor) -> tuple[str, ...]:
    """What verify finds wrong."""
    return store.verify(anchors).faults


def test_an_honest_record_holds(lived: SqliteStore) -> None:
    found = lived.verify()
    assert (found.anchor.count, found.requests, found.forgotten, found.faults) == (10, 2, 0, ())
    assert lived.verify([found.anchor]) == found


def test_an_edited_body_is_found(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    hand.execute("UPDATE ledger SET body = replace(body, 'make-admin', 'make-owner') WHERE seq = 2")
    assert faults(lived) == ("entry 2 (R-1, asked) was changed after it was written",)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7", "{}", '{"words":3}', '{"words":{"reason":7}}'])
def test_a_body_edited_into_nonsense_is_found(
    lived: SqliteStore, hand: sqlite3.Connection, text: str
) -> None:
    hand.execute("UPDATE ledger SET body = ? WHERE seq = 3", [text])
    assert "entry 3 (R-1, planned) was changed after it was written" in faults(lived)


def test_an_edited_approver_is_found(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    hand.execute("UPDATE ledger SET by = 'P-9' WHERE type = 'approved'")
    assert faults(lived) == ("entry 5 (R-1, approved) was changed after it was written",)


@settings(STEADY, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seq=st.integers(1, 10),
    column=st.sampled_from(["stream", "type", "at", "by", "body", "prev", "hash"]),
    text=st.one_of(st.text(max_size=20), st.sampled_from(["R-2", "P-1", "done", "{}", "2026-03-02"])),
)
def test_any_edit_of_any_column_is_found(
    lived: SqliteStore, hand: sqlite3.Connection, seq: int, column: str, text: str
) -> None:
    [old] = hand.execute(f"SELECT {column} FROM ledger WHERE seq = ?", [seq]).fetchone()
    update = f"UPDATE OR IGNORE ledger SET {column} = ? WHERE seq = ?"
    edited = hand.execute(update, [text, seq]).rowcount == 1 and text != old
    try:
        assert bool(faults(lived)) == edited
    finally:
        hand.execute(update, [old, seq])
    assert not faults(lived)


def test_swapped_entries_are_found(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    hand.executescript(
        "UPDATE ledger SET seq = 99 WHERE seq = 3; UPDATE ledger SET seq = 3 WHERE seq = 4;"
        "UPDATE ledger SET seq = 4 WHERE seq = 99;"
    )
    told = faults(lived)
    assert "entry 3 doesn't follow the one before it" in told
    assert "entry 4 doesn't follow the one before it" in told


def test_a_deleted_entry_is_found(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    hand.execute("DELETE FROM ledger WHERE seq = 4")
    assert faults(lived)[0] == "entry 4 is missing: the next one is numbered 5"


def cut(connection: sqlite3.Connection) -> None:
    """Cuts off the last entry and adapts the cached state, as a careful forger would."""
    connection.execute("DELETE FROM ledger WHERE seq = 10")
    connection.execute("UPDATE requests SET version = 1, state = 'checking' WHERE number = 2")


def test_a_cut_tail_is_found_with_an_anchor_only(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    anchor = lived.verify().anchor
    cut(hand)
    assert faults(lived) == ()
    assert faults(lived, anchor) == ("the record ends at 9, but an anchor saw 10 entries: its end was cut",)


def test_a_whole_recomputation_is_found_with_an_anchor_only(
    lived: SqliteStore, hand: sqlite3.Connection
) -> None:
    anchor = lived.verify().anchor
    hand.execute("UPDATE ledger SET by = 'P-9' WHERE type = 'approved'")
    recompute(hand)
    assert faults(lived) == ()
    assert faults(lived, anchor) == ("entry 10 isn't the one the anchor saw: the record was written anew",)


def test_an_edited_word_is_found(lived: SqliteStore, hand: sqlite3.Connection) -> None:
    hand.execute("UPDATE words SET text = 'Leaves IT' WHERE text = 'Second try'")
    assert faults(lived) == ("the reason of entry 9 (R-2) was changed",)


def test_a_replaced_word_is_found_though_triggers_stand(lived: SqliteStore) -> None:
    with by_hand(lived.path) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO words"
            " SELECT seq, key, salt, 'Leaves IT' FROM words WHERE text = 'Second try'"
        )
    assert faults(lived) == ("the reason of entry 9 (R-2) was changed",)


def test_a_deleted_word_counts_as_forgotten(lived: SqliteStore) -> None:
    anchor = lived.verify().anchor
    with by_hand(lived.path) as connection:
        connection.execute("DELETE FROM words WHERE text = 'Second try'")
    found = lived.verify([anchor])
    assert (found.forgotten, found.faults) == (1, ())
    assert lived.requests()[0].reason == "(forgotten)"


def test_a_state_edited_by_hand_is_found(lived: SqliteStore) -> None:
    with by_hand(lived.path) as connection:
        connection.execute("UPDATE requests SET state = 'approved' WHERE number = 2")
    assert faults(lived) == ("R-2 is shown as approved, but its record says waiting",)


def test_a_request_deleted_from_the_list_is_found(lived: SqliteStore) -> None:
    with by_hand(lived.path) as connection:
        connection.execute("DELETE FROM requests WHERE number = 2")
    assert faults(lived) == ("R-2 is in the record, but not in the list of requests",)


def test_a_request_without_a_record_is_found(lived: SqliteStore) -> None:
    with by_hand(lived.path) as connection:
        connection.execute(
            "INSERT INTO requests SELECT 3, " + _columns(connection) + " FROM requests LIMIT 1"
        )
    [fault] = faults(lived)
    assert fault.startswith("R-3 can't be read from its record")


def _columns(connection: sqlite3.Connection) -> str:
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(requests)")]
    return ", ".join(names[1:])


def test_events_come_back_as_they_were_written(lived: SqliteStore) -> None:
    events = list(lived.events())
    assert [event.seq for event in events] == list(range(1, 11))
    assert [event.version for event in lived.events("R-2")] == [1, 2]
    assert events[0].type == "policy-in-force"
    assert not events[0].known
    assert json.loads(events[1].told("details")) == {"role": "Company Admin"}


def test_hand_written_versions_do_not_confuse_an_append(lived: SqliteStore) -> None:
    request = lived.requests()[0]
    with by_hand(lived.path) as connection:
        connection.execute("UPDATE requests SET version = 7 WHERE number = 2")
    with pytest.raises(Overtaken):
        lived.append(request, [draft(What.DENIED, START)])
