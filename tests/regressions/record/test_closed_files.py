"""Names, addresses and reasons lie in the record's files: nobody but their owner may read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.exposure import exposed_record, exposures
from bot.cli.running import alone
from bot.sandbox.stage import POLICY, SECRET, TOKEN
from bot.settings import read
from tests.bot.journeys.shell import Shell
from tests.bot.journeys.shell import alone as own_environment
from tests.regressions.record.scene import lived, written

pytestmark = pytest.mark.regression

SECRETS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SECRET, "MIRO_SCIM_TOKEN": TOKEN}
NOWHERE = {"SLACK_API_URL": "http://127.0.0.1:9/", "MIRO_SCIM_URL": "http://127.0.0.1:9/"}
RUN = ("run", "--http", "127.0.0.1:0")


@pytest.fixture(autouse=True)
def nothing_set() -> Iterator[None]:
    with own_environment():
        yield


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What the system takes away from the mode of a new file: nothing, something, everything."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The permissions of each file."""
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):04o}" for path in sorted(folder.iterdir())}


def test_a_new_record_and_its_log_are_its_owners_alone(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o700)
    store = written(folder)
    assert store.request(store.requests()[0].id).reason
    found = modes(folder)
    store.close()
    assert [found[name] for name in ("record.db", "record.db-shm", "record.db-wal")] == ["0600"] * 3


def test_the_lock_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    with alone(tmp_path / "record.db"):
        assert modes(tmp_path) == {"record.db.lock": "0600"}


def test_the_lock_of_an_older_version_is_closed(tmp_path: Path) -> None:
    (tmp_path / "record.db.lock").touch(0o644)
    with alone(tmp_path / "record.db"):
        assert modes(tmp_path) == {"record.db.lock": "0600"}


def test_a_new_record_is_closed_where_a_link_leads(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (here / "record.db").symlink_to(there / "record.db")
    lived(here)
    assert modes(there) == {"record.db": "0600"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620, 0o666, 0o777])
def test_no_bot_runs_on_a_record_that_is_open_to_others(tmp_path: Path, mode: int) -> None:
    record = lived(tmp_path)
    record.chmod(mode)
    said = Shell(tmp_path, **SECRETS, **NOWHERE).types(*RUN, exits=1)
    assert said == (
        f"Error: Others on this machine can open {record} (mode {mode:04o}), which holds personal data. "
        f"The bot doesn't run like that. Fix it: chmod 600 {record}"
    )
    assert modes(tmp_path) == {"policy.toml": modes(tmp_path)["policy.toml"], "record.db": f"{mode:04o}"}


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_log_that_is_open_is_as_good_as_the_record(tmp_path: Path, ending: str) -> None:
    record = lived(tmp_path)
    log = tmp_path / f"record.db{ending}"
    log.touch(0o600)
    log.chmod(0o644)
    assert f"chmod 600 {log}" in exposed_record(record)
    assert f"chmod 600 {log}" in Shell(tmp_path, **SECRETS, **NOWHERE).types(*RUN, exits=1)
    found = {one["what"]: one for one in Shell(tmp_path).json("doctor", exits=1)}
    assert not found["record"]["ok"] and f"chmod 600 {log}" in found["record"]["text"]


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_log_is_looked_at_beside_the_file_that_a_link_leads_to(tmp_path: Path, ending: str) -> None:
    there = tmp_path / "there"
    there.mkdir()
    lived(there)
    (tmp_path / "record.db").symlink_to(there / "record.db")
    log = there / f"record.db{ending}"
    log.touch(0o600)
    assert exposed_record(tmp_path / "record.db") == ""
    log.chmod(0o620)
    assert f"chmod 600 {log}" in exposed_record(tmp_path / "record.db")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_record_of_its_owner_alone_may_be_run_on(tmp_path: Path, mode: int) -> None:
    record = lived(tmp_path)
    record.chmod(mode)
    assert exposed_record(record) == ""


def test_a_command_that_only_reads_does_not_refuse_an_open_record(tmp_path: Path) -> None:
    lived(tmp_path).chmod(0o644)
    assert "Record intact." in Shell(tmp_path).types("audit", "verify")


