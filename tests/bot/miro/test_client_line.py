"""What goes wrong between the bot and Miro: whether it was done, wasn't, or isn't known."""

import email.utils
import gzip
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from approvals.record.store import Store
from bot.miro import transport
from bot.miro.client import Accepted, Miro
from bot.miro.errors import Away, Declined, Locked, MiroError, Unclear
from bot.miro.goals import ScimCall
from bot.miro.quota import MARGIN, WINDOW
from bot.miro.transport import DEADLINE
from bot.sandbox.miro.service import Fault
from bot.sandbox.miro.service import Miro as Sandbox
from bot.sandbox.server import Answer, serving
from bot.sandbox.server import Call as Heard
from bot.sandbox.stage import Clock
from tests.bot.miro.examples import EXAMPLES, Example
from tests.bot.miro.scene import PREFIX, TOKEN, Credits, Scene, always, answering, closing

Doing = Callable[[Miro], Any]

WRITES = [one for one in EXAMPLES if one.name != "account with what HR knows"]
LOOKS: dict[str, Doing] = {
    "person": lambda miro: miro.look("ada@example.com"),
    "person by id": lambda miro: miro.by_id("7"),
    "other admin": lambda miro: miro.other_admin("7"),
    "groups": lambda miro: miro.groups(),
    "group": lambda miro: miro.group("100"),
    "ping": lambda miro: miro.ping(),
}
each_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
each_write = pytest.mark.parametrize("one", WRITES, ids=str)

DEACTIVATE = ScimCall(
    "PATCH",
    "/Users/{user}",
    {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "active", "value": "false"}],
    },
)


def send(miro: Miro, one: Example) -> Accepted:
    return miro.send(one.goal.call(one.before), "7")


# -- busy: 429 and 503 -------------------------------------------------------------------------------------

START = Clock()()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, 30),
        (7, 7),
        (0, 1),
        (" 7 ", 7),
        ("", 30),
        ("soon", 30),
        ("-5", 30),
        ("1.5", 30),
        ("²", 30),
        (email.utils.format_datetime(START + timedelta(seconds=42), usegmt=True), 42),
        (email.utils.format_datetime(START - timedelta(hours=1), usegmt=True), 1),
        ("Wed, 99 Nov 2026 00:00:00 GMT", 30),
        (f"{START + timedelta(seconds=42):%a, %d %b %Y %H:%M:%S} -0000", 42),
    ],
)
def test_a_busy_miro_is_asked_again_when_it_said(
    s: Scene, status: int, retry_after: Any, seconds: int
) -> None:
    s.sandbox.faults.append(Fault(status=status, retry_after=retry_after))
    assert s.miro.look("ada@example.com")
    assert s.calls == ["GET /Users", "GET /Users"]
    assert s.clock() - START == timedelta(seconds=seconds)


@each_write
@pytest.mark.parametrize("status", [429, 503])
def test_a_write_that_was_not_taken_is_sent_again(s: Scene, status: int, one: Example) -> None:
    s.sandbox.faults += [Fault(status=status, body="html"), Fault(status=409, detail="reached")]
    with pytest.raises(Declined, match="reached"):
        send(s.miro, one)
    assert [exchange.status for exchange in s.sandbox.log] == [status, 409]
    assert s.sandbox.log[0].body == s.sandbox.log[1].body
    assert s.clock() - START == timedelta(seconds=30)


def test_a_write_that_was_not_taken_is_done_once(s: Scene) -> None:
    s.sandbox.faults.append(Fault(status=429, times=2))
    answer = s.miro.send(DEACTIVATE, s.ada)
    assert answer.account and not answer.account.active
    assert [exchange.status for exchange in s.sandbox.log] == [429, 429, 200]


@pytest.mark.parametrize("doing", [LOOKS["person"], lambda miro: miro.send(DEACTIVATE, "7")])
def test_a_busy_miro_is_given_up_before_the_deadline(s: Scene, doing: Doing) -> None:
    s.sandbox.faults.append(Fault(status=429, times=99))
    with pytest.raises(Away, match="accepts no more calls"):
        doing(s.miro)
    assert len(s.sandbox.log) == 4
    assert s.clock() - START == timedelta(seconds=90) < DEADLINE


