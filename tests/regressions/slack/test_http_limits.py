"""Connections that bring nothing whole, or read nothing: bounded before any signature, beside which Slack
gets through.
"""

import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse

import httpx
import pytest

from bot.app import LISTENERS
from bot.sandbox.slack.deliveries import FORM, Delivery
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


def test_a_client_that_is_gone_before_its_refusal_is_no_error(
    s: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    left = threading.Event()

    def leave(_: str) -> None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        httpx.get(f"{url}/healthz")  # once this is answered, the server knows
        left.set()

    with serving(s.bot.door(), "127.0.0.1", 0, 2, refused=leave) as url:
        line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        line.sendall(b"no HTTP\r\n\r\n")
        assert left.wait(10)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


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


@contextmanager
def flood(port: int, part: bytes, connections: int, returning: bool = False) -> Iterator[None]:
    """Connections that write the same bytes for as long as they are taken, and read nothing.

    Returning, they open anew when they are closed.
    """
    ended = threading.Event()

    def connect() -> socket.socket:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", port))
        line.setblocking(False)
        return line

    lines = [connect() for _ in range(connections)]

    def write() -> None:
        open_ = dict.fromkeys(range(connections), part)  # what each has still to write
        while not ended.wait(0.01):
            for number, rest in list(open_.items()):
                try:
                    open_[number] = rest[lines[number].send(rest) :] or part
                except BlockingIOError:
                    continue
                except OSError:
                    lines[number].close()
                    del open_[number]
                    if returning:
                        lines[number], open_[number] = connect(), part

    writing = threading.Thread(target=write)
    writing.start()
    try:
        yield
    finally:
        ended.set()
        writing.join()
        for line in lines:
            line.close()


UNREAD = {
    "health": b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n",
    "nowhere": b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n",
    "unsigned": POST + b"Content-Length: 3\r\n\r\na=b",
    "unsigned in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    "a look at the certificate": POST + b"Content-Length: 11\r\n\r\nssl_check=1",
    "heads": b"HEAD /healthz HTTP/1.1\r\nHost: bot\r\n\r\n",
    "options": b"OPTIONS * HTTP/1.1\r\nHost: bot\r\n\r\n",
    "kept alive by an older form": b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "bodies that wait to be asked for": POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\na=b",
    "empty lines": b"\r\n" * 16,
}


@pytest.mark.parametrize("returning", [False, True], ids=["once", "returning"])
@pytest.mark.parametrize("part", UNREAD.values(), ids=UNREAD)
def test_answers_that_nobody_reads_keep_nobody_waiting(tmp_path: Path, part: bytes, returning: bool) -> None:
    with scene(tmp_path, Limits()) as s, flood(s.port, part * 4_000, 105, returning):
        for _ in range(3):
            began = time.monotonic()
            assert s.acting.command("U0ALEX", "/miro", "help").ok
            assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("part", [UNREAD["health"], UNREAD["unsigned"], UNREAD["heads"]])
def test_connections_that_are_kept_open_keep_nobody_waiting(tmp_path: Path, part: bytes) -> None:
    with scene(tmp_path, Limits()) as s, ExitStack() as lines:
        for _ in range(250):
            lines.enter_context(s.connect(part))
        began = time.monotonic()
        assert s.acting.command("U0ALEX", "/miro", "help").ok
        assert time.monotonic() - began < 2.5


@contextmanager
def large(limits: Limits, seconds: Callable[[], float] = time.monotonic) -> Iterator[tuple[int, list[str]]]:
    """A server whose answers fit into no buffer of the kernel: its port, and why it ended connections."""

    def answer(_: object, start: StartResponse) -> list[bytes]:
        start("200 OK", [("Content-Length", "12000000")])
        return [b"x" * 12_000_000]

    why: list[str] = []
    with serving(answer, "127.0.0.1", 0, 4, limits, why.append, seconds) as url:
        yield int(url.rpartition(":")[2]), why


@pytest.mark.parametrize("piece", [0, 1, 4096])
def test_an_answer_that_is_read_too_slowly_is_cut_off(piece: int) -> None:
    clock = Clock()
    with (
        large(Limits(look_again=0.01), clock.seconds) as (port, why),
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
    ):
        line.sendall(UNREAD["nowhere"])
        came = len(line.recv(100))
        ends = time.monotonic() + 10.0
        while not why and time.monotonic() < ends:
            clock.sleep(0.1)
            time.sleep(0.001)
            came += len(line.recv(piece)) if piece else 0
        assert came + len(until_closed(line)) < 12_000_000
        assert why == ["unread"]


def test_unread_answers_make_room() -> None:
    with large(Limits(connections=5, grace=0.05, look_again=0.02)) as (port, why), ExitStack() as lines:
        for _ in range(12):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            line.sendall(UNREAD["nowhere"])
        assert len(httpx.get(f"http://127.0.0.1:{port}/").content) == 12_000_000
        assert set(why) == {"unread"} and len(why) >= 7


@pytest.mark.parametrize(
    ("written", "status"),
    [(UNREAD["health"], 200), (UNREAD["nowhere"], 404), (UNREAD["unsigned"], 401), (UNREAD["options"], 404)],
)
def test_what_was_written_ahead_is_dropped(tmp_path: Path, written: bytes, status: int) -> None:
    with scene(tmp_path, Limits()) as s, s.connect(written * 3) as line:
        answer = until_closed(line, 3.0)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert answer.count(b"HTTP/1.1 ") == 1 and b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize(
    "head",
    [
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + UNREAD["health"],
        POST + b"Transfer-Encoding:\r\nContent-Length: 4\r\n\r\na=bc",
        POST + b"Transfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\na=bc",
        POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n",
        POST + b"Content-Length: 4, 4\r\n\r\na=bc",
        POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"GET http://[/healthz HTTP/1.1\r\nHost: bot\r\n\r\n",
    ],
)
def test_a_request_whose_end_is_not_sure_is_refused_at_once(tmp_path: Path, head: bytes) -> None:
    with scene(tmp_path, Limits()) as s, s.connect(head) as line:
        answer = until_closed(line, 3.0)
        assert answer.partition(b" ")[2].startswith(b"400 ") and answer.count(b"HTTP/1.") == 1
        assert s.counts == {"no HTTP": 1}


def test_a_head_has_no_body(tmp_path: Path) -> None:
    asked = UNREAD["heads"].replace(b"bot", b"bot\r\nConnection: close")
    with scene(tmp_path, Limits()) as s, s.connect(asked) as line:
        answer = until_closed(line, 3.0)
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("end", [b"", b"\r\n"], ids=["as it is", "and an empty line"])
def test_what_slack_and_a_load_balancer_send_shares_a_connection(tmp_path: Path, end: bytes) -> None:
    with scene(tmp_path, Limits()) as s, closing(HTTPConnection("127.0.0.1", s.port, 10)) as line:
        body = s.acting.command("U0ALEX", "/miro", "help").delivery.body
        signed = {"Content-Type": FORM, "Content-Length": str(len(body)), **s.acting.signature(body)}
        line.connect()
        line.auto_open = 0  # so that it can't connect anew
        for _ in range(3):
            line.request("POST", "/slack/events", body + end, signed)
            answer = line.getresponse()
            assert (answer.status, answer.will_close) == (200, False) and answer.read()
            line.request("GET", "/healthz")
            assert json.loads(line.getresponse().read())["ok"]
            line.request("HEAD", "/healthz")
            assert line.getresponse().read() == b""
        line.request("POST", "/slack/events", body, signed | {"X-Slack-Signature": "v0=0"})
        answer = line.getresponse()
        assert (answer.status, answer.will_close) == (401, True)


FORGED: list[tuple[dict[str, Any], str]] = [
    ({"signed": False}, "unsigned"),
    ({"secret": "guessed"}, "badly signed"),
    ({"age": 301}, "old"),
]


def refusals_logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Why requests were refused, as the log has it."""
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    return [line.rpartition(": ")[2] for line in lines if "was refused" in line]


@pytest.mark.parametrize(("how", "why"), FORGED)
def test_a_flood_that_slack_did_not_sign_is_counted_and_logged_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how: dict[str, Any], why: str
) -> None:
    with playing(tmp_path) as s:
        delivery = s.acting.command("U0ALEX", "/miro", "help").delivery
        for _ in range(20):
            assert s.acting.send(delivery, **how).status == 401
        assert refusals_logged(caplog) == [why]
        assert httpx.get(f"{s.url}/healthz").json()["refused"] == {why: 20}
        s.clock.pass_(timedelta(minutes=1))
        s.acting.send(delivery, **how)
        s.clock.pass_(timedelta(hours=-1))  # the clock was ahead
        s.acting.send(delivery, **how)
        assert refusals_logged(caplog) == [why] * 3


def test_a_flood_of_one_kind_hides_no_other_and_nothing_that_slack_signed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with playing(tmp_path) as s:
        for _ in range(5):
            for how, _ in FORGED:
                s.acting.send(Delivery(b"a=b"), **how)
            s.acting.send(Delivery(b"payload=null"))
        signed = ["malformed (the payload is no object)"] * 5
        assert sorted(refusals_logged(caplog)) == ["badly signed", *signed, "old", "unsigned"]


CHUNKS = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKS + b"1\r\na\r\n" * 1_000,
        CHUNKS + b"20\r\n" + b"a" * 32 + b"\r\n" + b"20\r\n" + (b"a" * 32 + b"\r\n20\r\n") * 500,
        CHUNKS + b"0\r\n" + b"a: b\r\n" * 1_000,
        CHUNKS + b"1;" + b"\n" * 1_000,
        POST + b"a:\r\n" * 1_000 + b"\r\n",
    ],
    ids=["one byte each", "32 bytes each", "fields behind them", "empty lines", "fields"],
)
def test_what_costs_more_than_its_size_is_refused_at_once(tmp_path: Path, sent: bytes) -> None:
    """A few connections of one-byte chunks took all time of the thread that reads for everybody."""
    with scene(tmp_path, Limits()) as s, s.connect(sent) as line:
        answer = until_closed(line, 3.0)
        assert answer.partition(b" ")[2].startswith(b"400 ")
        assert s.counts == {"no HTTP": 1}


@pytest.mark.parametrize("size", [1_000, 1_460, 16_384, 300_000])
def test_a_signed_body_in_chunks_of_what_a_proxy_reads_at_once_is_taken(tmp_path: Path, size: int) -> None:
    with scene(tmp_path, Limits()) as s:
        body = s.acting.command("U0ALEX", "/miro", "help").delivery.body + b"&pad=" + b"x" * 300_000
        signed = {"Content-Type": FORM, **s.acting.signature(body)}
        chunks = (body[start : start + size] for start in range(0, len(body), size))
        answer = httpx.post(f"http://127.0.0.1:{s.port}/slack/events", content=chunks, headers=signed)
        assert answer.status_code == 200
