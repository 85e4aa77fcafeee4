"""What `stats` counts: times, ends, reasons, access; all of it in one pass."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask
from tests.bot.journeys.shell import Shell, machine


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    """Somebody joined a team after two hours, somebody left one, one request waits, one has expired."""
    with machine(tmp_path) as (s, shell):
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"], s.teams["Engineering"]])
        ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        s.clock.pass_(timedelta(hours=2))
        approve(s, "U0PRIYA")
        ask(s, "U0JO", "/miro", "leave-team Design because we no longer draw")
        approve(s, "U0PRIYA")
        ask(s, "U0DANA", "/miro-access", "for Design because we draw")
        s.clock.pass_(timedelta(days=4))
        s.bot.housekeeping.tick()
        s.settle()
        ask(s, "U0SAM", "/miro-access", "for Design because we draw")
        yield s, shell


def test_times_and_ends_are_counted_by_action_and_team(both: tuple[Stage, Shell]) -> None:
    figures = both[1].json("stats")
    assert (figures["total"]["requests"], figures["total"]["states"]["done"]) == (4, 2)
    access = figures["by_action"]["request-access"]
    assert access["states"] == {"done": 1, "expired": 1, "waiting": 1}
    assert access["seconds_to_decision"] == {"median": 7200, "p90": 7200}
    assert access["seconds_to_done"]["median"] >= 7200
    assert figures["by_team"]["Design"]["requests"] == 3
    assert figures["access"] == {"gained": 1, "taken": 1}


def test_a_terminal_reads_medians(both: tuple[Stage, Shell]) -> None:
    lines = both[1].types("stats").splitlines()
    [access] = [line for line in lines if line.startswith("  request-access")]
    assert access.split() == ["request-access", "3", "1", "1", "2", "hours", "2", "hours"]
    assert lines[-1] == "Access gained: 1, taken away: 1"


def test_only_what_is_chosen_is_counted(both: tuple[Stage, Shell]) -> None:
    assert both[1].json("stats", "--action", "leave-team")["total"]["requests"] == 1
    assert both[1].json("stats", "--since", "2030-01-01")["total"]["seconds_to_done"]["median"] is None


def test_what_stopped_is_counted_by_what_helps(both: tuple[Stage, Shell]) -> None:
    s, shell = both
    ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because we draw")
    s.miro._organization.delete_team(s.teams["Design"])
    s.clock.pass_(timedelta(minutes=10))
    approve(s, "U0PRIYA")
    assert list(shell.json("stats")["stopped"].values()) == [1]
    assert "Stopped, by what helps" in shell.types("stats")
