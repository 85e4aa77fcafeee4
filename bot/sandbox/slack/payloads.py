"""Slack's payloads when a person acts, as in docs.slack.dev/interactivity and /apis/events-api."""

import copy
from typing import Any

from bot.sandbox.slack.inputs import untouched
from bot.sandbox.slack.records import JSON, Message
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.views import with_values
from bot.sandbox.slack.web_messages import as_slack

TOKEN = "sandbox-verification-token"


def slash_command(slack: SlackState, user: str, channel: str, command: str, text: str) -> dict[str, str]:
    """A slash command, sent as a flat form."""
    form = {
        "token": TOKEN,
        "team_id": slack.team_id,
        "team_domain": "example",
        "channel_id": channel,
        "channel_name": slack.channels[channel].name,
        "user_id": user,
        "user_name": _name(slack, user),
        "command": command,
        "text": text,
        "api_app_id": slack.app_id,
        "is_enterprise_install": str(slack.org_install).lower(),
        "response_url": slack.response_url(user, channel),
        "trigger_id": slack.trigger(user),
    }
    grid = {"enterprise_id": slack.enterprise_id, "enterprise_name": "Example Org"}
    return form | {name: value for name, value in grid.items() if slack.enterprise_id and value}


def event(slack: SlackState, happened: JSON, channel: str | None = None) -> JSON:
    """An event in its envelope; a repeated delivery keeps its event_id."""
    authorization = {
        "enterprise_id": slack.enterprise_id,
        "team_id": slack.team_id,
        "user_id": slack.bot_user,
        "is_bot": True,
        "is_enterprise_install": slack.org_install,
    }
    number = slack.number()
    return {
        "token": TOKEN,
        "team_id": slack.team_id,
        "enterprise_id": slack.enterprise_id,
        "api_app_id": slack.app_id,
        "event": {"event_ts": slack.stamp(), **happened},
        "type": "event_callback",
        "event_id": f"Ev{number:08d}",
        "event_time": int(slack.now()),
        "authorizations": [authorization],
        "is_ext_shared_channel": bool(channel and slack.channels[channel].is_ext_shared),
        "event_context": f"4-sandbox-{number}",
    }


def words_said(slack: SlackState, message: Message) -> JSON:
    """The event of a person's message: `message` in direct messages, `app_mention` in a channel."""
    channel = slack.channels[message.channel]
    event: JSON = {
        "type": "message" if channel.person else "app_mention",
        "user": message.user,
        "ts": message.ts,
        "client_msg_id": f"{slack.number():08x}-0000-4000-8000-000000000000",
        "text": message.text,
        "team": slack.people[message.user].team_id,
        "blocks": message.blocks,
        "channel": message.channel,
        "event_ts": message.ts,
    }
    event |= {"channel_type": "im"} if channel.person else {}
    return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def typed_blocks(text: str) -> list[JSON]:
    """Typed text as the rich text that comes with the plain string; it isn't escaped."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "elements": [section]}]


def home_opened(slack: SlackState, user: str) -> JSON:
    """app_home_opened; it has a `view` once one was published."""
    opened: JSON = {
        "type": "app_home_opened",
        "user": user,
        "channel": slack.direct(user).id,
        "tab": "home",
    }
    return opened | ({"view": with_values(slack, slack.homes[user])} if user in slack.homes else {})


def action_in_message(slack: SlackState, user: str, message: Message, action: JSON) -> JSON:
    """A click in a message; an ephemeral message isn't included (bolt-python, test_block_actions.py)."""
    alone = message.ephemeral_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": alone,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    payload = _base(slack, "block_actions", user) | {
        "container": container,
        "trigger_id": slack.trigger(user),
        "channel": _channel(slack, message.channel),
        "state": {"values": untouched(message.blocks)},
        "response_url": slack.response_url(user, message.channel, _standing(slack, message)),
        "actions": [action],
    }
    return payload if alone else payload | {"message": as_slack(slack, message)}


def action_in_view(slack: SlackState, user: str, view: JSON, action: JSON) -> JSON:
    """A click in a modal or the Home tab: with the view, without channel and response_url."""
    return _base(slack, "block_actions", user) | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": slack.trigger(user),
        "view": with_values(slack, view),
        "actions": [action],
    }


def view_submission(slack: SlackState, user: str, view: JSON) -> JSON:
    payload = _base(slack, "view_submission", user) | {
        "trigger_id": slack.trigger(user),
        "view": with_values(slack, view),
        "response_urls": [],
    }
    # An app installed for the whole organization may get no team here (reference/interaction-payloads/views).
    return payload | ({"team": None} if slack.org_install else {})


def view_closed(slack: SlackState, user: str, view: JSON) -> JSON:
    return _base(slack, "view_closed", user) | {"view": with_values(slack, view), "is_cleared": False}


def suggestion(slack: SlackState, user: str, view: JSON, block_id: str, action_id: str, typed: str) -> JSON:
    """block_suggestion: a person types in a menu whose options come from the bot."""
    return _base(slack, "block_suggestion", user) | {
        "container": {"type": "view", "view_id": view["id"]},
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
        "view": with_values(slack, view),
    }


def shortcut(slack: SlackState, user: str, callback_id: str) -> JSON:
    """A global shortcut, without channel and response_url."""
    return _base(slack, "shortcut", user) | {
        "action_ts": slack.stamp(),
        "callback_id": callback_id,
        "trigger_id": slack.trigger(user),
    }


def message_shortcut(slack: SlackState, user: str, callback_id: str, message: Message) -> JSON:
    return shortcut(slack, user, callback_id) | {
        "type": "message_action",
        "channel": _channel(slack, message.channel),
        "response_url": slack.response_url(user, message.channel, _standing(slack, message)),
        "message_ts": message.ts,
        "message": as_slack(slack, message),
    }


def pressed(slack: SlackState, block: JSON, element: JSON, held: JSON) -> JSON:
    """One entry of `actions`: the element's text and value, and its state (`held`)."""
    copied = {
        name: copy.deepcopy(element[name]) for name in ("text", "value", "style", "url") if name in element
    }
    ids = {"type": element["type"], "block_id": block["block_id"], "action_id": element["action_id"]}
    return ids | copied | held | {"action_ts": slack.stamp()}


def _base(slack: SlackState, kind: str, user: str) -> JSON:
    person = slack.people[user]
    team: JSON = {"id": slack.team_id, "domain": "example"}
    grid: Any = None
    if slack.enterprise_id:
        team |= {"enterprise_id": slack.enterprise_id, "enterprise_name": "Example Org"}
        grid = {"id": slack.enterprise_id, "name": "Example Org"}
    return {
        "type": kind,
        "token": TOKEN,
        "api_app_id": slack.app_id,
        "team": team,
        "enterprise": grid,
        "is_enterprise_install": slack.org_install,
        "user": {
            "id": user,
            "username": _name(slack, user),
            "name": _name(slack, user),
            "team_id": person.team_id,
        },
    }


def _name(slack: SlackState, user: str) -> str:
    return slack.people[user].name.lower().replace(" ", ".")


def _channel(slack: SlackState, channel: str) -> JSON:
    return {"id": channel, "name": slack.channels[channel].name}


def _standing(slack: SlackState, shown: Message) -> Message:
    """The stored message, even if the person clicked on an outdated copy."""
    same = (each for each in slack.messages if (each.channel, each.ts) == (shown.channel, shown.ts))
    return next(same, shown)
