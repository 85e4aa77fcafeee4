"""How calls leave: kept-alive lines, one TLS context, no redirect, a deadline over the whole call."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15)
LOOPBACK = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""No proxy for what is on this machine; HTTPS_PROXY and NO_PROXY hold for all else."""


class Unanswered(Exception):
    """No whole answer came. The text names the kind of fault, and nothing of what was sent."""


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


class Outgoing:
    """Sends POST requests over lines that are kept. Safe to use from several threads."""

    def __init__(self, largest: int = 16_000_000, context: ssl.SSLContext | None = None) -> None:
        """`largest`: bytes of an answer that are read at most."""
        self._largest = largest
        self._client = bounded(
            httpx.Client(
                verify=context or trusted(),
                limits=LIMITS,
                follow_redirects=False,
                mounts=dict(LOOPBACK),
                # A cookie is a credential that nobody asked for: none is kept, none is sent.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        )

    def close(self) -> None:
        """Closes the lines."""
        self._client.close()

    def post(self, url: str, content: bytes, headers: Mapping[str, str], seconds: float) -> Answered:
        """One POST; everything of it within so many seconds. Raises Unanswered."""
        if not is_safe(url):
            raise Unanswered("that address is neither https nor on this machine")
        # Compressed, an answer could be a thousand times as large as what was read of it.
        headers = {**headers, "Accept-Encoding": "identity"}
        try:
            with (
                deadline(seconds),
                self._client.stream("POST", url, content=content, headers=headers, timeout=seconds) as answer,
            ):
                return Answered(
                    answer.status_code, dict(answer.headers.items()), self._whole(answer.iter_bytes())
                )
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise Unanswered(type(error).__name__) from error
        except (OSError, ValueError, RuntimeError) as error:
            # A line of the system's, a header that can't be read, or a client that was closed meanwhile.
            raise Unanswered(type(error).__name__) from error

    def _whole(self, parts: Iterable[bytes]) -> bytes:
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._largest:
                raise Unanswered("the answer is too large")
        return bytes(body)


# -- a deadline over connecting, sending, the header and the body ------------------------------------------


class _Now(threading.local):
    end: float = float("inf")


_now = _Now()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything that a bounded client does in this thread within the block ends within so many seconds.

    httpx's own timeouts are for each read: a server that drips a byte now and then never reaches them.
    """
    before, _now.end = _now.end, min(_now.end, time.monotonic() + seconds)
    try:
        yield
    finally:
        _now.end = before


def bounded(client: httpx.Client) -> httpx.Client:
    """Makes a client keep to `deadline`.

    httpx has no public way to hand in a network backend (httpcore has); tests/regressions/slack/test_edge.py
    drips a header and sees if these names should change.
    """
    for transport in {client._transport, *filter(None, client._mounts.values())}:
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _Backend(transport._pool._network_backend)
    return client


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    left = _now.end - time.monotonic()
    if left <= 0:
        raise late("the deadline has passed")
    return timeout if left == float("inf") else left if timeout is None else min(timeout, left)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
