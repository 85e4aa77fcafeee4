"""What `verify` sees of somebody who edits the record with a database tool."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.ids import PersonId
from approvals.record.chain import Anchor
from approvals.record.database import Overtaken
from approvals.record.store import Store
from approvals.states import EventType
from tests.approvals.record.tamper import by_hand, follow, recompute, unguarded
from tests.approvals.scene import START, STEADY, asked, draft, met, planned

ADA = PersonId("P-1")


def live(store: Store) -> Store:
    """Writes a policy and two requests: R-1 done, R-2 waiting."""
    met(store)
    policy, now = store.take_policy("operators = []"), START
    one = store.ask(asked(ADA, policy=policy))
    whole = (
        EventType.PLANNED,
        EventType.VOTED,
        EventType.APPROVED,
        EventType.TRYING,
        EventType.ANSWERED,
        EventType.DONE,
    )
    store.append(one, [draft(what, now) for what in whole])
    two = store.ask(asked(ADA, reason="Second try"))
    store.append(two, [planned(now + timedelta(days=1), policy=policy)])
    return store


@pytest.fixture
def lived(store: Store) -> Store:
    """A record on any database in which something happened."""
    return live(store)


@pytest.fixture
def filed(record: Store) -> Store:
    """The same on SQLite, for edits that only SQLite allows."""
    return live(record)


@pytest.fixture
def hand(lived: Store) -> Iterator[Any]:
    """A database tool on that record, its triggers dropped."""
    with unguarded(lived) as connection:
        yield connection


@pytest.fixture
def hand_on_file(filed: Store) -> Iterator[sqlite3.Connection]:
    """The same on a file."""
    with unguarded(filed) as connection:
        yield connection


def faults(store: Store, *anchors: Anchor) -> tuple[str, ...]:
    """What verify finds wrong, beside the triggers that the hand of these tests drops."""
    return tuple(one for one in store.verify(anchors).faults if not one.startswith("the trigger "))


def test_an_honest_record_holds(lived: Store) -> None:
    found = lived.verify()
    assert (found.anchor.count, found.requests, found.faults) == (10, 2, ())
    assert lived.verify([found.anchor]) == found


def test_an_edited_body_is_found(lived: Store, hand: Any) -> None:
    hand.execute("UPDATE ledger SET body = replace(body, 'make-admin', 'make-owner') WHERE seq = 2")
    assert faults(lived) == (
        "entry 2 (R-1, asked) was changed after it was written",
        "R-1 is listed with action make-admin, but the record says make-owner",
    )


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7", "{}", '{"words":3}', '{"words":{"reason":7}}'])
def test_a_body_edited_into_nonsense_is_found(lived: Store, hand: Any, text: str) -> None:
    hand.execute("UPDATE ledger SET body = ? WHERE seq = 3", [text])
    assert "entry 3 (R-1, planned) was changed after it was written" in faults(lived)


def test_an_edited_approver_is_found(lived: Store, hand: Any) -> None:
    hand.execute("UPDATE ledger SET by = 'P-2' WHERE type = 'approved'")
    assert faults(lived) == ("entry 5 (R-1, approved) was changed after it was written",)


@settings(STEADY, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seq=st.integers(1, 10),
    column=st.sampled_from(["stream", "type", "at", "by", "body", "prev", "hash"]),
    text=st.one_of(st.text(max_size=20), st.sampled_from(["R-2", "P-1", "done", "{}", "2026-03-02"])),
)
def test_any_edit_of_any_column_is_found(
    filed: Store, hand_on_file: sqlite3.Connection, seq: int, column: str, text: str
) -> None:
    [old] = hand_on_file.execute(f"SELECT {column} FROM ledger WHERE seq = ?", [seq]).fetchone()
    update = f"UPDATE OR IGNORE ledger SET {column} = ? WHERE seq = ?"
    edited = hand_on_file.execute(update, [text, seq]).rowcount == 1 and text != old
    try:
        assert bool(faults(filed)) == edited
    finally:
        hand_on_file.execute(update, [old, seq])
    assert not faults(filed)


def test_swapped_entries_are_found(lived: Store, hand: Any) -> None:
    for now, then in ((3, 99), (4, 3), (99, 4)):
        hand.execute("UPDATE ledger SET seq = ? WHERE seq = ?", [then, now])
    told = faults(lived)
    assert "entry 3 doesn't follow the one before it" in told
    assert "entry 4 doesn't follow the one before it" in told


def test_a_deleted_entry_is_found(lived: Store, hand: Any) -> None:
    hand.execute("DELETE FROM ledger WHERE seq = 4")
    assert faults(lived)[0] == "entry 4 is missing: the next one is numbered 5"


def cut(connection: Any) -> None:
    """Cuts off the last entry and adapts everything beside it, as a careful forger would."""
    for statement in (
        "DELETE FROM ledger WHERE seq = 10",
        "DELETE FROM words WHERE seq = 10",
        "INSERT INTO lanes VALUES ('admins', '4', 2)",
        "UPDATE requests SET version = 1, state = 'checking', active = 1, expires_at = NULL,"
        " next_due = (SELECT at FROM ledger WHERE seq = 9) WHERE number = 2",
    ):
        connection.execute(statement)


def test_a_cut_tail_is_found_with_an_anchor_only(lived: Store, hand: Any) -> None:
    anchor = lived.verify().anchor
    cut(hand)
    assert faults(lived) == ()
    assert faults(lived, anchor) == ("the record ends at 9, but an anchor saw 10 entries: its end was cut",)


def test_a_whole_recomputation_is_found_with_an_anchor_only(lived: Store, hand: Any) -> None:
    anchor = lived.verify().anchor
    hand.execute("UPDATE ledger SET by = 'P-2' WHERE type = 'approved'")
    recompute(hand)
    assert faults(lived) == ()
    assert faults(lived, anchor) == ("entry 10 isn't the one the anchor saw: the record was written anew",)


def test_from_a_checkpoint_on_only_what_follows_is_checked(lived: Store, hand: Any) -> None:
    whole, entry = lived.verify().anchor, next(each.entry for each in lived.sealed("R-2"))
    hand.execute("UPDATE ledger SET by = 'P-2' WHERE type = 'approved'")
    hand.execute("UPDATE requests SET active = 1")
    at = Anchor(entry.seq, entry.hash)
    found = lived.verify([whole], at)
    assert (found.anchor, found.requests) == (whole, 1)
    assert [each for each in found.faults if not each.startswith("the trigger ")] == [
        "R-2 is listed with active 1, but the record says 0"
    ]
    hand.execute("UPDATE ledger SET by = 'P-2' WHERE seq = 10")
    assert "entry 10 (R-2, planned) was changed after it was written" in lived.verify([], at).faults
    assert f"entry {at.count} isn't the one the anchor saw: the record was written anew" in (
        lived.verify([], Anchor(at.count, whole.head)).faults
    )


def test_an_edited_word_is_found(lived: Store, hand: Any) -> None:
    hand.execute("UPDATE words SET text = 'Leaves IT' WHERE text = 'Second try'")
    assert faults(lived) == ("the reason of entry 9 (R-2) was changed",)


def test_a_replaced_word_is_found_though_triggers_stand(filed: Store) -> None:
    with by_hand(filed) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO words"
            " SELECT seq, key, salt, 'Leaves IT' FROM words WHERE text = 'Second try'"
        )
    assert faults(filed) == ("the reason of entry 9 (R-2) was changed",)


def test_what_guards_a_server_is_missed(lived: Store, hand: Any) -> None:
    """On any database; which triggers there are depends on it."""
    told = lived.verify().faults
    assert "the trigger ledger_in_order is missing" in told
    hand.execute("DROP INDEX requests_active")
    assert "the index requests_active is missing" in lived.verify().faults


def test_a_deleted_word_is_found_for_nothing_here_forgets(lived: Store) -> None:
    with by_hand(lived) as connection:
        connection.execute("DELETE FROM words WHERE text = 'Second try'")
    assert faults(lived) == ("the reason of entry 9 (R-2) is missing",)


def test_added_words_are_found(lived: Store) -> None:
    with by_hand(lived) as connection:
        connection.execute("INSERT INTO words VALUES (9, 'shell', '', 'ada'), (99, 'who', '', 'ada')")
    assert faults(lived) == (
        "entry 9 (R-2) has no shell, but one is stored",
        "there is a who for entry 99, which doesn't exist",
    )


LISTED = {
    "state": ("'approved'", "waiting"),
    "version": ("7", "2"),
    "action": ("'offboard'", "make-admin"),
    "requester": ("'P-2'", "P-1"),
    "subject": ("'P-2'", "None"),
    "because_of": ("'R-1'", "None"),
    "next_due": ("NULL", "2026-03-03T09:00:00.000Z"),
    "active": ("1", "0"),
    "expires_at": ("NULL", "2026-03-03T09:00:00.000Z"),
}


@pytest.mark.parametrize("column", LISTED)
def test_a_list_edited_by_hand_is_found(lived: Store, column: str) -> None:
    value, said = LISTED[column]
    with by_hand(lived) as connection:
        connection.execute(f"UPDATE requests SET {column} = {value} WHERE number = 2")
        [shown] = connection.execute(f"SELECT {column} FROM requests WHERE number = 2").fetchone()
    assert faults(lived) == (f"R-2 is listed with {column} {shown}, but the record says {said}",)


def test_a_lane_taken_or_given_by_hand_is_found(lived: Store) -> None:
    lived.ask(asked(ADA, lanes=["person:P-1"]))
    with by_hand(lived) as connection:
        connection.execute("UPDATE lanes SET key = 'admins'")
        connection.execute("INSERT INTO lanes VALUES ('admins', '4', 99)")
    assert faults(lived) == (
        "R-3 is in the wrong lanes: admins",
        "R-3 is in the wrong lanes: person:P-1",
        "R-99 is in the wrong lanes: admins",
    )


def test_a_request_filed_or_hidden_by_hand_is_found(lived: Store) -> None:
    with by_hand(lived) as connection:
        connection.execute("DELETE FROM found_by")
        connection.execute("INSERT INTO found_by VALUES ('asked:P-2', 1), ('stuck', 2)")
    assert faults(lived) == (
        "R-1 is filed wrongly: asked:P-2",
        "R-2 is filed wrongly: by:P-1",
        "R-2 is filed wrongly: stuck",
    )


def test_a_request_deleted_from_the_list_is_found(lived: Store) -> None:
    with by_hand(lived) as connection:
        connection.execute("DELETE FROM requests WHERE number = 2")
    assert faults(lived) == (
        "R-2 is in the record, but missing from the list of requests",
        "R-2 is filed wrongly: by:P-1",
    )


# -- what the entries rest on ------------------------------------------------------------------------------


def test_an_edited_policy_is_found(lived: Store) -> None:
    [hash] = {event.body["hash"] for event in lived.events("policy")}
    with by_hand(lived) as connection:
        connection.execute("UPDATE policies SET text = 'operators = [\"eve\"]'")
    assert faults(lived) == (f"the text of the policy {hash[:12]} was changed",)


def test_a_policy_that_is_not_kept_is_found_wherever_it_is_named(lived: Store) -> None:
    [hash] = {event.body["hash"] for event in lived.events("policy")}
    with by_hand(lived) as connection:
        connection.execute("DELETE FROM policies")
    rests = f"names the policy {hash[:12]}, which is missing"
    places = ("entry 1 (policy, policy-in-force)", "entry 2 (R-1, asked)", "entry 10 (R-2, planned)")
    assert faults(lived) == tuple(f"{place} {rests}" for place in places)


@pytest.mark.parametrize("person", ["P-9", "P-x", "", "Bot"])
def test_an_entry_by_nobody_known_is_found(lived: Store, hand: Any, person: str) -> None:
    hand.execute("UPDATE ledger SET by = ? WHERE type = 'approved'", [person])
    recompute(hand)
    assert faults(lived) == (f"entry 5 (R-1, approved) is by {person}, who isn't in the table of people",)


@pytest.mark.parametrize("stream", ["R-2", "policy"])
def test_an_entry_of_an_unknown_kind_is_found(lived: Store, hand: Any, stream: str) -> None:
    follow(hand, stream=stream, version=3, type="blessed", body="{}", by="bot")
    assert faults(lived)[0] == (
        f"entry 11 ({stream}, blessed) has a type this program doesn't know: "
        "a newer version wrote it, or someone changed it"
    )


# -- tables and triggers -----------------------------------------------------------------------------------

GUARDS = ["ledger_in_order", "ledger_no_delete", "ledger_no_update", "words_no_update"]


def test_dropped_triggers_are_found(filed: Store, hand_on_file: sqlite3.Connection) -> None:
    assert filed.verify().faults == tuple(f"the trigger {name} is missing" for name in GUARDS)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DROP INDEX requests_active", "the index requests_active is missing"),
        (
            "CREATE TRIGGER ledger_no_update AFTER DELETE ON outbox BEGIN SELECT 1; END",
            "the trigger ledger_no_update isn't as this program makes it",
        ),
        (
            "CREATE TRIGGER late AFTER INSERT ON requests BEGIN DELETE FROM lanes; END",
            "the trigger late isn't as this program makes it",
        ),
        ("CREATE VIEW mine AS SELECT 1", "the view mine isn't as this program makes it"),
    ],
)
def test_what_is_not_as_this_program_makes_it_is_found(
    filed: Store, hand_on_file: sqlite3.Connection, statement: str, fault: str
) -> None:
    hand_on_file.execute(statement)
    hand_on_file.execute("UPDATE words SET text = 'Leaves IT' WHERE text = 'Second try'")
    found = filed.verify().faults
    assert fault in found
    assert "the reason of entry 9 (R-2) was changed" in found


@pytest.mark.parametrize("table", ["ledger", "words", "requests", "receipts", "outbox"])
def test_without_one_of_its_tables_a_record_does_not_hold(lived: Store, table: str) -> None:
    with by_hand(lived) as connection:
        connection.execute(f"DROP TABLE {table}")
    found = lived.verify()
    assert f"the table {table} is missing" in found.faults
    assert found.faults[-1] == "so nothing else was checked"


def test_a_table_with_another_column_does_not_hold(lived: Store) -> None:
    with by_hand(lived) as connection:
        connection.execute("ALTER TABLE ledger ADD COLUMN remark TEXT")
    assert lived.verify().faults[0] == "the table ledger isn't as this program makes it"


# -- a bot at work -----------------------------------------------------------------------------------------


def test_a_bot_at_work_is_no_forger(lived: Store) -> None:
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            request = lived.ask(asked(ADA, lanes=["person:P-1"]))
            lived.append(request, [draft(EventType.PLANNED, START), draft(EventType.DENIED, START)])

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        try:
            assert [lived.verify().faults for _ in range(10)] == [()] * 10
        finally:
            ended.set()
        working.result()


def test_a_request_without_a_record_is_found(filed: Store) -> None:
    with by_hand(filed) as connection:
        connection.execute(
            "INSERT INTO requests SELECT 3, " + _columns(connection) + " FROM requests LIMIT 1"
        )
    [fault] = faults(filed)
    assert fault.startswith("R-3 can't be read from its record")


def _columns(connection: sqlite3.Connection) -> str:
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(requests)")]
    return ", ".join(names[1:])


def test_events_come_back_as_they_were_written(lived: Store) -> None:
    events = list(lived.events())
    assert [event.seq for event in events] == list(range(1, 11))
    assert [event.version for event in lived.events("R-2")] == [1, 2]
    assert events[0].type == "policy-in-force"
    assert not events[0].known
    assert json.loads(events[1].text("details")) == {"role": "Company Admin"}


def test_hand_written_versions_do_not_confuse_an_append(lived: Store) -> None:
    request = lived.requests()[0]
    with by_hand(lived) as connection:
        connection.execute("UPDATE requests SET version = 7 WHERE number = 2")
    with pytest.raises(Overtaken):
        lived.append(request, [draft(EventType.DENIED, START)])