@pytest.mark.parametrize(
    "retry_after",
    [100, 10**6, 10**17, "9" * 400, email.utils.format_datetime(START + timedelta(days=365), usegmt=True)],
)
def test_nobody_waits_longer_than_the_deadline(s: Scene, retry_after: Any) -> None:
    s.sandbox.faults.append(Fault(status=503, retry_after=retry_after))
    with pytest.raises(Away, match="accepts no more calls"):
        s.miro.look("ada@example.com")
    assert (s.clock(), len(s.sandbox.log)) == (START, 1)


# -- credits -----------------------------------------------------------------------------------------------


def test_credits_are_taken_before_each_call(s: Scene) -> None:
    s.miro.look("ada@example.com")
    s.miro.groups()
    s.miro.group(s.it)
    s.miro.send(DEACTIVATE, s.ada)
    s.miro.send(ScimCall("DELETE", "/Users/{user}"), s.ada)
    assert s.credits.taken == [(0, 50), (1, 2_000), (2, 500), (3, 100), (4, 500)]


def test_credits_are_taken_for_each_try(s: Scene) -> None:
    s.sandbox.faults.append(Fault(status=429, times=2))
    s.miro.groups()
    assert s.credits.taken == [(0, 2_000), (1, 2_000), (2, 2_000)]


def test_a_large_body_takes_more_credits(s: Scene) -> None:
    many = [{"value": "3074457365265951581"}] * 12
    for members in (many[:11], many):
        body = {"schemas": DEACTIVATE.body and DEACTIVATE.body["schemas"]}
        body["Operations"] = [{"op": "Add", "path": "members", "value": members}]
        with pytest.raises(Declined, match="No valid resources"):
            s.miro.send(ScimCall("PATCH", f"/Groups/{s.it}", body), "")
    assert [credits for _, credits in s.credits.taken] == [100, 2_000]


def test_no_call_goes_out_before_there_are_credits(s: Scene) -> None:
    s.credits.waits = [12.0, 3.0]
    assert s.miro.look("ada@example.com")
    assert s.clock() - START == timedelta(seconds=15)
    assert s.credits.taken == [(0, 50)]


def test_nobody_waits_for_credits_beyond_the_deadline(s: Scene) -> None:
    s.credits.waits = [60.0, 60.0]
    with pytest.raises(Away, match="accepts no more calls"):
        s.miro.send(DEACTIVATE, s.ada)
    assert (s.calls, s.clock() - START) == ([], timedelta(seconds=60))


def test_waiting_for_credits_and_for_miro_share_one_deadline(s: Scene) -> None:
    s.credits.waits = [80.0]
    s.sandbox.faults.append(Fault(status=503, retry_after=20))
    with pytest.raises(Away, match="accepts no more calls"):
        s.miro.look("ada@example.com")
    assert s.clock() - START == timedelta(seconds=80)


def test_the_stored_pool_keeps_the_bot_from_any_429(s: Scene, tmp_path: Path) -> None:
    store = Store(tmp_path / "record.db", s.clock)
    with closing(Miro(s.url, TOKEN, store, s.clock, s.clock.sleep)) as miro:
        for _ in range(12):
            miro.groups()
    store.close()
    assert {exchange.status for exchange in s.sandbox.log} == {200}
    assert s.clock() - START == 2 * (WINDOW + MARGIN)


# -- unknown outcomes --------------------------------------------------------------------------------------

UNKNOWN = [
    Fault(status=500),
    Fault(status=502, body="html"),
    Fault(status=504, body="empty"),
    Fault(cut="before"),
    Fault(cut="after"),
    Fault(latency=DEADLINE.total_seconds() + 1, status=409),
]


def fresh(fault: Fault) -> Fault:
    return Fault(**vars(fault))


def broken_by(fault: Fault) -> str:
    return str(fault.status or fault.cut) + (" too late" if fault.latency else "")


each_unknown = pytest.mark.parametrize("fault", UNKNOWN, ids=broken_by)


