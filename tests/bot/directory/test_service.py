"""Whoever knocks at `/scim/v2` reads SCIM: a token for each directory, errors as RFC 7644 words them."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from approvals.record.store import Store
from bot.directory.service import Application, refusal
from bot.directory.store import ENTERPRISE, Directories, Group
from bot.directory.tokens import Tokens
from bot.slack.door.serving import serving
from tests.bot.directory.provider import GROUP, PATCH, USER, Provider, alex, error


def test_nobody_comes_in_without_a_token_that_counts(url: str, tokens: Tokens) -> None:
    old = tokens.create("okta")
    assert tokens.revoke(1)
    assert not tokens.revoke(1)
    for header in ("", "Bearer", "Bearer wrong", f"Bearer {old}", f"Basic {old}", "Bearer \xff", old):
        answer = httpx.get(
            f"{url}/Users", headers={b"Authorization": header.encode("latin-1")}, trust_env=False
        )
        assert error(answer) == (401, ""), header
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="SCIM"'


def test_what_the_service_can_do_is_told_without_a_token(url: str) -> None:
    config = httpx.get(f"{url}/ServiceProviderConfig", trust_env=False).json()
    can = {name: config[name]["supported"] for name in ("patch", "filter", "sort", "etag", "bulk")}
    assert can == {"patch": True, "filter": True, "sort": True, "etag": True, "bulk": False}


def test_a_token_is_replaced_while_the_old_one_still_counts(url: str, tokens: Tokens) -> None:
    for token in (tokens.create("okta"), tokens.create("okta")):
        with Provider(url, token) as okta:
            okta.get("/Users")
    first, second = tokens.all()
    assert (first.source, second.source) == ("okta", "okta")
    assert first.used_at == second.used_at is not None


def test_the_record_holds_no_token(store: Store, tokens: Tokens) -> None:
    token = tokens.create("okta")
    assert token not in str([[*row] for row in store.database.rows("SELECT * FROM directory_tokens")])


def test_a_directory_sees_and_changes_only_its_own(okta: Provider, entra: Provider) -> None:
    path = f"/Users/{okta.create('Users', alex())['id']}"
    assert entra.find("Users", 'userName eq "alex.smith@example.com"') == []
    assert entra.get("/")["totalResults"] == 0
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", patch), ("PUT", alex())):
        assert entra.error(method, path, body) == (404, "")
    assert entra.create("Users", alex())["id"] not in path


BIG = {"schemas": [GROUP], "displayName": "x" * 10_000_000}
LONG = "x" * 501


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/Users", {"schemas": [USER]}, (400, "invalidValue")),
        ("POST", "/Users", alex(userName=" "), (400, "invalidValue")),
        ("POST", "/Users", alex(userName=LONG), (400, "invalidValue")),
        ("POST", "/Users", alex(userName="a\0b"), (400, "invalidValue")),
        ("POST", "/Users", alex(title="a\0b"), (400, "invalidValue")),
        ("POST", "/Users", alex(active="perhaps"), (400, "invalidValue")),
        ("POST", "/Users", alex(emails="none"), (400, "invalidValue")),
        ("POST", "/Users", alex(title="x" * 200_000), (413, "")),
        ("POST", "/Users", [], (400, "invalidSyntax")),
        ("POST", "/Users", None, (400, "invalidSyntax")),
        ("POST", "/Groups", {"schemas": [GROUP], "displayName": "", "members": []}, (400, "invalidValue")),
        (
            "POST",
            "/Groups",
            {"schemas": [GROUP], "displayName": "a", "members": [{"display": "x"}]},
            (400, "invalidValue"),
        ),
        ("POST", "/Groups", BIG, (413, "")),
        ("GET", "/Users?filter=userName%20is%20x", None, (400, "invalidFilter")),
        ("GET", "/Users?filter=nobody%20eq%20%22x%22", None, (400, "invalidFilter")),
        ("GET", "/Users?filter=active%20gt%20true", None, (400, "invalidFilter")),
        ("GET", f"/Users?filter=title%20eq%20%22{'x' * 2_000}%22", None, (400, "invalidFilter")),
        ("GET", f"/Users?filter={'not%20(' * 390}title%20pr{')' * 390}", None, (400, "invalidFilter")),
        ("POST", "/Users/.search", {"filter": f"title eq {'x' * 2_000}"}, (400, "invalidFilter")),
        ("POST", "/Users/.search", [], (400, "invalidSyntax")),
        ("POST", "/Users/.search", "x", (400, "invalidSyntax")),
        ("GET", "/Users?startIndex=x", None, (400, "invalidValue")),
        ("GET", "/Users/nobody", None, (404, "")),
        ("GET", "/Users/a%00b", None, (404, "")),
        ("GET", "/Users/a%0d%0aSet-Cookie:%20b", None, (404, "")),
        ("GET", "/Nothing", None, (404, "")),
        ("GET", "/Me", None, (501, "")),
        ("POST", "/Bulk", {}, (501, "")),
        ("POST", "/ServiceProviderConfig", {}, (405, "")),
    ],
)
def test_what_cannot_be_done_is_answered_as_the_rfc_words_it(
    okta: Provider, method: str, path: str, body: object, expected: tuple[int, str]
) -> None:
    assert okta.error(method, path, body) == expected
    assert okta.get("/")["totalResults"] == 0


def test_what_is_no_json_or_no_http_is_refused(okta: Provider, url: str) -> None:
    assert okta.error("POST", "/Users", content=b"{") == (400, "invalidSyntax")
    assert okta.error("POST", "/Users", content=b'{"userName":"\\ud800"}') == (400, "invalidSyntax")
    assert okta.error("POST", "/Users", content=b"[" * 100_000) == (400, "invalidSyntax")
    assert okta.error("POST", "/Users", content=b"{}", headers={"Content-Type": "text/xml"}) == (415, "")
    assert error(httpx.get(url.replace("/scim/v2", "/elsewhere"), trust_env=False)) == (401, "")
    parts = urlsplit(url)
    with closing(socket.create_connection((parts.hostname, parts.port or 0), 10)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        head, _, body = b"".join(iter(lambda: line.recv(4096), b"")).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 400")
    assert json.loads(body)["status"] == "400"


def test_pages_beyond_the_end_and_before_the_beginning(okta: Provider) -> None:
    okta.create("Users", alex())
    far = okta.get("/Users", startIndex=10**30, count=10**30)
    assert (far["totalResults"], far["Resources"]) == (1, [])
    assert okta.get("/Users", startIndex=-5, count=0)["totalResults"] == 1


def test_what_the_record_cannot_take_is_to_be_sent_again(
    store: Store, directories: Directories, tokens: Tokens
) -> None:
    token = tokens.create("okta")
    app = Application(store.database, directories, tokens, patience=0.05)
    with (
        serving(app, "127.0.0.1", 0, 2, explain=refusal) as served,
        Provider(f"{served}/scim/v2", token) as okta,
    ):
        okta.get("/Users")
        with store.writing():
            answer = okta.call("POST", "/Users", alex())
        assert error(answer) == (503, "")
        assert answer.headers["Retry-After"] == "30"
        assert okta.get("/Users")["totalResults"] == 0
        okta.create("Users", alex())


def test_changes_at_the_same_time_are_all_kept(okta: Provider, directories: Directories) -> None:
    ids = [okta.create("Users", alex(userName=f"p{number}@example.com"))["id"] for number in range(12)]
    path = f"/Groups/{okta.create('Groups', {'schemas': [GROUP], 'displayName': 'miroUsers'})['id']}"

    def join(id: str) -> None:
        okta.patch(path, {"op": "add", "path": "members", "value": [{"value": id}]})

    with ThreadPoolExecutor(4) as pool:
        [*pool.map(join, ids)]
    [group] = directories.snapshot("okta").groups
    assert {*group.members} == {*ids}


def test_a_version_that_is_out_of_date_changes_nothing(okta: Provider) -> None:
    made = okta.create("Users", alex())
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    assert okta.call("GET", path, headers={"If-None-Match": version}).status_code == 304
    okta.put(path, alex(title="Boss"))
    late = {"headers": {"If-Match": version}}
    assert okta.error("PUT", path, alex(title="Intern"), **late) == (412, "")
    assert okta.error("DELETE", path, **late) == (412, "")
    assert okta.get(path)["title"] == "Boss"


def test_what_changes_nothing_is_no_change(okta: Provider, directories: Directories) -> None:
    id = okta.create("Users", alex())["id"]
    group = okta.create(
        "Groups", {"schemas": [GROUP], "displayName": "miroUsers", "members": [{"value": id}]}
    )
    before = directories.sequence()
    okta.put(f"/Users/{id}", okta.get(f"/Users/{id}"))
    okta.patch(f"/Users/{id}", {"op": "replace", "value": {"active": True}})
    for op in ("add", "replace"):
        okta.patch(f"/Groups/{group['id']}", {"op": op, "path": "members", "value": [{"value": id}]})
    assert directories.sequence() == before


def test_members_named_by_nobody_else_and_members_in_odd_forms(
    okta: Provider, directories: Directories
) -> None:
    id = okta.create("Users", alex())["id"]
    nested = okta.create("Groups", {"schemas": [GROUP], "displayName": "Inner"})["id"]
    path = f"/Groups/{okta.create('Groups', {'schemas': [GROUP], 'displayName': 'Outer'})['id']}"
    okta.patch(
        path, {"op": "add", "value": {"members": [{"value": id}, {"value": nested}, {"value": "gone"}]}}
    )
    listed = {member["value"]: member for member in okta.get(path)["members"]}
    assert listed[id]["$ref"] == f"{okta.url}/Users/{id}"
    assert (listed[nested]["type"], listed["gone"]) == ("Group", {"value": "gone"})
    odd = f'members[value eq "{id}" or value eq "gone"]'
    okta.patch(path, {"op": "remove", "path": odd}, {"op": "replace", "path": "displayName", "value": "O"})
    [outer] = [group for group in directories.snapshot("okta").groups if group.display_name == "O"]
    assert isinstance(outer, Group)
    assert {*outer.members} == {nested}
    okta.patch(path, {"op": "remove", "path": "members"})
    assert "members" not in okta.get(path)


def test_searches_in_a_body_sorted_and_narrowed(okta: Provider) -> None:
    for number, name in enumerate(("Zoe", "adam", "Mia")):
        okta.create("Users", alex(userName=f"{name}@example.com", title=name, timezone=f"{number}"))
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName"}
    page = okta.call(
        "POST", "/Users/.search", search | {"filter": "userName pr", "attributes": ["title"]}
    ).json()
    assert [person["title"] for person in page["Resources"]] == ["adam", "Mia", "Zoe"]
    backwards = okta.get("/Users", sortBy="title", sortOrder="descending", count=2, attributes="title")
    assert [person["title"] for person in backwards["Resources"]] == ["Zoe", "Mia"]
    for wanted in ('title sw "m"', 'userName ew "@example.com" and not (title eq "Zoe" or title eq "ADAM")'):
        assert [person["title"] for person in okta.find("Users", wanted)] == ["Mia"]
    assert okta.find("Users", f'{ENTERPRISE}:department eq "IT"') == []
    assert okta.error("GET", "/Users", params={"filter": 'userName eq "a\0b"'}) == (400, "invalidFilter")
