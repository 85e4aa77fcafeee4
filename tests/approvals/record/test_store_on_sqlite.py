"""The SQLite record: which files it opens, what a full disk does, and what a newer program wrote."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from approvals.ids import GroupId, PersonId
from approvals.people import Account, Standing
from approvals.record.chain import GENESIS, Anchor, Verified
from approvals.record.database import StoreTrouble, WrongRecord
from approvals.record.outbox import Card, Note
from approvals.record.schema import LAYOUT
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import EventType, State
from tests.approvals.record.tamper import by_hand, entries, follow
from tests.approvals.scene import START, Clock, asked, draft, met, planned

ADA = PersonId("P-1")


# -- opening -----------------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    """What opening a file as a record says, having left every byte alone."""
    before = path.read_bytes()
    with pytest.raises(WrongRecord) as told:
        Store(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return str(told.value)


def written(path: Path, *statements: str) -> Path:
    """A database that somebody else made."""
    with by_hand(path) as connection:
        for sql in statements:
            connection.execute(sql)
    return path


def test_a_new_file_becomes_a_record(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    store = Store(path)
    assert (store.is_new, store.verify()) == (True, Verified(Anchor(0, GENESIS), 0))
    store.close()
    again = Store(path)
    assert not again.is_new
    again.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Remember to ask Ada about the boards.\n" * 40)
    assert refused(path) == (
        f"{path} can't be opened as a record: file is not a database. Nothing was changed. "
        "Check MIRO_BOT_DATABASE. If the record is damaged, restore a backup that "
        "`miro-bot audit verify` finds intact."
    )


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "songs.db", "CREATE TABLE songs (name TEXT)", "INSERT INTO songs VALUES ('a')")
    assert refused(path) == f"{path} is a database, but not a record of this bot. Name another file."


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE meta (key TEXT, value TEXT)"],
        ["CREATE TABLE meta (key TEXT, value TEXT)", "INSERT INTO meta VALUES ('oldest', 'songs')"],
        ["CREATE TABLE meta (name TEXT)"],
    ],
    ids=["empty", "other words", "other columns"],
)
def test_a_table_called_meta_makes_no_record(tmp_path: Path, statements: list[str]) -> None:
    path = written(tmp_path / "songs.db", *statements)
    assert str(path) in refused(path)


def test_a_record_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    Store(path).close()
    written(path, f"UPDATE meta SET value = '{LAYOUT + 1}'")
    assert refused(path) == (
        f"{path} was written by a newer miro-bot (layout {LAYOUT + 1}, this one knows {LAYOUT}). "
        "Install that version again; nothing was changed."
    )


def test_a_newer_layout_that_allows_older_programs_opens(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    Store(path).close()
    written(path, f"UPDATE meta SET value = '{LAYOUT + 1}' WHERE key = 'layout'")
    store = Store(path)
    assert store.ask(asked(ADA)).id == "R-1"
    store.close()


def test_a_record_opens_again_after_the_groups_were_seen(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "record.db"
    store = Store(path, clock.now)
    store.groups.keep([(GroupId("1"), "Engineering")])
    store.close()
    again = Store(path, clock.now)
    assert again.groups.seen_at() == START
    again.close()


def test_readers_and_writers_do_not_wait_for_each_other(record: Store) -> None:
    with by_hand(record.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_many_may_open_a_new_record_at_once(tmp_path: Path) -> None:
    start = Barrier(8)

    def begin(_: int) -> str:
        start.wait(30)
        store = Store(tmp_path / "record.db")
        found = store.ask(asked(ADA)).id
        store.close()
        return found

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(begin, range(8))) == [f"R-{n}" for n in range(1, 9)]


def test_a_record_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongRecord, match="unable to open database file"):
        Store(tmp_path / "no such folder" / "record.db")


# -- a full disk -------------------------------------------------------------------------------------------


def fill(store: Store) -> None:
    """Leaves the file no page to grow by."""
    with store.writing():
        [[pages]] = store._on.rows("PRAGMA page_count")
        store._on.rows(f"PRAGMA max_page_count = {pages}")


def dump(path: Path) -> list[str]:
    """Everything in a database, as text."""
    with by_hand(path) as connection:
        return list(connection.iterdump())


LONG = "because the whole department moves. " * 2000

WRITES: dict[str, Callable[[Store], object]] = {
    "ask": lambda store: store.ask(asked(ADA, reason=LONG), "receipt"),
    "append": lambda store: store.append(store.requests()[0], [planned(START, plan={"lines": LONG})]),
    "take_policy": lambda store: store.take_policy(LONG),
    "once": lambda store: store.once(LONG),
    "learn": lambda store: store.people.learn(store.people.meet(email="ada@example.com").id, name=LONG),
    "saw": lambda store: store.people.saw(Account("U1", Standing.COLLEAGUE, START, LONG), "b@example.com"),  # type: ignore[arg-type]
    "keep": lambda store: store.groups.keep([(GroupId("1"), LONG)]),
    "put": lambda store: store.outbox.put(Card(store.requests()[0].id, "approver", "P-1", drawn=LONG)),
    "say": lambda store: store.outbox.say(Note("C1", {"text": LONG})),
}


@pytest.mark.parametrize("write", sorted(WRITES))
def test_a_full_disk_leaves_nothing_half_written(record: Store, write: str) -> None:
    record.ask(asked(ADA))
    record.people.meet(email="ada@example.com")
    before = dump(record.path)
    fill(record)
    with pytest.raises(StoreTrouble, match=r"can't be used: database or disk is full\. Nothing was done\."):
        WRITES[write](record)
    assert dump(record.path) == before
    assert not record.verify().faults


def test_a_store_works_again_once_there_is_room(record: Store) -> None:
    fill(record)
    with pytest.raises(StoreTrouble):
        record.ask(asked(ADA, reason=LONG), "receipt")
    with record.writing():
        record._on.rows("PRAGMA max_page_count = 100000")
    assert record.ask(asked(ADA, reason=LONG), "receipt").id == "R-1"


def test_a_damaged_file_is_a_trouble_with_a_sentence(record: Store) -> None:
    record.ask(asked(ADA))
    record.close()
    page = 4096
    record.path.write_bytes(record.path.read_bytes()[:page] + b"\x99" * 40 * page)
    with pytest.raises(StoreTrouble, match=r"Check the free disk space and the file's permissions"):
        record.requests()


# -- events of a newer program -----------------------------------------------------------------------------


def newer(store: Store, request: Request, **columns: object) -> None:
    """Writes on as a newer program would, on the same file."""
    with by_hand(store.path) as connection:
        follow(connection, stream=request.id, version=request.version + 1, body="{}", by="bot", **columns)
        connection.execute(
            "UPDATE requests SET version = version + 1, active = 1, next_due = ? WHERE number = ?",
            [entries(connection)[-1].at, request.number],
        )


NEWER = [{"type": "delegated"}, {"type": "held", "format": 4}]
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("columns", NEWER)
def test_nobody_is_handed_what_a_newer_program_wrote(record: Store, columns: dict[str, object]) -> None:
    newer(record, record.ask(asked(ADA)), **columns)
    assert record.claim("worker", HOUR) is None


@pytest.mark.parametrize("columns", NEWER)
def test_what_a_newer_program_wrote_holds_up_no_other(record: Store, columns: dict[str, object]) -> None:
    newer(record, record.ask(asked(ADA, lanes=["person:P-1"])), **columns)
    record.ask(asked(ADA, lanes=["person:P-2"]))
    claim = record.claim("worker", HOUR)
    assert claim
    assert claim.request == "R-2"


@pytest.mark.parametrize("columns", NEWER)
def test_what_a_newer_program_wrote_is_shown(record: Store, columns: dict[str, object]) -> None:
    newer(record, record.ask(asked(ADA)), **columns)
    [request] = record.requests()
    assert (request.untouchable, request.state, request.version) == (True, State.CHECKING, 2)


@pytest.mark.parametrize("columns", NEWER)
def test_an_entry_of_a_newer_program_is_named_and_its_state_is_left_to_it(
    record: Store, columns: dict[str, object]
) -> None:
    met(record)
    newer(record, record.ask(asked(ADA)), **columns)
    with by_hand(record.path) as connection:
        connection.execute("UPDATE requests SET state = 'delegated'")
    [fault] = record.verify().faults
    assert fault == (
        f"entry 2 (R-1, {columns['type']}) has a type this program doesn't know: "
        "a newer version wrote it, or someone changed it"
    )


def test_an_unknown_draft_makes_a_request_untouchable(record: Store) -> None:
    request = record.ask(asked(ADA))
    strange = draft(EventType.HELD, START)
    after = record.append(request, [type(strange)("delegated", ADA, {"to": "P-2"})])
    assert (after.untouchable, after.next_due) == (True, None)
    assert record.request(request.id) == after
    assert record.claim("worker", HOUR) is None
