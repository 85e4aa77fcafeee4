"""Outgoing HTTP: kept-alive connections, one TLS context, no redirects, a deadline for the whole call."""

import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from bot.http.deadline import bounded, deadline, pool_of

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15)


_FAULTS = (
    httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError,
    httpcore.UnsupportedProtocol, httpx.DecodingError, httpx.InvalidURL,
)  # fmt: skip


class Unanswered(Exception):
    """No complete answer came. The text names the kind of fault, without any data that was sent."""


def _fault(error: Exception) -> str:
    """The kind of a fault in words; nothing of what was sent."""
    if isinstance(error, httpcore.TimeoutException | TimeoutError):
        return "no answer in time"
    return "no connection" if isinstance(error, httpcore.ConnectError) else "the connection broke"


@dataclass(frozen=True)
class Answered:
    """A complete answer with any status. Names of headers are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(url: str) -> bool:
    """Whether a secret may be sent to this URL: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # `port` raises ValueError if it is malformed.
        is_encrypted = parts.scheme == "https"
        is_fit = is_encrypted or (parts.scheme == "http" and is_loopback(host))
        return bool(host) and parts.port != 0 and is_fit
    except ValueError:
        return False


@cache
def trusted() -> ssl.SSLContext:
    """The TLS context with CA certificates, cached: loading them takes as long as several calls."""
    return httpx.create_ssl_context()


def client(is_local: bool, **options: Any) -> httpx.Client:
    """A client without redirects and cookies, for servers on this machine or elsewhere; `options`: httpx's.

    Calls to this machine bypass proxies; HTTPS_PROXY and NO_PROXY apply to all others. Cookies are neither
    kept nor sent: they are credentials nobody asked for.
    """
    return bounded(
        httpx.Client(
            trust_env=not is_local,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # httpx parses every Location, also if it isn't followed, and fails at malformed ones.
            event_hooks={"response": [lambda response: response.headers.pop("Location", None)]},
            **options,
        )
    )


@lru_cache(256)
def _place(url: str) -> httpx.URL | None:
    """A URL taken apart, once for each that is called again and again; None where no secret may go there."""
    return httpx.URL(url) if is_safe(url) else None


class Outgoing:
    """Sends requests over kept-alive connections. Thread-safe."""

    def __init__(self, largest: int = 16_000_000, context: ssl.SSLContext | None = None) -> None:
        """`largest`: the most bytes of an answer that are read."""
        self._largest = largest
        options = {"verify": context or trusted(), "limits": LIMITS}
        self._clients = {is_local: client(is_local, **options) for is_local in (True, False)}

    def close(self) -> None:
        """Closes the connections."""
        for lines in self._clients.values():
            lines.close()

    def post(self, url: str, content: bytes, headers: Mapping[str, str], seconds: float) -> Answered:
        """One POST, limited to so many seconds in all. Raises Unanswered."""
        return self._sent("POST", url, content, headers, seconds)

    def get(self, url: str, headers: Mapping[str, str], seconds: float) -> Answered:
        """One GET, limited to so many seconds in all. Raises Unanswered."""
        return self._sent("GET", url, b"", headers, seconds)

    def _sent(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str], seconds: float
    ) -> Answered:
        # A compressed answer could expand to a thousand times its size.
        headers = {**headers, "Accept-Encoding": "identity"}
        try:
            place = _place(url)
            if place is None:
                raise Unanswered("that address is neither https nor on this machine")
            # Without httpx's layers for cookies, redirects and sign-in, which cost as much again.
            lines = pool_of(self._clients[is_loopback(place.host)], place)
            limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
            heads = [*headers.items()]
            call = lines.stream(method, url, headers=heads, content=content, extensions=limits)
            with deadline(seconds), call as answer:
                pairs = ((name.decode("latin-1"), text.decode("latin-1")) for name, text in answer.headers)
                names = {name.lower(): text for name, text in pairs}
                parts = answer.iter_stream()
                if "content-encoding" in names:  # by a proxy that doesn't mind what was asked for
                    parts = httpx.Response(answer.status, headers=names, content=parts).iter_bytes()
                return Answered(answer.status, names, self._whole(parts))
        except (*_FAULTS, OSError, ValueError, RuntimeError) as error:
            # An error of the operating system, a malformed header, or a client closed meanwhile.
            raise Unanswered(_fault(error)) from error

    def _whole(self, parts: Iterable[bytes]) -> bytes:
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._largest:
                raise Unanswered("the answer is too large")
        return bytes(body)
