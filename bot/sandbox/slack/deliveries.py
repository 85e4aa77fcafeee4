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
    """What Slack sends, before it is signed; it can be sent again."""

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
    """What the bot answered; `problem` is what Slack would show the person instead of carrying it out."""

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
        """What the form shows at its fields, by block_id."""
        said = self.body if isinstance(self.body, dict) else {}
        return dict(said.get("errors") or {}) if said.get("response_action") == "errors" else {}


class Line:
    """The way from Slack to one bot."""

    def __init__(
        self,
        bot_url: str,
        signing_secret: str,
        patience: float = 10.0,
        wall_clock: Callable[[], float] = time.time,
    ):
        """`patience` is how long an answer may take: Slack gives 3 s, a busy machine may need more.
        Signatures carry the time of `wall_clock`, which Bolt compares with the real time."""
        self.bot_url = bot_url
        self._secret = signing_secret
        self._wall_clock = wall_clock
        self._http = httpx.Client(
            # The bot is on loopback: no proxy, and no 90 ms for loading the certificates of the web.
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
        """Delivers as Slack does; or with another secret, unsigned, `age` seconds late, as retry number n."""
        headers = self.signature(delivery.body, secret, age) if signed else {}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return self.post(delivery.body, {"Content-Type": delivery.content_type, **headers})

    def signature(self, body: bytes, secret: str | None = None, age: float = 0.0) -> dict[str, str]:
        """The two headers by which a bot knows Slack."""
        moment = str(int(self._wall_clock() - age))
        key = (self._secret if secret is None else secret).encode()
        digest = hmac.new(key, b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": "v0=" + digest}

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts exactly this to the bot."""
        delivery = Delivery(body, headers.get("Content-Type", FORM))
        try:
            answer = self._http.post(self.bot_url, content=body, headers=dict(headers))
        except httpx.TransportError as error:
            return Reply(0, None, delivery, problem=f"operation_timeout: {error!r}")
        problem = None if answer.is_success else f"http_status_{answer.status_code}"
        seconds, said = answer.elapsed.total_seconds(), dict(answer.headers)
        return Reply(answer.status_code, _read(answer), delivery, seconds, said, problem)


def _read(answer: httpx.Response) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        return answer.json()
    return answer.text or None
