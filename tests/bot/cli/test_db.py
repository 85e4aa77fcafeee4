"""The record's database from a shell: made, copied to a server and back, and run from there."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from approvals.record.store import Store
from bot.__main__ import main
from bot.cli.running import alone
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
    assert "The record holds. Entries: 3, requests: 1." in verified[0]
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


def test_a_file_has_no_roles(record: Path) -> None:
    told = shell(record, "db", "migrate", "--grant", "bot")
    assert (told.exit_code, "--grant is for PostgreSQL" in told.stderr) == (1, True)
    assert shell(record, "db", "migrate").output == f"{record} is up to date: 3 entries.\n"


def test_only_what_can_be_a_record_is_copied(record: Path, tmp_path: Path) -> None:
    missing = shell(record, "db", "copy", str(tmp_path / "none.db"), str(tmp_path / "to.db"))
    assert (missing.exit_code, "There is no record at" in missing.stderr) == (1, True)
    assert shell(record, "db", "copy", "mysql://db/x", str(tmp_path / "to.db")).exit_code == 2
    assert not (tmp_path / "to.db").exists()
