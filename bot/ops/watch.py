"""The pages for those who watch the bot: `/healthz`, `/readyz` and `/metrics`, as a WSGI application.

`/healthz` says all that keeps the bot from doing its work, Miro included. `/readyz` says whether this process
may be sent to: what a new process would have as well (a Miro that is away) is no reason to end this one.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse

from bot.ops import metrics

Environ = dict[str, Any]
NOT_FOUND = (
    "Here are /healthz, /readyz, /metrics (with MIRO_BOT_METRICS_TOKEN set), and with --http /slack/events."
)
Answer = Callable[[], dict[str, Any]]
"""What a page says; its `ok` decides between 200 and 503."""


class Counts:
    """What was turned away at the door, and why."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, reason: str) -> None:
        """Counts one more."""
        metrics.REFUSED.labels(reason).inc()
        with self._lock:
            self._counts[reason] += 1

    def all(self) -> dict[str, int]:
        """Everything counted."""
        with self._lock:
            return dict(self._counts)


class Watch:
    """Answers GET and HEAD. `/metrics` takes a bearer token of its own, and isn't there without one."""

    def __init__(self, health: Answer, ready: Answer, exposition: Callable[[], bytes], token: str) -> None:
        self._health, self._ready, self._exposition, self._token = health, ready, exposition, token
        self.counts = Counts()

    def __call__(self, environ: Environ, start: StartResponse, is_public: bool = False) -> Iterable[bytes]:
        """`is_public`: at Slack's own address, where only the token's holder reads more than `ok`."""
        knows_token = metrics.may_read(environ.get("HTTP_AUTHORIZATION", ""), self._token)
        is_brief = is_public and not knows_token
        path = environ.get("PATH_INFO", "") if environ.get("REQUEST_METHOD") in ("GET", "HEAD") else ""
        if path == "/healthz":
            return self._judged(start, self._health() | {"refused": self.counts.all()}, is_brief)
        if path == "/readyz":
            return self._judged(start, self._ready(), is_brief)
        if path == "/metrics" and self._token:
            if not knows_token:
                return say(start, "401 Unauthorized", {"error": "MIRO_BOT_METRICS_TOKEN as bearer token"})
            return send(start, "200 OK", self._exposition(), "text/plain; version=0.0.4; charset=utf-8")
        return say(start, "404 Not Found", {"error": NOT_FOUND})

    @staticmethod
    def _judged(start: StartResponse, content: dict[str, Any], is_brief: bool) -> Iterable[bytes]:
        shown = {"ok": content["ok"]} if is_brief else content
        return say(start, "200 OK" if content["ok"] else "503 Service Unavailable", shown)


def say(start: StartResponse, status: str, content: dict[str, Any]) -> Iterable[bytes]:
    """Answers with JSON."""
    return send(start, status, json.dumps(content).encode(), "application/json")


def send(start: StartResponse, status: str, content: bytes, media: str) -> Iterable[bytes]:
    """Answers with content of a media type."""
    start(status, [("Content-Type", media), ("Content-Length", str(len(content)))])
    return [content]
