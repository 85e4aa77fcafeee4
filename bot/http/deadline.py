"""One deadline for all of a call's connecting, writing and reading.

httpx's time-outs begin anew with every read, so that a server that sends a byte now and then is waited for
without end. Here each step on the line gets what is left of the call's time. What isn't bounded is the
system's own look-up of the host's name.
"""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

_PIECE = 16_384
"""Bytes written at once: each piece is one wait."""


class Patience(httpcore.SyncBackend):
    """Connections whose every step ends when the time of the calling thread's call is up."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def install(self, client: httpx.Client) -> None:
        """Has all connections of a client made here, those through a proxy of the environment included.

        httpx has no option for httpcore's `network_backend`, hence its private names; should a version rename
        them, this fails at the start and not at the first slow server.
        """
        for transport in (client._transport, *client._mounts.values()):
            if transport is not None:
                pool: Any = transport.__getattribute__("_pool")
                assert isinstance(pool._network_backend, httpcore.NetworkBackend)
                pool._network_backend = self

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The calls of this thread have `seconds` of real time from now on."""
        self._thread.end = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._thread.end

    def left(self, most: float | None, late: type[Exception]) -> float | None:
        """How long the next step may take, at most `most` seconds. Raises `late` when the time is up."""
        end: float | None = getattr(self._thread, "end", None)
        if end is None:
            return most
        seconds = end - time.monotonic()
        if seconds <= 0:
            raise late("the call's time is up")
        return seconds if most is None else min(most, seconds)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries the addresses of a host one after another. Raises ConnectError, ConnectTimeout."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in dict.fromkeys(str(entry[4][0]) for entry in found):
            seconds = self.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(stream, self)
        raise problem


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, patience: Patience) -> None:
        self._stream, self._patience = stream, patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._patience.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            seconds = self._patience.left(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _PIECE], seconds)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._patience.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
