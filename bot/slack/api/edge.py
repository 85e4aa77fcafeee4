"""The edge to Slack: every call leaves here, and every fault of line or form comes back as one error."""

import json as js
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode, urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.http.outgoing import Answered, Outgoing, Unanswered, is_loopback, is_safe
from bot.http.retry_after import retry_after
from bot.ops import metrics
from bot.slack.api.heard import Heard

SECONDS = 15
"""All of one call, from connecting to the last byte of the answer."""
LONGEST_WAIT = 600.0
"""Seconds that a Retry-After may ask for."""
UNTOLD_WAIT = 10.0
"""Seconds where it asks for nothing that can be read."""

_NEEDED: dict[str, dict[str, type]] = {
    "apps.connections.open": {"url": str},
    "chat.postMessage": {"channel": str, "ts": str},
    "conversations.info": {"channel": dict},
    "conversations.members": {"members": list},
    "team.profile.get": {"profile": dict},
    "usergroups.list": {"usergroups": list},
    "usergroups.users.list": {"users": list},
    "users.info": {"user": dict},
    "users.lookupByEmail": {"user": dict},
    "users.profile.get": {"profile": dict},
}
"""What an answer has to hold, and of which type, for anything to follow from it."""


class Kind(StrEnum):
    """What kept a call from being answered well."""

    NETWORK = "network"  # no whole answer
    STATUS = "status"  # an HTTP status that isn't Slack's word
    BUSY = "busy"  # too many calls; `retry_after` says when
    REFUSED = "refused"  # Slack's own word: `code`
    UNREADABLE = "unreadable"  # an answer that can't be understood


