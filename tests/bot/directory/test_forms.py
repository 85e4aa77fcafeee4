"""What Okta and Entra ID also send, by reports about other services; each ends as the provider shows it.

Reports on GitHub: SCIM-SDK 757 and scimgateway 113 (Okta's Push Now), azure-docs 30826 and vouch 1415
(removals), SCIM-SDK 516 and buildbuddy 10578 (roles), zulip 39773 (paths with a schema), scimitar 123 and
SCIM-SDK 267 (paths among attributes); on devforum.okta.com 27262 (assigned anew).
"""

from typing import Any

import pytest

from bot.directory.store import ENTERPRISE, Directories, Group, User
from tests.bot.directory.provider import GROUP, PATCH, USER, Provider, alex


@pytest.fixture
def id(entra: Provider) -> str:
    """Alex, created by Entra ID."""
    return str(entra.create("Users", alex())["id"])


@pytest.fixture
def people(okta: Provider) -> list[str]:
    """Three people of Okta."""
    bodies = [alex(userName=f"p{number}@example.com", externalId=f"{number}") for number in range(3)]
    return [okta.create("Users", body)["id"] for body in bodies]


@pytest.fixture
def group(okta: Provider, people: list[str]) -> str:
    """A group with them."""
    members = [{"value": id} for id in people]
    sent = {"schemas": [GROUP], "displayName": "miroUsers", "members": members}
    return str(okta.create("Groups", sent)["id"])


def user(directories: Directories, id: str) -> User:
    found = directories.get("entra", id)
    assert isinstance(found, User)
    return found


def members(directories: Directories, id: str) -> set[str]:
    found = directories.get("okta", id)
    assert isinstance(found, Group)
    return {*found.members}


@pytest.mark.parametrize("count", [0, 2])
def test_a_group_is_pushed_now_without_a_path(
    okta: Provider, directories: Directories, group: str, people: list[str], count: int
) -> None:
    left = [{"value": id, "display": "x"} for id in people[:count]]
    okta.patch(
        f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "New", "members": left}}
    )
    assert members(directories, group) == {*people[:count]}
    assert okta.get(f"/Groups/{group}")["displayName"] == "New"


@pytest.mark.parametrize("path", ["members", "Members", f"{GROUP}:members"])
def test_only_a_removal_without_values_empties_a_group(
    okta: Provider, directories: Directories, group: str, people: list[str], path: str
) -> None:
    okta.patch(f"/Groups/{group}", {"op": "remove", "path": path, "value": []})
    assert members(directories, group) == {*people}
    okta.patch(f"/Groups/{group}", {"op": "remove", "path": path})
    assert members(directories, group) == set()


@pytest.mark.parametrize("path", ["members", "Members", f"{GROUP}:members"])
@pytest.mark.parametrize("more", [{}, {"display": "x"}, {"primary": False, "$ref": None, "type": "User"}])
def test_a_member_is_removed_and_added_whatever_is_said_of_it(
    okta: Provider, directories: Directories, group: str, people: list[str], path: str, more: dict[str, Any]
) -> None:
    member = {"value": people[0], **more}
    for value in ([member], member):
        for op, left in (("remove", people[1:]), ("add", people)):
            okta.patch(f"/Groups/{group}", {"op": op, "path": path, "value": value})
            assert members(directories, group) == {*left}


def test_two_members_are_removed_by_one_path(
    okta: Provider, directories: Directories, group: str, people: list[str]
) -> None:
    both = f'members[value eq "{people[0]}" or value eq "{people[1]}"]'
    okta.patch(f"/Groups/{group}", {"op": "remove", "path": both})
    assert members(directories, group) == {people[2]}


@pytest.mark.parametrize("value", ["ADMIN", '{"id":"8","value":"ADMIN","displayName":"Admin"}'])
def test_a_role_is_set_where_there_is_none_and_replaced(entra: Provider, id: str, value: str) -> None:
    for op in ("Add", "Replace"):
        entra.patch(f"/Users/{id}", {"op": op, "path": 'roles[primary eq "True"].value', "value": value})
    assert [role["value"] for role in entra.get(f"/Users/{id}")["roles"]] == [value]
    entra.patch(f"/Users/{id}", {"op": "Add", "path": "roles", "value": [{"value": "READER"}]})
    assert {role["value"] for role in entra.get(f"/Users/{id}")["roles"]} == {value, "READER"}


@pytest.mark.parametrize("path", ["active", "ACTIVE", f"{USER}:active", None])
@pytest.mark.parametrize("value", ["False", "false", False])
def test_somebody_is_deactivated_in_any_form(
    entra: Provider, id: str, directories: Directories, path: str | None, value: Any
) -> None:
    named = {"path": path, "value": value} if path else {"value": {"active": value}}
    entra.patch(f"/Users/{id}", {"op": "Replace", **named})
    assert not user(directories, id).active


