"""The calls that bring messages to Slack, and how they fail: for one recipient, for now, or unmade."""

import logging
from collections.abc import Mapping
from typing import Any

from approvals.record.outbox import Card, backoff
from approvals.request import Urgency
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.heard import refuses_token
from bot.slack.api.pace import EVERYTHING, Crowded, Pace, Paced
from bot.slack.api.token_check import TRUSTED_FOR, TokenCheck
from bot.slack.deliver.verdict import Verdicts

log = logging.getLogger(__name__)

_OF_THE_RECIPIENT = {
    "channel_not_found", "is_archived", "user_disabled", "user_not_found", "not_in_channel", "cannot_dm_bot",
    "message_not_found", "cant_update_message", "user_not_in_channel", "user_not_visible", "is_inactive",
    "edit_window_closed",
}  # fmt: skip
"""Errors that name what is gone: plain text mends none of them. Whether it is gone, `Verdicts` judge as with
any other: to a token of another workspace Slack answers them for everybody."""
_PART_OF = {"conversations.info": "chat.postMessage"}
"""A look before a message, by the method that it is judged with: there is but one channel to look at."""
_PAGE_IS_OFF = {"not_enabled"}
"""App Home is switched off; the page is drawn again when somebody opens it."""
_TOKEN = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
"""Errors of the bot's token: nobody's verdict. Nothing is sent for a while; somebody mends these, and then
everything is brought."""
_SLACKS_OWN = {"internal_error", "fatal_error"}
"""Slack's 5xx in words: nobody's verdict."""
THREAD_IS_GONE = {"thread_not_found", "cannot_reply_to_message", "channel_not_found"}
"""Errors of a reply to a message that isn't there any more: its reader can be reached all the same."""
_PASSING = {"service_unavailable", "request_timeout", "missing_scope"}
"""They pass, or somebody mends them, and mostly befall everybody; for one recipient alone they may last."""
_OF_THE_MESSAGE = ("block", "msg_", "text", "attachment", "metadata", "invalid_arg", "json", "form_data")
"""What the names of errors have in them that are about a message and not about who was to get it."""

_URL = "response_url"
_NOT_SLACKS = "not_an_address_of_slack"
"""The client's own refusal to send something elsewhere, which nothing mends."""
TOKEN_HOLD = TRUSTED_FOR.total_seconds()
PLAIN = "Slack didn't take the full message. My App Home has everything."

DEFECT = 300.0
"""Seconds until something is tried again that met an error nobody foresaw."""
GIVE_UP = 104
"""Tries for a message or a page, about a day; the page's next change is a new one. Of cards only copies that
stand there are given up, after as many refusals."""