class SlackFault(SlackApiError):
    """A call that wasn't answered well; of the SDK's own kind, because Bolt and Socket Mode catch that.

    `code` is Slack's word for it, or ''; `retry_after` seconds where Slack names a time; `needed` the scope
    that a refusal names.
    """

    def __init__(
        self, method: str, kind: Kind, why: str, response: SlackResponse, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{method}: {why}", response)  # type: ignore[no-untyped-call]
        self.kind, self.why, self.retry_after = kind, why, retry_after
        self.code = why if kind in (Kind.REFUSED, Kind.BUSY) else ""
        self.needed = str(response.get("needed") or "")

    def __str__(self) -> str:
        """Without the answer, which the SDK would add: it may name people."""
        return str(self.args[0]).partition("\n")[0]


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class SlackClient(WebClient):
    """slack_sdk's client, whose calls leave by the bot's own lines.

    slack_sdk opens a line and builds a TLS context for each call, follows redirects with the token, and lets
    errors of line and form through as they are. `api_call` is its one public way for every method, the same
    since version 2; the private functions beneath it, which also turn pages, aren't used any more.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        lines: Outgoing,
        seconds: float = SECONDS,
        team_id: str | None = None,
        heard: Heard | None = None,
        now: Callable[[], datetime] = _wall_clock,
    ) -> None:
        super().__init__(token, base_url, retry_handlers=[], team_id=team_id)
        self.lines, self._seconds, self.heard, self._now = lines, seconds, heard or Heard(), now

    def for_listener(self, team_id: str | None, seconds: float) -> "SlackClient":
        """The same lines, for a call that somebody waits for; Enterprise Grid wants the team named."""
        token, heard = self.token or "", self.heard
        return SlackClient(token, self.base_url, self.lines, seconds, team_id, heard, self._now)

    def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        files: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        auth: dict[str, Any] | None = None,
    ) -> SlackResponse:
        """One Web API call. Raises SlackFault. Slack takes every method by POST; files aren't sent."""
        if files or auth:
            raise SlackRequestError("this client sends neither files nor a client's secret")
        sent = {**self.default_params, **(params or {}), **(data or {}), **(json or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        # apps.connections.open is called with a token of its own.
        token = sent.pop("token", None) or self.token
        if json is not None:
            media, content = "application/json;charset=utf-8", js.dumps(sent)
        else:
            media, content = "application/x-www-form-urlencoded", urlencode(_as_form(sent))
        all_headers = {**self.headers, **(headers or {}), "Content-Type": media}
        url = self.base_url + api_method
        all_headers["Authorization"] = f"Bearer {token}"
        result = "ok"
        try:
            answered = self.lines.post(url, content.encode(), all_headers, self._seconds)
            return self._judged(api_method, url, answered, str(sent.get("channel", "")))
        except Unanswered as error:
            result = Kind.NETWORK
            raise SlackFault(api_method, Kind.NETWORK, str(error), self._response(url, {}, 0)) from error
        except SlackFault as fault:
            result = fault.code or fault.kind
            raise
        finally:
            metrics.SLACK_CALLS.labels(api_method, result).inc()

    def respond(self, url: str, message: Mapping[str, Any]) -> None:
        """Sends a message to a `response_url`. No token goes there. Raises SlackFault."""
        nothing = self._response("response_url", {}, 0)
        if not self._is_slacks(url):
            raise SlackFault("response_url", Kind.REFUSED, "not_an_address_of_slack", nothing)
        media = {"Content-Type": "application/json;charset=utf-8", "User-Agent": self.headers["User-Agent"]}
        try:
            answered = self.lines.post(url, js.dumps(message).encode(), media, self._seconds)
        except Unanswered as error:
            raise SlackFault("response_url", Kind.NETWORK, str(error), nothing) from error
        if answered.status != 200:
            response = self._response("response_url", {}, answered.status)
            raise self._by_status("response_url", answered, response)

    def _is_slacks(self, url: str) -> bool:
        """Slack's are on hooks.slack.com (GovSlack: hooks.slack-gov.com); a stand-in's are where it is."""
        if not is_safe(url):
            return False
        host, mine = urlsplit(url).hostname or "", urlsplit(self.base_url).hostname or ""
        if is_loopback(host):
            return is_loopback(mine)
        return host in ("hooks.slack.com", "hooks.slack-gov.com", mine) or host.endswith(f".{mine}")

    def _judged(self, method: str, url: str, answered: Answered, to: str) -> SlackResponse:
        body = _read(answered.body) if answered.status == 200 or answered.status >= 400 else None
        code = body.get("error") if body else None
        response = self._response(url, body or {}, answered.status, answered.headers)
        if answered.status == 429 or code in ("ratelimited", "rate_limited"):
            wait = self._retry_after(answered)
            # Socket Mode reads these two by itself, and the header as a whole number.
            response.headers["Retry-After"] = str(math.ceil(wait))
            response.data = {**(body or {}), "ok": False, "error": "ratelimited"}
            raise SlackFault(method, Kind.BUSY, "ratelimited", response, wait)
        if body is not None and body.get("ok") is False and isinstance(code, str) and answered.status < 500:
            self.heard.answer(method, code, to)
            raise SlackFault(method, Kind.REFUSED, code, response)
        if answered.status != 200:
            raise self._by_status(method, answered, response)
        if body is None or body.get("ok") is not True:
            raise SlackFault(method, Kind.UNREADABLE, "the answer can't be understood", response)
        self.heard.answer(method, "", to)
        for name, kind in _NEEDED.get(method, {}).items():
            if not isinstance(body.get(name), kind) or body[name] == "":
                raise SlackFault(method, Kind.UNREADABLE, f"the answer has no usable “{name}”", response)
        return response

    def _by_status(self, method: str, answered: Answered, response: SlackResponse) -> SlackFault:
        status = answered.status
        if status == 429:
            return SlackFault(method, Kind.BUSY, "ratelimited", response, self._retry_after(answered))
        # A redirect isn't followed: it would take the token, or somebody's request, to another place.
        why = f"status {status}" + (", a redirect, which I don't follow" if 300 <= status < 400 else "")
        return SlackFault(method, Kind.STATUS, why, response)

    def _retry_after(self, answered: Answered) -> float:
        """Seconds; Slack documents a whole number, what stands between may send a date."""
        return retry_after(
            answered.headers.get("retry-after", "").strip(), self._now(), LONGEST_WAIT, UNTOLD_WAIT
        )

    def _response(
        self, url: str, data: dict[str, Any], status: int, headers: Mapping[str, str] | None = None
    ) -> SlackResponse:
        # Without a client: that would turn pages past `api_call`, so pages are asked for by their cursor.
        return SlackResponse(
            client=None, http_verb="POST", api_url=url, req_args={}, data=data, headers=dict(headers or {}),
            status_code=status,
        )  # fmt: skip


_HALF = re.compile(r"[\ud800-\udfff]")
_NUL = re.compile(r"(\\[^u])|\\u0000")
"""An escape, or that of a NUL: the first alternative passes over escaped backslashes."""


def _read(body: bytes) -> dict[str, Any] | None:
    """An answer as an object; None for anything else. What no record keeps is replaced, a NUL as well."""
    try:
        # From bytes the decoder would also take halves of characters that are no UTF-8.
        text = body.decode("utf-8-sig")
        content = js.loads(_NUL.sub(lambda escape: escape[1] or r"\ufffd", text))
        if r"\ud" in text.lower():
            # Half of a character (an emoji that was cut) can't be stored or sent on.
            content = js.loads(_HALF.sub("\ufffd", js.dumps(content, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _as_form(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(int(value)) if isinstance(value, bool) else value for name, value in values.items()}
