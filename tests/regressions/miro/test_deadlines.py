"""Whatever Miro says of waiting is read and bounded, and no call is held beyond its deadline."""

import email.utils
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.context import LEASE
from bot.http.retry_after import retry_after
from bot.miro.client import Miro
from bot.miro.errors import Away, Trouble, Unclear
from bot.miro.goals import ScimCall
from bot.miro.transport import DEADLINE
from bot.sandbox.server import Answer
from bot.sandbox.stage import Clock
from tests.bot.miro.scene import TOKEN, Credits, always, answering, closing
from tests.regressions.names import Names

pytestmark = pytest.mark.regression

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=42)
WINDOW = 30.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("100", 100),
        ("9" * 5_000, 100),
        (email.utils.format_datetime(SOON, usegmt=True), 42),
        (f"{SOON:%A, %d-%b-%y %H:%M:%S} GMT", 42),
        (f"{SOON:%a %b %d %H:%M:%S %Y}", 42),
        (f"{SOON:%a, %d %b %Y %H:%M:%S}", 42),
        (f"{SOON:%a, %d %b %Y %H:%M:%S} -0000", 42),
        (f"{SOON + timedelta(hours=1):%a, %d %b %Y %H:%M:%S} +0100", 42),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 100),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 100),
        ("Mon, 01 Jan 0001 00:00:00 +1400", 1),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
    ],
)
def test_both_forms_of_retry_after_are_read_and_bounded(text: str, seconds: float) -> None:
    assert retry_after(text, NOW, 100, WINDOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "soon",
            "-5",
            "+5",
            "1.5",
            "1e3",
            "inf",
            "nan",
            "0x10",
            "²",
            "７",
            "5, 7",
            "5;q=1",
            "\x00",
        ),
        *("Mon, 99 Nov 2026 00:00:00 GMT", "Mon, 02 Mar 99999999999 09:00:00 GMT", "Mon, 02 Mar", ",", ", ,"),
        *("Mon, 02 Mar 2026 25:61:61 GMT", "Mon, 02 Mar 2026 09:00:00 +99999999999999", "null", "[]", "Mon"),
    ],
)
def test_everything_else_is_one_whole_window(text: str) -> None:
    assert retry_after(text, NOW, 100, WINDOW) == WINDOW


# -- the real clock ----------------------------------------------------------------------------------------

