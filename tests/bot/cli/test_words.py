"""Words of people in a terminal: one value is one line, and commands to a terminal are shown, not obeyed."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from approvals.record.evidence.report import one_line
from bot.__main__ import main
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.shell import Shell, machine

FORGED = (
    "I start\nstate        done\r\n    9  2026-03-02 09:00:00 UTC  approved\u2028Priya"
    "\x1b[2J\x1b]0;x\x07\x9b1m"
)
CLEANED = "I start\nstate        done\n    9  2026-03-02 09:00:00 UTC  approved\nPriya [2J ]0;x  1m"
"""What is kept of it: line breaks are line feeds, and no command to a terminal is left."""
SHOWN = "I start / state        done /     9  2026-03-02 09:00:00 UTC  approved / Priya [2J ]0;x  1m"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    """Beside a bot whom somebody asked with a reason that looks like more than one."""
    words = ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com", "--reason", FORGED)
    both[1].types(*words)
    both[0].settle()
    return both[1]


def on_a_terminal(shell: Shell, *words: str) -> str:
    """What a terminal is sent, colours and all."""
    return CliRunner().invoke(main, list(words), env=shell.environ, color=True).output


def test_a_reason_is_one_line_of_a_request(shell: Shell) -> None:
    said = on_a_terminal(shell, "show", "R-1")
    lines = said.split("\n")
    assert f"reason              {SHOWN}" in lines
    assert [one for one in lines if one.startswith("state")] == ["state               Waiting for a decision"]
    assert [one.split()[4] for one in lines if "2026" in one[:12]] == ["asked", "planned"]
    assert all(line.isprintable() for line in lines)


def test_a_program_is_told_word_for_word(shell: Shell) -> None:
    assert shell.json("show", "R-1")["reason"] == CLEANED
    assert shell.json("requests")[0]["reason"] == CLEANED
    table = csv.DictReader(io.StringIO(shell.types("audit", "export", "--csv"), newline=""))
    [details] = [one["details"] for one in table if one["event"] == "asked"]
    assert f"reason: {CLEANED}" in details
    table = csv.DictReader(io.StringIO(shell.types("requests", "--csv"), newline=""))
    assert [one["reason"] for one in table] == [CLEANED]


def test_names_of_people_and_teams_are_lines_of_a_list(both: tuple[Stage, Shell]) -> None:
    s, shell = both
    team = s.miro.add_team("Red\x1b[2J\nR-9     done")
    s.clock.pass_(timedelta(minutes=11))
    s.bot.housekeeping.tick()
    words = ("ask", "request-access", f"teams={team}", "--as", "alex@example.com")
    shell.types(*words, "--reason", "x")
    [line] = on_a_terminal(shell, "requests").splitlines()
    assert r"Red\x1b[2J" in line


def test_a_policy_cannot_command_a_terminal(tmp_path: Path) -> None:
    named = r'"Red\u001b[2J\nblue" = []'
    (tmp_path / "policy.toml").write_text(f"{POLICY}[owners]\n{named}\n", encoding="utf-8")
    said = on_a_terminal(Shell(tmp_path), "policy", "check")
    assert r"Red\x1b[2J / blue has no owner; name one, or remove the line" in said
    wrong = on_a_terminal(Shell(tmp_path), "policy", "who", "offboard", "--as", "a@example.com")
    assert r"Red\x1b[2J / blue has no owner" in wrong
    assert (said + wrong).replace("\n", "").isprintable()


def test_what_letters_and_pictures_need_stays() -> None:
    family = "👩\u200d👧 می\u200cخواهم"
    assert one_line(f"{family}\tИмя\u00a0à") == f"{family} Имя à"
    assert one_line("\n\nyes\n") == "yes"
    assert one_line("a\u202eb\ud800") == r"a\u202eb\ud800"
