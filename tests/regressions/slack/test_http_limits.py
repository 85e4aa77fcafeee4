"""Sqlite that bring nothing whole: bounded before any signature, and Slack gets through beside them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.app import LISTENERS
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.stage import Clock, Stage
from bot.slack.door.serving import Limits, serving
from tests.bot.journeys.scenes import playing

pytestmark = pytest.mark.regression

POST = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\n"
PARTS = {
    "nothing": b"",
    "half a header": POST,
    "half a body": POST + b"Content-Length: 100\r\n\r\nhalf",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhalf",
    "a body that waits to be asked for": POST + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    "a whole request and half of the next": b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n" + POST,
    "a whole request, and then nothing": b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n",
    "empty lines": b"\r\n\r\n",
}


QUICK = Limits(whole=600.0, connections=20, grace=0.05, look_again=0.02)


@dataclass
class Scene:
    """A bot with its own HTTP door."""

    stage: Stage
    acting: Gestures
    port: int
    counts: dict[str, int]

    def connect(self, sent: bytes = b"") -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        line.sendall(sent)
        return line


@contextmanager
def scene(folder: Path, limits: Limits, seconds: Callable[[], float] = time.monotonic) -> Iterator[Scene]:
    counts: dict[str, int] = {}

    def count(why: str) -> None:
        counts[why] = counts.get(why, 0) + 1

    with (
        playing(folder) as s,
        serving(s.bot.door(), "127.0.0.1", 0, LISTENERS, limits, count, seconds) as url,
    ):
        acting = Gestures(s.slack, f"{url}/slack/events", wall_clock=s.clock.seconds)
        yield Scene(s, acting, int(url.rpartition(":")[2]), counts)


def until_closed(line: socket.socket, seconds: float = 10.0) -> bytes:
    """What comes before the server closes the connection. Raises TimeoutError."""
    line.settimeout(seconds)
    came = b""
    try:
        while part := line.recv(65_536):
            came += part
    except ConnectionError:
        pass
    return came


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_many_unfinished_connections_keep_nobody_out(tmp_path: Path, part: bytes) -> None:
    with scene(tmp_path, QUICK) as s, ExitStack() as lines:
        for _ in range(70):
            lines.enter_context(s.connect(part))
        began = time.monotonic()
        assert s.acting.command("U0ALEX", "/miro", "help").ok
        assert httpx.get(f"http://127.0.0.1:{s.port}/healthz").json()["ok"]
        assert time.monotonic() - began < 5.0  # with a busy machine's patience; Slack has 3


def test_a_hundred_and_ten_unfinished_headers_keep_nobody_out_with_the_limits_as_they_are(
    tmp_path: Path,
) -> None:
    # By a clock ten times as fast.
    with scene(tmp_path, Limits(), lambda: time.monotonic() * 10) as s, ExitStack() as lines:
        for _ in range(110):
            lines.enter_context(s.connect(POST))
        assert s.acting.command("U0ALEX", "/miro", "help").ok
        assert s.counts["unfinished"] >= 1


@pytest.mark.parametrize("part", [PARTS["nothing"], PARTS["half a header"], PARTS["half a body"]])
def test_an_unfinished_request_is_closed_after_its_time(tmp_path: Path, part: bytes) -> None:
    with scene(tmp_path, Limits(whole=0.2, look_again=0.02)) as s, s.connect(part) as line:
        assert until_closed(line) == b""
        assert s.counts == {"unfinished": 1}


@pytest.mark.parametrize(
    ("start", "drop"), [(POST + b"X: ", b"x"), (POST + b"Content-Length: 9999\r\n\r\n", b"x"), (b"", b"\r\n")]
)
def test_a_byte_now_and_then_gains_no_time(tmp_path: Path, start: bytes, drop: bytes) -> None:
    with scene(tmp_path, Limits(whole=0.2, look_again=0.02)) as s, s.connect(start) as line:
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(0.02):
                try:
                    line.sendall(drop)
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        until_closed(line)
        ended.set()
        dripping.join()
        assert s.counts == {"unfinished": 1}


def test_a_kept_alive_connection_has_its_time_anew_for_each_request(tmp_path: Path) -> None:
    clock = Clock()
    with scene(tmp_path, Limits(whole=2.0), clock.seconds) as s, httpx.Client(trust_env=False) as client:
        for _ in range(4):
            assert client.get(f"http://127.0.0.1:{s.port}/healthz").status_code == 200
            clock.sleep(1.5)
        assert s.counts == {}


@pytest.mark.parametrize(
    "header",
    [b"Content-Length: 300000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n" + b"11E1A300\r\n"],
    ids=["announced", "chunked"],
)
def test_a_body_of_300_megabytes_is_refused_unread(tmp_path: Path, header: bytes) -> None:
    with scene(tmp_path, Limits()) as s, s.connect(POST + header) as line:
        taken = 0
        try:
            while taken < 100_000_000:
                taken += line.send(b"x" * 65_536)
        except ConnectionError:
            pass
        assert taken < 20_000_000  # what the kernel's buffers hold
        assert s.counts == {"too large": 1}
        assert s.acting.command("U0ALEX", "/miro", "help").ok


def test_a_body_that_is_announced_too_large_is_answered_at_once(tmp_path: Path) -> None:
    with scene(tmp_path, Limits()) as s, s.connect(POST + b"Content-Length: 1000001\r\n\r\n") as line:
        assert until_closed(line).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (POST + b"X: " + b"x" * 20_000, b"431"),
        (POST + b"X: y\r\n" * 5_000, b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (POST + b"Content-Length: odd\r\n\r\n", b"400"),
    ],
    ids=["a long header", "many headers", "no HTTP", "an odd length"],
)
def test_what_is_no_request_is_refused(tmp_path: Path, sent: bytes, status: bytes) -> None:
    with scene(tmp_path, Limits()) as s, s.connect(sent) as line:
        assert until_closed(line).partition(b" ")[2][:3] == status
        assert sum(s.counts.values()) == 1


def test_a_name_with_two_addresses_is_served_at_one(tmp_path: Path) -> None:
    with playing(tmp_path) as s, serving(s.bot.door(), "localhost", 0, 2) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200
