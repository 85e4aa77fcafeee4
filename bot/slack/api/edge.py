"""All calls to Slack go through here; every network fault, error or bad answer raises SlackFault."""

import json as js
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode, urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from approvals.record.store import utc_now
from bot.http.outgoing import Answered, Outgoing, Unanswered, is_loopback, is_safe
from bot.http.retry_after import retry_after
from bot.ops import metrics
from bot.slack.api.heard import Heard

SECONDS = 15
"""Deadline of one call, from connecting to the last byte of the answer."""
LONGEST_WAIT = 600.0
"""Longest Retry-After that is believed, in seconds."""
UNTOLD_WAIT = 10.0
"""Seconds to wait if Retry-After is missing or unreadable."""

_NEEDED: dict[str, dict[str, type]] = {
    "apps.connections.open": {"url": str},
    "chat.postMessage": {"channel": str, "ts": str},
    "conversations.info": {"channel": dict},
    "files.getUploadURLExternal": {"upload_url": str, "file_id": str},
}
"""{method: {field: type}} that an answer must have to be usable."""


class Kind(StrEnum):
    """Why a call failed."""

    NETWORK = "network"  # no complete answer
    STATUS = "status"  # an HTTP error status without an error of Slack's
    BUSY = "busy"  # too many calls; `retry_after` says when
    REFUSED = "refused"  # an error of Slack's API: `code`
    UNREADABLE = "unreadable"  # the answer isn't of the expected form


