"""Sends signed requests to the bot as Slack does, and unsigned, badly signed, late or repeated ones."""

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.sandbox.slack.records import JSON

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Delivery:
    """A request of Slack before it is signed; it can be sent again."""

    body: bytes
    content_type: str = FORM

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> "Delivery":
        return cls(urlencode(form).encode())

    @classmethod
    def of_interaction(cls, payload: JSON) -> "Delivery":
        return cls(urlencode({"payload": json.dumps(payload)}).encode())

    @classmethod
    def of_event(cls, payload: JSON) -> "Delivery":
        return cls(json.dumps(payload).encode(), "application/json")


@dataclass(frozen=True)
class Reply:
    """The bot's answer; `problem`: the error that Slack would show the person instead of acting on it."""

    status: int
    body: Any
    delivery: Delivery
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.problem is None

    @property
    def errors(self) -> dict[str, str]:
        """{block_id: error} that the form shows at its fields."""
        body = self.body if isinstance(self.body, dict) else {}
        return dict(body.get("errors") or {}) if body.get("response_action") == "errors" else {}


class Line:
    """Sends requests to one bot, as Slack does."""

    def __init__(
        self,
        bot_url: str,
        signing_secret: str,
        patience: float = 10.0,
        wall_clock: Callable[[], float] = time.time,
    ):
        """`patience`: seconds an answer may take (Slack allows 3, a busy machine may need more).
        `wall_clock`: the time in signatures, which Bolt compares with the real time."""
        self.bot_url = bot_url
        self._secret = signing_secret
        self._wall_clock = wall_clock
        self._http = httpx.Client(
            # The bot is on loopback: no proxy, and no 90 ms spent on loading CA certificates.
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=patience,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def send(
        self,
        delivery: Delivery,
        *,
        secret: str | None = None,
        signed: bool = True,
        age: float = 0.0,
        retry: int | None = None,
        reason: str = "http_timeout",
    ) -> Reply:
        """Delivers as Slack does; or with another secret, unsigned, `age` seconds late, as a retry."""
        headers = self.signature(delivery.body, secret, age) if signed else {}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return self.post(delivery.body, {"Content-Type": delivery.content_type, **headers})

    def signature(self, body: bytes, secret: str | None = None, age: float = 0.0) -> dict[str, str]:
        """The two headers that prove to a bot that Slack sent the body."""
        moment = str(int(self._wall_clock() - age))
        key = (self._secret if secret is None else secret).encode()
        digest = hmac.new(key, b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": "v0=" + digest}

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts this body with these headers to the bot, unchanged."""
        delivery = Delivery(body, headers.get("Content-Type", FORM))
        try:
            answer = self._http.post(self.bot_url, content=body, headers=dict(headers))
        except httpx.TransportError as error:
            return Reply(0, None, delivery, problem=f"operation_timeout: {error!r}")
        problem = None if answer.is_success else f"http_status_{answer.status_code}"
        seconds, received = answer.elapsed.total_seconds(), dict(answer.headers)
        return Reply(answer.status_code, _read(answer), delivery, seconds, received, problem)


def _read(answer: httpx.Response) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        return answer.json()
    return answer.text or None
