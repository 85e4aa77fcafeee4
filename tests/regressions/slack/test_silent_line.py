"""A line of Socket Mode that falls silent without a word is found dead, joined again, and seen in health."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.http.outgoing import Outgoing
from bot.sandbox.slack.payloads import event, slash_command
from bot.sandbox.stage import Stage
from bot.slack.api.edge import SlackClient, SlackFault
from bot.slack.api.heard import Heard
from bot.slack.door.socket_mode import Pulse, SocketMode
from tests.bot.journeys.scenes import last, playing
from tests.e2e.process import until
from tests.e2e.scene import scene as bots
from tests.regressions.names import Names
from tests.regressions.slack.raw import http, raw
from tests.regressions.slack.socket_server import Connection, SocketSlack, socket_slack

pytestmark = pytest.mark.regression

QUICK = Pulse(ping=0.1, silence=0.5, connect=5.0, first_wait=0.02, longest_wait=0.1, parting=0.5)


@dataclass
class Scene:
    """A bot that has joined."""

    stage: Stage
    slack: SocketSlack
    heard: Heard

    def joined_times(self, times: int) -> None:
        """Waits until so many connections have been made."""
        until(lambda: len(self.slack.connections) >= times)

    def answered(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Sends an envelope on the newest line, and waits for its acknowledgement."""
        self.slack.newest.say(envelope)
        id = envelope["envelope_id"]
        return until(lambda: next((one for one in self.slack.acknowledged if one["envelope_id"] == id), None))

    def helps(self, id: str) -> None:
        """A command is answered over the newest line."""
        place = self.stage.slack.direct("U0ALEX").id
        form = slash_command(self.stage.slack, "U0ALEX", place, "/miro", "help")
        said = self.answered({"envelope_id": id, "type": "slash_commands", "payload": form})
        assert said["payload"]["response_type"] == "ephemeral"


@contextmanager
def scene(
    folder: Path, pulse: Pulse = QUICK, prepare: Callable[[SocketSlack], None] | None = None
) -> Iterator[Scene]:
    with playing(folder) as s, socket_slack() as slack:
        if prepare:
            prepare(slack)
        lines = Outgoing()
        heard = s.bot.client.heard
        client = SlackClient("xapp-sandbox", slack.url, lines, heard=heard)
        line = SocketMode(client, "xapp-sandbox", s.bot.receiver(), heard, 4, pulse)
        try:
            line.start()
            yield Scene(s, slack, heard)
        finally:
            line.stop(5.0)
            lines.close()
        until(lambda: not [one for one in threading.enumerate() if one.name in ("socket-mode", "parting")])


def freeze(connection: Connection) -> None:
    connection.is_frozen = True


def mute(connection: Connection) -> None:
    connection.is_mute = True


def drip(connection: Connection) -> None:
    """Begins a long frame and sends a byte of it now and then, for ever."""
    connection.is_mute = True

    def sends() -> None:
        with suppress(OSError):
            connection.line.sendall(bytes([0x81, 126, 0x40, 0]))
            while not threading.Event().wait(0.05):
                connection.line.sendall(b"x")

    threading.Thread(target=sends, daemon=True).start()


@pytest.mark.parametrize("fall_silent", [freeze, mute, drip, Connection.cut])
def test_a_line_that_falls_silent_is_joined_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fall_silent: Callable[[Connection], None]
) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        s.helps("E1")
        fall_silent(s.slack.newest)
        s.joined_times(2)
        s.helps("E2")
        assert "Slack's line has to be joined again" in caplog.text


def test_a_quiet_line_that_answers_pings_stays(tmp_path: Path) -> None:
    with scene(tmp_path, replace(QUICK, ping=0.02, silence=0.4)) as s:
        s.joined_times(1)
        until(lambda: s.slack.newest.pongs > 30)
        s.helps("E1")
        assert len(s.slack.connections) == 1


def test_who_accepts_and_never_says_hello_is_left(tmp_path: Path) -> None:
    def wordless(slack: SocketSlack) -> None:
        slack.greets = False

    with scene(tmp_path, replace(QUICK, ping=0.05, silence=0.15), wordless) as s:
        s.joined_times(3)
        s.slack.greets = True
        joined = len(s.slack.connections)
        s.joined_times(joined + 1)
        s.helps("E1")


