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

LOOK_AGAIN = 0.25
"""Seconds after which times are looked at where nothing happens."""


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


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, which has to bring its request whole within a time."""

    def __init__(self, server: "Server", *args: Any, **how: Any) -> None:
        self.began: float | None = time.monotonic()
        self.answered = self.began
        super().__init__(server, *args, **how)

    def received(self, data: bytes) -> bool:
        if self.began is None:
            self.began = time.monotonic()
        taken = bool(super().received(data))
        if self.requests:
            self.began = None if self.request is None else time.monotonic()
        return taken

    def readable(self) -> bool:
        if self.is_unfinished and time.monotonic() - self.since > self.server.limits.whole:
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
        """When it began to wait for the rest of a request, or for the next one (`time.monotonic`)."""
        return self.answered if self.began is None else self.began

    def service(self) -> None:
        super().service()
        self.answered = time.monotonic()

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

    def __init__(self, *args: Any, bounds: tuple[Limits, Callable[[str], None] | None], **how: Any) -> None:
        self.limits, self._count = bounds
        self._said_at = float("-inf")
        super().__init__(*args, **how)

    def refused(self, why: str) -> None:
        """Counts what was ended unread. The log gets a line a minute: an attack mustn't fill the disk."""
        if self._count:
            self._count(why)
        if time.monotonic() - self._said_at >= 60:
            self._said_at = time.monotonic()
            log.warning("a connection was ended unread: %s; more within a minute aren't logged", why)

    def readable(self) -> bool:
        now = time.time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        if len(self._map) < self.adj.connection_limit:
            return bool(self.accepting)
        self._make_room(time.monotonic())
        return False

    def _make_room(self, now: float) -> None:
        """Ends the oldest unfinished request, else the connection that is idle for longest."""
        channels = [one for one in self.active_channels.values() if now - one.since > self.limits.grace]
        waiting = [one for one in channels if one.is_unfinished] or [one for one in channels if one.is_idle]
        if waiting:
            min(waiting, key=lambda one: one.since).drop()


@contextmanager
def serving(
    app: WSGIApplication,
    host: str,
    port: int,
    threads: int,
    limits: Limits | None = None,
    refused: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Serves until the block ends; yields `http://host:port`. Raises OSError.

    `refused` is called with the reason for each connection that is ended before the application sees it.
    """
    limits = limits or Limits()
    adjustments = Adjustments(
        host=host, port=port, threads=threads, ident=None,
        # The map of sockets holds the listening ones and their triggers too.
        connection_limit=limits.connections + 2, channel_timeout=limits.idle,
        max_request_header_size=limits.header, max_request_body_size=limits.body + 1,
        log_socket_errors=False,
    )  # fmt: skip
    sockets: dict[int, Any] = {}
    left: dict[int, Any] = {}
    workers = ThreadedTaskDispatcher()
    try:
        servers = [
            Server(app, sockets, dispatcher=workers, adj=adjustments, sockinfo=info, bounds=(limits, refused))
            for info in adjustments.listen
        ]
    except BaseException:
        wasyncore.close_all(sockets)
        raise
    workers.set_thread_count(threads)
    # `poll` takes numbers of sockets that `select` doesn't.
    loop = {"timeout": LOOK_AGAIN, "map": sockets, "use_poll": True}
    thread = threading.Thread(target=wasyncore.loop, kwargs=loop, name="http", daemon=True)
    thread.start()

    def leave() -> None:
        left.update(sockets)
        sockets.clear()

    try:
        yield f"http://{host}:{servers[0].effective_port}"
    finally:
        # The workers end first, for they wake the server's thread. That ends when it has nothing to wait
        # for; only then may anything be closed, for the pipe that wakes it is still written to.
        workers.shutdown()
        servers[0].trigger.pull_trigger(leave)
        thread.join()
        wasyncore.close_all(left)
