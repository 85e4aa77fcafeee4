"""One call of Slack's Web API, and the two ways in which it fails: for good, or for now."""

import logging
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

log = logging.getLogger(__name__)

_FINAL = {
    "channel_not_found", "is_archived", "user_disabled", "user_not_found",
    "not_in_channel", "cannot_dm_bot", "messages_tab_disabled", "message_not_found", "cant_update_message",
    "restricted_action", "no_permission", "invalid_blocks", "user_not_in_channel", "user_not_visible",
    "msg_too_long", "is_inactive", "edit_window_closed", "not_enabled",
}  # fmt: skip
"""Errors that trying again doesn't mend. Those of the bot's own token or scopes aren't among them: somebody
mends these, and then everything is brought."""


class Unreachable(Exception):
    """This message can't get there, now or later."""


class Later(Exception):
    """Slack has no time; try again after so many seconds."""

    def __init__(self, seconds: float, code: str = "") -> None:
        super().__init__(f"in {seconds} s")
        self.seconds, self.code = seconds, code


def call(client: WebClient, method: str, **params: Any) -> dict[str, Any]:
    """One Web API call. Raises Unreachable or Later."""
    try:
        return dict(getattr(client, method)(**params).data)
    except SlackApiError as error:
        code = str(error.response.get("error", ""))
        if code in _FINAL:
            raise Unreachable(code) from error
        log.warning("Slack %s: %s", method, code or error.response.status_code)
        raise Later(float(error.response.headers.get("Retry-After", 1)), code) from error
    except (SlackClientError, OSError) as error:
        log.warning("Slack %s: %s", method, type(error).__name__)
        raise Later(1) from error