GRACE = 3.0
"""Seconds that a busy machine may need on top of a deadline of 0.3 s; the servers here would go on for 60."""
DEACTIVATE = ScimCall(
    "PATCH", "/Users/{user}", {"Operations": [{"path": "active", "value": "x" * 2_000_000}]}
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping(first: bytes, drop: bytes, reads: bool = True) -> Iterator[str]:
    """A server that says `first`, and then one `drop` after another, faster than any read times out."""
    end = threading.Event()

    def drip(line: socket.socket) -> None:
        with line, suppress(OSError):
            if reads:
                line.recv(65_536)
            line.sendall(first)
            for _ in range(1_200):
                if end.wait(0.05):
                    return
                line.sendall(drop)

    def take(door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(door.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=take, args=(door,), daemon=True).start()
        try:
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            end.set()


def seconds_until(error: type[Exception], miro: Miro, write: bool) -> tuple[float, Any]:
    """How long a call took to be given up, and as what."""
    start = time.monotonic()
    with pytest.raises(error) as raised:
        if write:
            miro.send(DEACTIVATE, "7")
        else:
            miro.look("ada@example.com")
    return time.monotonic() - start, raised.value


DRIPS = {
    "a byte of the status line": (b"", b"H"),
    "a byte of a header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "a header": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: a\r\n"),
    "a 100 that isn't the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a byte of the body": (HEAD, b" "),
    "a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize(("first", "drop"), DRIPS.values(), ids=DRIPS)
def test_a_server_that_drips_is_given_up_at_the_deadline(first: bytes, drop: bytes) -> None:
    clock = Clock()
    deadline = timedelta(seconds=0.3)
    with (
        dripping(first, drop) as host,
        closing(Miro(f"http://{host}", TOKEN, Credits(), clock, clock.sleep, deadline=deadline)) as miro,
    ):
        for error, write in ((Away, False), (Unclear, True)):
            took, raised = seconds_until(error, miro, write)
            assert took < 0.3 + GRACE
            assert raised.kind is Trouble.NO_ANSWER


def test_a_server_that_takes_nothing_of_a_large_body_is_given_up_at_the_deadline() -> None:
    clock = Clock()
    deadline = timedelta(seconds=0.3)
    with (
        dripping(b"", b"", reads=False) as host,
        closing(Miro(f"http://{host}", TOKEN, Credits(), clock, clock.sleep, deadline=deadline)) as miro,
    ):
        assert seconds_until(Unclear, miro, write=True)[0] < 0.3 + GRACE


@pytest.mark.parametrize(
    ("first", "drop"), [(b"", b""), (b"\x16\x03\x03\x40\x00", b"\x02")], ids=["mute", "drips"]
)
def test_a_handshake_without_end_is_given_up_at_the_deadline(first: bytes, drop: bytes) -> None:
    clock = Clock()
    deadline = timedelta(seconds=0.3)
    with (
        dripping(first, drop) as host,
        closing(Miro(f"https://{host}", TOKEN, Credits(), clock, clock.sleep, deadline=deadline)) as miro,
    ):
        took, raised = seconds_until(Away, miro, write=True)
    assert took < 0.3 + GRACE
    assert raised.kind is Trouble.UNREACHABLE


@pytest.mark.parametrize("write", [False, True], ids=["look", "write"])
def test_a_look_up_of_miros_host_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, write: bool) -> None:
    names, clock = Names(socket.getaddrinfo, "miro.example"), Clock()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    deadline = timedelta(seconds=0.3)
    with (
        names.until_the_end(),
        closing(
            Miro("https://miro.example", TOKEN, Credits(), clock, clock.sleep, deadline=deadline)
        ) as miro,
    ):
        took, raised = seconds_until(Away, miro, write)
    assert took < 0.3 + GRACE
    assert raised.kind is Trouble.UNREACHABLE


def test_each_call_has_the_whole_time_for_itself() -> None:
    clock = Clock()
    body = b'{"totalResults": 0}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    deadline = timedelta(seconds=GRACE)
    with (
        dripping(answer, b"") as host,
        closing(Miro(f"http://{host}", TOKEN, Credits(), clock, clock.sleep, deadline=deadline)) as miro,
    ):
        assert miro.look("ada@example.com") is None


def test_the_deadline_of_a_call_is_shorter_than_the_lease_of_its_request() -> None:
    assert DEADLINE < LEASE


class TurnedBack(Clock):
    """A clock that is set back while somebody first sleeps."""

    def __init__(self, back: timedelta) -> None:
        super().__init__()
        self.back, self.slept = back, 0.0

    def sleep(self, seconds: float) -> None:
        if not self.slept:
            self.pass_(-self.back)
        self.slept += seconds
        assert self.slept < 1_000, "it goes on and on"
        super().sleep(seconds)


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(hours=1), timedelta(days=400)])
@pytest.mark.parametrize("status", [503, 429, 425])
def test_a_clock_that_is_set_back_meanwhile_prolongs_no_call(status: int, back: timedelta) -> None:
    clock = TurnedBack(back)
    with answering(always(Answer(status, b"{}", {"Retry-After": "5"})), clock) as miro, pytest.raises(Away):
        miro.ping()
    assert clock.slept <= 2 * DEADLINE.total_seconds()


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(days=400)])
def test_nor_a_wait_for_credits(back: timedelta) -> None:
    clock, pool = TurnedBack(back), Credits(waits=[5.0] * 1_000)
    with closing(Miro("http://127.0.0.1:9/", TOKEN, pool, clock, clock.sleep)) as miro, pytest.raises(Away):
        miro.ping()
    assert clock.slept <= 2 * DEADLINE.total_seconds()
