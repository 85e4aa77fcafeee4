"""The edge to Slack: no redirect is followed, no secret leaves by http, and every fault is of one kind."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from slack_sdk.errors import SlackApiError

from bot.http.outgoing import Outgoing
from bot.miro.client import Miro
from bot.miro.errors import MiroError
from bot.settings import BadSettings, read
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from tests.regressions.names import Names
from tests.regressions.slack.raw import dripping, http, raw

pytestmark = pytest.mark.regression

TOKEN = "xoxb-sandbox"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WELL = http("200 OK", b'{"ok": true, "channel": "D1", "ts": "1.2"}')
REDIRECTS = ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]


@pytest.fixture
def lines() -> Iterator[Outgoing]:
    found = Outgoing()
    yield found
    found.close()


def fault(client: SlackClient) -> SlackFault:
    """How a message to Ada fails."""
    with pytest.raises(SlackFault) as raised:
        client.chat_postMessage(channel="U0ADA", text="hello")
    assert TOKEN not in str(raised.value)
    return raised.value


# -- redirects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_takes_the_token_nowhere(lines: Outgoing, status: str, host: str) -> None:
    with raw(lambda _: WELL) as other:
        place = other.url.replace("127.0.0.1", host) + "chat.postMessage"
        with raw(lambda _: http(status, b"", f"Location: {place}")) as slack:
            assert fault(SlackClient(TOKEN, slack.url, lines)).kind is Kind.STATUS
        assert other.heads == []


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_to_the_same_host_isnt_followed_and_its_answer_not_believed(
    lines: Outgoing, status: str
) -> None:
    def answer(head: str) -> list[bytes]:
        return WELL if "elsewhere" in head else http(status, b'{"ok": true}', "Location: /elsewhere")

    with raw(answer) as slack:
        fault(SlackClient(TOKEN, slack.url, lines))
        assert len(slack.heads) == 1


@pytest.mark.parametrize("status", REDIRECTS)
def test_what_is_said_at_a_response_url_goes_nowhere_else(lines: Outgoing, status: str) -> None:
    with (
        raw(lambda _: WELL) as other,
        raw(lambda _: http(status, b"", f"Location: {other.url}")) as slack,
    ):
        with pytest.raises(SlackFault):
            SlackClient(TOKEN, slack.url, lines).respond(f"{slack.url}response/1", {"text": "a secret"})
        assert other.heads == []
        assert "authorization" not in slack.heads[0].lower()


@pytest.mark.parametrize("status", REDIRECTS)
def test_miros_token_goes_nowhere_else_either(status: str) -> None:
    class Free:
        """A pool in which there is always enough."""

        def __getattr__(self, name: str) -> object:
            return lambda *_, **__: 0.0

    now = datetime(2026, 3, 2, tzinfo=UTC)
    with (
        raw(lambda _: http("200 OK", b"{}")) as other,
        raw(lambda _: http(status, b"", f"Location: {other.url}")) as scim,
    ):
        miro = Miro(scim.url, "sandbox-token", Free(), lambda: now, lambda _: None)  # type: ignore[arg-type]
        with pytest.raises(MiroError):
            miro.look("ada@example.com")
        miro.close()
        assert other.heads == []


# -- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SLACK_API_URL", "MIRO_SCIM_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://slack.example/api/",
        "http://10.0.0.7/api/",
        "http://0.0.0.0:3000/api/",
        "http://localhost.example/api/",
        "http://127.0.0.1@slack.example/api/",
        "http://127.0.0.1.nip.example/",
        "ftp://127.0.0.1/",
        "//slack.example/api/",
    ],
)
def test_a_token_by_plain_http_is_refused_at_the_start(name: str, url: str) -> None:
    with pytest.raises(BadSettings, match=r"http only for 127\.0\.0\.1"):
        read({name: url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://127.0.0.2/"]
)
def test_plain_http_on_this_machine_is_taken(url: str) -> None:
    assert read({"SLACK_API_URL": url}).slack_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.example/actions/1",
        "https://example.com/hooks.slack.com",
        "https://hooks.slack.com@example.com/actions/1",
        "http://127.0.0.1:9/actions/1",
        "file:///etc/passwd",
        "https://",
        "hooks.slack.com",
        "https://[::1",
        "https://hooks.slack.com:notaport/",
    ],
)
def test_nothing_is_said_at_an_address_that_isnt_slacks(lines: Outgoing, url: str) -> None:
    with pytest.raises(SlackFault) as raised:
        SlackClient(TOKEN, "https://slack.com/api/", lines).respond(url, {"text": "a secret"})
    assert raised.value.code == "not_an_address_of_slack"


# -- faults of line and form -------------------------------------------------------------------------------

CUT = [b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b'{"ok": true, "channel": "D1"']
GZIP = http("200 OK", b"\x1f\x8b no gzip", "Content-Encoding: gzip")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http("200 OK", b"[]"), Kind.UNREADABLE),
        (http("200 OK", b"7"), Kind.UNREADABLE),
        (http("200 OK", b"null"), Kind.UNREADABLE),
        (http("200 OK", b'"ok"'), Kind.UNREADABLE),
        (http("200 OK", b""), Kind.UNREADABLE),
        (http("204 No Content"), Kind.STATUS),
        (http("200 OK", b"<html>Slack is down</html>", "Content-Type: text/html"), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": "true", "channel": "D1", "ts": "1.2"}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": 1, "channel": "D1", "ts": "1.2"}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": false}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": false, "error": ["a"]}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": true}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": true, "channel": "D1", "ts": 1.2}'), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": true, "channel": {}, "ts": "1.2"}'), Kind.UNREADABLE),
        (http("200 OK", b"\xff\xfe\xfd"), Kind.UNREADABLE),
        (http("200 OK", b"{}" * 3), Kind.UNREADABLE),
        (http("200 OK", b"[" * 100_000), Kind.UNREADABLE),
        (http("200 OK", b'{"ok": true}', "Content-Type: application/json; charset=no-such"), Kind.UNREADABLE),
        (http("503 Unavailable", b"<html>"), Kind.STATUS),
        (http("500 Error", b'{"ok": true, "channel": "D1", "ts": "1.2"}'), Kind.STATUS),
        (http("404 Not Found", b"<html>"), Kind.STATUS),
        (http("200 OK", b'{"ok": false, "error": "is_archived"}'), Kind.REFUSED),
        (GZIP, Kind.NETWORK),
        (CUT, Kind.NETWORK),
        ([b"no status line at all\r\n\r\n"], Kind.NETWORK),
        ([b"HTTP/1.1 abc OK\r\n\r\n"], Kind.NETWORK),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"], Kind.NETWORK),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], Kind.NETWORK),
        ([b""], Kind.NETWORK),
    ],
    ids=lambda one: str(one)[:60],
)
def test_whatever_slack_answers_fails_in_one_way(lines: Outgoing, answer: list[bytes], kind: Kind) -> None:
    with raw(lambda _: answer, keeps=False) as slack:
        found = fault(SlackClient(TOKEN, slack.url, lines))
    assert found.kind is kind
    assert isinstance(found, SlackApiError), "Bolt and Socket Mode catch what the SDK would raise"


def test_nobody_listening_is_a_fault_of_the_same_kind(lines: Outgoing) -> None:
    with raw(lambda _: WELL) as slack:
        gone = slack.url
    assert fault(SlackClient(TOKEN, gone, lines)).kind is Kind.NETWORK


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30), ("0", 1), ("-5", 10), ("soon", 10), ("", 10), ("1.5", 10), ("1e9", 10), ("9" * 5000, 600),
        ("99999999999", 600), ("\xb2", 10),
        ("Mon, 02 Mar 2026 09:00:42 GMT", 42), ("Monday, 02-Mar-26 09:00:42 GMT", 42),
        ("Mon Mar  2 09:00:42 2026", 42), ("Mon, 02 Mar 2026 10:00:42 +0100", 42),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 1), ("Wed, 21 Oct 9999 07:28:00 GMT", 600),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 600), ("Mon, 99 Mar 2026 09:00:42 GMT", 10),
    ],
)  # fmt: skip
def test_any_retry_after_is_read_and_bounded(lines: Outgoing, header: str, seconds: float) -> None:
    with raw(lambda _: http("429 Too Many Requests", b"", f"Retry-After: {header}")) as slack:
        found = fault(SlackClient(TOKEN, slack.url, lines, now=lambda: NOW))
    assert (found.kind, found.retry_after) == (Kind.BUSY, seconds)
    assert int(found.response.headers["Retry-After"]) == seconds, "Socket Mode reads it as a whole number"


def test_a_header_that_drips_ends_at_the_deadline(lines: Outgoing) -> None:
    with raw(lambda _: dripping(100)) as slack:
        begin = time.monotonic()
        assert fault(SlackClient(TOKEN, slack.url, lines, seconds=0.5)).kind is Kind.NETWORK
        assert time.monotonic() - begin < 5


def test_a_body_that_drips_ends_at_the_deadline(lines: Outgoing) -> None:
    def answer(_: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        yield from dripping(100)

    with raw(answer) as slack:
        assert fault(SlackClient(TOKEN, slack.url, lines, seconds=0.5)).kind is Kind.NETWORK


@pytest.mark.parametrize("way", ["Web API", "response_url"])
def test_a_look_up_of_slacks_host_that_hangs_ends_at_the_deadline(
    lines: Outgoing, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    names = Names(socket.getaddrinfo, "hooks.slack.com")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    client = SlackClient("xoxb-1", "https://hooks.slack.com/api/", lines, seconds=0.3)
    began = time.monotonic()
    with names.until_the_end(), pytest.raises(SlackFault) as raised:
        if way == "Web API":
            client.auth_test()
        else:
            client.respond("https://hooks.slack.com/actions/1", {"text": "hello"})
    assert raised.value.kind is Kind.NETWORK
    assert time.monotonic() - began < 3


def test_an_answer_without_end_is_cut_off() -> None:
    small = Outgoing(largest=10_000)
    with raw(lambda _: http("200 OK", b" " * 20_000)) as slack:
        assert fault(SlackClient(TOKEN, slack.url, small)).kind is Kind.NETWORK
    small.close()


def test_half_an_emoji_in_an_answer_is_no_fault(lines: Outgoing) -> None:
    body = b'{"ok": true, "user_id": "U1", "team_id": "T1", "team": "Ada \\ud83d", "url": "\\ud83d\\ude00"}'
    with raw(lambda _: http("200 OK", body)) as slack:
        said = SlackClient(TOKEN, slack.url, lines).auth_test()
    assert (said["team"], said["url"]) == ("Ada \ufffd", "\U0001f600")


# -- kept-alive lines --------------------------------------------------------------------------------------


def test_calls_and_answers_share_one_line(lines: Outgoing) -> None:
    with raw(lambda _: WELL) as slack:
        client = SlackClient(TOKEN, slack.url, lines)
        for _ in range(5):
            client.chat_postMessage(channel="U0ADA", text="hello")
            client.for_listener("T1", 3).views_open(trigger_id="1", view={})
            client.respond(f"{slack.url}response/1", {"text": "hello"})
        assert (slack.lines, len(slack.heads)) == (1, 15)


def test_no_cookie_is_kept(lines: Outgoing) -> None:
    def answer(_: str) -> list[bytes]:
        return http("200 OK", b'{"ok": true, "channel": "D1", "ts": "1.2"}', "Set-Cookie: b=1; Path=/")

    with raw(answer) as slack:
        client = SlackClient(TOKEN, slack.url, lines)
        for _ in range(2):
            client.chat_postMessage(channel="U0ADA", text="hello")
        assert not any("cookie" in one.lower() for one in slack.heads)


def test_a_token_given_for_one_call_goes_into_its_header(lines: Outgoing) -> None:
    with raw(lambda _: http("200 OK", b'{"ok": true, "url": "wss://127.0.0.1/"}')) as slack:
        SlackClient("", slack.url, lines).apps_connections_open(app_token="xapp-sandbox")
        assert "Bearer xapp-sandbox" in slack.heads[0]


def test_pages_arent_turned_past_the_edge(lines: Outgoing) -> None:
    body = b'{"ok": true, "members": [], "response_metadata": {"next_cursor": "more"}}'
    with raw(lambda _: http("200 OK", body)) as slack:
        pages = SlackClient(TOKEN, slack.url, lines).users_list()
        with pytest.raises(AttributeError):
            list(pages)
        assert len(slack.heads) == 1


# -- heads that httpx stumbles over ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["mailto:x", "about:blank", "https://xn--/", "http://[", "", "\xe4\xff", "//:80"]
)
@pytest.mark.parametrize("way", ["Web API", "response_url"])
def test_a_redirect_to_no_place_at_all_is_judged_by_its_status(lines: Outgoing, place: str, way: str) -> None:
    with raw(lambda _: http("302 Found", b"", f"Location: {place}")) as slack:
        client = SlackClient(TOKEN, slack.url, lines)
        if way == "Web API":
            assert fault(client).kind is Kind.STATUS
        else:
            with pytest.raises(SlackFault) as raised:
                client.respond(f"{slack.url}response/1", {"text": "hello"})
            assert raised.value.kind is Kind.STATUS


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_a_token_for_this_machine_goes_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    with raw(lambda _: WELL) as proxy, raw(lambda _: WELL) as slack:
        monkeypatch.setenv(name, proxy.url.removesuffix("/api/"))
        lines = Outgoing()
        client = SlackClient(TOKEN, slack.url.replace("127.0.0.1", host), lines)
        if host == "127.0.0.2":
            assert fault(client).kind is Kind.NETWORK, "nothing listens there"
        else:
            assert client.chat_postMessage(channel="U0ADA", text="hello")["ok"]
        lines.close()
        assert proxy.heads == []
