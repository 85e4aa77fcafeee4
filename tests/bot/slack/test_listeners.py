"""Listeners check, store and answer; Slack is called to open a form or to draw App Home, and for no more."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.ids import SlackId
from bot.sandbox.slack.deliveries import Reply
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.journeys.scenes import ask, card, state, told
from tests.bot.journeys.test_side_by_side import full

ACCESS = ("/miro-access", "for Engineering because I start Monday")


def called(s: Stage, reply: Reply | None = None) -> list[str]:
    """What Slack was asked for since it was looked last, while nobody else works."""
    assert reply is None or reply.ok, reply
    methods = [one.method for one in s.slack.log]
    s.slack.log.clear()
    return methods


def happens(s: Stage, **event: Any) -> None:
    """An event arrives, and the bot does all that follows."""
    assert s.acting.event({"ts": "1.1", "channel": s.slack.direct("U0JO").id, **event}).ok
    s.settle()


def test_a_form_is_opened_and_everything_else_is_stored(s: Stage) -> None:
    id, bot = ask(s, "U0ALEX", *ACCESS), s.acting
    theirs, mine = card(s, "U0PRIYA"), card(s, "U0ALEX", "withdraw")
    wrote = bot.write("U0JO", "I need Miro access for Design", CHANNEL)
    called(s)
    opening: list[Callable[[], Reply]] = [
        lambda: bot.command("U0JO", *ACCESS),
        lambda: bot.command("U0JO", "/miro", "move from Engineering to Design"),
        lambda: bot.click("U0PRIYA", theirs, "details"),
        lambda: bot.click("U0PRIYA", theirs, "question"),
        lambda: bot.click("U0PRIYA", theirs, "deny"),
        lambda: bot.shortcut("U0JO", "ask-anything"),
        lambda: bot.message_shortcut("U0JO", "make-request", wrote),
    ]
    storing: list[Callable[[], Reply]] = [
        lambda: bot.submit("U0JO"),
        lambda: bot.command("U0JO", "/miro", "help"),
        lambda: bot.command("U0JO", "/miro", "status"),
        lambda: bot.command("U0ALEX", "/miro", f"remind {id}"),
        lambda: bot.say("U0JO", "I need Miro access for Design"),
        lambda: bot.say("U0JO", "hello", CHANNEL),
        lambda: bot.submit("U0PRIYA", {"reason": "Not this month."}),
        lambda: bot.click("U0SAM", theirs, "approve"),
        lambda: bot.click("U0ALEX", mine, "withdraw"),
    ]
    assert [called(s, one()) for one in opening] == [["views.open"]] * len(opening)
    assert [called(s, one()) for one in storing] == [[]] * len(storing)
    assert [(one.id, one.state) for one in s.bot.store.requests()] == [("R-2", "checking"), (id, "denied")]


def test_app_home_is_drawn_at_once_and_its_other_tab_is_not(s: Stage) -> None:
    called(s)
    assert called(s, s.acting.open_home("U0CAROL")) == ["views.publish"]
    other = {"type": "app_home_opened", "user": "U0CAROL", "tab": "messages", "channel": "DU0CAROL"}
    assert called(s, s.acting.event(other)) == []


def test_a_form_of_another_version_is_answered_at_a_field_and_saved_nowhere(s: Stage) -> None:
    assert s.acting.command("U0ALEX", *ACCESS).ok
    view = s.acting.modal("U0ALEX")
    view["callback_id"] = "ask:teleport"
    reply = s.acting.submit("U0ALEX", view=view)
    assert reply.ok
    assert reply.errors == {"reason": "I don't know this form anymore. Please ask again: /miro help."}
    assert s.bot.store.requests() == []


def test_a_form_that_is_sent_turns_into_a_sentence_and_is_saved_once_however_often_it_comes(
    s: Stage,
) -> None:
    assert s.acting.command("U0ALEX", *ACCESS).ok
    reply = s.acting.submit("U0ALEX")
    assert "Sent: R-1. I'm checking what would change and who decides." in as_text(reply.body["view"])
    again = s.acting.send(reply.delivery, retry=1)
    assert again.body["response_action"] == "update"
    assert [one.id for one in s.bot.store.requests()] == ["R-1"]


@pytest.mark.parametrize("gesture", ["form", "command", "click"])
def test_a_record_that_takes_nothing_is_answered_with_a_sentence(s: Stage, gesture: str) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    assert s.acting.command("U0PRIYA", *ACCESS).ok
    before = s.bot.store.head()
    full(s, True)
    if gesture == "form":
        assert "Nothing was done." in s.acting.submit("U0PRIYA").errors["reason"]
    elif gesture == "command":
        assert "Nothing was done." in str(s.acting.command("U0ALEX", "/miro", f"withdraw {id}").body)
    else:
        assert s.acting.click("U0ALEX", card(s, "U0ALEX", "withdraw"), "withdraw").ok
        s.bot.deliverer.say_what_is_unsaved()
        assert "Nothing was done." in told(s, "U0ALEX")[-1]
    full(s, False)
    assert (s.bot.store.head(), state(s, id)) == (before, "waiting")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "channel_type": "im", "user": "U0JO", "bot_id": "B1", "text": "I need access"},
        {"type": "message", "channel_type": "im", "user": "U0JO", "subtype": "message_changed"},
        {"type": "message", "channel_type": "im", "text": "from nobody"},
        {"type": "message", "channel_type": "channel", "user": "U0JO", "text": "not meant for the bot"},
    ],
    ids=["a bot", "a change", "nobody", "a channel"],
)
def test_what_nobody_said_to_the_bot_is_not_answered(s: Stage, event: dict[str, Any]) -> None:
    called(s)
    happens(s, **event)
    assert called(s) == [] and s.slack.messages == []
    assert s.bot.store.people.by_slack(SlackId("U0JO")) is None


def test_what_was_said_once_and_is_delivered_twice_is_answered_once(s: Stage) -> None:
    reply = s.acting.say("U0JO", "I need Miro access for Design")
    assert s.acting.send(reply.delivery, retry=1).ok
    s.settle()
    assert len([one for one in told(s, "U0JO") if "Review and Send" in one]) == 1


def test_a_form_that_slack_does_not_open_is_answered_with_a_sentence(s: Stage) -> None:
    s.slack.fault("views.open", status=503)
    reply = s.acting.command("U0JO", *ACCESS)
    assert reply.body["text"] == "Slack couldn't open the form. Please try again."
    assert reply.body["response_type"] == "ephemeral"
