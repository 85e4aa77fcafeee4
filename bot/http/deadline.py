"""One deadline for a whole HTTP call: connecting, writing and reading.

httpx's time-outs restart with every read: a server that sends a byte now and then would be waited for without
end. Here each step gets the rest of the calling thread's time. DNS look-ups can't have a time-out, so they
run in a thread of their own.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any, TypeVar

import httpcore
import httpx

T = TypeVar("T")

_PIECE = 16_384
"""Bytes written at once, each time with the remaining time."""


class _Time(threading.local):
    end: float = float("inf")
    """The deadline of the thread's call (`time.monotonic`)."""


_time = _Time()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limits all calls of bounded clients by this thread, within the block, to so many seconds."""
    before, _time.end = _time.end, min(_time.end, time.monotonic() + seconds)
    try:
        yield
    finally:
        _time.end = before


def in_time(work: Callable[[], T], seconds: float | None, drop: Callable[[T], None] = lambda _: None) -> T:
    """The result of `work`, run in a thread with a time limit. Raises TimeoutError, and what it raises.

    A late call goes on in its thread; its result is passed to `drop`.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name="in time", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError:
        result.add_done_callback(lambda late: None if late.exception() else drop(late.result()))
        raise TimeoutError(f"not within {seconds} s") from None


def bounded(client: httpx.Client) -> httpx.Client:
    """Makes a client keep to `deadline`, also on connections through a proxy; returns the client.

    httpx has no option for httpcore's `network_backend`, hence its private names; if a version renames them,
    this fails at startup.
    """
    for transport in filter(None, (client._transport, *client._mounts.values())):
        pool: Any = transport.__getattribute__("_pool")
        assert isinstance(pool._network_backend, httpcore.NetworkBackend)
        pool._network_backend = _Backend()
    return client


def pool_of(client: httpx.Client, url: httpx.URL) -> httpcore.ConnectionPool:
    """The connections of a client that lead to a URL, through a proxy where one is set."""
    pool: httpcore.ConnectionPool = client._transport_for_url(url).__getattribute__("_pool")
    return pool


def _left(most: float | None, late: type[Exception]) -> float | None:
    """Seconds for the next step, at most `most`. Raises `late` if the time is up."""
    left = _time.end - time.monotonic()
    if left <= 0:
        raise late("the call's time is up")
    return most if left == float("inf") else left if most is None else min(most, left)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Tries the addresses of a host one after another. Raises ConnectError, ConnectTimeout."""
        seconds = _left(timeout, httpcore.ConnectTimeout)
        try:
            addresses = in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), seconds)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} isn't looked up") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in dict.fromkeys(str(entry[4][0]) for entry in addresses):
            seconds = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(super().connect_tcp(address, port, seconds, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