class SlackFault(SlackApiError):
    """A failed call; a subclass of the SDK's error, which Bolt and Socket Mode catch.

    `code`: Slack's error code, or ''; `retry_after`: seconds, if Slack names a time; `needed`: the missing
    scope, if the refusal names one.
    """

    def __init__(
        self, method: str, kind: Kind, why: str, response: SlackResponse, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{method}: {why}", response)  # type: ignore[no-untyped-call]
        self.kind, self.why, self.retry_after = kind, why, retry_after
        self.code = why if kind in (Kind.REFUSED, Kind.BUSY) else ""
        self.needed = str(response.get("needed") or "")

    def __str__(self) -> str:
        """Leaves out the answer, which the SDK would add: it may name people."""
        return str(self.args[0]).partition("\n")[0]


class SlackClient(WebClient):
    """slack_sdk's client, with its calls sent over the bot's own connections.

    slack_sdk opens a connection and builds a TLS context for each call, follows redirects with the token, and
    doesn't catch network and JSON errors. Every method goes through its public `api_call`, unchanged since
    version 2; the private functions below that, which also do the paging, aren't used.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        lines: Outgoing,
        seconds: float = SECONDS,
        team_id: str | None = None,
        heard: Heard | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(token, base_url, retry_handlers=[], team_id=team_id)
        self.lines, self._seconds, self.heard, self._now = lines, seconds, heard or Heard(), now

    def for_listener(self, team_id: str | None, seconds: float) -> "SlackClient":
        """The same connections, for a call somebody waits for; Enterprise Grid needs `team_id`."""
        token, heard = self.token or "", self.heard
        return SlackClient(token, self.base_url, self.lines, seconds, team_id, heard, self._now)

    def api_call(
        self,
        api_method: str,
        *,
        data: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        **other: Any,
    ) -> SlackResponse:
        """One Web API call. Raises SlackFault. Slack takes every method as POST; files aren't supported."""
        if other.get("files") or other.get("auth"):
            raise SlackRequestError("this client sends neither files nor a client's secret")
        sent = {**self.default_params, **(params or {}), **(data or {}), **(json or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        # apps.connections.open takes another token.
        token = sent.pop("token", None) or self.token
        if json is not None:
            media, content = "application/json;charset=utf-8", js.dumps(sent)
        else:
            media, content = "application/x-www-form-urlencoded", urlencode(_as_form(sent))
        all_headers = {**self.headers, **(headers or {}), "Content-Type": media}
        all_headers["Authorization"] = f"Bearer {token}"
        url, result = self.base_url + api_method, "ok"
        try:
            answered = self.lines.post(url, content.encode(), all_headers, self._seconds)
            return self._judged(api_method, url, answered, str(sent.get("channel", "")))
        except Unanswered as error:
            result = Kind.NETWORK
            raise SlackFault(api_method, Kind.NETWORK, str(error), self._response(url, {}, 0)) from error
        except SlackFault as fault:
            result = fault.kind if not fault.code else fault.code if _CODE.fullmatch(fault.code) else "other"
            raise
        finally:
            metrics.SLACK_CALLS.labels(api_method, result).inc()

    def respond(self, url: str, message: Mapping[str, Any]) -> SlackResponse:
        """Sends a message to a `response_url`, without the token. Raises SlackFault."""
        media = {"Content-Type": "application/json;charset=utf-8", "User-Agent": self.headers["User-Agent"]}
        return self._taken("response_url", url, js.dumps(message).encode(), media)

    def upload(self, url: str, content: bytes) -> SlackResponse:
        """Sends a file to the address that files.getUploadURLExternal gave. Raises SlackFault.

        slack_sdk's files_upload_v2 would open a connection of its own for it.
        """
        media = {"Content-Type": "application/octet-stream", "User-Agent": self.headers["User-Agent"]}
        return self._taken("upload", url, content, media)

    def download(self, url: str) -> bytes:
        """The content of a file, by its `url_private`. Raises SlackFault, REFUSED if it isn't shown.

        Without the scope files:read Slack answers with its sign-in page, or a redirect to it.
        """
        token = {"Authorization": f"Bearer {self.token}", "User-Agent": self.headers["User-Agent"]}
        answered = self._at("files", url, lambda: self.lines.get(url, token, self._seconds))
        is_page = answered.headers.get("content-type", "").startswith("text/html")
        if 300 <= answered.status < 429 or (answered.status == 200 and is_page):
            raise SlackFault("files", Kind.REFUSED, "not_shown", self._response("files", {}, 0))
        if answered.status != 200:
            raise self._by_status("files", answered, self._response("files", {}, 0))
        return answered.body

    def _taken(self, name: str, url: str, content: bytes, headers: Mapping[str, str]) -> SlackResponse:
        answered = self._at(name, url, lambda: self.lines.post(url, content, headers, self._seconds))
        response = self._response(name, {}, answered.status)
        if answered.status != 200:
            raise self._by_status(name, answered, response)
        return response

    def _at(self, name: str, url: str, send: Callable[[], Answered]) -> Answered:
        """The answer of an address that Slack gave. Raises SlackFault."""
        nothing = self._response(name, {}, 0)
        if not self._is_slacks(url):
            raise SlackFault(name, Kind.REFUSED, "not_an_address_of_slack", nothing)
        try:
            return send()
        except Unanswered as error:
            raise SlackFault(name, Kind.NETWORK, str(error), nothing) from error

    def _is_slacks(self, url: str) -> bool:
        """Whether a URL that Slack gave is Slack's (GovSlack: hooks.slack-gov.com), or the stand-in's."""
        if not is_safe(url):
            return False
        host, mine = urlsplit(url).hostname or "", urlsplit(self.base_url).hostname or ""
        if is_loopback(host):
            return is_loopback(mine)
        return host in ("hooks.slack.com", "hooks.slack-gov.com", mine) or host.endswith(f".{mine}")

    def _judged(self, method: str, url: str, answered: Answered, to: str) -> SlackResponse:
        body = _read(answered.body) if answered.status == 200 or answered.status >= 400 else None
        code = body.get("error") if body else None
        named = answered.headers.get("x-oauth-scopes")
        if named and method != "apps.connections.open":  # which is about another token
            self.heard.scopes = frozenset(named.replace(" ", "").split(","))
        response = self._response(url, body or {}, answered.status, answered.headers)
        if answered.status == 429 or code in ("ratelimited", "rate_limited"):
            raise self._busy(method, answered, response)
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
            return self._busy(method, answered, response)
        # A redirect isn't followed: it would take the token, or somebody's request, to another place.
        why = f"status {status}" + (", a redirect, which I don't follow" if 300 <= status < 400 else "")
        return SlackFault(method, Kind.STATUS, why, response)

    def _busy(self, method: str, answered: Answered, response: SlackResponse) -> SlackFault:
        # Slack documents whole seconds, a proxy may send a date.
        header = answered.headers.get("retry-after", "").strip()
        wait = retry_after(header, self._now(), LONGEST_WAIT, UNTOLD_WAIT)
        # The SDK's Socket Mode reads these two, and the header as a whole number.
        response.headers["Retry-After"] = str(math.ceil(wait))
        response.data = {"ok": False, "error": "ratelimited"}
        return SlackFault(method, Kind.BUSY, "ratelimited", response, wait)

    def _response(
        self, url: str, data: dict[str, Any], status: int, headers: Mapping[str, str] | None = None
    ) -> SlackResponse:
        # Without a client, because its paging would bypass `api_call`.
        return SlackResponse(
            client=None, http_verb="POST", api_url=url, req_args={}, data=data, headers=dict(headers or {}),
            status_code=status,
        )  # fmt: skip


_CODE = re.compile(r"[a-z_]{1,40}")
"""What Slack's error codes look like; any other text would be a new series of the metric each time."""
_HALF = re.compile(r"[\ud800-\udfff]")
_NUL = re.compile(r"(\\[^u])|\\u0000")
"""The JSON escape of a NUL; the first alternative skips escaped backslashes."""


def _read(body: bytes) -> dict[str, Any] | None:
    """The answer as an object, None for anything else; lone surrogates and NULs become U+FFFD."""
    try:
        # Decoded here: from bytes the JSON decoder would also accept invalid UTF-8.
        text = body.decode("utf-8-sig")
        if r"\u0000" in text:
            text = _NUL.sub(lambda escape: escape[1] or r"\ufffd", text)
        content = js.loads(text)
        if r"\ud" in text.lower():
            # A lone surrogate (a cut emoji) can't be stored or sent.
            content = js.loads(_HALF.sub("\ufffd", js.dumps(content, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _as_form(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(int(value)) if isinstance(value, bool) else value for name, value in values.items()}
