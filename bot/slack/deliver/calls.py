"""The calls that deliver messages, and their errors: for a recipient, for now, or not called."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from approvals.clocks import is_recent
from approvals.record.outbox import Card, backoff
from approvals.request import Urgency
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.heard import OVERLOADED, SLACKS_OWN, refuses_token
from bot.slack.api.pace import EVERYTHING, Crowded, Pace, Paced
from bot.slack.deliver.verdict import Verdicts

log = logging.getLogger(__name__)

_OF_THE_RECIPIENT = {
    "channel_not_found", "is_archived", "user_disabled", "user_not_found", "not_in_channel", "cannot_dm_bot",
    "message_not_found", "cant_update_message", "user_not_in_channel", "user_not_visible", "is_inactive",
    "edit_window_closed",
}  # fmt: skip
"""Errors that something is gone, for which plain text is no remedy. `Verdicts` decides whether it really is:
with a token of another workspace Slack gives them for everybody."""
_PART_OF = {"conversations.info": "chat.postMessage"}
"""{method called before a message: method by whose results its recipient is judged}."""
_PAGE_IS_OFF = {"not_enabled"}
"""App Home is switched off; the page is drawn again when somebody opens it."""
_TOKEN = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
"""Errors of the bot's token, not of a recipient. Nothing is sent for a while; after the token is mended,
everything is delivered."""
THREAD_IS_GONE = {"thread_not_found", "cannot_reply_to_message", "channel_not_found"}
"""Errors of a reply to a deleted message, whose reader may still be reachable."""
_PASSING = OVERLOADED | {"missing_scope"}
"""Errors that mostly concern everybody and pass or are mended; for one recipient they may last."""
_OF_THE_MESSAGE = ("block", "msg_", "text", "attachment", "metadata", "invalid_arg", "json", "form_data")
"""Parts of the codes of errors about the message, not its recipient."""

TRUSTED_FOR = timedelta(seconds=10)
"""How long an answer of `auth.test` counts: as long as the hold that follows from it."""

_URL = "response_url"
_NOT_SLACKS = "not_an_address_of_slack"
"""The client's own refusal of a URL outside Slack; never retried."""
TOKEN_HOLD = TRUSTED_FOR.total_seconds()
PLAIN = "Slack didn't take the full message. My App Home has everything."

DEFECT = 300.0
"""Seconds until a retry after an unexpected error."""
GIVE_UP = 104
"""Tries for a message or a page, about a day; a page's next change starts again. Only existing cards are
given up, after as many refusals."""


