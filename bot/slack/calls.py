"""The calls that bring messages to Slack, and the two ways in which they fail: for good, or for now."""

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

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


class Line:
    """The bot's way to Slack. Everything here raises Unreachable or Later."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One Web API call."""
        try:
            return dict(getattr(self._client, method)(**params).data)
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code in _FINAL:
                raise Unreachable(code) from error
            log.warning("Slack %s: %s", method, code or error.response.status_code)
            raise Later(float(error.response.headers.get("Retry-After", 1)), code) from error
        except (SlackClientError, OSError) as error:
            log.warning("Slack %s: %s", method, type(error).__name__)
            raise Later(1) from error

    def post(self, to: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """A new message; a link that somebody typed isn't unfolded."""
        return self.call("chat_postMessage", channel=to, unfurl_links=False, unfurl_media=False, **message)

    def replace(self, url: str, message: Mapping[str, Any]) -> None:
        """Puts a message in the place of one that was pressed (Slack lets it for 30 minutes)."""
        try:
            hook = WebhookClient(url, timeout=15, retry_handlers=[])
            said = hook.send_dict({**message, "replace_original": True})
        except (SlackClientError, OSError) as error:
            raise Later(1) from error
        if said.status_code == 429 or said.status_code >= 500:
            raise Later(float(said.headers.get("Retry-After", 1)))
        if said.status_code != 200:
            raise Unreachable(f"status {said.status_code}")

    def refuse_shared(self, channel: str) -> None:
        """A channel shared with another organization would show names and reasons to strangers."""
        try:
            said = self.call("conversations_info", channel=channel)
        except Later as error:
            if error.code == "missing_scope":
                raise Unreachable("I may not look whether the channel is shared (channels:read)") from error
            raise
        if said["channel"].get("is_ext_shared"):
            raise Unreachable("the channel is shared with another organization")
