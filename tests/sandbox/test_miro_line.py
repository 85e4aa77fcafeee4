"""What stands between a client and Miro, rule by rule: limits, refusals at the gate, and faults on demand."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.miro.filter import CORE_GROUP, CORE_USER, ENTERPRISE
from bot.sandbox.miro.patch import PATCH_OP
from bot.sandbox.miro.service import Exchange, Fault
from tests.sandbox.asking import SCIM, Asking, add, replace, said, sandbox


@pytest.fixture
def asking() -> Iterator[Asking]:
    with sandbox() as asking:
        yield asking


def patch_of(size: int, asking: Asking) -> bytes:
    """A group PATCH of exactly so many bytes."""
    operations = [add(asking.ada)]
    bare = json.dumps({"schemas": [PATCH_OP], "Operations": operations, "x": ""})
    return json.dumps(
        {"schemas": [PATCH_OP], "Operations": operations, "x": "x" * (size - len(bare))}
    ).encode()


@pytest.mark.parametrize(
    ("method", "path", "size", "calls"),
    [
        ("GET", "/Users", 0, 200),
        ("GET", "/Users/{ada}", 0, 200),
        ("PATCH", "/Users/{ada}", 300, 100),
        ("PUT", "/Users/{ada}", 300, 100),
        ("DELETE", "/Users/7", 0, 20),
        ("GET", "/Groups", 0, 5),
        ("GET", "/Groups/{it}", 0, 20),
        ("PATCH", "/Groups/{it}", 499, 100),
        ("PATCH", "/Groups/{it}", 500, 5),
    ],
)
def test_rule_13_each_endpoint_has_its_limit_in_30_seconds(
    asking: Asking, method: str, path: str, size: int, calls: int
) -> None:
    url = path.format(ada=asking.ada, it=asking.it)
    body = patch_of(size, asking) if size else None

    def call() -> int:
        return asking.http.request(method, url, content=body, headers={"Content-Type": SCIM}).status_code

    assert 429 not in [call() for _ in range(calls)]
    assert call() == 429
    asking.time = 29.9
    assert call() == 429
    asking.time = 30.0
    assert call() != 429


def test_rule_13_all_endpoints_draw_from_one_pool(asking: Asking) -> None:
    for _ in range(4):
        assert asking.get("/Groups").status_code == 200
    for _ in range(40):
        assert asking.get("/Users").status_code == 200
    assert asking.get("/Users").status_code == 429


def test_rule_13_a_429_has_miros_words_and_no_retry_after(asking: Asking) -> None:
    *_, answer = [asking.get("/Groups") for _ in range(6)]
    assert said(answer) == (429, "The user has sent too many requests in a given amount of time")
    assert answer.json()["scimType"] == "tooManyRequests"
    assert "Retry-After" not in answer.headers


def test_rule_13_limits_can_be_switched_off() -> None:
    with sandbox(limits=False) as asking:
        assert {asking.get("/Groups", count=0).status_code for _ in range(10)} == {200}


def test_rule_14_another_media_type_is_415(asking: Asking) -> None:
    for media in ("text/plain", ""):
        answer = asking.http.post("/Users", content=b"{}", headers={"Content-Type": media})
        assert said(answer)[0] == 415


@pytest.mark.parametrize("media", ["application/json", "application/scim+json; charset=utf-8"])
def test_rule_14_both_media_types_are_taken(asking: Asking, media: str) -> None:
    content = b'{"userName": "lin@example.com"}'
    answer = asking.http.post("/Users", content=content, headers={"Content-Type": media})
    assert answer.status_code == 201


def test_rule_14_the_answer_is_of_the_type_that_is_accepted(asking: Asking) -> None:
    for media in ("application/scim+json", "application/json"):
        answer = asking.http.get("/Users", headers={"Accept": media})
        assert answer.headers["Content-Type"] == media


def test_rule_14_a_body_above_800000_bytes_is_413(asking: Asking) -> None:
    for size, status in ((800_000, 200), (800_001, 413)):
        body = patch_of(size, asking)
        answer = asking.http.patch(f"/Groups/{asking.it}", content=body, headers={"Content-Type": SCIM})
        assert answer.status_code == status


def test_rule_14_more_than_8000_members_are_413(asking: Asking) -> None:
    strangers = [str(number) for number in range(8000)]
    assert said(asking.patch(f"/Groups/{asking.it}", add(*strangers, asking.ada)))[0] == 413
    assert asking.patch(f"/Groups/{asking.it}", add(*strangers[1:], asking.ada)).status_code == 200


@pytest.mark.parametrize("authorization", ["Bearer other", "sandbox-token", "", "Basic sandbox-token"])
def test_rule_14_a_bad_token_is_401_everywhere(asking: Asking, authorization: str) -> None:
    for path in ("/Users", f"/Groups/{asking.it}", "/ServiceProviderConfig"):
        answer = asking.http.get(path, headers={"Authorization": authorization})
        assert said(answer) == (401, "The token can't authorize an organization")


def test_rule_14_scim_switched_off_is_403(asking: Asking) -> None:
    asking.miro.scim_enabled = False
    assert said(asking.get("/Users")) == (403, "SCIM integration is disabled")


def test_rule_14_a_body_that_is_no_json_is_400(asking: Asking) -> None:
    answer = asking.http.post("/Users", content=b"{", headers={"Content-Type": SCIM})
    assert (said(answer)[0], answer.json()["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize("path", ["/Me", "/Bulk", "/Users/1/2", "/"])
def test_rule_14_a_path_that_miro_lacks_is_404_in_the_platforms_shape(asking: Asking, path: str) -> None:
    answer = asking.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "notFound")


def test_rule_14_a_trailing_slash_changes_nothing(asking: Asking) -> None:
    for path in ("/Users", f"/Groups/{asking.it}", "/Schemas"):
        answer = asking.get(f"{path}/")
        assert (answer.status_code, answer.json()) == (200, asking.get(path).json())


def test_rule_14_the_service_describes_itself(asking: Asking) -> None:
    config = asking.get("/ServiceProviderConfig").json()
    assert (config["patch"], config["filter"]["maxResults"]) == ({"supported": True}, 200)
    assert asking.get("/ResourceTypes").json()["totalResults"] == 2
    assert asking.get("/ResourceTypes/Group").json()["endpoint"] == "/Groups"
    schemas = asking.get("/Schemas").json()["Resources"]
    assert [schema["id"] for schema in schemas] == [CORE_USER, CORE_GROUP, ENTERPRISE]
    name = asking.get(f"/Schemas/{CORE_USER}").json()["attributes"][0]
    assert (name["name"], name["uniqueness"], name["caseExact"]) == ("userName", "server", False)
    assert asking.get("/Schemas/urn:other").status_code == 404
    assert asking.post("/Schemas", {}).status_code == 405


@pytest.mark.parametrize(
    ("body", "media", "text"),
    [
        ("scim", "application/scim+json", "Bad Gateway"),
        ("rest", "application/json", "Bad Gateway"),
        ("html", "text/html", "<h1>502 Bad Gateway</h1>"),
        ("empty", None, ""),
    ],
)
def test_rule_16_a_fault_speaks_in_any_shape(asking: Asking, body: Any, media: str | None, text: str) -> None:
    asking.miro.faults.append(Fault(status=502, body=body))
    answer = asking.get("/Users")
    assert (answer.status_code, answer.headers.get("Content-Type")) == (502, media)
    assert text in answer.text
    assert ("X-Cache" in answer.headers) == (body == "html")
    assert asking.get("/Users").status_code == 200


def test_rule_16_a_429_on_demand_reads_like_miros_own(asking: Asking) -> None:
    asking.miro.faults.append(Fault(status=429))
    on_demand = asking.get("/Groups")
    *_, own = [asking.get("/Groups") for _ in range(6)]
    assert (on_demand.status_code, on_demand.json()) == (own.status_code, own.json())


def test_rule_16_a_fault_changes_nothing_and_may_say_when_to_retry(asking: Asking) -> None:
    asking.miro.faults.append(Fault("PATCH", "/Users/", status=503, retry_after=7, detail="Busy"))
    answer = asking.patch(f"/Users/{asking.ada}", replace("active", "false"))
    assert (said(answer), answer.headers["Retry-After"]) == ((503, "Busy"), "7")
    assert asking.get(f"/Users/{asking.ada}").json()["active"] is True


@pytest.mark.parametrize(("cut", "active"), [("before", True), ("after", False)])
def test_rule_16_the_line_is_cut_before_or_after_the_change(asking: Asking, cut: Any, active: bool) -> None:
    asking.miro.faults.append(Fault("PATCH", cut=cut))
    with pytest.raises(httpx.RemoteProtocolError):
        asking.patch(f"/Users/{asking.ada}", replace("active", "false"))
    assert (asking.last.status, asking.last.answer) == (0, None)
    assert asking.get(f"/Users/{asking.ada}").json()["active"] is active


def test_rule_16_miro_may_agree_and_do_nothing(asking: Asking) -> None:
    asking.miro.faults.append(Fault(no_effect=True, times=3))
    before = asking.miro.snapshot()
    patched = asking.patch(f"/Users/{asking.ada}", replace("active", "false"), attributes="active")
    assert (patched.status_code, patched.json()["active"]) == (200, True)
    assert asking.post("/Users", {"userName": "lin@example.com"}).status_code == 201
    assert asking.delete(f"/Users/{asking.ada}").status_code == 204
    assert asking.miro.snapshot() == before


def test_rule_16_what_is_refused_is_refused_without_effect_too(asking: Asking) -> None:
    asking.miro.faults.append(Fault(no_effect=True))
    assert asking.patch(f"/Users/{asking.grace}", replace("active", "false")).status_code == 409


def test_rule_16_latency_is_slept_on_the_clock_handed_in(asking: Asking) -> None:
    asking.miro.faults.append(Fault(latency=45.0))
    assert asking.get("/Users").status_code == 200
    assert asking.slept == [45.0]


def test_rule_16_the_world_may_change_in_the_middle(asking: Asking) -> None:
    miro, team = asking.miro, asking.engineering
    miro.faults.append(
        Fault("GET", f"/Groups/{team}", then=lambda: miro.change_team(team, displayName="New"))
    )
    assert asking.get(f"/Users/{asking.ada}").json()["groups"][0]["display"] == "Engineering"
    assert asking.get(f"/Groups/{team}").json()["displayName"] == "New"


def test_rule_16_the_first_fault_that_fits_is_used_up(asking: Asking) -> None:
    asking.miro.faults += [
        Fault("DELETE", status=500),
        Fault("GET", path=lambda method, path: "ada@" in path, status=504),
        Fault("GET", r"^/Users", status=503, times=2),
    ]
    answers = [asking.get("/Users", filter='userName eq "ada@example.com"') for _ in range(4)]
    assert [answer.status_code for answer in answers] == [504, 503, 503, 200]
    assert [fault.times for fault in asking.miro.faults] == [1, 0, 0]


def test_every_call_is_written_down_so_that_it_can_be_read(asking: Asking) -> None:
    asking.get("/Users", filter='userName eq "no+body@example.com"', count=0)
    asking.delete(f"/Users/{asking.ada}")
    asking.patch(f"/Users/{asking.ada}", replace("active", "true"))
    found, deleted, patched = asking.miro.log
    assert found.path == '/Users?filter=userName eq "no+body@example.com"&count=0'
    assert found.answer["totalResults"] == 0
    assert deleted == Exchange("DELETE", f"/Users/{asking.ada}", None, 204, None)
    assert patched.body["Operations"] == [{"op": "Replace", "path": "active", "value": "true"}]
    assert patched.status == 404


def test_a_picture_shows_all_people_and_teams_and_no_ids(asking: Asking) -> None:
    picture = asking.miro.snapshot()
    assert asking.ada not in str(picture)
    assert picture["users"]["ada@example.com"]["groups"] == ["Engineering"]
    assert [team["members"] for team in picture["teams"]] == [
        ["ada@example.com", "grace@example.com"],
        ["grace@example.com"],
    ]


def test_calls_at_the_same_time_lose_nothing() -> None:
    with sandbox(limits=False) as asking, ThreadPoolExecutor(8) as pool:
        emails = [f"p{number}@example.com" for number in range(40)]
        answers = list(pool.map(lambda email: asking.post("/Users", {"userName": email}), emails))
        ids = [answer.json()["id"] for answer in answers]
        list(pool.map(lambda id: asking.patch(f"/Groups/{asking.it}", add(id)), ids))
        assert len(set(ids)) == 40
        assert set(asking.miro.team(asking.it).members) == {asking.grace, *ids}


def test_people_can_be_changed_by_hand(asking: Asking) -> None:
    asking.miro.join("ada@example.com", asking.it)
    asking.miro.leave("ada@example.com", asking.engineering)
    ada = asking.miro.user("Ada@example.com")
    assert ada and ada.groups == (asking.it,)
    asking.miro.delete("ada@example.com")
    assert asking.miro.user("ada@example.com") is None
    with pytest.raises(KeyError):
        asking.miro.change_user("ada@example.com", active=False)


NAMES = st.sampled_from(["value", "type", "name", "active"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=5,
)
PATHS = [
    *("members", "members[value eq 1]", "roles", "roles.value", "roles[primary eq true]", "name", "photos"),
    *("displayName", "active", "userName", "userType", f"{ENTERPRISE}:manager", ENTERPRISE, "[", ".", "x.y"),
]
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Remove", "replace"])},
    optional={"path": st.sampled_from(PATHS), "value": JSON},
)


def test_whatever_is_sent_is_answered() -> None:
    with sandbox(limits=False) as asking:

        @settings(derandomize=True, deadline=None, max_examples=150)
        @given(st.sampled_from(["Users", "Groups"]), st.lists(OPERATIONS | JSON, max_size=3))
        def send(kind: str, operations: list[Any]) -> None:
            id = asking.ada if kind == "Users" else asking.it
            answer = asking.patch(f"/{kind}/{id}", *operations)
            assert answer.status_code in (200, 400, 404, 409)

        send()
        assert {call.status for call in asking.miro.log} >= {200, 400}
