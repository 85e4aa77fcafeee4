"""How calls leave: kept-alive lines, one TLS context, no redirect, a deadline over the whole call."""

import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.http.deadline import bounded, deadline

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15)


class Unanswered(Exception):
    """No whole answer came. The text names the kind of fault, and nothing of what was sent."""


def _fault(error: Exception) -> str:
    """The kind of a fault in words; nothing of what was sent."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "no answer in time"
    return "no connection" if isinstance(error, httpx.ConnectError) else "the connection broke"


@dataclass(frozen=True)
class Answered:
    """A whole answer; what it says is for the caller to judge. Names of headers are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, by its name or its address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(url: str) -> bool:
    """Whether a secret may go to this URL: https, or http to this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Asked for its port, an address without a proper one raises ValueError.
        return bool(host) and parts.port != 0 and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        )  # fmt: skip
    except ValueError:
        return False


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that a server's is held against; reading them takes as long as several calls."""
    return httpx.create_ssl_context()


def client(is_local: bool, **options: Any) -> httpx.Client:
    """A client without redirects and cookies, for servers on this machine or all others; `options`: httpx's.

    No proxy is asked for what is on this machine; HTTPS_PROXY and NO_PROXY hold for all else. A cookie is a
    credential that nobody asked for: none is kept, none is sent.
    """
    return bounded(
        httpx.Client(
            trust_env=not is_local,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # Of any place that is named httpx makes the next request, followed or not: few can be made one.
            event_hooks={"response": [lambda response: response.headers.pop("Location", None)]},
            **options,
        )
    )


@lru_cache(256)
def _place(url: str) -> httpx.URL | None:
    """A URL taken apart, once for each that is called again and again; None where no secret may go there."""
    return httpx.URL(url) if is_safe(url) else None


class Outgoing:
    """Sends POST requests over lines that are kept. Safe to use from several threads."""

    def __init__(self, largest: int = 16_000_000, context: ssl.SSLContext | None = None) -> None:
        """`largest`: bytes of an answer that are read at most."""
        self._largest = largest
        options = {"verify": context or trusted(), "limits": LIMITS}
        self._clients = {is_local: client(is_local, **options) for is_local in (True, False)}

    def close(self) -> None:
        """Closes the lines."""
        for lines in self._clients.values():
            lines.close()

    def post(self, url: str, content: bytes, headers: Mapping[str, str], seconds: float) -> Answered:
        """One POST; everything of it within so many seconds. Raises Unanswered."""
        # Compressed, an answer could be a thousand times as large as what was read of it.
        headers = {**headers, "Accept-Encoding": "identity"}
        try:
            place = _place(url)
            if place is None:
                raise Unanswered("that address is neither https nor on this machine")
            lines = self._clients[is_loopback(place.host)]
            with (
                deadline(seconds),
                lines.stream("POST", place, content=content, headers=headers, timeout=seconds) as answer,
            ):
                return Answered(
                    answer.status_code, dict(answer.headers.items()), self._whole(answer.iter_bytes())
                )
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise Unanswered(_fault(error)) from error
        except (OSError, ValueError, RuntimeError) as error:
            # A line of the system's, a header that can't be read, or a client that was closed meanwhile.
            raise Unanswered(_fault(error)) from error

    def _whole(self, parts: Iterable[bytes]) -> bytes:
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._largest:
                raise Unanswered("the answer is too large")
        return bytes(body)
