"""Time that runs out, is changed by law, jumps, or passes while nothing runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    calls,
    card,
    day,
    has_card,
    history,
    last,
    newest_request,
    playing,
    press,
    request,
    state,
    teams_of,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
ENDING = POLICY.replace("request-access = {", 'request-access = { longest = "366d",')


def test_window_lapsed_before_approval(tmp_path: Path) -> None:
    with playing(tmp_path, ENDING) as s:
        id = ask(s, *ACCESS, until=day(s, 1))
        wait(s, days=2)  # longer than it was asked for
        assert state(s, id) == "expired" and s.miro.user("alex@example.com") is None
        other = ask(s, "U0JO", "/miro-access", "for Design because we draw", until=day(s, 1))
        expires = request(s, other).deadlines.expires_at
        assert expires
        s.clock.pass_(expires - s.clock())
        press(s, "U0PRIYA", "approve")
        assert "has expired" in answer(s, "U0PRIYA")
        assert s.miro.user("jo@example.com") is None


def test_time_zones_dst_weekends(s: Stage) -> None:
    s.clock.pass_(datetime(2026, 3, 27, 20, tzinfo=UTC) - s.clock())  # Friday before summer time begins
    s.acting.command("U0PRIYA", "/miro", "whoami")
    wait(s, seconds=5)
    s.acting.command("U0PRIYA", "/miro", "away until 2026-03-29 <@U0LENA|lena>")
    s.settle()
    priya = s.bot.store.people.by_email("priya@example.com")
    assert priya
    stands_in = s.bot.store.people.named_delegate(priya.id, s.clock())
    assert stands_in
    assert stands_in.since == datetime(2026, 3, 26, 23, tzinfo=UTC), "midnight in winter"
    assert stands_in.until == datetime(2026, 3, 29, 22, tzinfo=UTC), "midnight in summer"
    id = ask(s, *ACCESS)
    expires = request(s, id).deadlines.expires_at
    assert expires and expires - s.clock() == timedelta(days=3), "an hour of law is no hour of time"
    assert expires.hour == 20 and "Mon 30 Mar, 22:00" in str(card(s, "U0LENA").blocks), (
        "by the clock of who reads it"
    )
    wait(s, days=2, hours=2)
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0LENA")


@pytest.mark.parametrize("days", [4, 30, 400])
def test_clock_skew_and_long_downtime(tmp_path: Path, days: int) -> None:
    with playing(tmp_path, ENDING) as s:
        given = ask(s, *ACCESS, until=day(s, 3))
        approve(s, "U0PRIYA")
        open_ = ask(s, "U0JO", "/miro-access", "for Design because we draw", until=day(s, 3))
        shown = as_it_was(card(s, "U0PRIYA"))
        s.clock.pass_(timedelta(days=days))
        second = s.rebuild()
        try:
            second.housekeeping.tick()
            second.settle()
        finally:
            second.stop()
        assert (state(s, open_), history(s, open_)[-1]) == ("expired", "expired")
        assert "Engineering" not in teams_of(s, "alex@example.com")
        assert [one.state for one in s.bot.store.requests() if one.because_of == given] == ["done"]
        before = calls(s)
        press(s, "U0PRIYA", "approve", shown)
        assert (state(s, open_), calls(s)) == ("expired", before)


def test_clock_back_ten_minutes(s: Stage) -> None:
    s.acting.command(*ACCESS)
    assert s.acting.submit("U0ALEX").errors == {}
    s.clock.pass_(timedelta(minutes=-10))
    s.settle()
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    s.clock.pass_(timedelta(minutes=-10))
    s.settle()
    id = newest_request(s).id
    assert (state(s, id), "Engineering" in teams_of(s, "alex@example.com")) == ("done", True)


@pytest.mark.parametrize("hours", [20, 60])
def test_reminder_storm_after_downtime(tmp_path: Path, hours: int) -> None:
    rule = 'approvers = ["manager", "it"] }'
    often = POLICY.replace(rule, rule.replace(" }", ', remind = "1h" }'), 1)
    with playing(tmp_path, often) as s:
        ids = [ask(s, *ACCESS), ask(s, "U0JO", *ACCESS[1:])]
        before = len(told(s, "U0PRIYA"))
        wait(s, hours=hours)
        for _ in range(5):
            wait(s, seconds=5)
        assert [history(s, id).count("reminded") for id in ids] == [1, 1]
        assert len(told(s, "U0PRIYA")) == before + 2


def test_silence_is_not_denial(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wait(s, days=3)
    assert (state(s, id), history(s, id)[-1]) == ("expired", "expired")
    assert "Expired without an answer" in last(s, "U0ALEX")
    assert not any("denied" in one.lower() for one in told(s, "U0ALEX") + told(s, "U0PRIYA"))
    assert has_card(s, "U0ALEX", "again") and calls(s) == []
