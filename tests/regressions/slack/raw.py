"""A server on loopback that answers with whatever bytes it is told to, and keeps what it was sent."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass
class Raw:
    """`answer` makes the bytes of each answer out of the request's head; each part may take its time."""

    answer: Callable[[str], Iterable[bytes]]
    keeps: bool = True
    """Whether a line stays open after an answer."""
    url: str = ""
    heads: list[str] = field(default_factory=list)
    lines: int = 0
    """Sqlite that were opened."""


def http(status: str, body: bytes = b"", *headers: str) -> list[bytes]:
    """A whole answer, as parts."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""])
    return [head.encode("latin-1"), body]


@contextmanager
def raw(answer: Callable[[str], Iterable[bytes]], keeps: bool = True) -> Iterator[Raw]:
    """Serves until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Raw(answer, keeps, f"http://127.0.0.1:{listening.getsockname()[1]}/api/")
        threading.Thread(target=_serve, args=(listening, server), daemon=True).start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, server: Raw) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        server.lines += 1
        threading.Thread(target=_talk, args=(line, server), daemon=True).start()


def _talk(line: socket.socket, server: Raw) -> None:
    with line, line.makefile("rb") as reading:
        try:
            while head := _head(reading):
                server.heads.append(head)
                for part in server.answer(head):
                    line.sendall(part)
                if not server.keeps:
                    return
        except OSError:
            return


def _head(reading: BinaryIO) -> str:
    """The head of the next request, '' at the end; its body is read too."""
    lines = []
    while (text := reading.readline().decode("latin-1")) not in ("\r\n", ""):
        lines.append(text)
    length = next((int(one.split(":")[1]) for one in lines if one.lower().startswith("content-length")), 0)
    reading.read(length)
    return "".join(lines)


def dripping(parts: int, pause: float = 0.1) -> Iterator[bytes]:
    """A header that comes byte by byte, each soon enough for any time-out between two reads."""
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    for _ in range(parts):
        time.sleep(pause)
        yield b"a"