def test_a_doctor_says_that_a_record_is_open(tmp_path: Path) -> None:
    lived(tmp_path).chmod(0o640)
    found = {one["what"]: one for one in Shell(tmp_path).json("doctor", exits=1)}
    assert not found["record"]["ok"]
    assert "(mode 0640), which holds personal data." in found["record"]["text"]


# -- what can't always be closed ---------------------------------------------------------------------------


def warned(folder: Path, **environ: str) -> list[str]:
    """What a bot warns of when it starts."""
    return exposures(read(Shell(folder).environ | environ))


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o644, 0o666])
def test_a_secret_that_others_may_read_is_warned_of(tmp_path: Path, mode: int) -> None:
    lived(tmp_path)
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    secret.chmod(mode)
    told = f"Others on this machine can read {secret} (MIRO_SCIM_TOKEN_FILE). If possible: chmod 600 {secret}"
    assert warned(tmp_path, MIRO_SCIM_TOKEN_FILE=str(secret)) == [told]
    shell = Shell(tmp_path, MIRO_SCIM_TOKEN_FILE=str(secret), SLACK_SIGNING_SECRET=SECRET)
    found = {one["what"]: one for one in shell.json("doctor", exits=1)}
    assert found["way in"]["ok"] and told.removesuffix(".") in found["way in"]["text"]


def test_a_folder_in_place_of_a_file_is_not_to_be_closed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o1777)
    files = {"MIRO_BOT_POLICY": str(folder), "SLACK_BOT_TOKEN_FILE": str(folder)}
    shell = Shell(tmp_path, SLACK_SIGNING_SECRET=SECRET, **files)
    assert "chmod" not in shell.types("doctor", exits=1)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_of_its_owner_alone_is_not(tmp_path: Path, mode: int) -> None:
    lived(tmp_path)
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    secret.chmod(mode)
    assert warned(tmp_path, MIRO_SCIM_TOKEN_FILE=str(secret)) == []


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_policy_that_others_may_change_is_warned_of(tmp_path: Path, mode: int) -> None:
    lived(tmp_path)
    policy = tmp_path / "policy.toml"
    policy.chmod(mode)
    [told] = warned(tmp_path)
    assert told.endswith(f"and so who approves. Fix it: chmod go-w {policy}")
    found = {one["what"]: one["text"] for one in Shell(tmp_path).json("doctor", exits=1)}
    assert told in found["policy"]


def test_a_policy_is_begun_closed_to_changes_of_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Shell(tmp_path).types("policy", "init")
    finally:
        os.umask(before)
    assert modes(tmp_path) == {"policy.toml": "0644"}


def test_a_folder_in_which_others_may_replace_files_is_warned_of(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    lived(folder)
    told = f"Others on this machine can replace files in {folder}. Fix it: chmod go-w {folder}"
    for mode in (0o777, 0o775, 0o773, 0o770):
        folder.chmod(mode)
        assert warned(folder) == [told], oct(mode)
    for mode in (0o1777, 0o1770, 0o755, 0o700):
        folder.chmod(mode)
        assert warned(folder) == [], oct(mode)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_doctor_says_that_a_folder_is_open(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if is_there:
        lived(folder)
    folder.chmod(0o777)
    found = {one["what"]: one for one in Shell(folder).json("doctor", exits=1)}
    assert found["record"]["ok"]
    assert f"Others on this machine can replace files in {folder}" in found["record"]["text"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_record_of_another_user_is_warned_of(tmp_path: Path) -> None:
    record = lived(tmp_path)
    os.chown(record, 65534, 65534)
    [told] = warned(tmp_path)
    belongs = f"{record} belongs to another user (uid 65534), who can read and change it."
    assert told == f"{belongs} Fix it: chown 0 {record}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal", ".lock"])
def test_a_file_that_another_user_put_beside_the_record_is_warned_of(tmp_path: Path, ending: str) -> None:
    lived(tmp_path)
    log = tmp_path / f"record.db{ending}"
    log.touch(0o600)
    os.chown(log, 65534, 65534)
    [told] = warned(tmp_path)
    belongs = f"{log} belongs to another user (uid 65534), who can read and change it."
    assert told == f"{belongs} Fix it: chown 0 {log}"


def test_a_bot_that_has_nothing_to_warn_of_warns_of_nothing(tmp_path: Path) -> None:
    lived(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    assert warned(tmp_path) == []
