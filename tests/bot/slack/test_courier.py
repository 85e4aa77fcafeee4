"""The courier alone: what it does with each of Slack's errors, and in which order it sends."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.store import Note
from bot.sandbox.stage import Stage
from bot.slack.courier import GIVE_UP
from tests.bot.journeys.scenes import approve, ask, card, playing, request

FINAL = ["channel_not_found", "is_archived", "user_not_found", "not_in_channel"]
PASSING = ["internal_error", "ratelimited", "service_unavailable", "team_added_to_org", "something_new"]
ACCESS = ("/miro-access", "for Engineering because I start Monday")


@pytest.fixture
def s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with playing(tmp_path) as whole:
        yield whole


def posts(s: Stage) -> int:
    return sum(one.method == "chat.postMessage" for one in s.slack.log)


@pytest.mark.parametrize("error", FINAL)
def test_a_note_that_cannot_arrive_is_tried_once(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", error=error)
    s.bot.store.cards.say(Note("U0ALEX", {"text": "hello"}))
    s.settle()
    s.clock.pass_(timedelta(days=1))
    s.settle()
    assert posts(s) == 1


@pytest.mark.parametrize("error", PASSING)
def test_a_note_that_may_arrive_later_is_tried_again(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", error=error)
    s.bot.store.cards.say(Note("U0ALEX", {"text": "hello"}))
    s.settle()
    assert s.slack.dm_of("U0ALEX") == []
    s.clock.pass_(timedelta(seconds=10))
    s.settle()
    assert [one.text for one in s.slack.dm_of("U0ALEX")] == ["hello"]


def test_a_note_is_given_up_in_the_end(s: Stage) -> None:
    s.slack.fault("chat.postMessage", error="internal_error", times=None)
    s.bot.store.cards.say(Note("U0ALEX", {"text": "hello"}))
    for _ in range(GIVE_UP + 5):
        s.settle()
        s.clock.pass_(timedelta(hours=12))
    assert posts(s) == GIVE_UP + 1


def test_retry_after_is_honoured(s: Stage) -> None:
    s.slack.fault("chat.postMessage", status=429, retry_after=90)
    s.bot.store.cards.say(Note("U0ALEX", {"text": "hello"}))
    s.settle()
    s.clock.pass_(timedelta(seconds=89))
    s.settle()
    assert posts(s) == 1
    s.clock.pass_(timedelta(seconds=1))
    s.settle()
    assert posts(s) == 2


def test_nothing_is_sent_twice_when_nothing_changed(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    before = len(s.slack.log)
    for _ in range(3):
        s.bot.store.cards.redraw(request(s, "R-1").id)
        s.settle()
    assert len(s.slack.log) == before


def test_the_clickers_own_card_is_drawn_first(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    theirs = card(s, "U0SAM")
    s.slack.log.clear()
    assert s.acting.click("U0SAM", theirs, "approve").ok
    s.bot.courier.step()
    updates = [one.params["ts"] for one in s.slack.log if one.method == "chat.update"]
    assert updates[0] == theirs.ts and len(updates) > 1


def test_the_card_that_deny_was_pressed_on_is_drawn_first(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    theirs = card(s, "U0SAM")
    assert s.acting.click("U0SAM", theirs, "deny").ok
    s.slack.log.clear()
    assert s.acting.submit("U0SAM", {"reason": "No seat is free."}).errors == {}
    s.bot.courier.step()
    updates = [one.params["ts"] for one in s.slack.log if one.method == "chat.update"]
    assert updates[0] == theirs.ts and len(updates) > 1


def test_settled_requests_are_drawn_before_waiting_ones(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    ask(s, "U0JO", *ACCESS)
    approve(s, "U0PRIYA")
    assert request(s, "R-2").state == "done"
    for id in ("R-1", "R-2"):
        s.bot.store.cards.redraw(request(s, id).id)
    assert s.bot.store.cards.behind(9) == ["R-2", "R-1"]


def test_no_token_and_no_name_stand_in_the_log(s: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="bot"):
        s.slack.fault("chat.postMessage", status=500, times=2)
        s.slack.fault("chat.postMessage", error="is_archived")
        ask(s, "U0ALEX", *ACCESS)
        approve(s, "U0PRIYA")
    assert caplog.records
    for secret in ("xoxb-", "sandbox-token", "Alex", "alex@example.com", "I start Monday"):
        assert secret not in caplog.text