@pytest.mark.parametrize(
    "odd", [b"H", b"HTTP/1.1 101 Switching Protocols\r\nX: x"], ids=["status line", "header"]
)
def test_a_handshake_that_drips_is_given_up(tmp_path: Path, odd: bytes) -> None:
    def drips(slack: SocketSlack) -> None:
        slack.odd = odd

    with scene(tmp_path, replace(QUICK, connect=0.1), drips) as s:
        until(lambda: s.slack.opened > 2)
        s.slack.odd = b""
        s.joined_times(1)
        s.helps("E1")


def test_a_look_up_of_the_lines_host_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(socket.getaddrinfo)

    def hangs(slack: SocketSlack) -> None:
        slack.host = names.hanging = "localhost"
        monkeypatch.setattr(socket, "getaddrinfo", names)

    with names.until_the_end(), scene(tmp_path, replace(QUICK, connect=0.1), hangs) as s:
        until(lambda: s.slack.opened > 2)
        s.slack.host = "127.0.0.1"
        s.joined_times(1)
        s.helps("E1")


def test_a_redirect_of_the_line_is_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket_slack() as elsewhere:

        def turns(slack: SocketSlack) -> None:
            slack.redirects_to = f"ws://127.0.0.1:{elsewhere.port}/link"

        with scene(tmp_path, prepare=turns) as s:
            until(lambda: s.slack.opened > 2)
            s.slack.redirects_to = ""
            s.joined_times(1)
            s.helps("E1")
        assert elsewhere.connections == []


def test_joining_that_fails_many_times_goes_on_with_pauses(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        s.slack.error = "internal_error"
        s.slack.newest.cut()
        until(lambda: s.slack.opened > 8)
        assert "Slack's line can't be opened: internal_error" in caplog.text
        s.slack.error = ""
        s.joined_times(2)
        s.helps("E1")


def test_a_line_that_is_never_good_is_joined_with_pauses(tmp_path: Path) -> None:
    with scene(tmp_path, replace(QUICK, first_wait=0.4, longest_wait=0.4)) as s:
        for times in range(1, 4):
            s.joined_times(times)
            s.slack.newest.cut()
        assert s.slack.opened <= 5


def test_a_polite_disconnect_loses_nothing_that_still_comes_on_the_old_line(tmp_path: Path) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        old = s.slack.newest
        old.say({"type": "disconnect", "reason": "warning"})
        place = s.stage.slack.direct("U0ALEX").id
        form = slash_command(s.stage.slack, "U0ALEX", place, "/miro", "help")
        old.say({"envelope_id": "late", "type": "slash_commands", "payload": form})
        s.joined_times(2)
        until(lambda: [one for one in s.slack.acknowledged if one["envelope_id"] == "late"])
        s.helps("E1")
        assert len(s.slack.connections) == 2


def test_one_delivery_is_taken_once_whatever_the_line_does(tmp_path: Path) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        place = s.stage.slack.direct("U0JO").id
        wrote = {"type": "message", "channel_type": "im", "channel": place, "user": "U0JO", "ts": "1.1"}
        payload = event(s.stage.slack, wrote | {"text": "I need Miro access for Design"})
        for number in range(3):
            s.answered({"envelope_id": f"E{number}", "type": "events_api", "payload": payload})
            s.slack.newest.cut()
            s.joined_times(number + 2)
        s.stage.settle()
        assert "Review and Send" in last(s.stage, "U0JO")
        assert len(s.stage.slack.dm_of("U0JO")) == 1


# -- nonsense --------------------------------------------------------------------------------------------

NONSENSE: list[Any] = [
    "[1, 2]", "no JSON", "{", "null", "[" * 100_000, '{"type": "hello", "type": "hello"}', '{"x": NaN}', "",
    {"type": "odd"}, {"type": ["hello"]}, {"envelope_id": 7, "payload": {}}, {"envelope_id": None},
]  # fmt: skip
PAYLOADS: list[Any] = [
    None, "text", [1], 3, {}, {"type": "block_actions"}, {"type": "event_callback", "event": "message"},
    {"command": "/miro", "user_id": ["U0ALEX"]}, {"type": "view_submission", "view": []}, {"a": [[[]]] * 3},
]  # fmt: skip


def test_nonsense_is_passed_over_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        for text in NONSENSE:
            s.slack.newest.say(text)
        for number, payload in enumerate(PAYLOADS):
            envelope = {"envelope_id": f"N{number}", "type": "interactive", "payload": payload}
            assert s.answered(envelope) == {"envelope_id": f"N{number}"}
        s.helps("E1")
        assert len(s.slack.connections) == 1
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR or one.exc_info]