class Unreachable(Exception):
    """This message can't get there, now or later; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Later(Exception):
    """It didn't get there now; try again after so many seconds.

    `refusals`: how often in a row Slack said no to this recipient, `code` says why. `tried` is False where
    no call was made.
    """

    def __init__(self, seconds: float, code: str = "", *, refusals: int = 0, tried: bool = True) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds, self.code, self.refusals, self.tried = seconds, code, refusals, tried

    def after(self, tries: int) -> float:
        """Seconds until the next try of what failed so many times before."""
        return max(self.seconds, backoff(tries)) if self.tried else self.seconds


class Line:
    """The bot's way to Slack. Everything here raises Unreachable, Later or Paced."""

    def __init__(self, client: SlackClient, pace: Pace, verdicts: Verdicts, token: TokenCheck) -> None:
        self._client, self.pace, self._verdicts, self._token = client, pace, verdicts, token

    def call(self, method: str, *, to: str = "", urgent: bool = False, **params: Any) -> dict[str, Any]:
        """One Web API call, by the name of slack_sdk's function; the answer.

        `to`: who is judged by it, if `params` don't say. `plain` in the answer: the text that Slack took
        instead of the blocks of a message.
        """
        name = method.replace("_", ".")
        to = to or _recipient(name, params)
        if wait := self._verdicts.wait(_PART_OF.get(name, name), to):
            raise Later(wait, tried=False)
        try:
            return self._sent(method, name, params, to, urgent)
        except SlackFault as fault:
            if fault.code in THREAD_IS_GONE and "thread_ts" in params:
                self.pace.went_well(name)
                raise Unreachable(fault.code) from fault
            if not self._may_be_the_message(name, params, to, fault):
                raise self._consequence(name, to, fault) from fault
            said = fault.response.get("response_metadata")
            log.error("Slack %s: %s %s; I send plain text", name, fault.code, said if said else "")
        try:
            plain = _plain(params)
            return {**self._sent(method, name, plain, to, urgent), "plain": plain["text"]}
        except SlackFault as fault:
            raise self._consequence(name, to, fault) from fault

    def _sent(self, method: str, name: str, params: dict[str, Any], to: str, urgent: bool) -> dict[str, Any]:
        try:
            with self.pace.calling(name, to, level(urgent)):
                said = dict(getattr(self._client, method)(**params).data)
        except Crowded as crowded:
            raise Later(crowded.seconds, tried=False) from crowded
        self.pace.went_well(name)
        if name not in _PART_OF:
            self._verdicts.reached(name, to)
        return said

    def _may_be_the_message(self, name: str, params: Mapping[str, Any], to: str, fault: SlackFault) -> bool:
        """A fault of one message is nobody's verdict: before somebody is judged, its plain text is tried."""
        if fault.kind is not Kind.REFUSED or not (params.get("blocks") and params.get("text")):
            return False
        if fault.code in _OF_THE_RECIPIENT | _TOKEN | _SLACKS_OWN | _PASSING or _may_be_token(
            name, fault.code
        ):
            return False
        return any(part in fault.code for part in _OF_THE_MESSAGE) or self._verdicts.is_close(name, to)

    def _consequence(self, method: str, to: str, fault: SlackFault) -> Exception:
        """What follows from a fault. Raises Paced where the token can't be asked for now."""
        code = fault.code
        if code in _PAGE_IS_OFF and method == "views.publish":
            self.pace.went_well(method)
            return Unreachable(code)
        if code == "missing_scope" and method == "conversations.info":
            return Unreachable("I may not look whether the channel is shared (channels:read)")
        log.warning("Slack %s: %s", method, fault.why)
        if fault.kind is Kind.BUSY:
            seconds = fault.retry_after or 1
            self.pace.hold(method, seconds)
            self._verdicts.busy(method, to, seconds)
            return Paced(method, seconds)
        is_good = False if code in _TOKEN else self._token.is_good() if _may_be_token(method, code) else True
        if is_good is False:
            self.pace.hold(EVERYTHING, TOKEN_HOLD)
            return Paced(EVERYTHING, TOKEN_HOLD)
        if fault.kind is not Kind.REFUSED or code in _SLACKS_OWN or is_good is None:
            self.pace.failed(method)
            return Later(1, code)
        return self._refused(method, to, code)

    def _refused(self, method: str, to: str, code: str) -> Exception:
        """What follows from a refusal that may be about the recipient."""
        judged = _PART_OF.get(method, method)
        if self._verdicts.refused(judged, to):
            self.pace.went_well(method)
            return Unreachable(code)
        if code in _PASSING:
            # Most likely nobody can be reached; if somebody is, that ends the row of failures.
            self.pace.failed(method)
        else:
            self.pace.went_well(method)
        return Later(self._verdicts.wait(judged, to) or 1, code, refusals=self._verdicts.tries(judged, to))

    def refusals(self, to: str) -> int:
        """How often in a row Slack refused a new message to a person or channel."""
        return self._verdicts.tries("chat.postMessage", to)

    def post(self, to: str, message: Mapping[str, Any], parent: Card | None = None) -> dict[str, Any]:
        """A new message, in the thread of a card if there is a `parent`; a typed link isn't unfolded."""
        there = {"channel": parent.channel, "thread_ts": parent.ts} if parent else {"channel": to}
        params: dict[str, Any] = {**there, "unfurl_links": False, "unfurl_media": False, **message}
        return self.call("chat_postMessage", to=to, **params)

    def replace(self, url: str, message: Mapping[str, Any]) -> None:
        """Puts a message in the place of one that was pressed (Slack lets it for 30 minutes)."""
        if wait := self._verdicts.wait(_URL, url):
            raise Later(wait, tried=False)
        try:
            with self.pace.calling(_URL, urgency=Urgency.FIRST):
                self._client.respond(url, {**message, "replace_original": True})
        except SlackFault as fault:
            if fault.code == _NOT_SLACKS:
                raise Unreachable(fault.why) from fault
            if fault.kind is Kind.STATUS and 400 <= (fault.response.status_code or 0) < 500:
                raise self._refused(_URL, url, fault.why) from fault  # its time is over, most likely
            raise self._consequence(_URL, url, fault) from fault
        self.pace.went_well(_URL)
        self._verdicts.reached(_URL, url)

    def refuse_shared(self, channel: str) -> None:
        """A channel shared with another organization would show names and reasons to strangers."""
        said = self.call("conversations_info", channel=channel)
        # Whatever isn't a clear no counts as shared: names mustn't be shown by mistake.
        if said["channel"].get("is_ext_shared", False) is not False:
            raise Unreachable("the channel is shared with another organization")


def _may_be_token(method: str, code: str) -> bool:
    """Whether an error is the token's, the workspace's or the app's by its name. Slack also answers some of
    them for one channel or person: `auth.test` decides which it is."""
    return code == "messages_tab_disabled" or refuses_token(method, code)


def level(urgent: bool) -> Urgency:
    """How urgent the call of a message is to its method's pace."""
    return Urgency.FIRST if urgent else Urgency.ORDINARY


def _recipient(method: str, params: Mapping[str, Any]) -> str:
    """Whom or what a refusal is about: a person, a channel, or one message or reader in it."""
    if method in ("chat.update", "chat.postEphemeral"):
        return f"{params['channel']}/{params.get('ts') or params.get('user')}"
    return str(params.get("user_id") or params.get("channel") or "")


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: value for name, value in params.items() if name not in ("blocks", "attachments", "metadata")
    }
    return {**kept, "text": f"{params['text']}\n{PLAIN}"}
