"""What Miro's SCIM service is known to do with the attributes of people: asked for, written, ignored."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.miro.filter import CORE_USER, ENTERPRISE
from bot.sandbox.miro.patch import PATCH_OP
from tests.sandbox.asking import SCIM, Asking, replace, sandbox


@pytest.fixture
def asking() -> Iterator[Asking]:
    with sandbox() as asking:
        yield asking


def test_rule_11_a_person_looks_as_seen_live(asking: Asking) -> None:
    assert asking.get(f"/Users/{asking.ada}").json() == {
        "schemas": [CORE_USER],
        "id": asking.ada,
        "userName": "ada@example.com",
        "displayName": "Ada Example",
        "name": {"familyName": "Example", "givenName": "Ada"},
        "userType": "Full",
        "active": True,
        "emails": [{"value": "ada@example.com", "display": "ada@example.com", "primary": True}],
        "photos": [{"type": "photo"}],
        "groups": [{"value": asking.engineering, "display": "Engineering"}],
        "roles": [
            {
                "value": "ORGANIZATION_INTERNAL_USER",
                "display": "Member",
                "type": "organization_user_role",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "User", "location": f"https://miro.com/api/v1/scim/Users/{asking.ada}"},
    }


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ('userName eq "ADA@example.com"', ["ada"]),
        ("(active eq true)", ["grace", "ada"]),
        ('roles.value eq "ORGANIZATION_INTERNAL_ADMIN"', ["grace"]),
        ('userType ne "Full"', []),
        ('displayName co "example" and not (displayName sw "Ada")', ["grace"]),
    ],
)
def test_rule_11_people_are_found_by_filter(asking: Asking, filter: str, expected: list[str]) -> None:
    assert asking.found(filter) == [getattr(asking, name) for name in expected]


def test_rule_11_people_are_found_by_their_group_quoted_or_not(asking: Asking) -> None:
    for written in (asking.it, f'"{asking.it}"'):
        assert asking.found(f"groups.value eq {written}") == [asking.grace]


def test_rule_11_a_filter_that_cannot_be_read_is_400(asking: Asking) -> None:
    answer = asking.get("/Users", filter="userName is ada")
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_rule_11_attributes_reach_into_others(asking: Asking) -> None:
    asking.miro.change_user("ada@example.com", enterprise={"department": "IT", "division": "North"})
    wanted = f"id,EMAILS.value,groups.display,{ENTERPRISE}:department"
    shown = asking.get(f"/Users/{asking.ada}", attributes=wanted).json()
    assert shown.pop("schemas")[0] == "urn:ietf:params:scim:schemas:core:2.0:User"
    assert shown == {
        "id": asking.ada,
        "emails": [{"value": "ada@example.com"}],
        "groups": [{"display": "Engineering"}],
        ENTERPRISE: {"department": "IT"},
    }


def test_rule_11_an_id_that_is_not_asked_for_does_not_come(asking: Asking) -> None:
    assert set(asking.get(f"/Users/{asking.ada}", attributes="active").json()) == {"schemas", "active"}


@pytest.mark.parametrize("op", ["Replace", "replace", "REPLACE", "Add"])
@pytest.mark.parametrize("value", [False, "false", "False"])
def test_rule_11_active_is_written_in_any_form(asking: Asking, op: str, value: Any) -> None:
    answer = asking.patch(f"/Users/{asking.ada}", {"op": op, "path": "active", "value": value})
    assert answer.json()["active"] is False


def test_rule_11_a_replacement_needs_no_path(asking: Asking) -> None:
    value = {"active": False, "displayName": "Ada Lovely", "name.givenName": "Nobody"}
    answer = asking.patch(f"/Users/{asking.ada}", {"op": "replace", "value": value}).json()
    assert (answer["active"], answer["displayName"]) == (False, "Ada Lovely")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Move", "path": "active", "value": True},
        {"op": "Replace", "path": "active", "value": "perhaps"},
        {"op": "Replace", "path": "active"},
        {"op": "Replace", "path": "roles[primary is", "value": "x"},
        {"op": "Replace", "value": "x"},
        {"op": "Remove"},
        {"op": "Remove", "path": "userName"},
        {"op": "Replace", "path": "displayName", "value": "x" * 61},
        {"op": "Replace", "path": "displayName", "value": ["Ada"]},
        "Replace",
    ],
)
def test_rule_11_what_is_no_operation_is_400_and_changes_nothing(asking: Asking, operation: Any) -> None:
    before = asking.miro.snapshot()
    renamed = replace("displayName", "Ada Lovely")
    assert asking.patch(f"/Users/{asking.ada}", renamed, operation).status_code == 400
    assert asking.miro.snapshot() == before


@pytest.mark.parametrize(
    "operation",
    [
        replace("roles[primary eq true].value", "ORGANIZATION_INTERNAL_ADMIN"),
        replace('roles[primary eq "True"].value', "ORGANIZATION_INTERNAL_ADMIN"),
        replace("roles.value", "ORGANIZATION_INTERNAL_ADMIN"),
        replace("roles.value", [{"value": "ORGANIZATION_INTERNAL_ADMIN"}]),
        {"op": "add", "path": "roles", "value": {"value": "ORGANIZATION_INTERNAL_ADMIN"}},
    ],
)
def test_rule_11_the_role_is_written_in_any_form(asking: Asking, operation: dict[str, Any]) -> None:
    asking.miro.change_user("ada@example.com", admin_roles=("User Admin",))
    roles = asking.patch(f"/Users/{asking.ada}", operation).json()["roles"]
    company_admin, user_admin = roles
    assert company_admin == {
        "value": "ORGANIZATION_INTERNAL_ADMIN",
        "display": "Company Admin",
        "type": "organization_user_role",
        "primary": True,
    }
    assert (user_admin["value"], user_admin["primary"]) == ("User Admin", False)


def test_rule_11_admin_roles_are_added_and_removed(asking: Asking) -> None:
    added = [{"value": "Content Admin", "type": "organization_admin_role", "primary": False}]
    asking.patch(f"/Users/{asking.ada}", {"op": "Add", "path": "roles", "value": added})
    asking.patch(f"/Users/{asking.ada}", {"op": "Add", "path": "roles", "value": "User Admin"})
    ada = asking.miro.user("ada@example.com")
    assert ada and ada.admin_roles == ("Content Admin", "User Admin")
    asking.patch(f"/Users/{asking.ada}", {"op": "Remove", "path": 'roles[value eq "Content Admin"]'})
    ada = asking.miro.user("ada@example.com")
    assert ada and ada.admin_roles == ("User Admin",)


def test_rule_11_entra_gives_an_admin_role_as_the_one_that_is_not_primary(asking: Asking) -> None:
    operation = replace('roles[primary eq "False"].value', "Content Admin")
    ada = asking.patch(f"/Users/{asking.ada}", operation).json()
    assert [role["value"] for role in ada["roles"]] == ["ORGANIZATION_INTERNAL_USER", "Content Admin"]


def test_rule_11_a_replaced_list_of_roles_is_the_whole_list(asking: Asking) -> None:
    every = [{"value": name} for name in ("Content Admin", "User Admin", "Security Admin")]
    ada = asking.patch(f"/Users/{asking.ada}", replace("roles", every)).json()
    assert [role["value"] for role in ada["roles"][1:]] == ["Content Admin", "User Admin", "Security Admin"]
    only = [{"value": "ORGANIZATION_INTERNAL_USER", "type": "organization_user_role", "primary": True}]
    assert asking.patch(f"/Users/{asking.ada}", replace("roles", only)).json()["roles"][1:] == []


def test_rule_11_an_admin_role_is_removed_by_value_and_the_primary_one_never(asking: Asking) -> None:
    asking.miro.change_user("ada@example.com", admin_roles=("User Admin", "Content Admin"))
    path = f"/Users/{asking.ada}"
    gone = {"op": "Remove", "path": "roles", "value": [{"value": "User Admin"}]}
    assert [role["value"] for role in asking.patch(path, gone).json()["roles"][1:]] == ["Content Admin"]
    for which in ("roles", "roles[primary eq true]", 'roles[value eq "ORGANIZATION_INTERNAL_USER"]'):
        refused = asking.patch(path, {"op": "Remove", "path": which})
        assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")


@pytest.mark.parametrize("role", ["ORGANIZATION_EXTERNAL_USER", "Grand Admin", "Content Admin Of All"])
def test_rule_11_a_role_that_cannot_be_given_is_400(asking: Asking, role: str) -> None:
    assert asking.patch(f"/Users/{asking.ada}", replace("roles.value", role)).status_code == 400
    ada = asking.miro.user("ada@example.com")
    assert ada and (ada.role, ada.admin_roles) == ("ORGANIZATION_INTERNAL_USER", ())


@pytest.mark.parametrize(
    ("sent", "full"),
    [
        ({"displayName": "A", "name": {"formatted": "B"}}, "A"),
        ({"displayName": "", "name": {"formatted": "B", "givenName": "C", "familyName": "D"}}, "B"),
        ({"name": {"givenName": "Lin", "familyName": "Example"}}, "Lin Example"),
        ({}, "lin@example.com"),
    ],
)
def test_rule_11_the_full_name_is_the_first_of_four(asking: Asking, sent: dict[str, Any], full: str) -> None:
    answer = asking.post("/Users", {"userName": "lin@example.com", **sent})
    assert answer.json()["displayName"] == full


@pytest.mark.parametrize(
    ("part", "full"), [("givenName", "New Example"), ("familyName", "Ada New"), ("formatted", "New")]
)
def test_rule_11_a_part_of_the_name_is_written_alone(asking: Asking, part: str, full: str) -> None:
    ada = asking.patch(f"/Users/{asking.ada}", replace(f"name.{part}", "New")).json()
    assert ada["displayName"] == full


def test_rule_11_a_picture_is_set_and_taken_away(asking: Asking) -> None:
    url, path = "https://example.com/ada.png", f"/Users/{asking.ada}"
    assert asking.get(path).json()["photos"] == [{"type": "photo"}]
    shown = [{"type": "photo", "value": url}]
    for operation in (replace("photos", shown), replace('photos[type eq "photo"].value', url)):
        assert asking.patch(path, operation).json()["photos"] == shown
        gone = asking.patch(path, {"op": "Remove", "path": "photos", "value": url}).json()
        assert gone["photos"] == [{"type": "photo"}]


def test_rule_11_the_language_is_set_and_taken_away(asking: Asking) -> None:
    path = f"/Users/{asking.ada}"
    shown = asking.patch(path, replace("preferredLanguage", "en_US")).json()
    assert shown["preferredLanguage"] == "en_US"
    gone = asking.patch(path, {"op": "Remove", "path": "preferredLanguage", "value": "en_US"}).json()
    assert "preferredLanguage" not in gone


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"Operations": [replace("active", False)]},
        {"schemas": [CORE_USER], "Operations": [replace("active", False)]},
        {"schemas": [PATCH_OP]},
        {"schemas": [PATCH_OP], "Operations": []},
        {"schemas": [PATCH_OP], "Operations": replace("active", False)},
    ],
)
def test_rule_11_what_is_no_patch_is_400(asking: Asking, body: Any) -> None:
    answer = asking.http.patch(f"/Users/{asking.ada}", json=body, headers={"Content-Type": SCIM})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")
    ada = asking.miro.user("ada@example.com")
    assert ada and ada.active


def test_rule_15_emails_and_unknown_attributes_of_a_resource_are_ignored(asking: Asking) -> None:
    before = asking.get(f"/Users/{asking.ada}").json()
    emails = [{"value": "other@example.com", "type": "work"}]
    operations = replace("emails", emails), replace('emails[type eq "work"].value', "x@example.com")
    assert asking.patch(f"/Users/{asking.ada}", *operations).json() == before
    assert (
        asking.put(f"/Users/{asking.ada}", {"emails": emails, "title": "Dr.", "groups": []}).json() == before
    )


def test_rule_15_a_manager_must_be_a_number_or_is_ignored(asking: Asking) -> None:
    asking.patch(f"/Users/{asking.ada}", replace(f"{ENTERPRISE}:manager.value", "12"))
    asking.patch(f"/Users/{asking.ada}", replace(f"{ENTERPRISE}:manager.value", "grace@example.com"))
    answer = asking.patch(f"/Users/{asking.ada}", replace(f"{ENTERPRISE}:manager.displayName", "Grace"))
    assert answer.json()[ENTERPRISE] == {"manager": {"value": "12", "displayName": "Grace"}}
    for part in ("value", "displayName"):
        path = f"{ENTERPRISE}:manager.{part}"
        answer = asking.patch(f"/Users/{asking.ada}", {"op": "Remove", "path": path})
    assert ENTERPRISE not in answer.json()


def test_rule_15_enterprise_attributes_are_kept_up_to_their_length(asking: Asking) -> None:
    extension = {"department": "IT", "costCenter": "CS001", "employeeNumber": "E0001"}
    answer = asking.post("/Users", {"userName": "lin@example.com", ENTERPRISE: extension}).json()
    assert answer[ENTERPRISE] == extension
    path = f"{ENTERPRISE}:employeeNumber"
    for length, status in ((20, 200), (21, 400)):
        assert asking.patch(f"/Users/{answer['id']}", replace(path, "1" * length)).status_code == status
    cleared = asking.patch(f"/Users/{answer['id']}", {"op": "Remove", "path": path}).json()
    assert "employeeNumber" not in cleared[ENTERPRISE]


@pytest.mark.parametrize(
    "path", ["nickName", "costCenter", "roles.colour", f"{ENTERPRISE}:costCentre", "name.middle"]
)
def test_a_path_that_miro_does_not_have_is_refused(asking: Asking, path: str) -> None:
    answer = asking.patch(f"/Users/{asking.ada}", replace("displayName", "Countess"), replace(path, "x"))
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidPath")
    assert asking.get(f"/Users/{asking.ada}").json()["displayName"] == "Ada Example"


def test_a_path_that_groups_do_not_have_is_refused(asking: Asking) -> None:
    answer = asking.patch(f"/Groups/{asking.it}", replace("description", "All who mend things"))
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidPath")


@pytest.mark.parametrize("text", ['nickName eq "Ada"', 'department eq "IT"', 'userName eq "a" or colour pr'])
def test_a_filter_on_what_miro_does_not_have_is_refused(asking: Asking, text: str) -> None:
    answer = asking.get("/Users", filter=text)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_a_group_may_not_take_the_name_of_another(asking: Asking) -> None:
    answer = asking.patch(f"/Groups/{asking.it}", replace("displayName", "engineering"))
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert (
        asking.patch(f"/Groups/{asking.it}", replace("displayName", "IT ADMINISTRATION")).status_code == 200
    )
