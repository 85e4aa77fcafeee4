"""Entra ID's requests, as its pages print them, are answered as printed there.

https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups and, in the
same folder, application-provisioning-config-problem-scim-compatibility (what it sends without its flag).
"""

from typing import Any

import pytest

from bot.directory.store import ENTERPRISE, Directories, Group, User
from tests.bot.directory.provider import GROUP, JSON, USER, Provider, alex

MANAGER = f"{ENTERPRISE}:manager"


@pytest.fixture
def id(entra: Provider) -> str:
    """Alex, created by Entra ID."""
    return str(entra.create("Users", alex())["id"])


def user(directories: Directories, id: str) -> User:
    found = directories.get("entra", id)
    assert isinstance(found, User)
    return found


def members(directories: Directories, id: str) -> set[str]:
    found = directories.get("entra", id)
    assert isinstance(found, Group)
    return {*found.members}


def test_a_connection_is_tried_with_somebody_who_is_not_there(entra: Provider) -> None:
    assert entra.find("Users", 'userName eq "5b50642d-79fc-4410-9e90-4c077cdd1a59"') == []


def test_a_user_is_created_with_nulls_unknown_attributes_and_an_odd_schema(
    entra: Provider, directories: Directories
) -> None:
    odd = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"
    nulls = dict.fromkeys(
        ("addresses", "phoneNumbers", "preferredLanguage", "title", "department", "manager")
    )
    made = entra.create("Users", alex(schemas=[USER, odd], meta={"resourceType": "User"}, roles=[]) | nulls)
    assert (made["externalId"], made["active"]) == ("00u1", True)
    assert user(directories, made["id"]).user_name == "alex.smith@example.com"


@pytest.mark.parametrize(
    "wanted",
    [
        'userName eq "Alex.Smith@example.com"',
        'externalId eq "00u1"',
        "externalId eq 00u1",
        'emails[type eq "work"].value eq "alex.smith@example.com"',
        'emails[type eq "work"] and active eq true',
    ],
)
def test_a_user_is_matched(entra: Provider, id: str, wanted: str) -> None:
    assert [person["id"] for person in entra.find("Users", wanted)] == [id]


def test_a_soft_deleted_user_is_still_found(entra: Provider, id: str, directories: Directories) -> None:
    ended = entra.patch(f"/Users/{id}", {"op": "Replace", "path": "active", "value": "False"})
    assert ended["active"] is False
    assert not user(directories, id).active
    assert [person["active"] for person in entra.find("Users", 'externalId eq "00u1"')] == [False]
    back = entra.patch(f"/Users/{id}", {"op": "Add", "path": "active", "value": "True"})
    assert (back["active"], user(directories, id).active) == (True, True)


def test_a_deleted_user_is_gone_for_entra_and_kept_here(
    entra: Provider, id: str, directories: Directories
) -> None:
    entra.delete(f"/Users/{id}")
    assert entra.error("GET", f"/Users/{id}") == (404, "")
    assert entra.find("Users", 'externalId eq "00u1"') == []
    [kept] = directories.snapshot("entra", deleted=True).users
    assert (kept.id, kept.deleted_at is not None) == (id, True)
    assert entra.error("PATCH", f"/Users/{id}", {"schemas": [USER], "Operations": []})[0] in (400, 404)


def test_an_address_and_a_name_are_changed(entra: Provider, id: str, directories: Directories) -> None:
    after = entra.patch(
        f"/Users/{id}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "alex.jones@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "Jones"},
        {"op": "Replace", "path": "userName", "value": "alex.jones@example.com"},
    )
    assert [email["value"] for email in after["emails"]] == ["alex.jones@example.com"]
    changed = user(directories, id)
    assert (changed.user_name, changed.family_name) == ("alex.jones@example.com", "Jones")
    home = {"op": "Add", "path": 'emails[type eq "home"].value', "value": "alex@home.example"}
    assert {email["type"] for email in entra.patch(f"/Users/{id}", home)["emails"]} == {"work", "home"}


