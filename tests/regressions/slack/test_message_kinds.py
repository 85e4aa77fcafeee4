"""What people write with a file, as a broadcast, in a thread: read once and answered there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, Stage
from bot.slack.words.sentence import LONGEST, by_name, typed
from tests.bot.journeys.scenes import playing, read

pytestmark = pytest.mark.regression

WISH = "I need Miro access for Design"
FILE = {"subtype": "file_share", "files": [{"id": "F1", "name": "plan.pdf"}], "upload": False}


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


def answers(s: Stage, channel: str, **event: Any) -> list[Message]:
    """What the bot answers in a channel to an event by Jo."""
    happened = {"type": "message", "user": "U0JO", "ts": "1.1", "text": WISH, "channel": channel, **event}
    assert s.acting.event(happened).ok
    s.settle()
    return [one for one in s.slack.messages if one.channel == channel and one.user == s.slack.bot_user]


def direct(s: Stage, **event: Any) -> list[Message]:
    return answers(s, s.slack.direct("U0JO").id, channel_type="im", **event)


@pytest.mark.parametrize(
    "event",
    [FILE, {"subtype": "thread_broadcast", "thread_ts": "0.9"}, {"subtype": "me_message"}],
    ids=lambda event: str(event["subtype"]),
)
def test_a_direct_message_of_a_person_is_answered_in_its_thread(s: Stage, event: dict[str, Any]) -> None:
    there = s.slack.add_message(s.slack.direct("U0JO").id, "U0JO", "I have a question", [])
    if "thread_ts" in event:
        event = event | {"thread_ts": there.ts}
    (answer,) = direct(s, **event)
    assert "Review and Send" in read(answer)
    assert answer.thread_ts == event.get("thread_ts")


def test_a_file_without_words_is_answered_with_help(s: Stage) -> None:
    (answer,) = direct(s, **FILE, text="")
    assert "Review and Send" not in read(answer)


@pytest.mark.parametrize(
    "more", [{}, FILE, {"subtype": "thread_broadcast"}], ids=["plain", "file", "broadcast"]
)
def test_a_mention_in_a_thread_is_answered_there_for_its_writer_alone(s: Stage, more: dict[str, Any]) -> None:
    event = {"type": "app_mention", "text": f"<@{s.slack.bot_user}> {WISH}", "thread_ts": "0.9", **more}
    (answer,) = answers(s, CHANNEL, **event)
    assert (answer.thread_ts, answer.ephemeral_for) == ("0.9", "U0JO")
    assert "Review and Send" in read(answer)


def test_a_mention_outside_any_thread_begins_none(s: Stage) -> None:
    (answer,) = answers(s, CHANNEL, type="app_mention", text=f"<@{s.slack.bot_user}> {WISH}")
    assert answer.thread_ts is None


def test_who_cannot_be_answered_in_the_channel_is_answered_directly(s: Stage) -> None:
    s.slack.fault("chat.postEphemeral", error="user_not_in_channel")
    event = {"type": "app_mention", "text": f"<@{s.slack.bot_user}> {WISH}", "thread_ts": "0.9"}
    assert answers(s, CHANNEL, **event) == []
    (answer,) = s.slack.dm_of("U0JO")
    assert answer.thread_ts is None and "Review and Send" in read(answer)


def test_a_mention_in_a_direct_message_comes_twice_and_is_answered_once(s: Stage) -> None:
    words = {"text": f"<@{s.slack.bot_user}> {WISH}"}
    assert len(direct(s, **words)) == 1
    assert len(answers(s, s.slack.direct("U0JO").id, type="app_mention", **words)) == 1


def test_the_same_message_under_another_event_id_is_answered_once(s: Stage) -> None:
    assert len(direct(s)) == 1
    assert len(direct(s, client_msg_id="another")) == 1
    assert len(direct(s, ts="1.2")) == 2


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_changed", "message": {"text": WISH, "user": "U0JO"}},
        {"subtype": "message_deleted", "deleted_ts": "1.1"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message", "bot_id": "B1"},
        {"subtype": "file_share", "bot_id": "B1"},
        {"subtype": "thread_broadcast", "hidden": True},
        {"subtype": "tombstone"},
    ],
    ids=lambda event: "-".join(map(str, event.values()))[:30],
)
def test_edits_deletions_joins_and_bots_are_not_answered(s: Stage, event: dict[str, Any]) -> None:
    assert direct(s, **event) == []


def test_a_file_in_a_channel_without_a_mention_is_not_answered(s: Stage) -> None:
    assert answers(s, CHANNEL, channel_type="channel", **FILE) == []


@pytest.mark.parametrize("filler", ["x", "2026-03-", "to ", "<@U0ALEX> ", "Desing\n"])
def test_a_pasted_text_of_any_length_is_answered_in_time(s: Stage, filler: str) -> None:
    """Slack takes messages of 40,000 characters; what holds the record meanwhile holds everybody."""
    assert s.acting.say("U0JO", filler * (40_000 // len(filler))).ok
    s.settle()
    assert [message.user for message in s.slack.dm_of("U0JO")] == ["U0JO", s.slack.bot_user]


@pytest.mark.parametrize("end", [LONGEST + more for more in range(-3, 16)])
def test_a_person_at_the_end_of_what_is_read_is_whole_or_not_there(end: int) -> None:
    mention = "<@U0ALEX|alex>"
    shown = typed("a" * (end - len(mention)) + mention + " and more")
    assert by_name(shown, lambda id: id).rstrip(" andmore").strip("a") in ("", "@U0ALEX")
