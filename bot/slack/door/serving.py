"""The HTTP server, with limits on connections before Slack's signature is checked.

waitress limits sizes and idle connections. But it keeps a connection for ever that sends a byte now and then
or doesn't read its answers, it answers all pipelined requests, and it accepts no connection while the limit
is reached. This file changes all three.
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
# It warns about each request that waits for a thread: in a burst about every one.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

MOST_FIELDS = 200
"""The most header fields. Slack and a load balancer send about thirty."""
FEW_LINES, LINE_BYTES = 50, 256
"""The most lines in chunks: FEW_LINES, and one more for each LINE_BYTES. A chunk has two lines and costs as
much as ten kilobytes; a proxy makes chunks of what it reads at once, a kilobyte or more."""
LARGEST = 1_000_000
"""The most bytes of a body. Slack's largest, a form of 250 kB with every character escaped, has 750 kB."""


@dataclass(frozen=True)
class Limits:
    """The limits of connections. Sizes in bytes, times in seconds."""

    header: int = 16_384
    body: int = LARGEST
    whole: float = 10.0
    """From opening the connection, or the request's first byte, until the request is complete."""
    unread: float = 5.0
    """From the answer until the client has read it."""
    idle: int = 120
    """Between two requests on one connection."""
    connections: int = 100
    """At each event the server polls all of them: with five hundred that takes ten times as long as the
    answers. The kernel queues the rest."""
    grace: float = 1.0
    """How long a connection that waits for its client can't be dropped for a new one: in a burst a busy
    client opens many before it writes."""
    look_again: float = 0.25
    """How often times are checked while there are no events."""


Explanation = Callable[[int, str], tuple[str, bytes]]
"""(media type, body) of a refusal, of its HTTP status and the reason."""
Bounds = tuple[Limits, Callable[[str], None], Callable[[], float], Explanation]
"""(limits, function called with the reason of a refusal, monotonic clock, bodies of refusals)."""


def as_json(status: int, reason: str) -> tuple[str, bytes]:
    """A refusal as plain JSON."""
    return "application/json", json.dumps({"error": reason}).encode()


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request; the last of its connection if the client has written more after it."""

    lines = 0
    """Lines of chunks so far."""
    path = ""
    """waitress logs it for a client that is gone, also if no header was read."""

    def received(self, data: bytes) -> int:
        """The number of bytes taken: all of them once it is complete, so that no further request is queued.

        A client that pipelines has to repeat unanswered requests (RFC 9112, section 9.3.2).
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
        """Raises ParsingError, also for an ambiguous body length (RFC 9112, sections 6.1 and 6.3)."""
        if header_plus.count(b"\n") > MOST_FIELDS:
            raise ParsingError("There are too many fields")
        names = {line.partition(b":")[0].lower() for line in header_plus.split(b"\r\n")}
        if names >= {b"content-length", b"transfer-encoding"}:
            raise ParsingError("The body's length is given twice")
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length with too many digits for `int`, an incomplete IPv6 address
            raise ParsingError(str(error)) from None
        if "TRANSFER_ENCODING" in self.headers:  # waitress removes it for HTTP/1.1
            raise ParsingError("Only HTTP/1.1 has chunks")


class Answer(WSGITask):  # type: ignore[misc]
    """The application's answer. Closes the connection after a refusal, or if all connections are used."""

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
    """A connection with time limits for sending its request and reading its answer."""

    parser_class = Request
    task_class = Answer

    def __init__(self, server: "Server", *args: Any, **how: Any) -> None:
        self.began: float | None = server.seconds()
        self.answered = self.began
        super().__init__(server, *args, **how)

    def received(self, data: bytes) -> bool:
        if self.began is None:
            self.began = self.server.seconds()
        # For waitress each empty line before a request is a request.
        return bool(super().received(data if self.request else data.lstrip()))

    def readable(self) -> bool:
        if self.is_waiting and not self.is_idle:
            limit = self.server.limits.unread if self.began is None else self.server.limits.whole
            if self.server.seconds() - self.since > limit:
                self.drop()
        return bool(super().readable())

    @property
    def is_waiting(self) -> bool:
        """Whether the client has the next step: sending a request, or reading an answer."""
        return not self.requests and not self.will_close

    @property
    def is_idle(self) -> bool:
        """Whether its last answer was read and no request has begun; opening the connection begins one."""
        return self.began is None and not self.total_outbufs_len

    @property
    def since(self) -> float:
        """When it began to wait for its client, by the server's clock."""
        return self.answered if self.began is None else self.began

    def drop(self) -> None:
        """Closes the connection at the next event."""
        if not self.is_idle:
            self.server.refused("unread" if self.began is None else "unfinished")
        self.will_close = True
        # Makes an unread connection writable, which waitress waits for.
        with suppress(OSError):  # already closed by the client
            self.socket.shutdown(socket.SHUT_RDWR)


class Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to a request that isn't read completely: too large, or not HTTP."""

    def execute(self) -> None:
        error = self.request.error
        if error.code >= 500:
            super().execute()
            return
        why = "too large" if error.code in (413, 431) else "no HTTP"
        self.channel.server.refused(why)
        media, content = self.channel.server.explain(error.code, why)
        self.status, self.content_length = f"{error.code} {error.reason}", len(content)
        self.response_headers.append(("Content-Type", media))
        self.set_close_on_finish()
        self.write(content)


Channel.error_task_class = Refusal


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket that always accepts: the oldest unfinished or unread connection is dropped."""

    channel_class = Channel
    next_channel_cleanup: float = 0

    def __init__(self, *args: Any, bounds: Bounds, **how: Any) -> None:
        self.limits, self._count, self.seconds, self.explain = bounds
        self._logged_at = float("-inf")
        super().__init__(*args, **how)

    def refused(self, why: str) -> None:
        """Counts a refusal. Logs one line a minute: an attack must not fill the disk."""
        self._count(why)
        if self.seconds() - self._logged_at >= 60:
            self._logged_at = self.seconds()
            log.warning("a connection was ended: %s; more within a minute aren't logged", why)

    def add_task(self, task: Channel) -> None:
        """Queues a connection with a complete request."""
        task.began, task.answered = None, self.seconds()
        super().add_task(task)

    @property
    def is_full(self) -> bool:
        """Whether all connections are used."""
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
        """Drops the oldest unfinished request or unread answer, else the longest idle connection."""
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
    limits: Limits = Limits(),
    refused: Callable[[str], None] = lambda _: None,
    seconds: Callable[[], float] = time.monotonic,
    explain: Explanation = as_json,
) -> Iterator[str]:
    """Serves until the block ends; yields `http://host:port`. Raises OSError.

    `refused` is called with the reason of each connection that ends before the application sees it;
    `seconds` is a monotonic clock; `explain` makes the bodies of refusals.
    """
    settings = Adjustments(
        host=host, port=port, threads=threads, ident=None,
        # The map of sockets also holds the listening ones and their triggers.
        connection_limit=limits.connections + 2, channel_timeout=limits.idle,
        max_request_header_size=limits.header, max_request_body_size=limits.body + 1,
        log_socket_errors=False,
    )  # fmt: skip
    sockets: dict[int, Any] = {}
    workers = ThreadedTaskDispatcher()
    how = {"dispatcher": workers, "adj": settings, "bounds": (limits, refused, seconds, explain)}
    try:
        servers = [Server(app, sockets, sockinfo=info, **how) for info in settings.listen]
    except BaseException:
        wasyncore.close_all(sockets)
        raise
    workers.set_thread_count(threads)
    # `poll` takes more and higher file descriptors than `select`.
    loop = {"timeout": limits.look_again, "map": sockets, "use_poll": True}
    thread = threading.Thread(target=wasyncore.loop, kwargs=loop, name="http", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{servers[0].effective_port}"
    finally:
        # The workers end first, because they wake the server's thread.
        workers.shutdown()
        # Its thread ends when all its sockets are removed. They are closed after that, because the pipe that
        # wakes it is still in use.
        left: dict[int, Any] = {}

        def leave() -> None:
            left.update(sockets)
            sockets.clear()

        servers[0].trigger.pull_trigger(leave)
        thread.join()
        wasyncore.close_all(left)
