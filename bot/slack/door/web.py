"""The HTTP endpoint: only recent, well-formed requests signed by Slack reach Bolt.

Bolt could check signatures, but logs the body if one is wrong; bodies contain names and reasons.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from wsgiref.types import StartResponse

from slack_bolt.adapter.wsgi.http_response import WsgiHttpResponse
from slack_sdk.signature import Clock, SignatureVerifier

from bot.ops.watch import Environ, Watch, say
from bot.slack.door.inbound import Malformed, fields, read
from bot.slack.door.receiver import Receiver

log = logging.getLogger(__name__)


class _Given(Clock):
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


class Door:
    """A WSGI application: `/slack/events` for everything Slack sends, and the pages of `Watch`."""

    def __init__(
        self,
        receiver: Receiver,
        secret: str,
        watch: Watch,
        now: Callable[[], float] = time.time,
        heard: Callable[[], None] = lambda: None,
        is_public: bool = False,
    ) -> None:
        self._receiver, self._heard, self._is_public = receiver, heard, is_public
        self._verifier = SignatureVerifier(secret, _Given(now))
        self._watch, self.counts = watch, watch.counts
        self._logged: dict[str, float] = {}
        """{fault of a signature: when it was last logged}."""

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if (environ.get("PATH_INFO"), environ.get("REQUEST_METHOD")) != ("/slack/events", "POST"):
            return self._watch(environ, start, self._is_public)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))  # limited by the server
        if _is_ssl_check(body):
            return say(start, "200 OK", {})
        fault = self._fault(environ, body)
        if fault:
            return self._refuse(start, "401 Unauthorized", fault)
        return self._take(environ, body, start)

    def _take(self, environ: Environ, body: bytes, start: StartResponse) -> Iterable[bytes]:
        """Passes a signed request on, and sends Bolt's answer."""
        self._heard()
        try:
            payload = read(body, environ.get("CONTENT_TYPE", ""))
            headers = {
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_X_SLACK_")
            }
            response = self._receiver.take(payload, headers)
        except Malformed as error:
            return self._refuse(start, "400 Bad Request", "malformed", str(error))
        answer = WsgiHttpResponse(response.status, response.headers, response.body)
        start(answer.status, answer.get_headers())
        return answer.get_body()

    def _fault(self, environ: Environ, body: bytes) -> str:
        """The fault of a signature, or ''."""
        stamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not stamp or not signature:
            return "unsigned"
        # The verifier takes only text, and fails at anything Slack never sends.
        if re.fullmatch("[0-9]{1,12}", stamp) and signature.isascii():
            if abs(self._verifier.clock.now() - int(stamp)) > 300:
                return "old"
            with suppress(UnicodeDecodeError):
                return "" if self._verifier.is_valid(body, stamp, signature) else "badly signed"
        return "badly signed"

    def _refuse(self, start: StartResponse, status: str, why: str, detail: str = "") -> Iterable[bytes]:
        """Refuses and counts it. Of each fault without details one line a minute is logged: anybody can send
        requests that aren't signed."""
        self.counts.add(why)
        now = self._verifier.clock.now()
        if detail or not 0 <= now - self._logged.get(why, float("-inf")) < 60:
            self._logged[why] = now
            log.warning("a request to /slack/events was refused: %s", f"{why} ({detail})" if detail else why)
        return say(start, status, {"error": why})


def _is_ssl_check(body: bytes) -> bool:
    """Whether it is Slack's check of the certificate: unsigned, with `ssl_check=1` and a token.

    docs.slack.dev/interactivity/implementing-slash-commands. It may contain nothing else, since it is
    answered without a signature.
    """
    if not body.startswith((b"ssl_check=", b"token=")):
        return False
    try:
        form = fields(body.decode())
    except ValueError:
        return False
    return form.get("ssl_check") == "1" and form.keys() <= {"ssl_check", "token"}
