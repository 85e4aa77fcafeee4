"""What only a server has: roles, a lock that others may hold, lines that break, and triggers of its own."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import PersonId
from approvals.record import schema
from approvals.record.database import Server, StoreTrouble, WrongRecord, location
from approvals.record.store import Store
from approvals.states import EventType
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import STORES, Clock, asked, draft, met, on_server, server_of

ADA = PersonId("P-1")
ELSEWHERE = "postgresql://ada:hush%23hush@127.0.0.1:1/records?application_name=bot"


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A record on a server, with people in it."""
    found = STORES["postgres"](tmp_path, clock)
    met(found)
    yield found
    found.close()


# -- what is kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE ledger SET body = '{}'", "append-only"),
        ("DELETE FROM ledger", "append-only"),
        ("TRUNCATE ledger", "append-only"),
        ("TRUNCATE words", "kept as it was said"),
        ("UPDATE words SET text = ''", "kept as it was said"),
        (
            "INSERT INTO ledger SELECT seq + 5, stream, version + 5, type, format, at, by, body, hash, hash"
            " FROM ledger",
            "must follow",
        ),
        (
            "INSERT INTO ledger SELECT seq + 1, stream, version + 1, type, format, at, by, body, prev, hash"
            " FROM ledger",
            "must follow",
        ),
        (
            "INSERT INTO ledger SELECT seq + 1, stream, version, type, format, at, by, body, hash, hash"
            " FROM ledger",
            "must follow",
        ),
    ],
)
def test_even_the_owner_only_appends(store: Store, statement: str, refusal: str) -> None:
    import psycopg

    store.ask(asked(ADA))
    before = [*store.sealed()]
    with by_hand(store) as hand, pytest.raises(psycopg.IntegrityError, match=refusal):
        hand.execute(statement)
    assert [*store.sealed()] == before


def test_every_text_is_compared_by_its_bytes(store: Store) -> None:
    rows = store._on.rows(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name != 'C'"
    )
    assert rows == []
    kinds = store._on.rows(
        "SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    assert {row["data_type"] for row in kinds} == {"text", "bigint"}


# -- roles -------------------------------------------------------------------------------------------------


@pytest.fixture
def bot(store: Store, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """The same record through a role that may run a bot."""
    server, role = server_of(tmp_path), f"bot_{server_of(tmp_path).url.rpartition('_')[2]}"
    on_server(server.url, f"CREATE ROLE {role} LOGIN")
    store.database.grant(role)
    found = Store(Server(f"{server.url}%20-crole%3D{role}"), clock.now)
    yield found
    found.close()
    on_server(server.url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_granted_role_runs_a_bot(bot: Store) -> None:
    request = bot.ask(asked(bot.people.meet(email="new@example.com").id), "receipt")
    bot.take_policy("operators = []")
    bot.groups.keep([])
    assert bot.request(request.id) == request
    assert bot.problem(1.0) == ""
    assert not bot.verify().faults


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = '{}'",
        "DELETE FROM ledger",
        "DELETE FROM words",
        "DELETE FROM policies",
        "TRUNCATE words",
        "DROP TRIGGER ledger_no_update ON ledger",
        "ALTER TABLE ledger DISABLE TRIGGER ALL",
        "DROP TABLE ledger",
        "CREATE OR REPLACE FUNCTION ledger_in_order() RETURNS trigger LANGUAGE sql AS ''",
    ],
)
def test_a_granted_role_changes_nothing_that_is_kept(bot: Store, statement: str) -> None:
    bot.ask(asked(ADA))
    with pytest.raises(StoreTrouble, match=r"permission denied|must be owner"):
        bot._on.run(statement)
    assert not bot.verify().faults


def test_only_a_role_that_may_forget_deletes_texts(bot: Store, store: Store, clock: Clock) -> None:
    bot.append(bot.ask(asked(ADA)), [draft(EventType.REFUSED, clock.now())])
    with pytest.raises(StoreTrouble, match=r"permission denied for table words.*--may-forget"):
        bot.forgetting.texts(clock.now() + timedelta(days=1))
    [role] = bot._on.rows("SELECT current_user")
    store.database.grant(role[0], may_forget=True)
    assert bot.forgetting.texts(clock.now() + timedelta(days=1)) == 1
    assert not bot.verify().faults


# -- opening -----------------------------------------------------------------------------------------------


def test_a_server_without_a_record_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WrongRecord, match=r"There is no record in .* yet: `miro-bot db migrate` makes one"):
        Store(server_of(tmp_path))


def test_another_database_is_no_record(tmp_path: Path) -> None:
    server = server_of(tmp_path)
    on_server(server.url, "CREATE TABLE things (name text)")
    with pytest.raises(WrongRecord, match="is a database, but not a record of this bot"):
        Store(server)


