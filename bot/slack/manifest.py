"""Prints manifest.yml, generated from the actions, so that no command is missing."""

import json
from typing import Any

from bot.actions import ACTIONS

SCOPES = {
    "commands": "slash commands and shortcuts",
    "chat:write": "cards and answers",
    "users:read": "who is a colleague, a guest, deactivated",
    "users:read.email": "the address by which Miro knows a person",
    "im:history": "requests typed to the bot",
    "app_mentions:read": "requests typed in a channel",
    "channels:read": "who is in the channel for cards, and whether it is shared with another organization",
    "groups:read": "the same for a private channel",
}
"""{scope: reason}; the bot asks for no others."""

OPTIONAL_SCOPES = {
    "usergroups:read": "a policy that lets a user group ask or decide",
    "users.profile:read": "a policy that takes managers from a profile field",
    "files:read": "a list of changes that somebody sends as a file",
    "files:write": "the result of a list, sent as a file",
}
"""Optional scopes, which can be declined; each says who needs it."""

SHORTCUTS = [
    {
        "name": "Ask for Miro Access",
        "type": "global",
        "callback_id": "ask-anything",
        "description": "Choose what you need in Miro. You review the form before anything is sent.",
    },
    {
        "name": "Make This a Miro Request",
        "type": "message",
        "callback_id": "make-request",
        "description": "Fills in a form from the message. You review it before anything is sent.",
    },
]
"""Global and message shortcuts, which also work in threads, where commands don't."""


def manifest() -> dict[str, Any]:
    """The app manifest for Slack (version 2)."""
    return {
        "display_information": {
            "name": "Miro Access",
            "description": "Request Miro access, decide with one click, and see it done.",
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Miro Access", "always_online": True},
            "shortcuts": SHORTCUTS,
            "slash_commands": _commands(),
        },
        # Optional scopes are in both lists: `bot` requests them, `bot_optional` makes them declinable.
        "oauth_config": {
            "scopes": {"bot": [*SCOPES, *OPTIONAL_SCOPES], "bot_optional": list(OPTIONAL_SCOPES)}
        },
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "app_mention", "message.im"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _commands() -> list[dict[str, Any]]:
    whole = [("/miro", "Miro access: what you can ask for, and where it stands", "[help|whoami|status|…]")]
    for action in ACTIONS.values():
        if action.SLASH:
            about = action.ABOUT[:1].upper() + action.ABOUT[1:]
            whole.append((f"/{action.SLASH}", about, action.EXAMPLE))
    # With `should_escape` a mention arrives as the id <@U…>; a name alone could be anybody's.
    return [
        {"command": command, "description": text, "usage_hint": hint, "should_escape": True}
        for command, text, hint in whole
    ]


def as_yaml(value: Any, indent: str = "") -> str:
    """YAML of dicts, lists and plain values; a JSON string is a YAML string."""
    if isinstance(value, dict):
        return "".join(_entry(f"{indent}{key}:", item, indent + "  ") for key, item in value.items())
    return "".join(f"{indent}-{as_yaml(item, indent + '  ')[len(indent) + 1 :]}" for item in value)


def _entry(key: str, item: Any, indent: str) -> str:
    if isinstance(item, list) and not any(isinstance(each, dict | list) for each in item):
        return f"{key}\n" + "".join(f"{indent}- {json.dumps(each)}\n" for each in item)
    if isinstance(item, dict | list):
        return f"{key}\n{as_yaml(item, indent)}"
    return f"{key} {json.dumps(item, ensure_ascii=False)}\n"


def text() -> str:
    """The whole file."""
    return "# Written by `python -m bot.slack.manifest > manifest.yml`.\n" + as_yaml(manifest())


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201