class Unreachable(Exception):
    """The message can't be delivered, now or later; `code`: the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Later(Exception):
    """The message wasn't delivered; retry after so many seconds.

    `refusals`: Slack's refusals of this recipient in a row; `code`: the reason; `tried`: whether a call was
    made.
    """

    def __init__(self, seconds: float, code: str = "", *, refusals: int = 0, tried: bool = True) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds, self.code, self.refusals, self.tried = seconds, code, refusals, tried

    def after(self, tries: int) -> float:
        """Seconds until the next try after so many failures."""
        return max(self.seconds, backoff(tries)) if self.tried else self.seconds


class TokenCheck:
    """Checks the token with Slack, at most once in TRUSTED_FOR. Thread-safe."""

    def __init__(self, client: SlackClient, pace: Pace, now: Callable[[], datetime]) -> None:
        self._client, self._pace, self._now = client, pace, now
        self._lock = threading.Lock()
        self._answer: tuple[datetime, bool | None] | None = None

    def is_good(self) -> bool | None:
        """Whether Slack accepts the token; None without an answer. Raises Paced."""
        with self._lock:
            # Asks again exactly when the hold ends.
            within = TRUSTED_FOR - timedelta.resolution
            if self._answer is None or not is_recent(self._answer[0], self._now(), within):
                self._answer = self._now(), self._asked()
            elif self._answer[1]:
                self._client.heard.answer("auth.test", "")  # another call's refusal wasn't about the token
            return self._answer[1]

    def _asked(self) -> bool | None:
        try:
            with self._pace.calling("auth.test", urgency=Urgency.FIRST):
                self._client.auth_test()
        except SlackFault as fault:
            return False if fault.kind is Kind.REFUSED and refuses_token("auth.test", fault.code) else None
        return True


class Line:
    """Calls for delivery. All methods raise Unreachable, Later or Paced."""

    def __init__(self, client: SlackClient, pace: Pace, verdicts: Verdicts, token: TokenCheck) -> None:
        self._client, self.pace, self._verdicts, self._token = client, pace, verdicts, token

    def call(self, method: str, *, to: str = "", urgent: bool = False, **params: Any) -> dict[str, Any]:
        """The answer of one Web API call, by the name of slack_sdk's function.

        `to`: the recipient, if `params` doesn't name it. `plain` in the answer: the text sent instead of
        blocks that Slack refused.
        """
        name = method.replace("_", ".")
        if name in ("chat.update", "chat.postEphemeral"):  # of one message or reader in a channel
            to = to or f"{params['channel']}/{params.get('ts') or params.get('user')}"
        to = to or str(params.get("user_id") or params.get("channel") or "")
        if wait := self._verdicts.wait(_PART_OF.get(name, name), to):
            raise Later(wait, tried=False)
        send = getattr(self._client, method)
        try:
            return self._sent(name, to, urgent, lambda: send(**params))
        except SlackFault as fault:
            if fault.code in THREAD_IS_GONE and "thread_ts" in params:
                self.pace.went_well(name)
                raise Unreachable(fault.code) from fault
            if not self._may_be_the_message(name, params, to, fault):
                raise self._consequence(name, to, fault) from fault
            hints = fault.response.get("response_metadata")
            log.error("Slack %s: %s %s; I send plain text", name, fault.code, hints if hints else "")
        try:
            rich = ("blocks", "attachments", "metadata")
            plain = {key: value for key, value in params.items() if key not in rich}
            plain["text"] = f"{params['text']}\n{PLAIN}"
            return {**self._sent(name, to, urgent, lambda: send(**plain)), "plain": plain["text"]}
        except SlackFault as fault:
            raise self._consequence(name, to, fault) from fault

    def _sent(self, name: str, to: str, urgent: bool, send: Callable[[], Any]) -> dict[str, Any]:
        try:
            with self.pace.calling(name, to, level(urgent)):
                answer = dict(send().data)
        except Crowded as crowded:
            raise Later(crowded.seconds, tried=False) from crowded
        self.pace.went_well(name)
        if name not in _PART_OF:
            self._verdicts.reached(name, to)
        return answer

    def _may_be_the_message(self, name: str, params: Mapping[str, Any], to: str, fault: SlackFault) -> bool:
        """Whether the error may be about the message: then plain text is tried before judging anybody."""
        if fault.kind is not Kind.REFUSED or not (params.get("blocks") and params.get("text")):
            return False
        others = _OF_THE_RECIPIENT | _TOKEN | SLACKS_OWN | _PASSING
        if fault.code in others or _may_be_token(name, fault.code):
            return False
        return any(part in fault.code for part in _OF_THE_MESSAGE) or self._verdicts.is_close(name, to)

    def _consequence(self, method: str, to: str, fault: SlackFault) -> Exception:
        """The exception for a failed call. Raises Paced if the token can't be checked now."""
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
        if fault.kind is not Kind.REFUSED or code in SLACKS_OWN or is_good is None:
            self.pace.failed(method)
            return Later(1, code)
        return self._refused(method, to, code)

    def _refused(self, method: str, to: str, code: str) -> Exception:
        """The exception for a refusal that may be about the recipient."""
        judged = _PART_OF.get(method, method)
        if self._verdicts.refused(judged, to):
            self.pace.went_well(method)
            return Unreachable(code)
        if code in _PASSING:
            # Probably nobody can be reached; a success ends the row of failures.
            self.pace.failed(method)
        else:
            self.pace.went_well(method)
        return Later(self._verdicts.wait(judged, to) or 1, code, refusals=self._verdicts.tries(judged, to))

    def refusals(self, to: str) -> int:
        """Slack's refusals in a row of new messages to a person or channel."""
        return self._verdicts.tries("chat.postMessage", to)

    def post(self, to: str, message: Mapping[str, Any], parent: Card | None = None) -> dict[str, Any]:
        """Posts a message, in the thread of the card `parent` if given; links aren't unfolded."""
        there = {"channel": parent.channel, "thread_ts": parent.ts} if parent else {"channel": to}
        params: dict[str, Any] = {**there, "unfurl_links": False, "unfurl_media": False, **message}
        return self.call("chat_postMessage", to=to, **params)

    def upload(self, to: str, name: str, content: bytes, thread_ts: str | None) -> None:
        """Sends a file to a conversation by its id, or to a thread there."""
        asked = self.call("files_getUploadURLExternal", to=to, filename=name, length=len(content))
        try:
            self._sent("upload", to, False, lambda: self._client.upload(asked["upload_url"], content))
        except SlackFault as fault:
            raise self._consequence("upload", to, fault) from fault
        files = [{"id": asked["file_id"], "title": name}]
        self.call("files_completeUploadExternal", to=to, files=files, channel_id=to, thread_ts=thread_ts)

    def replace(self, url: str, message: Mapping[str, Any]) -> None:
        """Replaces the message of a click by its `response_url`, valid for 30 minutes."""
        if wait := self._verdicts.wait(_URL, url):
            raise Later(wait, tried=False)
        try:
            whole = {**message, "replace_original": True}
            self._sent(_URL, url, True, lambda: self._client.respond(url, whole))
        except SlackFault as fault:
            if fault.code == _NOT_SLACKS:
                raise Unreachable(fault.why) from fault
            if fault.kind is Kind.STATUS and 400 <= (fault.response.status_code or 0) < 500:
                raise self._refused(_URL, url, fault.why) from fault  # probably expired
            raise self._consequence(_URL, url, fault) from fault

    def refuse_shared(self, channel: str) -> None:
        """Raises Unreachable for a channel shared with another organization, which would read names."""
        answer = self.call("conversations_info", channel=channel)
        # Any other value counts as shared: names must not be shown by mistake.
        if answer["channel"].get("is_ext_shared", False) is not False:
            raise Unreachable("the channel is shared with another organization")


def _may_be_token(method: str, code: str) -> bool:
    """Whether an error, by its code, may be about token, workspace or app. Slack also uses some of these
    codes for one channel or person: `auth.test` decides."""
    return code == "messages_tab_disabled" or refuses_token(method, code)


def level(urgent: bool) -> Urgency:
    """The urgency of a message's call for Pace."""
    return Urgency.FIRST if urgent else Urgency.ORDINARY
