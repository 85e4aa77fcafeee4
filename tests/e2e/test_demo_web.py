"""`demo --web`: a port that is taken is one sentence, and whoever ends it finds nothing left behind."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.sandbox.slack.local_slack import VARIABLE, program
from tests.e2e.process import GRACE, BotProcess, launched, until
from tests.e2e.ways import need_local_slack

INVITING = "A workspace to click in: "


@contextmanager
def demo(folder: Path, port: int = 0, program_there: Path | None = None) -> Iterator[BotProcess]:
    """The demo, and nothing but its own in its folder for temporary files."""
    if program_there is None:
        need_local_slack()
    folders = folder / "temporary"
    folders.mkdir()
    environ = {"TMPDIR": str(folders), VARIABLE: str(program_there or program())}
    with launched(folder / "printed.txt", ("demo", "--web", "--port", str(port)), environ) as running:
        yield running


def left(folder: Path) -> list[Path]:
    return list((folder / "temporary").iterdir())


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda one: one.name)
def test_told_to_end_it_takes_its_workspace_and_its_folder_along(tmp_path: Path, by: signal.Signals) -> None:
    with demo(tmp_path) as running:
        printed = running.until_says(INVITING)
        page = re.search(rf"{INVITING}(\S+)", printed)
        assert page and httpx.get(page[1], trust_env=False).is_success
        assert len(left(tmp_path)) == 1

        assert running.end(GRACE, by) == 0

        assert "Traceback" not in running.output
        assert running.output.rstrip().endswith("Ended.")
        with pytest.raises(httpx.ConnectError):
            httpx.get(page[1], trust_env=False)
        assert left(tmp_path) == []


def test_it_listens_on_loopback_unless_another_address_is_named(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        page = re.search(rf"{INVITING}(\S+)", running.until_says(INVITING))
        assert page and httpx.get(page[1], trust_env=False).is_success
        with pytest.raises(httpx.ConnectError):
            httpx.get(page[1].replace("127.0.0.1", "127.0.0.2"), trust_env=False)


def test_told_to_end_while_it_starts_it_leaves_nothing_behind(tmp_path: Path) -> None:
    slow, pid = tmp_path / "local-slack", tmp_path / "pid"
    slow.write_text(f"#!/bin/sh\necho $$ > {pid}\nexec sleep 60\n")
    slow.chmod(0o755)
    with demo(tmp_path, program_there=slow) as running:
        until(pid.exists)

        assert running.end(GRACE) == 0

        assert not Path(f"/proc/{pid.read_text().strip()}").exists()
        assert left(tmp_path) == []


def test_told_to_end_at_the_moment_its_workspace_begins_it_leaves_nothing_behind(tmp_path: Path) -> None:
    hasty, pid = tmp_path / "local-slack", tmp_path / "pid"
    hasty.write_text(f"#!/bin/sh\necho $$ > {pid}\nkill -TERM $PPID\nexec sleep 60\n")
    hasty.chmod(0o755)
    with demo(tmp_path, program_there=hasty) as running:
        assert running.until_gone(GRACE) == 0

    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
    assert left(tmp_path) == []


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, port) as running:
            assert running.until_gone() == 1
    assert running.output == (
        f"Error: Port {port} is taken. Choose another with --port; 0 takes any that is free.\n"
    )
    assert left(tmp_path) == []


def test_a_workspace_that_does_not_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "local-slack"
    broken.write_text(
        "#!/bin/sh\necho 'minified();'\necho 'error: no such option'\necho '  at x:1'\nexit 1\n"
    )
    broken.chmod(0o755)
    with demo(tmp_path, program_there=broken) as running:
        assert running.until_gone() == 1
    assert running.output == "Error: local-slack didn't start: no such option. `miro-bot demo` needs none.\n"


def test_a_workspace_that_is_not_there_is_told_with_what_helps(tmp_path: Path) -> None:
    with demo(tmp_path, program_there=tmp_path / "nowhere") as running:
        assert running.until_gone() == 1
    assert running.output.startswith("Error: No local-slack: `npm install local-slack-")
    assert "Traceback" not in running.output and len(running.output.splitlines()) == 1
