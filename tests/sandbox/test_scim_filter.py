"""The filter language: what is found, and what can't be read."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.miro.filter import ENTERPRISE, BadFilter, parse, steps, values

ADA: dict[str, Any] = {
    "id": "3074457365265951581",
    "userName": "ada@example.com",
    "displayName": "Ada Example",
    "name": {"givenName": "Ada", "familyName": "Example"},
    "userType": "Full",
    "active": True,
    "emails": [{"value": "ada@example.com", "type": "work"}, {"value": "ada@home.example", "type": "home"}],
    "groups": [{"value": "3458764577585056871", "display": "Engineering"}],
    "roles": [{"value": "ORGANIZATION_INTERNAL_USER", "primary": True}],
    "photos": [],
    ENTERPRISE: {"department": "IT", "manager": {"value": "12"}},
}


def finds(text: str) -> bool:
    return parse(text).matches(ADA)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "ada@example.com"',
        'displayName ne "Grace"',
        'displayName co "exam"',
        'displayName sw "ada"',
        'displayName ew "ple"',
        "name pr",
        "active pr",
        'userType gt "Free"',
        'userType ge "Full"',
        'userType lt "Trial"',
        'userType le "Full"',
    ],
)
def test_every_operator_finds_what_it_names(text: str) -> None:
    assert finds(text)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "grace@example.com"',
        'userType ne "Full"',
        'displayName co "grace"',
        'displayName sw "example"',
        'displayName ew "ada"',
        "photos pr",
        "nickName pr",
        'userType gt "Full"',
        'userType ge "Fuller"',
        'userType lt "Full"',
        'userType le "Fulk"',
    ],
)
def test_every_operator_passes_over_the_rest(text: str) -> None:
    assert not finds(text)


def test_attribute_names_operators_and_text_are_found_in_any_case() -> None:
    assert finds('USERNAME Eq "ADA@Example.com" AND Active EQ TRUE')


def test_parentheses_round_the_whole_change_nothing() -> None:
    assert finds('((userName eq "ada@example.com"))')
    assert not finds("(active eq false)")


def test_and_binds_closer_than_or() -> None:
    assert finds('active eq true or active eq false and userType eq "Free"')
    assert not finds('(active eq true or active eq false) and userType eq "Free"')


def test_not_turns_a_filter_round() -> None:
    assert finds("not (active eq false)")
    assert not finds('not (active eq true) and userType eq "Full"')


def test_an_id_may_come_without_quotes() -> None:
    assert finds("groups.value eq 3458764577585056871")
    assert finds('groups.value eq "3458764577585056871"')
    assert not finds("groups.value eq 345876457758505687")


def test_a_boolean_may_come_as_a_string() -> None:
    assert finds('roles.primary eq "True"')
    assert not finds('active eq "false"')


def test_a_list_stands_for_the_values_of_its_items() -> None:
    assert finds('emails eq "ada@home.example"')
    assert finds('groups eq "3458764577585056871"')


def test_square_brackets_speak_of_one_and_the_same_item() -> None:
    assert finds('emails[type eq "home" and value ew "home.example"]')
    assert not finds('emails[type eq "work" and value ew "home.example"]')
    assert finds('emails.type eq "work" and emails.value ew "home.example"')


def test_an_attribute_of_the_enterprise_extension_goes_by_its_urn() -> None:
    assert finds(f'{ENTERPRISE}:department eq "IT"')
    assert finds(f"{ENTERPRISE}:manager.value eq 12")
    assert not finds('department eq "IT"')


def test_a_core_urn_before_a_name_changes_nothing() -> None:
    assert finds('urn:ietf:params:scim:schemas:core:2.0:User:userType eq "Full"')


def test_null_is_what_is_not_there() -> None:
    assert finds("nickName eq null")
    assert finds("userName ne null")
    assert not finds("userName eq null")


def test_quotes_and_backslashes_can_be_escaped() -> None:
    odd = {"displayName": 'The "A\\B" team'}
    assert parse(r'displayName eq "The \"A\\B\" team"').matches(odd)
    assert not parse(r'displayName eq "The A\\B team"').matches(odd)


def test_a_filter_tells_which_attributes_it_reads() -> None:
    read = parse('displayName eq "x" or not (emails[type eq "work"]) and members.value pr').paths()
    assert list(read) == [("displayname",), ("emails", "type"), ("members", "value")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        "userName eq",
        'userName is "x"',
        'userName eq "x',
        'userName eq "x" and',
        '(userName eq "x"',
        'userName eq "x")',
        'userName eq "x" "y"',
        "userName eq )",
        'userName co "x" and "y"',
        '"userName" eq "x"',
        "not active eq true",
        'emails[type eq "work"',
        r'userName eq "\x"',
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        parse(text)


def test_steps_keep_a_urn_whole_although_it_has_dots() -> None:
    assert steps(f"{ENTERPRISE}:manager.displayName") == (ENTERPRISE.casefold(), "manager", "displayname")
    assert steps(ENTERPRISE) == (ENTERPRISE.casefold(),)
    assert steps("name.givenName") == ("name", "givenname")


def test_values_are_spread_out_of_lists() -> None:
    assert values(ADA, steps("emails.type")) == ["work", "home"]
    assert values(ADA, steps("emails.type.none")) == []


@settings(derandomize=True, deadline=None)
@given(st.text(string.printable))
def test_any_text_can_be_asked_for_once_it_is_escaped(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for raw, sent in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x0b", "\\u000b"), ("\x0c", "\\f")):
        escaped = escaped.replace(raw, sent)
    assert parse(f'displayName eq "{escaped}"').matches({"displayName": text})
    assert not parse(f'displayName eq "{escaped}"').matches({"displayName": text + "x"})


@settings(derandomize=True, deadline=None)
@given(st.text('()[]"\\ aeqnotrd.:', max_size=30))
def test_any_text_is_either_a_filter_or_refused(text: str) -> None:
    try:
        assert parse(text).matches(ADA) in (True, False)
    except BadFilter as problem:
        assert str(problem)
