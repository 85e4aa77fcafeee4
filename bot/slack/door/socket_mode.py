"""Socket Mode: keeps one WebSocket to Slack open, and checks that it is alive.

slack_sdk's client sends pings without checking for pongs: it doesn't notice a dead connection. Here one
thread owns the connection and reconnects when nothing came for a while
(docs.slack.dev/apis/events-api/using-socket-mode).
"""

import json
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from socket import create_connection as tcp
from typing import Any
from urllib.parse import urlsplit

from slack_bolt import BoltResponse
from websocket import ABNF, WebSocket, WebSocketException, WebSocketTimeoutException, create_connection

from bot.http.deadline import in_time
from bot.http.outgoing import is_loopback
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.heard import Heard
from bot.slack.door.inbound import Malformed, checked, parsed
from bot.slack.door.receiver import Receiver

log = logging.getLogger(__name__)

LINE_FAULTS = (WebSocketException, OSError)


@dataclass(frozen=True)
class Pulse:
    """Time limits in seconds. A dead connection is replaced within a minute, including the call for a new
    URL."""

    ping: float = 10.0
    silence: float = 30.0
    """Without any frame for so long the connection is dead; the same goes for the hello."""
    connect: float = 10.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    """The longest pause between attempts, which doubles; there is no last attempt."""
    parting: float = 10.0
    """How long a connection that Slack is about to close is still read besides the new one."""


@dataclass(eq=False)
class _Session:
    """One WebSocket."""

    socket: WebSocket
    opened: float
    heard: float
    next_ping: float
    greeted: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def drop(self) -> None:
        """Closes it without waiting for the other side."""
        self.over.set()
        with suppress(*LINE_FAULTS, ValueError):
            self.socket.send_close()
        with suppress(*LINE_FAULTS, AttributeError):  # wakes up its reader; AttributeError: already closed
            self.socket.abort()  # type: ignore[no-untyped-call]
        self.socket.shutdown()  # type: ignore[no-untyped-call]


