"""A line to a PostgreSQL server that can be cut: at one statement, or for as long as the server is away."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

from approvals.record.database import Server

CHUNK = 1 << 20

When = Literal["before", "after"]
"""Whether the line is cut before the server has a statement, or before its answer is heard."""


class ServerLine:
    """Passes bytes on between a server and its clients.

    A client of PostgreSQL sends a statement and waits for the answer: what is read of it at once is a
    statement.
    """

    def __init__(self, server: Server) -> None:
        parts = urlsplit(server.url)
        assert parts.hostname and parts.port
        self._server, self._lock = (parts.hostname, parts.port), threading.Lock()
        self._lines = set[socket.socket]()
        self._left: int | None = None
        self._when: When = "before"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._port = self._listening.getsockname()[1]
        self.server = Server(server.url.replace(f":{parts.port}/", f":{self._port}/"))
        """The server's place at this end of the line."""
        self._accept()

    @property
    def was_cut(self) -> bool:
        """Whether the statement came at which the line was to be cut."""
        return self._left == 0

    def cut_at(self, statement: int, when: When) -> None:
        """Cuts the line of whoever sends this statement, counted from now, from 1."""
        with self._lock:
            self._left, self._when = statement, when

    def down(self) -> None:
        """The server is gone: all its lines break, and it takes no other."""
        with self._lock:
            _close(self._listening)
            lines, self._lines = self._lines, set()
        for line in lines:
            _close(line)

    def up(self) -> None:
        """The server is there again."""
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._accept()

    def _accept(self) -> None:
        threading.Thread(target=self._take, args=(self._listening,), daemon=True).start()

    def _take(self, listening: socket.socket) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        """Two threads for each line: this one has the statements, the other one the answers."""
        server, is_cut = socket.create_connection(self._server), threading.Event()
        with self._lock:
            self._lines |= {client, server}
        threading.Thread(target=_answers, args=(server, client, is_cut), daemon=True).start()
        with suppress(OSError):
            while statement := client.recv(CHUNK):
                cut = self._counted()
                if cut == "before":
                    break
                if cut == "after":
                    is_cut.set()
                server.sendall(statement)
        if not is_cut.is_set():
            _close(server)
        _close(client)

    def _counted(self) -> When | None:
        """How the line is cut at the statement that is to be passed on now, if it is."""
        with self._lock:
            if not self._left:
                return None
            self._left -= 1
            return None if self._left else self._when


def _answers(server: socket.socket, client: socket.socket, is_cut: threading.Event) -> None:
    with suppress(OSError):
        while answer := server.recv(CHUNK):
            if is_cut.is_set():
                break
            client.sendall(answer)
    _close(server)
    _close(client)


def _close(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


@contextmanager
def line_to(server: Server) -> Iterator[ServerLine]:
    """A line that is down when the block ends."""
    line = ServerLine(server)
    try:
        yield line
    finally:
        line.down()
