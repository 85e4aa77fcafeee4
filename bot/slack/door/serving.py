"""The HTTP server, and what a connection may cost before anybody knows whether it is Slack's.

waitress bounds sizes and idle connections. It lets a connection that brings a byte now and then stay for
ever, and accepts no further one while the limit is reached: both are mended here.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher

log = logging.getLogger(__name__)
# It warns of each request that waits for a thread, which in a burst is every one.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

LARGEST = 1_000_000
"""Bytes of a body. Slack's largest, a form of 250 kB whose every sign is escaped, has 750 kB."""


@dataclass(frozen=True)
class Limits:
    """What connections may cost. Sizes in bytes, times in seconds."""

    header: int = 16_384
    body: int = LARGEST
    whole: float = 10.0
    """From the first byte, or the opening of a connection, until its request is complete."""
    idle: int = 120
    """Between two requests on one connection."""
    connections: int = 100
    """At each event the server asks all of them what they wait for: with five hundred that takes ten times as
    long as the answers. The kernel queues the rest."""
    grace: float = 1.0
    """How long an unfinished request is safe when a further connection needs its place: in a burst a busy
    sender opens many before it writes."""
    look_again: float = 0.25
    """After how long times are looked at where nothing happens."""


Bounds = tuple[Limits, Callable[[str], None], Callable[[], float]]
"""Also what counts the refused, and the clock."""


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, which has to bring its request whole within a time."""

    def __init__(self, server: "Server", *args: Any, **how: Any) -> None:
        self._seconds = server.seconds
        self.began: float | None = self._seconds()
        self.answered = self.began
        super().__init__(server, *args, **how)

    def received(self, data: bytes) -> bool:
        if self.began is None:
            self.began = self._seconds()
        taken = bool(super().received(data))
        if self.requests:
            self.began = None if self.request is None else self._seconds()
        return taken

    def readable(self) -> bool:
        if self.is_unfinished and self._seconds() - self.since > self.server.limits.whole:
            self.drop()
        return bool(super().readable())

    @property
    def is_unfinished(self) -> bool:
        """Whether a request has begun that isn't there yet; the opening of a connection begins one."""
        return self.began is not None and not self.requests and not self.will_close

    @property
    def is_idle(self) -> bool:
        """Whether its last request was answered, and no other has begun."""
        return self.began is None and not self.requests and not self.will_close and not self.total_outbufs_len

    @property
    def since(self) -> float:
        """When it began to wait for the rest of a request, or for the next one, by the server's clock."""
        return self.answered if self.began is None else self.began

    def service(self) -> None:
        super().service()
        self.answered = self._seconds()

    def drop(self) -> None:
        """Closes the connection at the next event."""
        if self.is_unfinished:
            self.server.refused("unfinished")
        self.will_close = True


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
    """A listening socket that goes on accepting: the oldest unfinished request makes room."""

    channel_class = Channel
    next_channel_cleanup: float = 0

    def __init__(self, *args: Any, bounds: Bounds, **how: Any) -> None:
        self.limits, self._count, self.seconds = bounds
        self._logged_at = float("-inf")
        super().__init__(*args, **how)

    def refused(self, why: str) -> None:
        """Counts what was ended unread. The log gets a line a minute: an attack mustn't fill the disk."""
        self._count(why)
        if self.seconds() - self._logged_at >= 60:
            self._logged_at = self.seconds()
            log.warning("a connection was ended unread: %s; more within a minute aren't logged", why)

    def readable(self) -> bool:
        now = time.time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        if len(self._map) < self.adj.connection_limit:
            return bool(self.accepting)
        self._make_room(self.seconds())
        return False

    def _make_room(self, now: float) -> None:
        """Ends the oldest unfinished request, else the connection that is idle for longest."""
        channels = [
            channel for channel in self.active_channels.values() if now - channel.since > self.limits.grace
        ]
        waiting = [channel for channel in channels if channel.is_unfinished]
        waiting = waiting or [channel for channel in channels if channel.is_idle]
        if waiting:
            min(waiting, key=lambda channel: channel.since).drop()


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
