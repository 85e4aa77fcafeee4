"""Whatever the head of Miro's answer says: a look is held, a write is unclear, and nothing escapes both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.client import Miro
from bot.miro.errors import Away, Trouble, Unclear
from bot.miro.goals import ScimCall
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Clock, Stage
from tests.bot.journeys.scenes import approve, ask, history, playing, state
from tests.bot.miro.scene import TOKEN, Credits, answering, closing, page
from tests.regressions.slack.raw import Raw, http, raw

pytestmark = pytest.mark.regression

ADA = {"id": "7", "userName": "ada@example.com"}
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
DEACTIVATE = ScimCall("PATCH", "/Users/{user}", {"schemas": [], "Operations": []})
PLACES = [
    "mailto:x", "about:blank", "javascript:alert(1)", "data:,x", "https://xn--/", "https://xn--\xe4/", "http://[",
    "http://[::1", "http://a:99999999/", "http://a:port/", "//", "//:80", "http:", "", " ", "?", "\xe4\xff",
    "https://\xe4\xff/", "http://a b/", f"http://{'a' * 70}/", f"https://a/{'x' * 60_000}",
]  # fmt: skip


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user("alex@example.com", "Alex Smith", teams=[running.teams["Engineering"]])
        yield running


def client(server: Raw) -> Miro:
    """A client of a server that is asked by bytes."""
    clock = Clock()
    return Miro(server.url.rstrip("/"), TOKEN, Credits(), clock, clock.sleep)


def troubles(answer: list[bytes]) -> tuple[Trouble, Trouble]:
    """The kinds of trouble of a look and of a write that are answered so."""
    with raw(lambda _: answer, keeps=False) as server:
        with closing(client(server)) as miro, pytest.raises(Away) as held:
            miro.look("ada@example.com")
        with closing(client(server)) as miro, pytest.raises(Unclear) as unclear:
            miro.send(DEACTIVATE, "7")
    return held.value.kind, unclear.value.kind


# -- redirects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "303 See Other", "308 Permanent Redirect"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[:20])
def test_a_redirect_to_anywhere_is_a_status_that_tells_nothing(place: str, status: str) -> None:
    assert troubles(http(status, b"", f"Location: {place}")) == (Trouble.STATUS, Trouble.STATUS)


def test_nothing_is_made_of_two_places_either() -> None:
    both = http("302 Found", b"", "Location: http://[", "Location: mailto:x")
    assert troubles(both) == (Trouble.STATUS, Trouble.STATUS)


@pytest.mark.parametrize("place", ["mailto:x", "https://xn--/", "http://[", ""])
def test_a_request_survives_a_redirect_of_a_look_and_of_a_write(s: Stage, place: str) -> None:
    elsewhere = {"headers": {"Location": place}, "status": 302, "body": "empty"}
    s.miro.faults.append(Fault("GET", "/Users", **elsewhere))  # type: ignore[arg-type]
    id = ask(s, *MOVE)
    assert state(s, id) == "checking"
    s.clock.sleep(31)
    s.settle()
    s.miro.faults.append(Fault("PATCH", "/Groups", **elsewhere))  # type: ignore[arg-type]
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert history(s, id).count("trying") == 3, "the unclear call was sent again, after a look"


def test_a_place_beside_an_answer_is_no_redirect() -> None:
    answer = http("200 OK", page(ADA).body, "Location: http://[")
    with raw(lambda _: answer, keeps=False) as server, closing(client(server)) as miro:
        found = miro.look("ada@example.com")
    assert found and found.id == "7"


# -- other heads -------------------------------------------------------------------------------------------

HEADS = {
    "gzip": (http("200 OK", b"no gzip", "Content-Encoding: gzip"), Trouble.UNREADABLE),
    "deflate": (http("200 OK", b"no deflate", "Content-Encoding: deflate"), Trouble.UNREADABLE),
    "gzip elsewhere": (
        http("302 Found", b"no", "Content-Encoding: gzip", "Location: http://["),
        Trouble.UNREADABLE,
    ),
    "encoding nobody knows": (http("200 OK", b"x", "Content-Encoding: x-klingon"), Trouble.UNREADABLE),
    "charset nobody knows": (http("200 OK", b"\xff{}", "Content-Type: x/y; charset=no"), Trouble.UNREADABLE),
    "header of 200 kB": (http("200 OK", b"{}", f"X: {'a' * 200_000}"), Trouble.NO_ANSWER),
    "place of 100 kB": (http("302 Found", b"", f"Location: http://a/{'x' * 100_000}"), None),
    "NUL in a header": (http("200 OK", b"{}", "X: a\x00b"), Trouble.NO_ANSWER),
    "space in a name": (http("200 OK", b"{}", "X y: 1"), Trouble.NO_ANSWER),
    "status of four": (http("1000 X", b"{}"), Trouble.NO_ANSWER),
    "status of none": (http("000 X", b"{}"), None),
    "another protocol": ([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"], None),
    "no head": ([b"hello\r\n\r\n"], Trouble.NO_ANSWER),
    "two lengths": (
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
        Trouble.NO_ANSWER,
    ),
    "a negative length": ([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], Trouble.NO_ANSWER),
    "odd chunks": ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], Trouble.NO_ANSWER),
}


@pytest.mark.parametrize(("answer", "kind"), HEADS.values(), ids=HEADS)
def test_an_odd_head_is_no_verdict(answer: list[bytes], kind: Trouble | None) -> None:
    held, unclear = troubles(answer)
    assert held is unclear
    assert kind in (None, held)


COOKIES = [
    "\xff=1", "a=\xe4; Path=/", "a=b; expires=Mon, 99 Foo 99999 99:99:99 GMT", "a=b; max-age=9" + "9" * 40,
    "=;;=", 'a=b; port="99999999999"; version=x', "a=b; Domain=[::",
]  # fmt: skip


@pytest.mark.parametrize("cookie", COOKIES)
def test_no_cookie_of_an_answer_goes_into_the_next_call(cookie: str) -> None:
    answer = http("200 OK", page(ADA).body, f"Set-Cookie: {cookie}")
    with raw(lambda _: answer) as server, closing(client(server)) as miro:
        assert miro.look("ada@example.com") == miro.look("ada@example.com")
    assert "cookie" not in "".join(server.heads).lower()


# -- attributes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [3, 300, 600, 900, 2_000, 100_000])
@pytest.mark.parametrize(("start", "end"), [('{"a":', "}"), ("[", "]")])
def test_no_depth_of_an_attribute_escapes_or_hides_a_person(depth: int, start: str, end: str) -> None:
    nested = start * depth + "1" + end * depth
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    person = f'{{"id":"7","userName":"ada@example.com","{urn}":{{"x":{nested}}}}}'
    answer = http("200 OK", f'{{"totalResults":1,"Resources":[{person}]}}'.encode())
    with raw(lambda _: answer, keeps=False) as server, closing(client(server)) as miro:
        try:
            found = miro.look("ada@example.com")
        except Away as error:
            assert error.kind is Trouble.UNREADABLE
        else:
            assert found and found.model_dump_json(by_alias=True)
            assert depth < 2_000


@pytest.mark.parametrize(
    "value", [["\ud83d"], {"a": ["\ud83d"]}, {"a": {"b": "\ud83d"}}, {"\ud83d": 1}, "\ud83d"], ids=repr
)
def test_half_an_emoji_anywhere_in_an_attribute_can_be_kept(value: Any) -> None:
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    with answering(lambda _: page({**ADA, urn: {"x": value}})) as miro:
        found = miro.look("ada@example.com")
    assert found and "ud83d" not in found.model_dump_json(by_alias=True)


# -- proxies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2"])
def test_a_token_for_this_machine_goes_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    with (
        raw(lambda _: http("200 OK", page().body)) as proxy,
        raw(lambda _: http("200 OK", page(ADA).body)) as miro,
    ):
        monkeypatch.setenv(name, proxy.url.removesuffix("/api/"))
        monkeypatch.setenv("NO_PROXY", "example.com")
        url = miro.url.rstrip("/").replace("127.0.0.1", host)
        clock = Clock()
        with closing(Miro(url, TOKEN, Credits(), clock, clock.sleep)) as asking:
            if host == "127.0.0.2":
                with pytest.raises(Away):
                    asking.look("ada@example.com")
            else:
                assert asking.look("ada@example.com")
        assert proxy.heads == []


def test_a_proxy_holds_for_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw(lambda _: http("502 Bad Gateway")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.removesuffix("/api/"))
        clock = Clock()
        miro = Miro("https://miro.example/scim", TOKEN, Credits(), clock, clock.sleep)
        with closing(miro), pytest.raises(Away):
            miro.look("ada@example.com")
        assert [head.split("\r\n")[0] for head in proxy.heads] == ["CONNECT miro.example:443 HTTP/1.1"]
        assert TOKEN not in "".join(proxy.heads)