def test_a_record_is_made_once(store: Store, tmp_path: Path, clock: Clock) -> None:
    request = store.ask(asked(ADA))
    again = Store(server_of(tmp_path), clock.now, migrates=True)
    assert again.request(request.id) == request
    assert (again.is_new, again.layout) == (False, store.layout)
    again.close()


def test_a_record_of_an_older_layout_is_brought_up_to_date_by_its_owner(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    server = server_of(tmp_path)
    for column in (
        "messages DROP COLUMN text",
        "messages DROP COLUMN catalogue",
        "outbox DROP COLUMN wanted_at",
    ):
        store._on.run(f"ALTER TABLE {column}")
    for table in ("members", "directory_entries", "directory_members", "directory_tokens", "directory_words"):
        store._on.run(f"DROP TABLE {table}")
    store._on.run("DROP INDEX requests_opened_or_closed")
    store._on.run("UPDATE meta SET value = '6'")
    with pytest.raises(WrongRecord, match="written by an older miro-bot: run `miro-bot db migrate` first"):
        Store(server, clock.now)
    owners = Store(server, clock.now, migrates=True)
    assert not owners.verify().faults
    owners.close()
    bot = Store(server, clock.now)
    assert bot.layout == schema.LAYOUT
    bot.close()


def test_a_record_of_a_newer_layout_is_left_alone(store: Store, tmp_path: Path) -> None:
    store._on.run("UPDATE meta SET value = '99' WHERE key IN ('layout', 'oldest')")
    for migrates in (False, True):
        with pytest.raises(WrongRecord, match=r"was written by a newer miro-bot \(layout 99"):
            Store(server_of(tmp_path), migrates=migrates)
    [layout] = store._on.rows("SELECT value FROM meta WHERE key = 'layout'")
    assert layout["value"] == "99"


def test_no_secret_is_shown() -> None:
    server = location(ELSEWHERE)
    assert str(server) == "postgresql://127.0.0.1:1/records"
    assert "hush" not in repr(server)
    with pytest.raises(StoreTrouble, match="can't be reached") as told:
        Store(server)
    assert "hush" not in str(told.value)


def test_without_its_driver_a_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "approvals.record.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        WrongRecord, match=r"--require-hashes -r constraints.txt -r docs/deploy/postgres\.txt"
    ):
        Store(location(ELSEWHERE))


# -- others, and the line ----------------------------------------------------------------------------------


def test_who_waits_too_long_for_others_is_told(store: Store, tmp_path: Path, clock: Clock) -> None:
    other = STORES["postgres"](tmp_path, clock)
    with other.writing(), pytest.raises(StoreTrouble, match="in use by another program"), store.patience(0.1):
        store.ask(asked(ADA))
    assert store.ask(asked(ADA)).id == "R-1"
    other.close()


def test_what_was_read_is_what_others_left(store: Store, tmp_path: Path, clock: Clock) -> None:
    """The lock is a statement of its own: what comes after it sees what was written while it waited."""
    other = STORES["postgres"](tmp_path, clock)
    for number in range(1, 9):
        assert (store, other)[number % 2].ask(asked(ADA)).id == f"R-{number}"
    assert not store.verify().faults
    other.close()


def ended(server: Server) -> None:
    """Ends every line of the record's, as a server does that is started anew."""
    place = server.url.rpartition("%3D")[2]
    on_server(
        server.url,
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        f" WHERE c.relnamespace = '{place}'::regnamespace AND l.pid != pg_backend_pid()",
    )


def end_lines(store: Store, folder: Path) -> None:
    """Ends the one line that nobody uses now."""
    row = store._on.row("SELECT pg_backend_pid()")
    assert row
    on_server(server_of(folder).url, f"SELECT pg_terminate_backend({row[0]}, 5000)")


def test_a_line_that_broke_while_it_was_idle_is_opened_anew(store: Store, tmp_path: Path) -> None:
    request = store.ask(asked(ADA))
    end_lines(store, tmp_path)
    store._on._used.clear()  # type: ignore[attr-defined]  # as if that was long ago
    assert store.request(request.id) == request


def test_a_line_that_broke_just_now_fails_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.record.postgres.IDLE", float("inf"))  # however slow the machine is
    request = store.ask(asked(ADA))
    end_lines(store, tmp_path)
    with pytest.raises(StoreTrouble, match="can't be reached"):
        store.request(request.id)
    assert store.request(request.id) == request


def test_a_line_that_breaks_while_something_is_written_takes_all_of_it_back(
    store: Store, tmp_path: Path
) -> None:
    before = store.head()
    with pytest.raises(StoreTrouble, match="can't be reached"), store.writing():
        store.ask(asked(ADA))
        ended(server_of(tmp_path))
        store.ask(asked(ADA))
    assert store.head() == before
    assert store.ask(asked(ADA)).id == "R-1"
