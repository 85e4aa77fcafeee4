"""Whoever reads a record leaves it as it is: evidence that its examiner changes is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from approvals.record.database import StoreTrouble
from approvals.record.schema import LAYOUT
from approvals.record.store import reading
from bot.cli.running import alone
from tests.approvals.record.older import as_layout
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import asked
from tests.bot.journeys.shell import Shell
from tests.bot.journeys.shell import alone as own_environment
from tests.regressions.record.scene import files, lived, written

pytestmark = pytest.mark.regression

ROOT = Path(__file__).parents[3]

WHO = ("policy", "who", "request-access", "--as", "alex@example.com")
COMMANDS = {
    "verify": ("audit", "verify"),
    "export": ("audit", "export"),
    "requests": ("requests",),
    "show": ("show", "R-1"),
    "who": WHO,
}


@pytest.fixture(autouse=True)
def nothing_set() -> Iterator[None]:
    with own_environment():
        yield


@pytest.mark.parametrize("layout", range(1, LAYOUT + 1))
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_reads_changes_nothing(tmp_path: Path, name: str, layout: int) -> None:
    record = lived(tmp_path)
    if layout < LAYOUT:
        as_layout(record, layout)
    before = files(tmp_path)
    Shell(tmp_path).types(*COMMANDS[name])
    assert files(tmp_path) == before


def test_a_doctor_changes_nothing(tmp_path: Path) -> None:
    as_layout(lived(tmp_path), 2)
    before = files(tmp_path)
    [record] = [one for one in Shell(tmp_path).json("doctor", exits=1) if one["what"] == "record"]
    assert record["ok"] or "can open" in record["text"]
    assert files(tmp_path) == before


@pytest.mark.parametrize("layout", range(1, LAYOUT))
def test_a_record_of_an_older_layout_tells_the_same(tmp_path: Path, layout: int) -> None:
    record, shell = lived(tmp_path), Shell(tmp_path)
    told = [shell.types(*COMMANDS[name]) for name in ("verify", "export", "requests", "show")]
    as_layout(record, layout)
    assert [shell.types(*COMMANDS[name]) for name in ("verify", "export", "requests", "show")] == told


@pytest.mark.parametrize("layout", [1, LAYOUT])
def test_an_edit_shows_in_a_record_that_is_only_read(tmp_path: Path, layout: int) -> None:
    record = lived(tmp_path)
    if layout < LAYOUT:
        as_layout(record, layout)
    with by_hand(record) as hand:
        hand.execute("DROP TRIGGER ledger_no_update")
        hand.execute("UPDATE ledger SET by = 'P-2' WHERE seq = 2")
    said = Shell(tmp_path).types("audit", "verify", exits=1)
    assert "entry 2 (R-1, asked) was changed after it was written" in said
    assert "the trigger ledger_no_update is missing" in said


# -- beside a bot, and after one ---------------------------------------------------------------------------


def test_a_record_is_read_beside_the_bot_that_writes_it(tmp_path: Path) -> None:
    store = written(tmp_path)
    with alone(store.path):
        before = files(tmp_path)
        told = Shell(tmp_path).json("audit", "verify")
        after = files(tmp_path)
        assert (told["faults"], told["requests"]) == ([], 1)
        assert after.keys() == before.keys()
        for name in ("record.db", "record.db-wal"):
            assert after[name] == before[name]
        store.ask(asked(store.people.meet(email="cy@example.com").id))
        assert Shell(tmp_path).json("audit", "verify")["requests"] == 2
    store.close()


def test_what_a_killed_bot_left_is_read_with_its_log(tmp_path: Path) -> None:
    """As it is found after a kill, or handed over: the log, and nothing that says how to read it."""
    live, found = tmp_path / "live", tmp_path / "found"
    live.mkdir()
    found.mkdir()
    store = written(live)
    for name in ("record.db", "record.db-wal", "policy.toml"):
        shutil.copy2(live / name, found / name)
    store.close()
    before = files(found)
    told = Shell(found).json("audit", "verify")
    assert (told["faults"], told["requests"], told["entries"]) == ([], 1, 3)
    assert Shell(found).types("show", "R-1").startswith("request             R-1")
    assert files(found) == before


def test_a_log_that_no_file_takes_any_more_is_read_too(tmp_path: Path) -> None:
    """A record of an older layout, killed: a copy is read, and brought up to date."""
    live, found = tmp_path / "live", tmp_path / "found"
    live.mkdir()
    found.mkdir()
    as_layout(lived(live), 2)
    with by_hand(live / "record.db") as hand:
        hand.execute("UPDATE people SET name = 'Ada' WHERE number = 1")
        for name in ("record.db", "record.db-wal", "policy.toml"):
            shutil.copy2(live / name, found / name)
    before = files(found)
    assert Shell(found).json("audit", "verify")["faults"] == []
    assert "requester           Ada" in Shell(found).types("show", "R-1")
    assert files(found) == before


# -- where nothing can be written --------------------------------------------------------------------------


AS_NOBODY = """
import os, sys
import bot.__main__, encodings.idna, encodings.utf_8_sig, getpass, tempfile, zoneinfo
from approvals.record.schema import LAYOUT, migration
for layout in range(1, LAYOUT + 1):
    migration(layout)
