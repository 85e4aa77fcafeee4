"""What Miro's SCIM service is known to do with teams and user groups, rule by rule."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.miro.service import BoardsPassed
from tests.sandbox.asking import Asking, add, remove, replace, said, sandbox

LAST_ADMIN = (409, "Any account in organization must have at least one admin")
LAST_TEAM_ADMIN = (409, "Any team in organization must have at least one admin")
USER = "ORGANIZATION_INTERNAL_USER"


@pytest.fixture
def asking() -> Iterator[Asking]:
    with sandbox() as asking:
        yield asking


@pytest.fixture
def grouped() -> Iterator[Asking]:
    with sandbox(group_model="user-group") as asking:
        yield asking


def members(asking: Asking, team: str) -> list[str]:
    return [member["value"] for member in asking.get(f"/Groups/{team}").json()["members"]]


def test_rule_07_a_sole_team_admin_is_neither_deactivated_nor_deleted(asking: Asking) -> None:
    lead = asking.miro.add_user("lead@example.com", "Lead", team_admin_of=[asking.miro.add_team("Design")])
    assert said(asking.patch(f"/Users/{lead}", replace("active", "false"))) == LAST_TEAM_ADMIN
    assert said(asking.delete(f"/Users/{lead}")) == LAST_TEAM_ADMIN
    assert asking.get(f"/Users/{lead}").json()["active"] is True


def test_rule_07_the_last_company_admin_is_not_deactivated_deleted_or_demoted(asking: Asking) -> None:
    boss = asking.miro.add_user("boss@example.com", "Boss", admin=True)
    asking.miro.change_user("grace@example.com", role=USER)
    for answer in (
        asking.patch(f"/Users/{boss}", replace("active", False)),
        asking.patch(f"/Users/{boss}", replace("roles[primary eq true].value", USER)),
        asking.delete(f"/Users/{boss}"),
    ):
        assert said(answer) == LAST_ADMIN
    asking.miro.change_user("grace@example.com", role="ORGANIZATION_INTERNAL_ADMIN")
    assert asking.patch(f"/Users/{boss}", replace("roles[primary eq true].value", USER)).status_code == 200


def test_rule_07_a_deactivated_admin_does_not_count_as_another(asking: Asking) -> None:
    boss = asking.miro.add_user("boss@example.com", "Boss", admin=True)
    asking.miro.change_user("grace@example.com", active=False)
    assert said(asking.delete(f"/Users/{boss}")) == LAST_ADMIN


def test_rule_07_the_last_team_admin_does_not_leave_and_nobody_else_does(asking: Asking) -> None:
    path = f"/Groups/{asking.engineering}"
    assert said(asking.patch(path, remove(asking.ada), remove(asking.grace))) == LAST_TEAM_ADMIN
    both = {"op": "Remove", "path": "members", "value": [{"value": asking.ada}, {"value": asking.grace}]}
    assert said(asking.patch(path, both)) == LAST_TEAM_ADMIN
    assert said(asking.patch(path, {"op": "Replace", "path": "members", "value": []})) == LAST_TEAM_ADMIN
    assert members(asking, asking.engineering) == [asking.grace, asking.ada]
    assert asking.miro.boards == []


def test_rule_07_with_a_second_team_admin_the_first_may_go(asking: Asking) -> None:
    asking.miro.change_team(asking.engineering, admins=(asking.grace, asking.ada))
    assert asking.patch(f"/Groups/{asking.engineering}", remove(asking.grace)).status_code == 200
    assert asking.miro.team(asking.engineering).admins == (asking.ada,)


def test_rule_09_adding_reactivates(asking: Asking) -> None:
    asking.miro.change_user("ada@example.com", active=False)
    assert asking.patch(f"/Groups/{asking.it}", add(asking.ada)).status_code == 200
    ada = asking.get(f"/Users/{asking.ada}").json()
    assert ada["active"] is True
    assert [group["display"] for group in ada["groups"]] == ["Engineering", "IT Administration"]


def test_rule_09_adding_recreates_who_was_deleted(asking: Asking) -> None:
    asking.delete(f"/Users/{asking.ada}")
    asking.patch(f"/Groups/{asking.it}", add(asking.ada))
    ada = asking.get(f"/Users/{asking.ada}").json()
    assert (ada["userName"], ada["active"]) == ("ada@example.com", True)
    assert [group["value"] for group in ada["groups"]] == [asking.it]


def test_rule_09_who_is_recreated_is_an_active_member_and_gets_a_free_seat_if_any(asking: Asking) -> None:
    asking.miro.seats = 1
    was = {"active": False, "admin_roles": ("User Admin",), "role": "ORGANIZATION_INTERNAL_ADMIN"}
    asking.miro.change_user("ada@example.com", **was)
    asking.delete(f"/Users/{asking.ada}")
    asking.patch(f"/Groups/{asking.it}", add(asking.ada))
    ada = asking.miro.user("ada@example.com")
    assert ada and (ada.active, ada.role, ada.admin_roles) == (True, USER, ())
    assert ada.user_type == "Free Restricted"


def test_rule_09_nobody_is_recreated_beside_the_same_email(asking: Asking) -> None:
    asking.delete(f"/Users/{asking.ada}")
    asking.post("/Users", {"userName": "ada@example.com"})
    assert asking.patch(f"/Groups/{asking.it}", add(asking.ada)).status_code == 404


def test_rule_09_adding_promotes_a_guest(asking: Asking) -> None:
    gil = asking.miro.add_user("gil@example.com", "Gil Guest", guest=True, user_type="Free")
    asking.patch(f"/Groups/{asking.it}", add(gil))
    shown = asking.get(f"/Users/{gil}").json()
    assert (shown["userType"], shown["roles"][0]["value"]) == ("Full", USER)


def test_rule_09_adding_takes_seats(asking: Asking) -> None:
    gil = asking.miro.add_user("gil@example.com", "Gil Guest", guest=True)
    asking.miro.seats = 2
    refused = said(asking.patch(f"/Groups/{asking.it}", add(asking.ada, gil)))
    assert refused == (409, "Full users limit reached for organization")
    assert members(asking, asking.it) == [asking.grace]


def test_rule_09_adding_who_is_there_and_removing_who_is_not_change_nothing(asking: Asking) -> None:
    before = asking.miro.snapshot()
    assert asking.patch(f"/Groups/{asking.engineering}", add(asking.ada)).status_code == 200
    assert asking.patch(f"/Groups/{asking.it}", remove(asking.ada)).status_code == 200
    assert asking.miro.snapshot() == before


def test_rule_09_boards_go_to_the_oldest_team_admin_and_do_not_come_back(asking: Asking) -> None:
    asking.miro.add_user("late@example.com", "Late", team_admin_of=[asking.engineering])
    asking.patch(f"/Groups/{asking.engineering}", remove(asking.ada))
    asking.patch(f"/Groups/{asking.engineering}", add(asking.ada))
    assert asking.miro.boards == [BoardsPassed(asking.ada, asking.engineering, asking.grace)]


def test_rule_09_a_deleted_persons_boards_go_to_the_admin_of_each_team(asking: Asking) -> None:
    asking.miro.join("ada@example.com", asking.it)
    late = asking.miro.add_user("late@example.com", "Late", team_admin_of=[asking.engineering])
    asking.miro.change_team(asking.engineering, admins=(late,))
    asking.delete(f"/Users/{asking.ada}")
    assert asking.miro.boards == [
        (asking.ada, asking.engineering, late),
        (asking.ada, asking.it, asking.grace),
    ]


def test_rule_09_who_never_signed_in_leaves_the_organization_with_the_last_team(asking: Asking) -> None:
    lin = asking.miro.add_user("lin@example.com", "Lin", teams=[asking.engineering], registered=False)
    asking.patch(f"/Groups/{asking.it}", add(lin))
    asking.patch(f"/Groups/{asking.engineering}", remove(lin))
    assert asking.get(f"/Users/{lin}").status_code == 200
    asking.patch(f"/Groups/{asking.it}", remove(lin))
    assert said(asking.get(f"/Users/{lin}")) == (404, f"No resource with ID {lin}")


def test_rule_09_who_was_made_through_scim_has_not_signed_in(asking: Asking) -> None:
    asking.miro.default_team = asking.it
    lin = asking.post("/Users", {"userName": "lin@example.com"}).json()["id"]
    asking.patch(f"/Groups/{asking.it}", remove(lin))
    assert asking.miro.user("lin@example.com") is None


def test_rule_09_who_has_signed_in_stays_without_a_team(asking: Asking) -> None:
    asking.patch(f"/Groups/{asking.engineering}", remove(asking.ada))
    assert asking.get(f"/Users/{asking.ada}").json()["groups"] == []


def test_rule_09_replacing_members_removes_all_others(asking: Asking) -> None:
    lin = asking.miro.add_user("lin@example.com", "Lin")
    value = [{"value": asking.grace}, {"value": lin}]
    asking.patch(f"/Groups/{asking.engineering}", {"op": "replace", "path": "members", "value": value})
    assert members(asking, asking.engineering) == [asking.grace, lin]
    assert asking.miro.boards == [(asking.ada, asking.engineering, asking.grace)]


def test_rule_09_unknown_ids_are_404_only_if_no_id_is_known(asking: Asking) -> None:
    path = f"/Groups/{asking.it}"
    assert said(asking.patch(path, add("7", "8"))) == (
        404,
        "No valid resources: [{memberId=7, display=null}, {memberId=8, display=null}]",
    )
    assert asking.patch(path, remove("7")).status_code == 404
    assert asking.patch(path, add("7", asking.ada)).status_code == 200
    assert members(asking, asking.it) == [asking.grace, asking.ada]
    assert said(asking.patch("/Groups/7", add(asking.ada))) == (404, "No resource with ID 7")


@pytest.mark.parametrize(
    "written", ['members[value eq "{}"]', "members[value eq {}]", "Members[Value EQ {}]"]
)
def test_rule_11_a_member_is_named_quoted_or_not(asking: Asking, written: str) -> None:
    asking.patch(f"/Groups/{asking.engineering}", {"op": "remove", "path": written.format(asking.ada)})
    assert members(asking, asking.engineering) == [asking.grace]


def test_rule_11_several_members_are_named_in_one_path(asking: Asking) -> None:
    lin = asking.miro.add_user("lin@example.com", "Lin", teams=[asking.engineering])
    path = f'members[value eq "{asking.ada}" or value eq "{lin}"]'
    asking.patch(f"/Groups/{asking.engineering}", {"op": "Remove", "path": path})
    assert members(asking, asking.engineering) == [asking.grace]


@pytest.mark.parametrize("form", ["list", "one", "ids", "pathless"])
def test_rule_11_members_are_named_in_any_form(asking: Asking, form: str) -> None:
    value: Any = {"list": [{"value": asking.ada}], "one": {"value": asking.ada}, "ids": [asking.ada]}.get(
        form
    )
    operation = {"op": "add", "path": "members", "value": value}
    if form == "pathless":
        operation = {"op": "add", "value": {"members": [{"value": asking.ada}]}}
    assert asking.patch(f"/Groups/{asking.it}", operation).status_code == 200
    assert members(asking, asking.it) == [asking.grace, asking.ada]


def test_rule_11_members_are_removed_by_a_list_too(asking: Asking) -> None:
    operation = {"op": "Remove", "path": "members", "value": [{"value": asking.ada}]}
    asking.patch(f"/Groups/{asking.engineering}", operation)
    assert members(asking, asking.engineering) == [asking.grace]


@pytest.mark.parametrize("with_path", [True, False])
def test_rule_11_a_rename_changes_the_groups_name_and_not_the_teams(asking: Asking, with_path: bool) -> None:
    value = {"id": asking.it, "displayName": "Unit 2"}
    operation = replace("displayName", "Unit 2") if with_path else {"op": "replace", "value": value}
    answer = asking.patch(f"/Groups/{asking.it}", operation, attributes="id,displayName")
    assert answer.json()["displayName"] == "Unit 2"
    assert "members" not in answer.json()
    team = asking.miro.team(asking.it)
    assert (team.displayName, team.team_name) == ("Unit 2", "IT Administration")


def test_rule_11_a_name_may_have_1_to_60_characters(asking: Asking) -> None:
    for name in ("x", "x" * 60):
        assert (
            asking.patch(f"/Groups/{asking.it}", replace("displayName", name)).json()["displayName"] == name
        )


@pytest.mark.parametrize("name", ["", " ", "x" * 61, None, ["Unit"]])
def test_rule_11_a_group_needs_a_name(asking: Asking, name: Any) -> None:
    assert asking.patch(f"/Groups/{asking.it}", replace("displayName", name)).status_code == 400
    assert asking.miro.team(asking.it).displayName == "IT Administration"


def test_rule_11_groups_are_found_by_name_and_not_by_members(asking: Asking) -> None:
    assert asking.found('displayName eq "engineering"', "Groups") == [asking.engineering]
    for filter in (f'members.value eq "{asking.ada}"', "members pr", 'members[value eq "1"]'):
        answer = asking.get("/Groups", filter=filter)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_rule_12_a_team_is_neither_created_put_nor_deleted(asking: Asking, method: str) -> None:
    path = "/Groups" if method == "POST" else f"/Groups/{asking.it}"
    answer = asking.http.request(method, path, json={"displayName": "Data"})
    message = "Endpoint is found, but this method is not allowed"
    assert answer.status_code == 405
    assert answer.json() == {"error": {"message": message, "reason": "methodNotAllowed", "code": 405}}


def test_rule_12_a_user_group_is_created_renamed_and_deleted(grouped: Asking) -> None:
    body = {"displayName": "Data", "members": [{"value": grouped.ada}]}
    created = grouped.post("/Groups", body)
    path = f"/Groups/{created.json()['id']}"
    assert created.status_code == 201
    assert created.headers["Location"] == f"https://miro.com/api/v1/scim{path}"
    assert [member["value"] for member in created.json()["members"]] == [grouped.ada]
    assert grouped.patch(path, replace("displayName", "Data 2")).json()["displayName"] == "Data 2"
    assert grouped.miro.team(created.json()["id"]).team_name == "Data 2"
    assert grouped.delete(path).status_code == 204
    assert grouped.get(path).status_code == 404
    assert [group["display"] for group in grouped.get(f"/Users/{grouped.ada}").json()["groups"]] == [
        "Engineering"
    ]


def test_rule_12_a_user_group_needs_a_name(grouped: Asking) -> None:
    assert grouped.post("/Groups", {"members": []}).status_code == 400


def test_rule_12_a_user_group_has_no_admin_to_keep_and_no_boards(grouped: Asking) -> None:
    everybody = {"op": "Replace", "path": "members", "value": []}
    assert grouped.patch(f"/Groups/{grouped.engineering}", everybody).json()["members"] == []
    lin = grouped.miro.add_user("lin@example.com", "Lin", teams=[grouped.it], registered=False)
    grouped.patch(f"/Groups/{grouped.it}", {"op": "Remove", "path": "members"})
    assert members(grouped, grouped.it) == []
    assert grouped.get(f"/Users/{lin}").status_code == 200
    assert grouped.miro.boards == []


def test_rule_12_a_user_group_reactivates_nobody(grouped: Asking) -> None:
    grouped.miro.change_user("ada@example.com", active=False)
    grouped.patch(f"/Groups/{grouped.it}", add(grouped.ada))
    assert members(grouped, grouped.it) == [grouped.grace, grouped.ada]
    assert grouped.get(f"/Users/{grouped.ada}").json()["active"] is False