def test_several_attributes_are_replaced_without_a_path(
    entra: Provider, id: str, directories: Directories
) -> None:
    values = {"displayName": "Al", "name.givenName": "Al", f"{ENTERPRISE}:employeeNumber": "7"}
    entra.patch(f"/Users/{id}", {"op": "replace", "value": values})
    after = user(directories, id)
    assert (after.display_name, after.given_name, after.family_name) == ("Al", "Al", "Smith")
    assert after.enterprise["employeeNumber"] == "7"


def test_what_is_not_known_is_passed_over(entra: Provider, id: str, directories: Directories) -> None:
    before = user(directories, id)
    entra.patch(
        f"/Users/{id}",
        {"op": "Add", "path": 'addresses[type eq "work"].formatted', "value": "1 Example Street"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+1 555 0100"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:custom:2.0:User:tag", "value": "x"},
    )
    assert user(directories, id).body == before.body


@pytest.mark.parametrize("path", ["manager", MANAGER])
@pytest.mark.parametrize(
    "form", [str, lambda id: {"value": id}, lambda id: [{"value": id, "$ref": f"/{id}"}]]
)
def test_a_manager_is_set_and_asked_for(
    entra: Provider, id: str, directories: Directories, path: str, form: Any
) -> None:
    boss = entra.create("Users", alex(userName="priya.rao@example.com", externalId="00u9"))["id"]
    entra.patch(f"/Users/{id}", {"op": "Add", "path": path, "value": form(boss)})
    assert user(directories, id).manager == boss
    for condition in (f'id eq "{id}" and {path} eq "{boss}"', f'{path} eq "{boss}" and id eq "{id}"'):
        assert entra.find("Users", condition, attributes="id") == [{"schemas": [USER], "id": id}]
    entra.patch(f"/Users/{id}", {"op": "Remove", "path": path})
    assert user(directories, id).manager == ""


def test_a_group_is_created_matched_and_renamed_without_its_members(entra: Provider, id: str) -> None:
    odd = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    sent = {"schemas": [GROUP, odd], "externalId": "8aa1", "displayName": "miroUsers"}
    made = entra.create("Groups", sent | {"meta": {"resourceType": "Group"}})
    path = f"/Groups/{made['id']}"
    assert entra.patch(path, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": id}]}) == {}
    assert "members" not in entra.get(path, excludedAttributes="members")
    [found] = entra.find("Groups", 'displayName eq "miroUsers"', excludedAttributes="members")
    assert (found["id"], "members" in found) == (made["id"], False)
    assert entra.patch(path, {"op": "Replace", "path": "displayName", "value": "Miro users"}) == {}
    assert [member["value"] for member in entra.get(path)["members"]] == [id]
    assert entra.error("POST", "/Groups", sent | {"displayName": "MIRO users"}) == (409, "uniqueness")


@pytest.mark.parametrize(
    "removal",
    [
        lambda id: {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": id}]},
        lambda id: {"op": "remove", "path": f'members[value eq "{id}"]'},
    ],
)
def test_a_member_is_added_asked_for_and_removed(
    entra: Provider, id: str, directories: Directories, removal: Any
) -> None:
    other = entra.create("Users", alex(userName="dana@example.com", externalId="00u2"))["id"]
    group: JSON = entra.create("Groups", {"schemas": [GROUP], "displayName": "miroUsers"})
    path, both = f"/Groups/{group['id']}", [{"value": id}, {"value": other}]
    entra.patch(path, {"op": "Add", "path": "members", "value": both})
    asked = f'id eq "{group["id"]}" and members eq "{id}"'
    assert [found["id"] for found in entra.find("Groups", asked, attributes="id")] == [group["id"]]
    entra.patch(path, removal(id))
    assert members(directories, group["id"]) == {other}
    assert entra.find("Groups", asked, attributes="id") == []
    entra.patch(path, removal(id))
    assert members(directories, group["id"]) == {other}
    entra.delete(path)


def test_schemas_are_discovered_as_a_list_without_nulls(entra: Provider) -> None:
    listed = entra.get("/Schemas")
    assert listed["totalResults"] == len(listed["Resources"])
    assert {USER, GROUP, ENTERPRISE} <= {schema["id"] for schema in listed["Resources"]}
    assert "null" not in entra.call("GET", "/Schemas").text
