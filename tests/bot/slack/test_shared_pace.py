"""Several processes on one record keep Slack's limits together: each has its share."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.record.outbox import Note
from approvals.record.store import Store
from approvals.request import Urgency
from bot.app import Bot, build
from bot.sandbox.stage import Clock, Stage, stage
from bot.slack.api.pace import CHANNEL_CALLS, MINUTE, TIERS, USUAL, Crowded, Pace, Paced
from tests.approvals.queued import notes
from tests.approvals.scene import server_of

LIMIT = TIERS["chat.postMessage"]
FIRST = Urgency.FIRST


def taken(pace: Pace, method: str, channel: str = "", most: int = 1000) -> int:
    """How many urgent calls can be made at once."""
    for number in range(most):
        try:
            with pace.calling(method, channel, FIRST):
                pass
        except (Paced, Crowded):
            return number
    return most


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Stage, Bot]]:
    """Two processes on one PostgreSQL, and a workspace that keeps the limit of messages."""
    place = server_of(tmp_path)
    Store(place, migrates=True).close()
    with stage(tmp_path, database=place) as s:
        second = build(s.bot.settings, now=s.clock, sleep=s.clock.sleep)
        second.deliverer._owner = "elsewhere/1/outbox"
        try:
            s.slack.calls_a_minute = LIMIT
            yield s, second
        finally:
            second.stop()


def say(s: Stage, count: int) -> None:
    """Has many messages wait, each for somebody else."""
    for number in range(count):
        s.slack.add_person(f"U1{number:03}", f"person.{number}@example.com", f"Person {number}")
        s.bot.store.outbox.say(Note(f"U1{number:03}", {"text": "Hello."}))


def send(s: Stage, *bots: Bot) -> int:
    """Both send until nothing is left; returns the seconds it took."""
    began = s.clock()
    while notes(s.bot.store, 1):
        for bot in bots:
            bot.deliverer.send()
        s.clock.pass_(timedelta(seconds=1))
    return (s.clock() - began).seconds


def refused(s: Stage) -> int:
    """How many calls Slack refused because they were too many."""
    return sum((call.answer or {}).get("error") == "ratelimited" for call in s.slack.log)


def test_two_processes_send_what_slack_takes_of_one(two: tuple[Stage, Bot]) -> None:
    s, second = two
    for bot in (s.bot, second, s.bot):
        bot.deliverer.send()
        s.clock.pass_(timedelta(seconds=5))
    say(s, 3 * LIMIT)
    took = send(s, s.bot, second)
    assert refused(s) == 0
    assert took < 3.3 * MINUTE, "together they are as fast as one"
    senders = Counter(call.method for call in s.slack.log)
    assert senders["chat.postMessage"] == 3 * LIMIT


def test_a_process_that_comes_while_others_send_is_refused_a_few_times(two: tuple[Stage, Bot]) -> None:
    s, second = two
    say(s, 3 * LIMIT)
    for _ in range(40):
        s.bot.deliverer.send()
    send(s, s.bot, second)
    assert 0 < refused(s) <= 4


def test_a_process_that_is_gone_leaves_its_share(two: tuple[Stage, Bot]) -> None:
    s, second = two
    second.deliverer.send()
    s.bot.deliverer.send()
    assert taken(s.bot.deliverer.pace, "chat.update") == USUAL // 2
    s.clock.pass_(timedelta(minutes=2))
    s.bot.deliverer.send()
    assert taken(s.bot.deliverer.pace, "chat.update") == USUAL


def test_a_dead_process_of_this_machine_leaves_its_share_at_once(two: tuple[Stage, Bot]) -> None:
    s, second = two
    second.deliverer.send()
    outbox = s.bot.store.outbox
    assert outbox.owners() == {"elsewhere/1/outbox"}
    outbox.free("elsewhere/1/outbox")
    s.bot.deliverer.send()
    assert taken(s.bot.deliverer.pace, "chat.update") == USUAL


def test_a_429_of_one_holds_the_others(two: tuple[Stage, Bot]) -> None:
    s, second = two
    s.bot.deliverer.pace.hold("chat.update", 30)
    s.bot.deliverer.send()
    second.deliverer.send()
    assert taken(second.deliverer.pace, "chat.update") == 0
    assert taken(second.deliverer.pace, "views.publish") > 0
    s.clock.pass_(timedelta(seconds=30))
    assert taken(second.deliverer.pace, "chat.update") > 0


def test_a_channel_and_a_learned_limit_are_shared_too() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.share([{}] * 3)
    assert taken(pace, "chat.postMessage", "C1") == CHANNEL_CALLS // 3
    clock.sleep(MINUTE)
    for _ in range(31):
        with pace.calling("chat.postMessage", urgency=FIRST):
            pass
    pace.hold("chat.postMessage", 60)
    clock.sleep(MINUTE)
    assert taken(pace, "chat.postMessage") == 30, "what was taken of this one beside the others"
    clock.sleep(MINUTE)
    pace.share([{}])
    assert taken(pace, "chat.postMessage") == 90


def test_a_file_is_for_one_process_and_nothing_is_written_for_others(s: Stage) -> None:
    with closing(Store(s.folder / "record.db")) as store:
        before = store._on.rows("SELECT * FROM meta")
        s.bot.deliverer.send()
        assert store._on.rows("SELECT * FROM meta") == before