def test_the_enterprise_extension_is_merged_and_emptied(
    entra: Provider, id: str, directories: Directories
) -> None:
    entra.patch(f"/Users/{id}", {"op": "Add", "path": ENTERPRISE, "value": {"costCenter": "7"}})
    entra.patch(f"/Users/{id}", {"op": "Replace", "value": {ENTERPRISE: {"department": "HR"}}})
    assert user(directories, id).enterprise == {"costCenter": "7", "department": "HR"}
    for value in (None, ""):
        entra.patch(f"/Users/{id}", {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": value})
        assert not user(directories, id).enterprise.get("department")


def test_a_manager_is_taken_away_in_any_form(entra: Provider, id: str, directories: Directories) -> None:
    for value in ("", None, {"value": ""}):
        entra.patch(f"/Users/{id}", {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "7"})
        assert user(directories, id).manager == "7"
        entra.patch(f"/Users/{id}", {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": value})
        assert user(directories, id).manager == ""


def test_an_address_is_set_where_there_was_none(entra: Provider, directories: Directories) -> None:
    id = entra.create("Users", {"schemas": [USER], "userName": "bo@example.com", "active": "True"})["id"]
    work = 'emails[type eq "work"]'
    entra.patch(
        f"/Users/{id}",
        {"op": "Replace", "path": f"{work}.value", "value": "bo@example.com"},
        {"op": "Add", "path": f"{work}.primary", "value": "True"},
        {"op": "Remove", "path": 'emails[type eq "other"]'},
    )
    [email] = user(directories, id).emails
    assert (email["value"], email["type"], email["primary"]) == ("bo@example.com", "work", True)


def test_who_is_assigned_anew_under_another_name_is_refused_and_then_found(okta: Provider) -> None:
    path = f"/Users/{okta.create('Users', alex())['id']}"
    assert okta.put(path, alex(active=False))["active"] is False
    assert okta.find("Users", 'userName eq "old.name@example.com"', startIndex=1, count=100) == []
    assert okta.error("POST", "/Users", alex()) == (409, "uniqueness")
    okta.delete(path)
    assert okta.error("DELETE", path) == (404, "")
    assert okta.create("Users", alex())["active"] is True


def test_keys_and_operators_are_read_in_any_case(entra: Provider, id: str) -> None:
    changes = [{"OP": "rePlace", "Path": "displayName", "VALUE": "Al"}]
    assert entra.call("PATCH", f"/Users/{id}", {"schemas": [PATCH], "operations": changes}).status_code == 200
    assert [
        found["displayName"] for found in entra.find("Users", f'{USER}:userName EQ "{alex()["userName"]}"')
    ]


@pytest.mark.parametrize("op", ["Add", "Replace"])
def test_paths_among_the_attributes_of_an_operation_are_read(
    entra: Provider, id: str, directories: Directories, op: str
) -> None:
    work = 'emails[type eq "work"].'
    more = {"name.givenName": "Al", f"{ENTERPRISE}:department": "HR", "manager": "7"}
    entra.patch(f"/Users/{id}", {"op": op, "value": {f"{work}value": "al@example.com", **more}})
    found = user(directories, id)
    assert (found.given_name, found.enterprise["department"], found.manager) == ("Al", "HR", "7")
    assert [(email["value"], email["primary"]) for email in found.emails] == [("al@example.com", True)]
    wrong = {"schemas": [PATCH], "Operations": [{"op": op, "value": {"emails[": "x", "title": "y"}}]}
    assert entra.error("PATCH", f"/Users/{id}", wrong) == (400, "invalidPath")


def test_numbers_count_as_their_digits(entra: Provider, directories: Directories) -> None:
    more = {"employeeNumber": 42, "costCenter": 7, "manager": {"value": 5}}
    body = alex(externalId=9, name={"givenName": 8}, roles=[{"value": 1}], **{ENTERPRISE: more})
    id = entra.create("Users", body)["id"]
    assert user(directories, id).given_name == "8"
    entra.patch(f"/Users/{id}", {"op": "Replace", "path": "name.givenName", "value": 12})
    assert user(directories, id).given_name == "12"
    found = user(directories, id)
    assert (found.external_id, found.enterprise["employeeNumber"], found.manager) == ("9", "42", "5")
    entra.patch(f"/Users/{id}", {"op": "Replace", "path": f"{ENTERPRISE}:employeeNumber", "value": 43})
    assert user(directories, id).enterprise["employeeNumber"] == "43"


def test_parameters_without_a_value_say_nothing(entra: Provider, id: str) -> None:
    page = entra.get("/Users?filter=&startIndex=&count=&sortBy=&attributes=")
    assert [found["id"] for found in page["Resources"]] == [id]
