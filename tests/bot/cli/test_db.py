"""The record's database from a shell: made, copied to a server and back, and run from there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from approvals.record.store import Store
from bot.__main__ import main
from bot.cli.running import alone
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import Clock, Scene, server_of


def shell(where: object, *words: str) -> Result:
    """What a command says on a record."""
    return CliRunner().invoke(main, words, env={"MIRO_BOT_DATABASE": getattr(where, "url", str(where))})


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A file with a request that waits."""
    store = Store(tmp_path / "record.db", Clock().now)
    Scene(store, Clock()).waiting()
    store.close()
    return store.path


def test_a_record_goes_to_a_server_and_back(record: Path, tmp_path: Path) -> None:
    server, back = server_of(tmp_path), tmp_path / "back.db"
    there = shell(record, "db", "copy", str(record), server.url)
    assert (there.exit_code, there.stderr) == (0, "")
    here = shell(record, "db", "copy", server.url, str(back))
    assert here.output.splitlines()[1:] == there.output.splitlines()[1:]
    verified = [shell(one, "audit", "verify").output for one in (record, server, back)]
    assert "Record intact. Entries: 3, requests: 1." in verified[0]
    assert verified == [verified[0]] * 3
    exports = [shell(one, "audit", "export").output for one in (record, server, back)]
    assert exports == [exports[0]] * 3
    again = shell(record, "db", "copy", str(record), server.url)
    assert (again.exit_code, "isn't empty" in again.stderr) == (1, True)


def test_a_server_is_made_ready_once(tmp_path: Path) -> None:
    server = server_of(tmp_path)
    before = shell(server, "requests")
    assert (before.exit_code, "`miro-bot db migrate`" in before.stderr) == (1, True)
    for _ in range(2):
        assert shell(server, "db", "migrate").exit_code == 0
    assert shell(server, "requests").exit_code == 0


def test_as_many_as_wish_run_on_a_server(tmp_path: Path) -> None:
    server = server_of(tmp_path)
    with alone(server), alone(server):
        assert [file.name for file in tmp_path.iterdir()] == ["schema"]


def test_what_is_created_isnt_called_up_to_date(tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    made = [shell(new, "db", "migrate").output for _ in range(2)]
    assert made == [f"Created {new}. Entries: 0.\n", f"{new} is up to date. Entries: 0.\n"]


def test_a_file_has_no_roles(record: Path) -> None:
    told = shell(record, "db", "migrate", "--grant", "bot")
    assert (told.exit_code, "--grant works on PostgreSQL only" in told.stderr) == (1, True)
    assert shell(record, "db", "migrate").output == f"{record} is up to date. Entries: 3.\n"


def test_only_what_can_be_a_record_is_copied(record: Path, tmp_path: Path) -> None:
    missing = shell(record, "db", "copy", str(tmp_path / "none.db"), str(tmp_path / "to.db"))
    assert (missing.exit_code, "There is no record at" in missing.stderr) == (1, True)
    assert shell(record, "db", "copy", "mysql://db/x", str(tmp_path / "to.db")).exit_code == 2
    assert not (tmp_path / "to.db").exists()


# -- backup ----------------------------------------------------------------------------------------------


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A record that a bot runs on, whose newest entries are still in the log beside the file."""
    store = Store(tmp_path / "record.db", Clock().now)
    with alone(store.path):
        Scene(store, Clock()).waiting()
        yield store.path
    store.close()


@pytest.mark.parametrize("kind", ["record", "running"])
def test_a_backup_is_the_whole_record(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    where, to = request.getfixturevalue(kind), tmp_path / "backup.db"
    backup = shell(where, "db", "backup", str(to))
    assert (backup.exit_code, backup.stderr) == (0, "")
    assert backup.output.splitlines()[0] == f"Backed up to {to}. Entries: 3, requests: 1."
    assert to.stat().st_mode & 0o777 == 0o600
    anchor = backup.output.splitlines()[1].rpartition(" ")[2]
    assert shell(where, "audit", "verify", "--anchor", anchor).exit_code == 0
    assert shell(to, "audit", "export").output == shell(where, "audit", "export").output
    assert {file.name for file in tmp_path.iterdir()} & {"backup.db-wal", "backup.db-journal"} == set()


@pytest.mark.parametrize("kind", ["a file", "a folder", "the record", "a link to nothing"])
def test_a_backup_replaces_nothing(kind: str, record: Path, tmp_path: Path) -> None:
    to = {"the record": record}.get(kind, tmp_path / "backup.db")
    if kind == "a file":
        to.write_text("kept")
    elif kind == "a folder":
        to.mkdir()
    elif kind == "a link to nothing":
        to.symlink_to(tmp_path / "elsewhere.db")
    before = sorted(tmp_path.iterdir()), record.read_bytes()
    backup = shell(record, "db", "backup", str(to))
    assert (backup.exit_code, f"{to} already exists" in backup.stderr) == (1, True)
    assert (sorted(tmp_path.iterdir()), record.read_bytes()) == before


def test_a_backup_that_fails_leaves_no_file(record: Path, tmp_path: Path) -> None:
    missing = shell(tmp_path / "none.db", "db", "backup", str(tmp_path / "to.db"))
    assert (missing.exit_code, "There is no record at" in missing.stderr) == (1, True)
    lost = shell(record, "db", "backup", str(tmp_path / "none" / "to.db"))
    assert (lost.exit_code, "There is no folder" in lost.stderr) == (1, True)
    assert "MIRO_BOT_DATABASE" not in lost.stderr
    with by_hand(record) as connection:
        connection.execute("INSERT OR REPLACE INTO words VALUES (3, 'reason', 'salt', 'Let me in')")
    changed = shell(record, "db", "backup", str(tmp_path / "to.db"))
    assert (changed.exit_code, "was CHANGED" in changed.stderr) == (1, True)
    assert [file.name for file in tmp_path.iterdir()] == ["record.db"]


def test_what_is_no_record_is_named_as_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("not a database " * 99)
    with by_hand(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE things (id)")
    for name in ("other.txt", "other.db"):
        backup = shell(tmp_path / name, "db", "backup", str(tmp_path / "to.db"))
        assert (backup.exit_code, "to.db" in backup.stderr, name in backup.stderr) == (1, False, True)
    assert not (tmp_path / "to.db").exists()


def test_a_backup_is_put_back_by_copying_it(record: Path, tmp_path: Path) -> None:
    shell(record, "db", "backup", str(tmp_path / "backup.db"))
    shutil.copy(tmp_path / "backup.db", tmp_path / "again.db")
    assert shell(tmp_path / "again.db", "db", "migrate").output.endswith("is up to date. Entries: 3.\n")


def test_a_server_has_its_own_backup(tmp_path: Path) -> None:
    backup = shell("postgresql://db.example.com/miro", "db", "backup", str(tmp_path / "to.db"))
    assert (backup.exit_code, "pg_dump" in backup.stderr, [*tmp_path.iterdir()]) == (1, True, [])


@pytest.mark.parametrize("where", ["folder/none/to.db", "folder"])
def test_where_a_copy_can_go_is_said_of_the_copy(where: str, record: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    copied = shell(record, "db", "copy", str(record), str(tmp_path / where))
    assert (copied.exit_code, "MIRO_BOT_DATABASE" in copied.stderr) == (1, False)
