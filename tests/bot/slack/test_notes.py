"""What becomes of a note with each of Slack's errors: tried once, tried again, given up."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.record.outbox import NOTE, Note
from bot.sandbox.stage import Stage
from bot.slack.deliver.calls import GIVE_UP
from tests.approvals.queued import queued

FINAL = ["channel_not_found", "is_archived", "user_not_found", "not_in_channel"]
PASSING = ["internal_error", "ratelimited", "service_unavailable", "team_added_to_org", "something_new"]


def posts(s: Stage) -> int:
    return sum(one.method == "chat.postMessage" for one in s.slack.log)


@pytest.mark.parametrize("error", FINAL)
def test_a_note_that_cannot_arrive_is_given_up_once_others_are_reached(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0ALEX", times=None, error=error)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "hello"}))
    s.bot.store.outbox.say(Note("U0SAM", {"text": "hello"}))
    for _ in range(30):
        s.settle()
        s.clock.pass_(timedelta(minutes=1))
    assert posts(s) == 3 + 1


@pytest.mark.parametrize("error", PASSING)
def test_a_note_that_may_arrive_later_is_tried_again(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", error=error)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "hello"}))
    s.settle()
    assert s.slack.dm_of("U0ALEX") == []
    s.clock.pass_(timedelta(seconds=10))
    s.settle()
    assert [one.text for one in s.slack.dm_of("U0ALEX")] == ["hello"]


def test_a_note_is_given_up_in_the_end(s: Stage) -> None:
    s.slack.fault("chat.postMessage", error="internal_error", times=None)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "hello"}))
    for _ in range(GIVE_UP + 5):
        s.settle()
        s.clock.pass_(timedelta(hours=12))
    assert posts(s) == GIVE_UP + 1


@pytest.mark.thorough
@pytest.mark.regression
@pytest.mark.parametrize("how", [{"error": "internal_error"}, {"status": 503}, {"body": b"[]"}], ids=str)
def test_a_note_outlives_almost_a_day_in_which_slack_fails(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("chat.postMessage", times=None, **how)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "hello"}))
    for seconds in [5] * 300 + [900] * 4 * 23:
        s.settle()
        s.clock.pass_(timedelta(seconds=seconds))
    s.slack.faults.clear()
    s.clock.pass_(timedelta(minutes=15))
    s.settle()
    assert [one.text for one in s.slack.dm_of("U0ALEX")] == ["hello"]


@pytest.mark.regression
def test_waiting_for_a_crowded_channel_is_no_try(s: Stage) -> None:
    s.bot.store.outbox.say(Note("C0MIRO", {"text": "hello"}))
    for _ in range(10):
        with s.bot.deliverer.pace.calling("chat.postMessage", "C0MIRO"):
            pass
    s.settle()
    s.clock.pass_(timedelta(seconds=10))
    [note] = queued(s.bot.store, NOTE) or pytest.fail("it waits for the channel")
    assert (note.tries, posts(s)) == (0, 0)


def test_retry_after_is_honoured(s: Stage) -> None:
    s.slack.fault("chat.postMessage", status=429, retry_after=90)
    s.bot.store.outbox.say(Note("U0ALEX", {"text": "hello"}))
    s.settle()
    s.clock.pass_(timedelta(seconds=89))
    s.settle()
    assert posts(s) == 1
    s.clock.pass_(timedelta(seconds=1))
    s.settle()
    assert posts(s) == 2
