"""Slack's side of Socket Mode on loopback (RFC 6455), which can fall silent in every way a line can."""

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from bot.sandbox.server import Answer, Call, serving

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


@dataclass(eq=False)
class Connection:
    """One WebSocket, as its server sees it."""

    line: socket.socket
    is_frozen: bool = False
    """Reads and says nothing any more, and stays open."""
    is_mute: bool = False
    """Reads all and says nothing any more."""
    pongs: int = 0
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def send(self, opcode: int, content: bytes) -> None:
        if self.is_frozen or self.is_mute:
            return
        size = len(content)
        length = (
            bytes([size])
            if size < 126
            else struct.pack("!BH" if size < 65536 else "!BQ", 126 + (size > 65535), size)
        )
        with self._sending, suppress(OSError):
            self.line.sendall(bytes([0x80 | opcode]) + length + content)

    def say(self, message: Any) -> None:
        self.send(_TEXT, message.encode() if isinstance(message, str) else json.dumps(message).encode())

    def cut(self) -> None:
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()


@dataclass
class SocketSlack:
    """Opens connections, counts them, and keeps what the bot acknowledges."""

    url: str = ""
    greets: bool = True
    error: str = ""
    """What apps.connections.open answers instead of an address."""
    odd: bytes = b""
    """How it answers a handshake instead of taking it; a byte of it each 50 ms, and the last for ever."""
    host: str = "127.0.0.1"
    redirects_to: str = ""
    opened: int = 0
    connections: list[Connection] = field(default_factory=list)
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def newest(self) -> Connection:
        return self.connections[-1]

    def answers(self, call: Call) -> Answer:
        self.opened += 1
        if self.error:
            return Answer.of(200, {"ok": False, "error": self.error})
        who = {"team_id": "T01", "user_id": "U0BOT"}  # for auth.test, before the bot joins
        return Answer.of(200, {"ok": True, "url": f"ws://{self.host}:{self.port}/link", **who})

    def listen(self, server: socket.socket) -> None:
        self.port = server.getsockname()[1]
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(server.accept()[0],), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rb") as stream:
            header = list(iter(stream.readline, b"\r\n"))
            if self.odd:
                self._drip(line, self.odd)
                return
            if self.redirects_to:
                line.sendall(b"HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n" % self.redirects_to.encode())
                return
            named = dict(one.strip().lower().partition(b": ")[::2] for one in header)
            written = next(one for one in header if one.lower().startswith(b"sec-websocket-key"))
            assert named[b"upgrade"] == b"websocket"
            line.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + _proof(written.partition(b": ")[2].strip()) + b"\r\n\r\n"
            )
            connection = Connection(line)
            self.connections.append(connection)
            if self.greets:
                connection.say({"type": "hello", "num_connections": 1})
            self._read(connection, stream)

    def _drip(self, line: socket.socket, content: bytes) -> None:
        for byte in chain(content, repeat(content[-1])):
            line.sendall(bytes([byte]))
            if threading.Event().wait(0.05) or not self.odd:
                return

    def _read(self, connection: Connection, stream: Any) -> None:
        while True:
            head = stream.read(2)
            if len(head) < 2 or head[0] & 15 == _CLOSE:
                return
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
            mask = stream.read(4)
            content = bytes(one ^ mask[at % 4] for at, one in enumerate(stream.read(size)))
            if connection.is_frozen:
                continue
            if head[0] & 15 == _PING:
                connection.send(_PONG, content)
                connection.pongs += 1
            elif head[0] & 15 == _TEXT:
                self.acknowledged.append(json.loads(content))


def _proof(key: bytes) -> bytes:
    """What a server answers to a key (RFC 6455, section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


@contextmanager
def socket_slack() -> Iterator[SocketSlack]:
    """A Slack that the bot can join until the block ends."""
    slack = SocketSlack()
    with socket.create_server(("127.0.0.1", 0)) as server, serving(slack.answers) as url:
        slack.url = f"{url}/api/"
        slack.listen(server)
        yield slack
        for connection in slack.connections:
            connection.cut()
