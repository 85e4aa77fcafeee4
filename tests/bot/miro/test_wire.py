"""Miro's messages: what is read, what is understood of a refusal, and which forms are sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import EnterpriseUser, ScimFilter, User
from scim2_models.path import Comparison

from bot.miro import wire
from bot.miro.errors import Unreadable
from bot.miro.wire import (
    ADMIN,
    ENTERPRISE,
    Dialect,
    ListPage,
    M,
    MiroAccount,
    MiroGroup,
    complaint,
    content,
    message,
)
from bot.sandbox.miro.errors import cdn_page, gateway_error, rest_error, scim_error
from bot.sandbox.miro.filter import Compare, parse

DETAIL = "Any team in organization must have at least one admin"


def text(body: Any) -> bytes:
    return json.dumps(body).encode()


def read(kind: type[M], sent: bytes) -> M:
    """An answer as a message of `kind`."""
    return message(kind, content(sent))


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(scim_error(409, DETAIL), DETAIL, id="SCIM"),
        pytest.param(gateway_error(405, "not allowed", "methodNotAllowed"), "not allowed", id="gateway"),
        pytest.param(rest_error(429, "too many"), "too many", id="platform"),
        pytest.param({"error": "invalid_token"}, "invalid_token", id="OAuth"),
        pytest.param({"error": {"code": 405}}, "status 418", id="gateway without a message"),
        pytest.param({"detail": "", "message": "second"}, "second", id="empty detail"),
        pytest.param({"detail": ["a", "list"]}, "['a', 'list']", id="a detail that is no text"),
        pytest.param({"detail": " two\n lines "}, "two lines", id="two lines"),
        pytest.param({"detail": "half \ud83d"}, "half ?", id="half a character"),
        pytest.param({"detail": "\x85"}, "status 418", id="blanks"),
        pytest.param({"detail": "<b>Busy</b><br/> now"}, "Busy now", id="a detail with markup"),
        pytest.param({"detail": "<x@example.com> is odd"}, "<x@example.com> is odd", id="no markup"),
        pytest.param({}, "status 418", id="nothing"),
        pytest.param([], "status 418", id="a list"),
        pytest.param("Bad Gateway", "status 418", id="a string"),
        pytest.param(None, "status 418", id="null"),
    ],
)
def test_a_refusal_is_told_in_miros_own_words(said: Any, words: str) -> None:
    assert complaint(418, text(said)) == words


def test_a_page_of_the_cdn_is_told_without_its_tags() -> None:
    assert complaint(502, cdn_page(502).encode()) == "502 Bad Gateway 502 Bad Gateway cloudfront"


def test_scripts_and_styles_of_a_page_are_not_told() -> None:
    page = b"<html><STYLE>b {color: red}</STYLE><b>Busy</b><script>\nalert(1)\n</script> now</html>"
    assert complaint(503, page) == "Busy now"


@pytest.mark.parametrize("empty", [b"", b"  \n", b"<html></html>"])
def test_a_refusal_without_a_word_names_the_status(empty: bytes) -> None:
    assert complaint(502, empty) == "status 502, without a word"


@pytest.mark.parametrize("said", [text({"detail": "x" * 900}), b"y" * 900])
def test_a_long_refusal_is_cut(said: bytes) -> None:
    assert 100 < len(complaint(400, said)) <= 300


@pytest.mark.parametrize("huge", [b"[" * 400_000, b"<" * 400_000, b"<script" * 60_000, b"\xff" * 400_000])
def test_a_refusal_of_any_kind_is_told_at_once(huge: bytes) -> None:
    assert 1 <= len(complaint(500, huge)) <= 300


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda said: text({"detail": said})))
def test_every_refusal_has_words(said: bytes) -> None:
    assert complaint(500, said).strip()


# -- reading -----------------------------------------------------------------------------------------------

ADA: dict[str, Any] = {
    "schemas": [wire.USER],
    "id": "3074457365265951581",
    "userName": "ada@example.com",
    "displayName": "Ada Example",
    "userType": "Full",
    "active": True,
    "emails": [{"value": "ada@example.com", "display": "ada@example.com", "primary": True}],
    "photos": [{"type": "photo"}],
    "groups": [{"value": "3074457345620002842", "display": "Second team"}],
    "roles": [
        {"value": "Content Admin", "display": "Content Admin", "type": "organization_admin_role"},
        {"value": ADMIN, "display": "Company Admin", "type": "organization_user_role", "primary": True},
    ],
    "meta": {"resourceType": "User", "location": "https://miro.com/api/v1/scim/Users/3074457365265951581"},
}
"""A person as Miro was seen to send them, with an invented name."""


def test_a_person_as_miro_sends_them_is_read() -> None:
    ada = read(MiroAccount, text(ADA))
    assert (ada.id, ada.user_name, ada.display_name) == (
        "3074457365265951581",
        "ada@example.com",
        "Ada Example",
    )
    assert (ada.active, ada.user_type) == (True, "Full")
    assert (ada.org_role, set(ada.admin_roles)) == (ADMIN, {"Content Admin"})
    assert ada.group_ids == {"3074457345620002842"}


@pytest.mark.parametrize("nothing", [{}, {"roles": [], "groups": []}, {"roles": None, "groups": None}])
def test_somebody_without_roles_and_groups_has_unknown_rights(nothing: dict[str, Any]) -> None:
    someone = read(MiroAccount, text({"id": "7", "userName": "ada@example.com", **nothing}))
    assert (someone.org_role, set(someone.admin_roles), set(someone.group_ids)) == ("", set(), set())


@pytest.mark.parametrize("name", ["displayName", "userType", "active", ENTERPRISE])
def test_null_is_as_good_as_not_sent(name: str) -> None:
    # RFC 7643 section 2.5: "Unassigned attributes, the null value, or an empty array" are equivalent.
    bare = {"id": "7", "userName": "ada@example.com"}
    assert read(MiroAccount, text({**bare, name: None})) == read(MiroAccount, text(bare))


def test_null_within_a_role_is_as_good_as_not_sent() -> None:
    roles = [{"value": ADMIN, "type": None, "primary": True}, {"value": "User Admin", "primary": None}]
    ada = read(MiroAccount, text({**ADA, "roles": roles}))
    assert (ada.org_role, set(ada.admin_roles)) == (ADMIN, {"User Admin"})


@pytest.mark.parametrize(
    ("written", "active"), [("true", True), ("false", False), (True, True), (False, False)]
)
def test_active_is_read_as_word_and_as_boolean(written: Any, active: bool) -> None:
    assert read(MiroAccount, text({**ADA, "active": written})).active is active


@pytest.mark.parametrize("absent", [{}, {"Resources": []}, {"Resources": None}])
def test_a_page_of_nothing_may_have_no_resources(absent: dict[str, Any]) -> None:
    assert read(ListPage, text({"totalResults": 0, **absent})).resources == []


@pytest.mark.parametrize(
    "said",
    [b"", b"<html>", b"[]", b"null", b"{", text({"userName": "a@b"}), text({"id": 7.0, "userName": "a@b"})],
)
def test_an_answer_of_another_form_is_unreadable(said: bytes) -> None:
    with pytest.raises(Unreadable, match="unexpected form"):
        read(MiroAccount, said)


def test_what_could_not_be_read_is_not_repeated() -> None:
    with pytest.raises(Unreadable) as raised:
        read(MiroGroup, text({"id": "1", "displayName": {"secret": "jo.park@example.com"}}))
    assert "jo.park" not in str(raised.value)


# -- filters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ada@example.com", '"ada@example.com"'),
        ('o"neil@example.com', '"o\\"neil@example.com"'),
        ("back\\slash", '"back\\\\slash"'),
        ('" or active eq true or userName eq "', '"\\" or active eq true or userName eq \\""'),
        ("žofie@example.com", '"žofie@example.com"'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_a_value_in_a_filter_is_a_json_string(value: str, written: str) -> None:
    assert wire.quoted(value) == written


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_breaks_out_of_its_filter(value: str) -> None:
    assert parse(f"userName eq {wire.quoted(value)}") == Compare(("username",), "eq", value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_somebody_elses_parser_reads_the_same_value(value: str) -> None:
    read_back = ScimFilter[User[EnterpriseUser]](f"userName eq {wire.quoted(value)}").ast
    assert isinstance(read_back, Comparison)
    assert read_back.value == value


# -- dialects ----------------------------------------------------------------------------------------------

ACTIVE = wire.patch({"op": "Replace", "path": "active", "value": "false"})
REMOVE = wire.patch({"op": "Remove", "path": 'members[value eq "77"]'})


def test_a_patch_has_the_schema_and_its_operations() -> None:
    assert ACTIVE == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "active", "value": "false"}],
    }


@pytest.mark.parametrize("body", [ACTIVE, REMOVE, {"schemas": [wire.USER], "userName": "a@b"}, None])
def test_the_usual_dialect_is_what_miros_description_prints(body: dict[str, Any] | None) -> None:
    assert Dialect().body(body) == body
    assert Dialect().filter("active eq true") == "active eq true"


@pytest.mark.parametrize(
    ("name", "body", "operation"),
    [
        ("boolean-active", ACTIVE, {"op": "Replace", "path": "active", "value": False}),
        ("unquoted-ids", REMOVE, {"op": "Remove", "path": "members[value eq 77]"}),
        ("lowercase-ops", REMOVE, {"op": "remove", "path": 'members[value eq "77"]'}),
        ("boolean-active", REMOVE, REMOVE["Operations"][0]),
        ("unquoted-ids", ACTIVE, ACTIVE["Operations"][0]),
        ("parentheses", ACTIVE, ACTIVE["Operations"][0]),
    ],
)
def test_a_dialect_changes_one_form_alone(name: str, body: dict[str, Any], operation: dict[str, Any]) -> None:
    before = json.dumps(body)
    assert Dialect.named([name]).body(body) == {**body, "Operations": [operation]}
    assert json.dumps(body) == before


def test_boolean_active_says_true_for_true() -> None:
    body = wire.patch({"op": "Replace", "path": "active", "value": "true"})
    said = Dialect(boolean_active=True).body(body)
    assert said and said["Operations"][0]["value"] is True


def test_unquoted_ids_leave_the_names_of_roles_in_quotes() -> None:
    body = wire.patch({"op": "Remove", "path": 'roles[value eq "Content Admin"]'})
    assert Dialect(unquoted_ids=True).body(body) == body


def test_parentheses_are_put_round_a_filter_if_asked_for() -> None:
    assert Dialect.named(["parentheses"]).filter("active eq true") == "(active eq true)"


def test_dialects_can_be_combined_and_blanks_are_nothing() -> None:
    assert Dialect.named([" boolean-active", "lowercase_ops ", ""]) == Dialect(
        boolean_active=True, lowercase_ops=True
    )
    assert Dialect.named([""]) == Dialect()


def test_unknown_dialects_are_named_all_at_once() -> None:
    with pytest.raises(ValueError, match="no Miro dialect klingon, xml"):
        Dialect.named(["xml", "parentheses", "klingon"])
