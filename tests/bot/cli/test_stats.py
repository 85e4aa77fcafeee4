"""What `stats` and `/miro stats` count: times, ends, reasons, access; all of it in one pass."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import BOT
from approvals.request import Event
from bot.sandbox.stage import POLICY, Stage
from bot.stats import WIDTH, Stats, bar
from tests.bot.journeys.scenes import approve, ask, read, request, wait
from tests.bot.journeys.shell import Shell, machine
from tests.bot.slack.scenes import word_count

OWNED = f'{POLICY}\n[owners]\n"Engineering" = ["priya@example.com"]\n'


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    """Somebody joined a team after two hours, somebody left one, one request waits, one has expired."""
    with machine(tmp_path, OWNED) as (s, shell):
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
    [access] = [line for line in lines if "Request Access" in line]
    assert access == f"  {'█' * WIDTH} 3 Request Access: decided in 2 hours, done in 2 hours, 1 expired"
    assert lines.index(access) < next(n for n, line in enumerate(lines) if "Leave a Team" in line)
    assert "Access gained: 1. Taken away: 1." in lines


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


def test_what_helps_is_about_any_team(both: tuple[Stage, Shell]) -> None:
    stats = Stats()
    waiting, body = request(both[0], "R-4"), {"remedy": "remedy-team-admin"}
    stats.add(waiting, [Event(9, waiting.id, 3, "stopped", 1, both[0].clock(), BOT, body, {})])
    assert list(stats.stopped) == ["Add another admin to the team in Miro"]


def asks(s: Stage, user: str) -> str:
    """What `/miro stats` shows somebody, in a message that only they see."""
    assert s.acting.command(user, "/miro", "stats").ok
    answer = s.slack.dm_of(user)[-1]
    assert answer.ephemeral_for == user
    return read(answer)


def test_operators_read_bars_in_slack(both: tuple[Stage, Shell]) -> None:
    text = asks(both[0], "U0CAROL")
    assert "4 in all: 2 done, 1 waiting, 1 expired." in text
    assert "Access gained: 1. Taken away: 1." in text
    assert f"{'█' * WIDTH} 3 Request Access: decided in 2 hours, done in 2 hours, 1 expired" in text
    assert "███ 1 Leave a Team" in text
    assert text.index("By team") < text.index("3 Design") < text.index("1 Engineering")


def test_words_beside_the_bars_are_few(both: tuple[Stage, Shell]) -> None:
    asks(both[0], "U0CAROL")
    answer = both[0].slack.dm_of("U0CAROL")[-1]
    bars = [line for line in read(answer).splitlines() if "█" in line]
    assert word_count(answer) - sum(len(line.split()) for line in bars) <= 75


@pytest.mark.thorough
def test_owners_read_about_their_teams_alone(both: tuple[Stage, Shell]) -> None:
    text = asks(both[0], "U0PRIYA")
    assert "1 in all: 1 done." in text and "Engineering" in text and "Design" not in text


def test_others_read_whom_figures_are_for(both: tuple[Stage, Shell]) -> None:
    text = asks(both[0], "U0ALEX")
    assert text == "Only operators and team owners can see statistics. Your requests: /miro status."


def test_only_requests_of_the_last_thirty_days_are_shown(both: tuple[Stage, Shell]) -> None:
    wait(both[0], days=40)
    asks(both[0], "U0CAROL")  # the account is looked up anew
    wait(both[0], seconds=60)
    assert asks(both[0], "U0CAROL") == "Requests of the last 30 days: none."


def test_an_offboarding_is_no_figure_for_the_leaver(both: tuple[Stage, Shell]) -> None:
    s, _ = both
    ask(s, "U0LENA", "/miro-offboard", "carol@example.com because Carol leaves")
    assert "4 in all" in asks(s, "U0CAROL"), "an operator, and the leaver"


def test_a_bar_is_in_proportion_and_never_empty() -> None:
    assert [len(bar(count, 100)) for count in (100, 50, 1, 0)] == [WIDTH, WIDTH // 2, 1, 0]
