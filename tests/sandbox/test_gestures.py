"""What people do in the stand-in reaches a real Bolt app as Slack sends it, and its answers come back."""

import copy
import threading

import pytest
from slack_sdk import WebClient

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.inputs import NotPossible
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.blocks import actions, options, select
from tests.sandbox.bolt_bot import Bot, card

# -- typing


def test_a_command_without_a_place_is_typed_in_the_direct_messages(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    reply = acting.command("U01", "/miro", "hello")

    [heard] = bot.heard
    assert (heard["user_id"], heard["channel_name"], heard["text"]) == ("U01", "directmessage", "hello")
    assert reply.ok and reply.seconds < 3
    assert [(each.text, each.ephemeral_for) for each in slack.dm_of("U01")] == [("hello", "U01")]


def test_the_answer_of_a_command_is_for_one_persons_eyes_unless_said_otherwise(
    slack: Workspace, acting: Gestures
) -> None:
    slack.change_channel("C01", members=frozenset({"U01", "U02", "U0BOT"}))
    acting.command("U01", "/miro", "blocks", channel="C01")
    acting.command("U01", "/miro", "loud", channel="C01")

    assert [each.text for each in slack.seen_by("U02", "C01")] == ["For all"]
    quiet, _ = slack.seen_by("U01", "C01")
    assert quiet.ephemeral_for == "U01" and quiet.blocks[0]["text"]["text"] == "Three more words"


def test_an_answer_that_breaks_a_limit_is_not_shown(slack: Workspace, acting: Gestures) -> None:
    reply = acting.command("U01", "/miro", "broken")

    assert not reply.ok and "must be less than 3001 characters" in str(reply.problem)
    assert slack.messages == []


def test_words_to_the_bot_arrive_as_an_event(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    assert acting.say("U01", "I need access").ok
    assert acting.say("U01", "me too", "C01", thread_ts="1.000001").ok

    direct, mention = slack.until(lambda: len(bot.heard) == 2 and bot.heard)
    assert direct["event"]["type"] == "message" and direct["event"]["channel_type"] == "im"
    assert direct["event"]["text"] == "I need access" and direct["event_id"] != mention["event_id"]
    assert mention["event"]["type"] == "app_mention" and mention["event"]["text"] == "<@U0BOT> me too"
    assert mention["event"]["thread_ts"] == "1.000001"
    assert [each.user for each in slack.seen_by("U01")] == ["U01", "U01"]


def test_opening_the_home_tab_shows_the_view_once_there_is_one(
    slack: Workspace, client: WebClient, bot: Bot, acting: Gestures
) -> None:
    acting.open_home("U01")
    client.views_publish(user_id="U01", view={"type": "home", "blocks": card("open")})
    acting.open_home("U01")

    first, second = slack.until(lambda: len(bot.heard) == 2 and bot.heard)
    assert "view" not in first["event"] and second["event"]["view"]["id"] == slack.homes["U01"]["id"]


# -- clicking


def test_a_click_carries_the_buttons_own_value_and_redraws_the_message(
    slack: Workspace, client: WebClient, bot: Bot, acting: Gestures
) -> None:
    client.chat_postMessage(channel="U01", text="May I?", blocks=card("open"))
    [message] = slack.dm_of("U01")

    acting.click("U01", message, "approve", "R-1")

    answer = slack.until(lambda: slack.dm_of("U01")[1:])[0]
    [heard] = bot.heard
    [action] = heard["actions"]
    assert (action["type"], action["value"], action["block_id"]) == ("button", "R-1", "R-1")
    assert heard["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": False,
    }
    assert heard["message"]["blocks"][0]["text"]["text"] == "May I?"
    assert (message.text, message.blocks[0]["text"]["text"]) == ("Approved", "Approved")
    assert (answer.text, answer.ephemeral_for) == ("You approved it", "U01")


def test_only_what_is_there_can_be_clicked(slack: Workspace, acting: Gestures) -> None:
    message = slack.add_message("C01", "U0BOT", "May I?", card("open"))

    for action_id, value in (("approve", None), ("approve", "R-9"), ("deny", "R-9"), ("resume", None)):
        with pytest.raises(NotPossible):
            acting.click("U01", message, action_id, value)


def test_two_people_may_click_at_the_same_moment(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    message = slack.add_message("C01", "U0BOT", "May I?", card("open"))
    clicks = [
        threading.Thread(target=acting.click, args=(user, copy.copy(message), "deny"))
        for user in ("U01", "U02")
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert {heard["user"]["id"] for heard in bot.heard} == {"U01", "U02"}


def test_an_old_drawing_can_still_be_clicked(
    slack: Workspace, client: WebClient, bot: Bot, acting: Gestures
) -> None:
    message = slack.add_message("C01", "U0BOT", "May I?", card("open"))
    old = copy.copy(message)
    client.chat_update(channel="C01", ts=message.ts, text="Denied", blocks=card("Denied"))

    assert acting.click("U01", old, "approve", block_id="R-2", value="R-2").ok
    assert bot.heard[0]["actions"][0]["value"] == "R-2"


def test_a_click_in_an_ephemeral_message_comes_without_the_message(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    message = slack.add_message("C01", "U0BOT", "May I?", card("open"), ephemeral_for="U01")
    acting.click("U01", message, "approve", "R-1")

    [heard] = bot.heard
    assert heard["container"]["is_ephemeral"] and "message" not in heard


def test_a_choice_in_a_menu_of_a_message_is_told(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    overflow = {"type": "overflow", "action_id": "menu", "options": options(3)}
    message = slack.add_message("C01", "U0BOT", "Pick", [actions(select(action_id="pick"), overflow)])

    acting.click("U01", message, "pick", "T-1")
    acting.click("U01", message, "menu", "T-2")

    picked, menu = (heard["actions"][0] for heard in bot.heard)
    assert (picked["type"], picked["selected_option"]["value"]) == ("static_select", "T-1")
    assert (menu["type"], menu["selected_option"]["value"]) == ("overflow", "T-2")
    assert "value" not in picked


def test_a_click_in_the_home_tab_carries_the_view_and_no_channel(
    slack: Workspace, client: WebClient, bot: Bot, acting: Gestures
) -> None:
    client.views_publish(user_id="U01", view={"type": "home", "blocks": card("open")})
    acting.click("U01", slack.homes["U01"], "deny")

    [heard] = bot.heard
    assert heard["view"]["type"] == "home" and heard["container"]["view_id"] == heard["view"]["id"]
    assert "channel" not in heard and "response_url" not in heard


def test_shortcuts_come_with_a_trigger_and_messages_with_their_channel(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    message = slack.add_message("C01", "U02", "I need access", [])
    acting.shortcut("U01", "ask")
    acting.message_shortcut("U01", "ask_about", message)

    slack.until(lambda: slack.views.get("U01"))
    everywhere, about = bot.heard
    assert everywhere["type"] == "shortcut" and "channel" not in everywhere
    assert about["type"] == "message_action" and about["message"]["text"] == "I need access"


# -- deliveries


def test_an_unsigned_forged_or_late_delivery_is_turned_away(bot: Bot, acting: Gestures) -> None:
    delivery = acting.command("U01", "/miro", "hello").delivery

    assert acting.send(delivery, signed=False).status == 401
    assert acting.send(delivery, secret="guessed").status == 401
    assert acting.send(delivery, age=6 * 60).status == 401
    assert acting.send(delivery, age=4 * 60).status == 200
    assert acting.post(b"command=%2Fmiro", {}).status == 401
    assert len(bot.heard) == 2


def test_a_delivery_sent_again_carries_its_retry_headers_and_its_event_id(
    slack: Workspace, client: WebClient
) -> None:
    bot = Bot(client)
    with bot.served() as bot_url:
        acting = slack.acting(bot_url)
        delivery = acting.say("U01", "hello").delivery
        acting.send(delivery, retry=1, reason="http_error")

    first, again = sorted(bot.headers, key=lambda each: "x-slack-retry-num" in each)
    assert {heard["event_id"] for heard in bot.heard} == {bot.heard[0]["event_id"]}
    assert "x-slack-retry-num" not in first
    assert (again["x-slack-retry-num"], again["x-slack-retry-reason"]) == (["1"], ["http_error"])


def test_a_bot_that_is_away_is_a_timeout(slack: Workspace) -> None:
    reply = slack.acting("http://127.0.0.1:9/slack/events").command("U01", "/miro")

    assert reply.status == 0 and "operation_timeout" in str(reply.problem)


def test_an_app_of_a_whole_grid_gets_no_team_with_a_form() -> None:
    grid = Workspace(enterprise_id="E01", org_install=True)
    grid.add_person("W01", "ada@example.com", "Ada Example")
    with grid.serve() as base_url:
        bot = Bot(WebClient("xoxb-grid", base_url=base_url))
        with bot.served() as bot_url:
            acting = grid.acting(bot_url)
            acting.command("W01", "/miro", "form")
            acting.click("W01", None, "more")
            acting.submit("W01", {"teams": ["T-0"]})

    command, click, submission = bot.heard
    assert click["team"]["enterprise_id"] == "E01"
    assert command["enterprise_id"] == "E01" and command["is_enterprise_install"] == "true"
    assert submission["team"] is None and submission["enterprise"]["id"] == "E01"
    assert submission["is_enterprise_install"] is True