if os.geteuid() == 0:  # to root, no file is closed
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
bot.__main__.main(sys.argv[1:])
"""
"""Runs a command as a user who owns nothing here; what it reads of itself was read before, as the
checkout may be closed to others."""


@pytest.fixture
def medium() -> Iterator[Path]:
    """A folder in which nobody may write, and which everybody may read."""
    with TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer) / "medium"
        folder.mkdir()
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["verify", "who"])
@pytest.mark.parametrize("layout", [2, LAYOUT])
def test_a_record_is_read_where_nothing_may_be_written(medium: Path, name: str, layout: int) -> None:
    record = lived(medium)
    if layout < LAYOUT:
        as_layout(record, layout)
    record.chmod(0o444)
    medium.chmod(0o555)
    before = files(medium)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *COMMANDS[name]],
        cwd=ROOT,
        env={**os.environ, **Shell(medium).environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert files(medium) == before


@pytest.mark.parametrize("name", ["what?.db", "50% #1.db", "ä ö.db"])
def test_any_name_of_a_file_is_read(tmp_path: Path, name: str) -> None:
    lived(tmp_path).rename(tmp_path / name)
    shell = Shell(tmp_path)
    shell.environ["MIRO_BOT_DATABASE"] = str(tmp_path / name)
    assert shell.json("audit", "verify")["requests"] == 1


def test_a_link_to_a_record_is_read_where_it_leads(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (here / "record.db").symlink_to(lived(there))
    before = files(there)
    assert Shell(here).json("audit", "verify")["requests"] == 1
    assert (files(there), [one.name for one in here.iterdir()]) == (before, ["record.db"])


def test_a_record_that_is_not_there_is_not_begun(tmp_path: Path) -> None:
    for name in ("verify", "export", "requests", "show"):
        assert "There is no record at" in Shell(tmp_path).types(*COMMANDS[name], exits=1)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_through_what_is_only_read(tmp_path: Path) -> None:
    record = lived(tmp_path)
    before = files(tmp_path)
    with reading(record) as store, pytest.raises(StoreTrouble, match="readonly database"):
        store.ask(asked(store.people.meet(email="ada@example.com").id))
    assert files(tmp_path) == before


def test_what_changes_while_it_is_read_proves_nothing(tmp_path: Path) -> None:
    record = lived(tmp_path)
    wrong = pytest.raises(StoreTrouble, match="changed while it was read")
    with wrong, reading(record), by_hand(record) as hand:
        hand.execute("UPDATE people SET name = 'Ada' WHERE number = 1")


# -- a file that is damaged --------------------------------------------------------------------------------


def test_a_damaged_index_is_found(tmp_path: Path) -> None:
    """One page of an index in the place of another's: every entry and every hash is as it was."""
    record = lived(tmp_path)
    with by_hand(record) as hand:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        [kept], [lost] = (
            hand.execute(sql, [name]).fetchone() for name in ("requests_state", "requests_subject")
        )
        [size] = hand.execute("PRAGMA page_size").fetchone()
    content = bytearray(record.read_bytes())
    content[(lost - 1) * size : lost * size] = content[(kept - 1) * size : kept * size]
    record.write_bytes(content)
    assert "FAULT: the file is damaged: " in Shell(tmp_path).types("audit", "verify", exits=1)


def test_a_damaged_table_is_found_even_where_it_cannot_be_read(tmp_path: Path) -> None:
    record = lived(tmp_path)
    with by_hand(record) as hand:
        [page] = hand.execute("SELECT rootpage FROM sqlite_master WHERE name = 'policies'").fetchone()
        [size] = hand.execute("PRAGMA page_size").fetchone()
    content = bytearray(record.read_bytes())
    content[(page - 1) * size : page * size] = b"\x99" * size
    record.write_bytes(content)
    said = Shell(tmp_path).types("audit", "verify", exits=1)
    assert "damaged" in said or "malformed" in said


def test_a_row_that_refers_to_none_is_found(tmp_path: Path) -> None:
    record = lived(tmp_path)
    with by_hand(record) as hand:
        hand.execute("INSERT INTO accounts (slack_id, person, standing) VALUES ('U1', 99, 'colleague')")
    said = Shell(tmp_path).types("audit", "verify", exits=1)
    assert "FAULT: row 1 of accounts refers to one of people that isn't there" in said
