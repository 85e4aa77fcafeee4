"""The HTTP server, and what a connection may cost before anybody knows whether it is Slack's.

waitress bounds sizes and idle connections. It lets a connection stay for ever that brings a byte now and then
or doesn't read its answers, answers whatever was written ahead, and accepts no further connection while the
limit is reached: all of that is mended here.
"""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest

log = logging.getLogger(__name__)
# It warns of each request that waits for a thread, which in a burst is every one.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

MOST_FIELDS = 200
"""Fields of a head. Slack and a load balancer send about thirty."""
FEW_LINES, LINE_BYTES = 50, 256
"""In chunks: so many lines, and another one for so many bytes. Each chunk has two lines and costs as much as
ten kilobytes; a sender that passes a body on makes chunks of what it reads at once, a kilobyte or more."""
LARGEST = 1_000_000
"""Bytes of a body. Slack's largest, a form of 250 kB whose every sign is escaped, has 750 kB."""


@dataclass(frozen=True)
class Limits:
    """What connections may cost. Sizes in bytes, times in seconds."""

    header: int = 16_384
    body: int = LARGEST
    whole: float = 10.0
    """From the first byte, or the opening of a connection, until its request is complete."""
    unread: float = 5.0
    """From an answer until it is taken."""
    idle: int = 120
    """Between two requests on one connection."""
    connections: int = 100
    """At each event the server asks all of them what they wait for: with five hundred that takes ten times as
    long as the answers. The kernel queues the rest."""
    grace: float = 1.0
    """How long a connection that waits for its other end is safe when a further one needs its place: in a
    burst a busy sender opens many before it writes."""
    look_again: float = 0.25
    """After how long times are looked at where nothing happens."""


Bounds = tuple[Limits, Callable[[str], None], Callable[[], float]]
"""Also what counts the refused, and the clock."""


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request, the last of its connection if anything was written after it."""

    lines = 0
    """Of chunks, so far."""

    def received(self, data: bytes) -> int:
        """How many bytes it takes: all of them when it is whole, so that no further request is queued.

        A client may write ahead, and has to write again what wasn't answered (RFC 9112, section 9.3.2).
        """
        if self.chunked and not self.completed:
            self.lines += data.count(b"\n")
            if self.lines > FEW_LINES + (self.body_bytes_received + len(data)) // LINE_BYTES:
                self.error = BadRequest("The chunks are too small")
                self.completed: bool = True
                return len(data)
        taken = int(super().received(data))
        if not self.completed:
            return taken
        if data[taken:].strip():
            self.headers["CONNECTION"] = "close"
        return len(data)

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, also where the body's length isn't sure (RFC 9112, sections 6.1 and 6.3)."""
        if header_plus.count(b"\n") > MOST_FIELDS:
            raise ParsingError("There are too many fields")
        names = {line.partition(b":")[0].lower() for line in header_plus.split(b"\r\n")}
        if names >= {b"content-length", b"transfer-encoding"}:
            raise ParsingError("The body's length is given twice")
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of more digits than `int` takes, half an IPv6 address
            raise ParsingError(str(error)) from None
        if "TRANSFER_ENCODING" in self.headers:  # waitress takes it out of HTTP/1.1
            raise ParsingError("Only HTTP/1.1 has chunks")


class Answer(WSGITask):  # type: ignore[misc]
    """What the application answers. A refused sender has to connect anew, and so has everybody in a crowd."""

    def build_response_header(self) -> bytes:
        if self.status >= "400" or self.channel.server.is_full:
            self.request.headers["CONNECTION"] = "close"
        return bytes(super().build_response_header())

    def write(self, data: bytes) -> None:
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        super().finish()
        self.channel.answered = self.channel.server.seconds()


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, which has to bring its request whole and take its answer within a time."""

    parser_class = Request
    task_class = Answer

    def __init__(self, server: "Server", *args: Any, **how: Any) -> None:
        self.began: float | None = server.seconds()
        self.answered = self.began
        super().__init__(server, *args, **how)

    def received(self, data: bytes) -> bool:
        if self.began is None:
            self.began = self.server.seconds()
        # To waitress each empty line before a request is one of its own.
        return bool(super().received(data if self.request else data.lstrip()))

    def readable(self) -> bool:
        if self.is_waiting and not self.is_idle:
            limit = self.server.limits.unread if self.began is None else self.server.limits.whole
            if self.server.seconds() - self.since > limit:
                self.drop()
        return bool(super().readable())

    @property
    def is_waiting(self) -> bool:
        """Whether the other end has to do something: write a request, or read an answer."""
        return not self.requests and not self.will_close

    @property
    def is_idle(self) -> bool:
        """Whether its last answer was taken and no request has begun; the opening begins one."""
        return self.began is None and not self.total_outbufs_len

    @property
    def since(self) -> float:
        """When it began to wait for its other end, by the server's clock."""
        return self.answered if self.began is None else self.began

    def drop(self) -> None:
        """Closes the connection at the next event."""
        if not self.is_idle:
            self.server.refused("unread" if self.began is None else "unfinished")
        self.will_close = True
        # Only this makes an unread connection writable, which waitress waits for.
        with suppress(OSError):  # closed by the other end already
            self.socket.shutdown(socket.SHUT_RDWR)


class Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to a request that isn't read to its end: too large, or no HTTP."""

    def execute(self) -> None:
        error = self.request.error
        if error.code >= 500:
            super().execute()
            return
        why = "too large" if error.code in (413, 431) else "no HTTP"
        self.channel.server.refused(why)
        content = json.dumps({"error": why}).encode()
        self.status, self.content_length = f"{error.code} {error.reason}", len(content)
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.write(content)


Channel.error_task_class = Refusal


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket that goes on accepting: what is unfinished or unread for longest makes room."""

    channel_class = Channel
    next_channel_cleanup: float = 0

    def __init__(self, *args: Any, bounds: Bounds, **how: Any) -> None:
        self.limits, self._count, self.seconds = bounds
        self._logged_at = float("-inf")
        super().__init__(*args, **how)

    def refused(self, why: str) -> None:
        """Counts what was ended early. The log gets a line a minute: an attack mustn't fill the disk."""
        self._count(why)
        if self.seconds() - self._logged_at >= 60:
            self._logged_at = self.seconds()
            log.warning("a connection was ended: %s; more within a minute aren't logged", why)

    def add_task(self, task: Channel) -> None:
        """Queues a connection whose request is whole."""
        task.began, task.answered = None, self.seconds()
        super().add_task(task)

    @property
    def is_full(self) -> bool:
        """Whether no further connection is accepted."""
        return len(self._map) >= int(self.adj.connection_limit)

    def readable(self) -> bool:
        now = time.time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        if not self.is_full:
            return bool(self.accepting)
        self._make_room(self.seconds())
        return False

    def _make_room(self, now: float) -> None:
        """Ends the oldest unfinished request or unread answer, else what is idle for longest."""
        channels = [
            channel
            for channel in self.active_channels.values()
            if channel.is_waiting and now - channel.since > self.limits.grace
        ]
        if channels:
            min(channels, key=lambda channel: (channel.is_idle, channel.since)).drop()


@contextmanager
def serving(
    app: WSGIApplication,
    host: str,
    port: int,
    threads: int,
    limits: Limits | None = None,
    refused: Callable[[str], None] | None = None,
    seconds: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """Serves until the block ends; yields `http://host:port`. Raises OSError.

    `refused` is called with the reason for each connection that is ended before the application sees it;
    `seconds` is a clock that only runs forward.
    """
    limits = limits or Limits()
    settings = _adjustments(host, port, threads, limits)
    sockets: dict[int, Any] = {}
    workers = ThreadedTaskDispatcher()
    servers = _listening(app, settings, sockets, workers, (limits, refused or (lambda _: None), seconds))
    workers.set_thread_count(threads)
    # `poll` takes numbers of sockets that `select` doesn't.
    loop = {"timeout": limits.look_again, "map": sockets, "use_poll": True}
    thread = threading.Thread(target=wasyncore.loop, kwargs=loop, name="http", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{servers[0].effective_port}"
    finally:
        # The workers end first, for they wake the server's thread.
        workers.shutdown()
        _end(thread, sockets, servers[0])


def _adjustments(host: str, port: int, threads: int, limits: Limits) -> Adjustments:
    return Adjustments(
        host=host, port=port, threads=threads, ident=None,
        # The map of sockets holds the listening ones and their triggers too.
        connection_limit=limits.connections + 2, channel_timeout=limits.idle,
        max_request_header_size=limits.header, max_request_body_size=limits.body + 1,
        log_socket_errors=False,
    )  # fmt: skip


def _listening(
    app: WSGIApplication,
    settings: Adjustments,
    sockets: dict[int, Any],
    workers: ThreadedTaskDispatcher,
    bounds: Bounds,
) -> list[Server]:
    """A server for each address of the host. Raises OSError, and leaves none open then."""
    try:
        return [
            Server(app, sockets, dispatcher=workers, adj=settings, sockinfo=info, bounds=bounds)
            for info in settings.listen
        ]
    except BaseException:
        wasyncore.close_all(sockets)
        raise


def _end(thread: threading.Thread, sockets: dict[int, Any], server: Server) -> None:
    """Ends the server's thread: it does when it has nothing to wait for.

    Only then may anything be closed, for the pipe that wakes it is still written to.
    """
    left: dict[int, Any] = {}

    def leave() -> None:
        left.update(sockets)
        sockets.clear()

    server.trigger.pull_trigger(leave)
    thread.join()
    wasyncore.close_all(left)
