"""One HTTP call to Miro: takes credits, keeps one deadline, retries if nothing was done."""

import json
import logging
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
from pydantic import SecretStr

from approvals.request import Urgency
from bot.http import deadline as time_limit
from bot.http.outgoing import client, is_loopback, trusted
from bot.http.retry_after import retry_after
from bot.miro import judging, wire
from bot.miro.errors import Away, Trouble, Unclear
from bot.miro.quota import MARGIN, WINDOW, Pool, cost, take
from bot.ops import metrics

log = logging.getLogger(__name__)


def _endpoint(path: str) -> str:
    collection, *rest = path.strip("/").split("/")
    return f"/{collection}{'/{id}' if rest else ''}"


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body as it is sent; its size decides what a PATCH of a group costs."""
    return json.dumps(body, separators=(",", ":")).encode()


DEADLINE = timedelta(seconds=100)
"""Of one call with waiting for credits, retries and the answer. Shorter than a worker's lease."""
BRIEFLY = 2.0
"""Seconds that a call for a request waits while Miro is busy; people watch its card."""
LARGEST = 32_000_000
"""The most bytes of an answer that are read."""
SHORTEST_SECRET = 8
"""Characters of a token from which on it is hidden in Miro's answers."""
_NO_TIME = "Miro accepts no more calls right now."


Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


class Transport:
    """Sends calls with one token. Thread-safe. What is so of SCIM alone is another for Miro's REST API."""

    media = "application/scim+json"
    cost = staticmethod(cost)
    """Credits of a method, path and body size."""
    endpoint = staticmethod(_endpoint)
    """A path without its ids, for the metrics."""

    def __init__(
        self, url: str, token: str, pool: Pool, now: Clock, sleep: Sleep, deadline: timedelta = DEADLINE
    ) -> None:
        self._pool, self._now, self._sleep, self._deadline = pool, now, sleep, deadline
        self._url, self._token = url.rstrip("/"), SecretStr(token)
        self._urgency: int = Urgency.ORDINARY
        self._patience, self._end = float("inf"), datetime.max.replace(tzinfo=UTC)
        headers = {"Authorization": f"Bearer {token}", "Accept": self.media}
        is_local, limits = is_loopback(httpx.URL(url).host), httpx.Timeout(20, connect=5)
        self.http = client(is_local, headers=headers, timeout=limits, verify=trusted())

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def ranked(self, urgency: int) -> Self:
        """A copy on the same connections for this urgency; calls wait `BRIEFLY` while Miro is busy."""
        other = copy(self)
        other._urgency, other._patience = urgency, BRIEFLY
        return other

    def within(self, span: timedelta) -> Self:
        """A copy on the same connections whose calls together take no longer than `span`.

        Later ones raise Away.
        """
        other = copy(self)
        other._end = self._now() + span
        return other

    def exchange(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> tuple[int, bytes]:
        """(status, body) of one call, retried only if Miro answered that it did nothing.

        `path` begins below the base URL. Raises Away if nothing was done, Unclear if it may have been.
        """
        end = min(self._now() + self._deadline, self._end)
        if end <= self._now():
            raise Away(_NO_TIME, Trouble.NO_ANSWER)
        content = encoded(body) if body is not None else None
        credits = self.cost(method, path, len(content or b""))
        spent = Away(_NO_TIME, Trouble.CREDITS)
        while True:
            take(self._pool, credits, lambda wait: self._wait(wait, end, spent), self._urgency)
            left = self._now()
            try:
                status, headers, text = self._send(method, path, query, content, end)
            except (Away, Unclear):
                self._count(method, path, "none")
                raise
            finally:
                if self._now() - left > MARGIN:
                    self._pool.arrived(credits, left)
            log.info("Miro %s %s -> %s", method, path, status)
            self._count(method, path, str(status))
            # Some gateways echo the request; the token must not be shown. A short one, like a sandbox's "x",
            # is no secret, and would be found in names and addresses.
            if len(token := self._token.get_secret_value()) >= SHORTEST_SECRET:
                text = text.replace(token.encode(), b"[token]")
            if status not in judging.RETRIED:
                return status, text
            # Miro isn't known to send Retry-After with SCIM: then it is one window.
            most, window = self._deadline.total_seconds(), WINDOW.total_seconds()
            seconds = retry_after(headers.get("Retry-After", ""), self._now(), most, window)
            kind = Trouble.LIMITED if status == 429 else Trouble.BUSY
            late = Away(_NO_TIME, kind, wire.complaint(status, text), seconds)
            if seconds > self._patience:
                raise late
            self._wait(seconds, end, late)

    def _count(self, method: str, path: str, status: str) -> None:
        metrics.SCIM_CALLS.labels(method, self.endpoint(path), status).inc()

    def _wait(self, seconds: float, end: datetime, late: Away) -> None:
        # If more than the whole deadline is left, the clock was set back: give up.
        if not timedelta(seconds=seconds) < end - self._now() <= self._deadline:
            raise late
        self._sleep(seconds)

    def _send(
        self, method: str, path: str, query: Mapping[str, str], content: bytes | None, end: datetime
    ) -> tuple[int, httpx.Headers, bytes]:
        headers = {"Content-Type": self.media} if content is not None else {}
        text = bytearray()
        try:
            seconds = min(end - self._now(), self._deadline).total_seconds()
            call = self.http.stream(method, self._url + path, params=query, content=content, headers=headers)
            with time_limit.deadline(seconds), call as response:
                for part in response.iter_bytes():
                    text += part
                    if self._now() > end or len(text) > LARGEST:
                        raise Unclear("Miro's answer took too long.", Trouble.NO_ANSWER)
                return response.status_code, response.headers, bytes(text)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Away("Miro can't be reached.", Trouble.UNREACHABLE) from error
        except httpx.DecodingError as error:
            raise Unclear("Miro's answer can't be unpacked.", Trouble.UNREADABLE) from error
        except httpx.RequestError as error:
            raise Unclear("Miro didn't answer in time.", Trouble.NO_ANSWER) from error
        except (httpx.StreamError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:
            # Malformed headers, a network error that httpx doesn't wrap, a closed client.
            raise Unclear("Miro's answer can't be read.", Trouble.UNREADABLE) from error