class SocketMode:
    """Connects, listens, acknowledges, and reconnects until it is stopped.

    `client` gets the URLs with the app's `token`; `threads` handle the messages.
    """

    def __init__(
        self, client: SlackClient, token: str, receiver: Receiver, heard: Heard, threads: int = 32,
        pulse: Pulse = Pulse(),
    ) -> None:  # fmt: skip
        self.client, self.token, self.receiver, self.heard, self.pulse = client, token, receiver, heard, pulse
        self.joined, self._ending = threading.Event(), threading.Event()
        self._current: _Session | None = None
        self._wait, self._next_url, self._busy = 0.0, "", set[Future[None]]()
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="socket-mode")
        self._thread = threading.Thread(target=self._run, name="socket-mode", daemon=True)

    def start(self) -> None:
        """Begins to connect. Raises SlackFault if Slack refuses the token; all other faults are retried."""
        try:
            self._next_url = self._url()
        except SlackFault as fault:
            if fault.kind is Kind.REFUSED:
                raise
        self.heard.expect()
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Takes no more messages, finishes those that came, and disconnects, in about `patience` seconds."""
        deadline = time.monotonic() + patience
        self._ending.set()
        wait(set(self._busy), patience)
        self._workers.shutdown(wait=False, cancel_futures=True)
        if self._current:
            self._current.drop()
        if self._thread.is_alive():
            self._thread.join(max(deadline - time.monotonic(), 0.1))

    # -- the line ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            session = self._current = self._opened()
            if session is None:
                return
            threading.Thread(target=self._watch, args=(session,), name="watch", daemon=True).start()
            why, is_parting = self._ended(session)
            if is_parting:
                threading.Thread(target=self._part, args=(session,), name="parting", daemon=True).start()
            else:
                session.drop()
            if self._ending.is_set():
                return
            log.warning("Slack's line has to be joined again: %s", why)
            # No pause after a connection that worked for a while, else longer and longer ones.
            if session.greeted and time.monotonic() - session.opened > self.pulse.ping:
                self._wait = 0.0
            else:
                self._wait_longer()

    def _opened(self) -> _Session | None:
        """A new connection, however long it takes; None if the bot is stopped first."""
        while not self._ending.wait(self._wait):
            url, self._next_url = self._next_url, ""
            try:
                return self._connected(url or self._url())
            except SlackFault as fault:
                why, seconds = fault.why, fault.retry_after or 0.0
            except (*LINE_FAULTS, ValueError) as error:
                why, seconds = f"{type(error).__name__}: {error}", 0.0
            self._wait_longer(seconds)
            log.warning("Slack's line can't be opened: %s; I try again in %.0f s", why, self._wait)
        return None

    def _wait_longer(self, least: float = 0.0) -> None:
        longer = min(max(self._wait * 2, self.pulse.first_wait), self.pulse.longest_wait)
        self._wait = max(longer, least)

    def _url(self) -> str:
        """The URL for one connection. Raises SlackFault."""
        return str(self.client.apps_connections_open(app_token=self.token)["url"])

    def _connected(self, url: str) -> _Session:
        parts = urlsplit(url)
        if parts.scheme != "wss" and not (parts.scheme == "ws" and is_loopback(parts.hostname or "")):
            raise ValueError("Slack named an address that isn't wss")
        # The library's time-out is for each step, without DNS; and it follows redirects to anywhere.
        limit = self.pulse.connect

        def connect() -> WebSocket:
            # Without a socket given it would use a proxy also for this machine.
            line = tcp((parts.hostname, parts.port or 80), limit) if parts.scheme == "ws" else None
            return create_connection(url, timeout=limit, redirect_limit=0, socket=line)

        socket = in_time(connect, limit, WebSocket.shutdown)
        socket.settimeout(self.pulse.ping)
        now = time.monotonic()
        return _Session(socket, opened=now, heard=now, next_ping=now + self.pulse.ping)

    def _ended(self, session: _Session) -> tuple[str, bool]:
        """Listens until the connection ends; returns (reason, whether Slack asked to reconnect)."""
        try:
            while not self._ending.is_set():
                if why := self._pulse_problem(session):
                    return why, False
                if self._next(session):
                    return "Slack asks for it", True
        except (*LINE_FAULTS, ValueError) as error:
            return f"{type(error).__name__}: {error}", False
        return "the bot ends", False

    def _watch(self, session: _Session) -> None:
        """Drops a connection with an endless frame, each byte of which renews the socket's time-out."""
        longest = self.pulse.silence + self.pulse.ping
        while not session.over.wait(max(session.heard + longest - time.monotonic(), 0.0)):
            if time.monotonic() - session.heard >= longest:
                session.drop()

    def _part(self, session: _Session) -> None:
        """Reads a connection that Slack is about to close: a message comes on one connection only."""
        until = time.monotonic() + self.pulse.parting
        with suppress(*LINE_FAULTS, ValueError):
            session.socket.settimeout(min(self.pulse.ping, 1.0))
            while time.monotonic() < until and not self._ending.is_set():
                self._next(session)
        session.drop()

    def _pulse_problem(self, session: _Session) -> str:
        now = time.monotonic()
        if now - session.heard > self.pulse.silence:
            return f"nothing was heard for {now - session.heard:.0f} s"
        if not session.greeted and now - session.opened > self.pulse.silence:
            return f"no hello came within {now - session.opened:.0f} s"
        if now >= session.next_ping:
            session.socket.ping()
            session.next_ping = now + self.pulse.ping
        return ""

    def _next(self, session: _Session) -> bool:
        """Reads one frame, or waits a while; answers pings. Returns whether Slack asks to reconnect."""
        try:
            opcode, data = session.socket.recv_data(control_frame=True)
        except WebSocketTimeoutException:
            return False
        session.heard = time.monotonic()
        self.heard.line()
        if opcode == ABNF.OPCODE_CLOSE:
            raise WebSocketException("Slack closed it")
        return opcode == ABNF.OPCODE_TEXT and self._took(session, data)

    # -- what comes --------------------------------------------------------------------------------------

    def _took(self, session: _Session, data: bytes) -> bool:
        """Handles one message; returns whether it asks to reconnect."""
        try:
            message = parsed(data.decode())
            if not isinstance(message, dict):
                raise Malformed("the message is no object")
        except (Malformed, UnicodeDecodeError) as error:
            log.warning("a message over Socket Mode was ignored: %s", error)
            return False
        if message.get("type") == "hello":
            session.greeted = True
            self.joined.set()
            log.info("joined Slack")
        elif message.get("type") == "disconnect":
            return True
        elif isinstance(message.get("envelope_id"), str) and not self._ending.is_set():
            work = self._workers.submit(self._answer, session, message)
            self._busy.add(work)
            work.add_done_callback(self._busy.discard)
        return False

    def _answer(self, session: _Session, message: dict[str, Any]) -> None:
        """Passes one message to the listeners, and acknowledges it."""
        answer: dict[str, Any] = {"envelope_id": message["envelope_id"]}
        # The headers that it would have over HTTP.
        names = {"x-slack-retry-num": "retry_attempt", "x-slack-retry-reason": "retry_reason"}
        values = {header: message.get(name) for header, name in names.items()}
        headers = {header: str(value) for header, value in values.items() if isinstance(value, (str, int))}
        try:
            response = self.receiver.take(checked(message.get("payload")), headers)
        except Malformed as error:
            log.warning("a delivery over Socket Mode was ignored: malformed (%s)", error)
        except Exception:
            log.exception("a delivery met an error that nothing foresaw")
            return
        else:
            if response.status != 200:
                log.warning("a delivery wasn't acknowledged: status %s", response.status)
                return
            answer |= _payload(response)
        self._send(session, json.dumps(answer))

    def _send(self, session: _Session, text: str) -> None:
        """Sends on the connection of the message; if that is gone, on the newest."""
        for line in dict.fromkeys((session, self._current or session)):
            try:
                line.socket.send(text)
                return
            except LINE_FAULTS as error:
                log.info("a line to Slack is gone: %s", error)
        log.warning("an answer didn't get to Slack, for its line is gone")


def _payload(response: BoltResponse) -> dict[str, Any]:
    """The payload of an acknowledgement, {} if there is none."""
    if not response.body:
        return {}
    is_json = str(response.headers.get("content-type", [""])[0]).startswith("application/json")
    return {"payload": json.loads(response.body) if is_json else {"text": response.body}}