def test_half_an_emoji_comes_over_the_line_without_harm(tmp_path: Path) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        form = slash_command(
            s.stage.slack, "U0ALEX", s.stage.slack.direct("U0ALEX").id, "/miro", "help \ud83d"
        )
        text = json.dumps({"envelope_id": "E1", "type": "slash_commands", "payload": form})
        s.slack.newest.say(text)
        until(lambda: s.slack.acknowledged)


# -- health ----------------------------------------------------------------------------------------------


class Seconds:
    """A clock that runs when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_health_tells_when_the_line_was_last_heard_pongs_included(tmp_path: Path) -> None:
    with scene(tmp_path) as s:
        s.joined_times(1)
        assert until(lambda: s.stage.bot.health()["slack"] == "heard 0 s ago")
        assert s.stage.bot.health()["ok"]


def test_health_is_bad_after_a_minute_of_silence_and_well_with_the_next_frame() -> None:
    seconds = Seconds()
    heard = Heard(seconds)
    heard.expect()
    seconds.now += 59
    assert heard.problem() == ""
    seconds.now += 16
    heard.answer("chat.postMessage", "")  # calls go another way: that they work says nothing of the line
    assert heard.problem() == "Slack hasn't been heard for 75 s; I keep reconnecting."
    heard.line()
    assert (heard.problem(), heard.said()) == ("", "heard 0 s ago")


def test_over_http_silence_is_no_problem() -> None:
    seconds = Seconds()
    heard = Heard(seconds)
    assert heard.said() == "not heard yet"
    heard.delivery()
    seconds.now += 7200
    assert (heard.problem(), heard.said()) == ("", "heard 7200 s ago")


@pytest.mark.parametrize("code", ["account_inactive", "token_revoked", "invalid_auth"])
def test_health_is_bad_once_slack_refuses_the_token(tmp_path: Path, code: str) -> None:
    with playing(tmp_path) as s:
        assert s.bot.health()["ok"]
        s.slack.fault("users.info", error=code)
        with pytest.raises(SlackFault):
            s.bot.client.users_info(user="U0ALEX")
        health = s.bot.health()
        assert (health["ok"], health["slack"]) == (False, f"Slack refuses SLACK_BOT_TOKEN: {code}.")
        s.bot.client.users_info(user="U0ALEX")
        assert s.bot.health()["ok"]


def test_another_refusal_says_nothing_of_the_token(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        with pytest.raises(SlackFault):
            s.bot.client.users_info(user="U0NOBODY")
        assert s.bot.health()["ok"]


def test_a_refused_app_token_ends_the_start_and_later_shows_in_health(tmp_path: Path) -> None:
    def refuse(slack: SocketSlack) -> None:
        slack.error = "invalid_auth"

    with pytest.raises(SlackFault, match="invalid_auth"), scene(tmp_path, prepare=refuse):
        pass
    (tmp_path / "second").mkdir()
    with scene(tmp_path / "second") as s:
        s.joined_times(1)
        s.slack.error = "account_inactive"
        s.slack.newest.cut()
        text = "Slack refuses SLACK_APP_TOKEN: account_inactive."
        until(lambda: s.stage.bot.health()["slack"] == text)
        assert not s.stage.bot.health()["ok"]
        s.slack.error = ""
        s.joined_times(2)
        assert until(lambda: s.stage.bot.health()["ok"])


def test_in_socket_mode_health_has_an_address_of_its_own(tmp_path: Path) -> None:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_APP_TOKEN": "xapp-sandbox"}
    with socket_slack() as slack, bots(tmp_path, {"SLACK_API_URL": slack.url, **tokens}) as s:
        bot = s.launch("--health", "127.0.0.1:0")
        printed = bot.until_says("Ready.")
        address = next(one.split()[1] for one in printed.splitlines() if one.startswith("Health:"))
        assert httpx.get(address).json()["slack"].startswith("heard ")
        assert httpx.post(f"{address.removesuffix('healthz')}slack/events").status_code == 404
        assert bot.end() == 0


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
@pytest.mark.parametrize("except_for", ["", "example.com"])
def test_a_line_on_this_machine_goes_through_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, except_for: str
) -> None:
    with raw(lambda _: http("502 Bad Gateway")) as proxy:
        monkeypatch.setenv(name, proxy.url.removesuffix("/api/"))
        monkeypatch.setenv("NO_PROXY", except_for)
        with scene(tmp_path) as s:
            s.joined_times(1)
        assert proxy.heads == []
