"""Access reviews from a shell: begun, shown, exported."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import press, told, wait
from tests.bot.journeys.shell import Shell, machine
from tests.bot.journeys.test_access_reviews import OWNED, designers, fields, opens, save

BEGIN = ("review", "start", "--as", "carol@example.com")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path, OWNED, prepare=designers) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def test_a_past_day_is_refused_before_an_unread_list(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(OWNED, encoding="utf-8")
    shell = Shell(tmp_path)
    shell.types("db", "migrate")
    past = shell.types(*BEGIN, "--admins", "--until", "2020-03-13", exits=1)
    assert past == "Error: The last day is in the past. Choose a later one."
    assert "Miro's list of people hasn't been read yet." in shell.types(*BEGIN, "--admins", exits=1)


def test_a_doctor_warns_of_a_review_that_ends_undecided(s: Stage, shell: Shell) -> None:
    shell.types(*BEGIN, "--admins", "--until", "2199-03-13")
    assert {row["what"]: row["text"] for row in shell.json("doctor")}["reviews"] == "open: 1"
    shell.types(*BEGIN, "--team", "Design", "--until", "2026-03-13")
    assert {row["what"]: row["text"] for row in shell.json("doctor")}["reviews"] == (
        "ending within a day: V-2 (access to Design) with 4 undecided. "
        "Ask the owners: access that nobody decides stays."
    )


def test_a_review_is_begun_and_each_decision_shown(s: Stage, shell: Shell) -> None:
    assert shell.types(*BEGIN, "--admins", "--team", "design", "--until", "2026-03-13").splitlines() == [
        "V-1 started: admin rights in Miro, 1 to decide until 2026-03-13. Asked: Sam Lee (sam@example.com).",
        "V-2 started: access to Design, 4 to decide until 2026-03-13. "
        "Asked: Dana Fox (dana@example.com) and Lena Vogt (lena@example.com).",
    ]
    s.settle()
    assert len(told(s, "U0SAM")) == len(told(s, "U0LENA")) == 1
    opens(s, "U0DANA")
    save(s, "U0DANA", alex="kept", jo="ended")
    assert shell.types("review", "show", "v-2").splitlines() == [
        "V-2: access to Design, until 2026-03-13 23:59 UTC",
        "Alex Smith (alex@example.com): kept by Dana Fox (dana@example.com)",
        "Carol Diaz (carol@example.com): not decided",
        "Dana Fox (dana@example.com): not decided",
        "Jo Park (jo@example.com): ended by Dana Fox (dana@example.com) with R-1",
    ]
    first, second = shell.types("review", "show").splitlines()
    assert first.startswith("V-1: admin rights in Miro, until") and second.startswith("V-2: access to Design")
    jo = shell.json("review", "show", "V-2")[3]
    assert (jo["email"], jo["decision"], jo["request"], jo["request_state"]) == (
        "jo@example.com",
        "ended",
        "R-1",
        "waiting",
    )
    table = [*csv.DictReader(io.StringIO(shell.types("review", "show", "V-2", "--csv")))]
    assert [row["decision"] for row in table] == ["kept", "undecided", "undecided", "ended"]
    assert table[0]["by"] == "Dana Fox (dana@example.com)" and table[0]["at"].startswith("2026-03-02T09:0")


def test_without_a_last_day_it_lasts_ten_working_days(s: Stage, shell: Shell) -> None:
    assert "4 to decide until 2026-03-12." in shell.types(*BEGIN, "--team", "Design")


def test_either_all_of_them_begin_or_none(s: Stage, shell: Shell) -> None:
    wrong = shell.types(*BEGIN, "--team", "Design", "--team", "Desgin", exits=1)
    assert wrong == "Error: There's no team Desgin. Did you mean Design?"
    wrong = shell.types(*BEGIN, "--team", "Design", "--team", "Engineering", exits=1)
    assert wrong.startswith("Error: Nobody in Slack can review access to Engineering.")
    assert s.bot.store.reviews() == {}
    assert "Say what to review" in shell.types(*BEGIN, exits=2)
    assert shell.types("review", "show", "V-1", exits=1) == (
        "Error: There is no review V-1. List them: miro-bot review show"
    )
    assert shell.types("review", "show") == "No reviews."


def test_the_record_of_a_review_is_exported_and_verified(s: Stage, shell: Shell) -> None:
    shell.types(*BEGIN, "--team", "Design")
    s.settle()
    opens(s, "U0LENA")
    assert list(fields(s, "U0LENA")) == ["alex", "carol", "dana", "jo"]
    save(s, "U0LENA", alex="kept")
    wait(s, days=20)
    assert shell.types("audit", "verify").startswith("Record intact.")
    table = [*csv.DictReader(io.StringIO(shell.types("audit", "export", "--csv")))]
    assert [row["event"] for row in table if row["request"] == "V-1"] == [*("started", "kept", "closed")]
    assert len(shell.types("audit", "export", "v-1").splitlines()) == 3
    press(s, "U0LENA", "review-open")
    assert s.bot.store.review("V-1").closed_at


def test_a_pack_holds_the_review_and_the_requests_it_led_to(s: Stage, shell: Shell, tmp_path: Path) -> None:
    shell.types(*BEGIN, "--team", "Design")
    s.settle()
    opens(s, "U0DANA")
    save(s, "U0DANA", alex="kept", jo="ended")
    said = shell.types("audit", "pack", "V-1", "--to", str(tmp_path / "pack"))
    page = (tmp_path / "pack" / "report.html").read_text()
    assert "V-1: access to Design" in page and "R-1: " in page
    assert "Jo Park (jo@example.com): ended by Dana Fox (dana@example.com) with R-1" in page
    checker = [sys.executable, "-I", str(tmp_path / "pack" / "check.py"), said.split()[-1]]
    assert "Intact." in subprocess.run(checker, capture_output=True, text=True, check=True).stdout
    assert "There is no review V-7" in shell.types("audit", "pack", "V-7", "--to", "x.zip", exits=1)