@each_write
@each_unknown
def test_a_write_without_an_answer_may_have_been_done(s: Scene, fault: Fault, one: Example) -> None:
    s.sandbox.faults.append(fresh(fault))
    with pytest.raises(Unclear):
        send(s.miro, one)
    assert len(s.sandbox.log) == 1


@each_look
@each_unknown
def test_a_look_without_an_answer_did_nothing(s: Scene, fault: Fault, look: Doing) -> None:
    s.sandbox.faults.append(fresh(fault))
    with pytest.raises(Away):
        look(s.miro)
    assert len(s.sandbox.log) == 1


def test_an_unknown_outcome_is_told_in_miros_words(s: Scene) -> None:
    s.sandbox.faults.append(Fault(status=500, detail="Board service is down"))
    with pytest.raises(Unclear, match=r"an internal error \(500\): Board service is down"):
        s.miro.send(DEACTIVATE, s.ada)


def test_what_a_cut_line_hid_is_seen_afterwards(s: Scene) -> None:
    s.sandbox.faults.append(Fault("PATCH", cut="after"))
    with pytest.raises(Unclear, match="didn't answer in time"):
        s.miro.send(DEACTIVATE, s.ada)
    ada = s.miro.look("ada@example.com")
    assert ada and not ada.active


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes every call and never says a word."""
    end = threading.Event()

    def answers(_: Heard) -> None:
        end.wait()

    with serving(answers) as origin:
        yield origin + PREFIX
        end.set()


def test_a_miro_that_says_nothing_is_not_waited_for() -> None:
    clock = Clock()
    with silent() as url, closing(Miro(url, TOKEN, Credits(), clock, clock.sleep)) as miro:
        # The client's own twenty seconds are real ones, so that they are made as short as can be.
        miro.http.timeout = httpx.Timeout(5, read=0.001)
        with pytest.raises(Unclear, match="didn't answer in time"):
            miro.send(DEACTIVATE, "7")
        with pytest.raises(Away, match="didn't answer in time"):
            miro.look("ada@example.com")


def test_a_call_waits_for_an_answer_less_than_its_deadline() -> None:
    clock = Clock()
    with closing(Miro("http://127.0.0.1", TOKEN, Credits(), clock, clock.sleep)) as miro:
        waits = miro.http.timeout
    assert waits.read and waits.connect and waits.read + waits.connect < DEADLINE.total_seconds()


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("doing", [*LOOKS.values(), lambda miro: miro.send(DEACTIVATE, "7")])
def test_a_miro_that_cannot_be_reached_did_nothing(doing: Doing) -> None:
    clock = Clock()
    url = f"http://127.0.0.1:{closed_port()}"
    with (
        closing(Miro(url, TOKEN, Credits(), clock, clock.sleep)) as miro,
        pytest.raises(Away, match="can't be reached"),
    ):
        doing(miro)


def test_a_garbled_answer_may_have_been_a_yes() -> None:
    garbled = Answer(200, b"this is no gzip", {"Content-Encoding": "gzip"})
    with answering(always(garbled)) as miro:
        with pytest.raises(Unclear):
            miro.send(DEACTIVATE, "7")
        with pytest.raises(Away):
            miro.look("ada@example.com")


def test_an_answer_without_end_is_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 100_000)
    bomb = Answer(200, gzip.compress(b" " * 10_000_000), {"Content-Encoding": "gzip"})
    with answering(always(bomb)) as miro:
        with pytest.raises(Unclear, match="took too long"):
            miro.send(DEACTIVATE, "7")
        with pytest.raises(Away, match="took too long"):
            miro.groups()


# -- plain answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["scim", "rest", "html", "empty"])
def test_a_token_that_is_not_taken_locks_the_bot_out(s: Scene, status: int, body: Any) -> None:
    s.sandbox.faults.append(Fault(status=status, body=body, times=2))
    with pytest.raises(Locked, match=rf"refuses the bot's token \({status}\)"):
        s.miro.look("ada@example.com")
    with pytest.raises(Locked, match=rf"refuses the bot's token \({status}\)"):
        s.miro.send(DEACTIVATE, s.ada)


def test_a_wrong_token_locks_the_bot_out(s: Scene) -> None:
    with closing(Miro(s.url, "other", s.credits, s.clock, s.clock.sleep)) as miro, pytest.raises(Locked):
        miro.groups()


@pytest.mark.parametrize("body", ["scim", "rest"])
@pytest.mark.parametrize("status", [400, 404, 405, 409, 413, 415])
def test_a_refusal_is_passed_on_with_miros_words(s: Scene, status: int, body: Any) -> None:
    s.sandbox.faults.append(Fault(status=status, body=body, detail="Any team must have an admin"))
    with pytest.raises(Declined) as raised:
        s.miro.send(DEACTIVATE, s.ada)
    assert (raised.value.status, raised.value.words) == (status, "Any team must have an admin")


@each_write
def test_every_write_may_be_refused(s: Scene, one: Example) -> None:
    s.sandbox.faults.append(Fault(status=409, body="empty"))
    with pytest.raises(Declined, match="status 409, without a word"):
        send(s.miro, one)


def test_the_gateways_refusal_is_passed_on_too(s: Scene) -> None:
    with pytest.raises(Declined, match="Endpoint is found, but this method is not allowed") as raised:
        s.miro.send(ScimCall("DELETE", f"/Groups/{s.it}"), "")
    assert raised.value.status == 405


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    heard: list[Heard] = []

    def elsewhere(call: Heard) -> Answer:
        heard.append(call)
        return Answer.of(200, {"totalResults": 0})

    with serving(elsewhere) as other:
        moved = Answer(status, b"", {"Location": f"{other}{PREFIX}/Users"})
        with answering(always(moved)) as miro:
            for doing in (LOOKS["person"], lambda miro: miro.send(DEACTIVATE, "7")):
                with pytest.raises((Away, Unclear), match=f"status {status}, without an explanation"):
                    doing(miro)
    assert heard == []


# -- the token ---------------------------------------------------------------------------------------------


def trouble(s: Scene) -> Iterator[Doing]:
    """Everything that can go wrong, one after another."""
    doings: list[Doing] = [LOOKS["person"], lambda miro: miro.send(DEACTIVATE, s.ada)]
    kinds: list[dict[str, Any]] = [{"status": status} for status in (400, 401, 403, 404, 429, 500, 502, 503)]
    for kind in (*kinds, {"cut": "before"}, {"latency": 200.0}, {"status": 200, "body": "html"}):
        for doing in doings:
            s.sandbox.faults = [Fault(**kind, times=99)]
            yield doing


def test_the_token_is_in_no_log_and_no_error(s: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for doing in trouble(s):
        try:
            doing(s.miro)
        except MiroError as error:
            told = "".join(traceback.format_exception(error)) + repr(error)
            assert TOKEN not in told
            assert "OpensNothing" not in told
    assert "Miro PATCH /Users" in caplog.text
    assert "OpensNothing" not in caplog.text


def test_the_log_of_the_bot_names_nobody(s: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    s.miro.look("ada@example.com")
    s.miro.send(ScimCall("POST", "/Users", {"schemas": [], "userName": "lin@example.com"}), "")
    own = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert own == ["Miro GET /Users -> 200", "Miro POST /Users -> 201"]


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_token_that_miro_repeats_is_not_quoted(status: int) -> None:
    def parrot(call: Heard) -> Answer:
        return Answer.of(status, {"detail": f"{'x' * 250} can't use {call.headers['authorization']}"})

    with answering(parrot) as miro, pytest.raises(MiroError) as raised:
        miro.send(DEACTIVATE, "7")
    assert "can't use Bearer" in str(raised.value)
    assert "Opens" not in "".join(traceback.format_exception(raised.value))


def test_a_short_token_does_not_change_what_miro_says() -> None:
    clock, sandbox = Clock(), Sandbox(token="x")
    sandbox.add_user("max@example.com", "Max Example")
    with sandbox.serve() as url, closing(Miro(url, "x", Credits(), clock, clock.sleep)) as miro:
        max_ = miro.look("max@example.com")
    assert max_ and (max_.user_name, max_.display_name) == ("max@example.com", "Max Example")


def test_a_client_does_not_show_its_token_when_printed(s: Scene) -> None:
    assert "OpensNothing" not in f"{s.miro!r} {vars(s.miro)!r}"
