"""Evidence from a shell: for some requests, for some days, as a folder or a zip."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask
from tests.bot.journeys.shell import Shell, machine


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell on a record in which Alex got access."""
    with machine(tmp_path) as (stage, shell):
        _play(stage)
        yield shell


def _play(stage: Stage) -> None:
    ask(stage, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    approve(stage, "U0PRIYA")


def test_the_pack_of_a_quarter_is_checked_by_the_program_in_it(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "quarter.zip"
    said = shell.types("audit", "pack", "--since", "2026-01-01", "--until", "2026-03-31", "--to", str(target))
    anchor = said.split()[-1]
    ZipFile(target).extractall(tmp_path / "auditor")
    checker = tmp_path / "auditor" / "quarter" / "check.py"
    done = subprocess.run(
        [sys.executable, "-I", str(checker), anchor], capture_output=True, text=True, check=True
    )
    assert "Intact." in done.stdout
    assert "R-1" in done.stdout
    assert target.stat().st_mode & 0o077 == 0


def test_a_page_says_what_was_asked_decided_called_and_seen(shell: Shell, tmp_path: Path) -> None:
    shell.types("audit", "pack", "R-1", "--to", str(tmp_path / "pack"))
    page = (tmp_path / "pack" / "report.html").read_text()
    for part in ("I start Monday", "approved", "PATCH /Groups/", "accepted: yes", "seen"):
        assert part in page


def test_a_pack_without_a_choice_names_every_way_to_choose(shell: Shell, tmp_path: Path) -> None:
    said = shell.types("audit", "pack", "--to", str(tmp_path / "pack"), exits=2)
    assert "requests (R-42) or reviews (V-1), or choose some: --person EMAIL, --since 2026-01-01." in said


def test_a_pack_of_nothing_is_refused(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "pack"
    assert "No request matches" in shell.types(
        "audit", "pack", "--since", "2031-01-01", "--to", str(target), exits=1
    )
    assert not target.exists()


def test_what_is_there_is_not_overwritten(shell: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "kept.zip"
    kept.write_text("mine")
    assert "exists already" in shell.types("audit", "pack", "R-1", "--to", str(kept), exits=1)
    assert kept.read_text() == "mine"
