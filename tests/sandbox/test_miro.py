"""What Miro's SCIM service is known to do with people and lists, rule by rule."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.asking import Asking, replace, said, sandbox


@pytest.fixture
def asking() -> Iterator[Asking]:
    with sandbox() as asking:
        yield asking


def crowd(asking: Asking, size: int) -> None:
    for number in range(size):
        asking.miro.add_user(f"p{number:04}@example.com", f"Person {number}")


def test_rule_01_a_list_gives_100_unless_asked_for_more(asking: Asking) -> None:
    crowd(asking, 105)
    page = asking.get("/Users").json()
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (107, 100, 1)
    assert len(page["Resources"]) == 100


def test_rule_01_a_list_never_gives_more_than_1000(asking: Asking) -> None:
    crowd(asking, 1001)
    page = asking.get("/Users", count=9999, attributes="id").json()
    assert (page["totalResults"], len(page["Resources"])) == (1003, 1000)


def test_rule_01_pages_start_at_1_and_follow_on_one_another(asking: Asking) -> None:
    first, second = (asking.get("/Users", startIndex=start, count=1).json() for start in (1, 2))
    assert [page["Resources"][0]["id"] for page in (first, second)] == [asking.grace, asking.ada]
    assert asking.get("/Users", startIndex=3).json()["Resources"] == []


def test_rule_01_a_start_below_1_is_1(asking: Asking) -> None:
    assert asking.get("/Users", startIndex=0).json() == asking.get("/Users", startIndex=1).json()


def test_rule_01_count_0_tells_the_number_alone(asking: Asking) -> None:
    page = asking.get("/Users", count=0).json()
    assert page == {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 2}


def test_rule_01_a_page_that_is_no_number_is_400(asking: Asking) -> None:
    assert asking.get("/Users", count="ten").json()["scimType"] == "invalidValue"


def test_rule_01_lists_can_be_sorted_both_ways(asking: Asking) -> None:
    up = asking.get("/Users", sortBy="name.givenName").json()["Resources"]
    down = asking.get("/Users", sortBy="emails.value", sortOrder="descending").json()["Resources"]
    assert [user["displayName"] for user in up] == ["Ada Example", "Grace Example"]
    assert [user["displayName"] for user in down] == ["Grace Example", "Ada Example"]


def test_rule_02_patch_is_200_with_the_whole_resource(asking: Asking) -> None:
    answer = asking.patch(f"/Users/{asking.ada}", replace("displayName", "Ada Lovely"))
    assert (answer.status_code, answer.json()) == (200, asking.get(f"/Users/{asking.ada}").json())
    assert answer.json()["displayName"] == "Ada Lovely"
    assert "Location" not in answer.headers


def test_rule_02_patch_gives_the_attributes_asked_for(asking: Asking) -> None:
    answer = asking.patch(f"/Users/{asking.ada}", replace("active", "false"), attributes="id,active")
    assert answer.json() == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": asking.ada,
        "active": False,
    }


def test_rule_02_post_is_201_with_a_location_on_miro(asking: Asking) -> None:
    answer = asking.post("/Users", {"userName": "lin@example.com"})
    user = asking.miro.user("lin@example.com")
    assert user is not None
    location = f"https://miro.com/api/v1/scim/Users/{user.id}"
    assert (answer.status_code, answer.headers["Location"]) == (201, location)
    assert answer.json()["meta"] == {"resourceType": "User", "location": location}


def test_rule_02_delete_is_204_without_a_body_and_then_404(asking: Asking) -> None:
    answer = asking.delete(f"/Users/{asking.ada}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert said(asking.delete(f"/Users/{asking.ada}")) == (404, f"No resource with ID {asking.ada}")


def test_rule_02_put_is_200_and_keeps_what_is_not_sent(asking: Asking) -> None:
    body = {"userName": "ada@example.com", "displayName": "Ada Lovely"}
    answer = asking.put(f"/Users/{asking.ada}", body)
    assert (answer.status_code, answer.json()["displayName"]) == (200, "Ada Lovely")
    assert answer.json()["userType"] == "Full"


def test_rule_02_ids_have_19_digits_and_are_the_same_every_time(asking: Asking) -> None:
    with sandbox() as again:
        assert (asking.ada, asking.it) == (again.ada, again.it)
    assert len(asking.ada) == 19
    assert asking.ada.isdecimal()


@pytest.mark.parametrize("taken", ["grace@example.com", "GRACE@example.com"])
def test_rule_03_a_duplicate_user_name_is_409_not_unique(asking: Asking, taken: str) -> None:
    answers = [
        asking.post("/Users", {"userName": taken}),
        asking.patch(f"/Users/{asking.ada}", replace("userName", taken)),
        asking.put(f"/Users/{asking.ada}", {"userName": taken}),
    ]
    for answer in answers:
        assert said(answer) == (409, f"User name '{taken}' is invalid: 'not unique'")
        assert answer.json()["scimType"] == "uniqueness"


def test_rule_03_a_deactivated_persons_name_is_taken_too(asking: Asking) -> None:
    asking.miro.change_user("ada@example.com", active=False)
    assert asking.post("/Users", {"userName": "ada@example.com"}).status_code == 409


def test_rule_03_a_deleted_persons_name_is_free_and_gets_a_new_id(asking: Asking) -> None:
    asking.delete(f"/Users/{asking.ada}")
    answer = asking.post("/Users", {"userName": "ada@example.com"})
    assert answer.status_code == 201
    assert answer.json()["id"] != asking.ada


@pytest.mark.parametrize("name", [None, "", "ada", 7, {"value": "lin@example.com"}])
def test_rule_03_a_user_name_must_be_an_email(asking: Asking, name: Any) -> None:
    answer = asking.post("/Users", {"userName": name, "displayName": "Lin"})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_rule_04_a_domain_that_is_not_allowed_is_409(asking: Asking) -> None:
    asking.miro.allowed_domains = {"example.com"}
    refused = (409, "lin@other.example is not whitelisted")
    assert said(asking.post("/Users", {"userName": "lin@other.example"})) == refused
    assert said(asking.patch(f"/Users/{asking.ada}", replace("userName", "lin@other.example"))) == refused
    assert asking.post("/Users", {"userName": "lin@EXAMPLE.com"}).status_code == 201


def test_rule_05_full_without_a_seat_is_409(asking: Asking) -> None:
    asking.miro.seats = 2
    free = asking.miro.add_user("lin@example.com", "Lin", user_type="Free")
    refused = (409, "Full users limit reached for organization")
    assert said(asking.post("/Users", {"userName": "kim@example.com", "userType": "Full"})) == refused
    assert said(asking.patch(f"/Users/{free}", replace("userType", "Full"))) == refused
    assert asking.miro.user("kim@example.com") is None


def test_rule_05_no_license_asked_for_falls_to_free_restricted(asking: Asking) -> None:
    asking.miro.seats = 3
    first = asking.post("/Users", {"userName": "kim@example.com"}).json()
    second = asking.post("/Users", {"userName": "lin@example.com"}).json()
    assert (first["userType"], second["userType"]) == ("Full", "Free Restricted")


def test_rule_05_a_license_goes_up_and_never_down(asking: Asking) -> None:
    lin = asking.miro.add_user("lin@example.com", "Lin", user_type="Free")
    assert asking.patch(f"/Users/{lin}", replace("userType", "Full")).json()["userType"] == "Full"
    for lower in ("Free", "Free Restricted", "Standard"):
        assert asking.patch(f"/Users/{lin}", replace("userType", lower)).status_code == 400
    assert asking.put(f"/Users/{lin}", {"userType": "Full"}).status_code == 200


def test_rule_05_an_unknown_license_is_400(asking: Asking) -> None:
    body = {"userName": "kim@example.com", "userType": "Golden"}
    assert said(asking.post("/Users", body)) == (400, "User type 'Golden' is not supported")
    assert asking.patch(f"/Users/{asking.ada}", replace("userType", ["Full"])).status_code == 400


def test_rule_06_a_new_person_joins_the_default_team(asking: Asking) -> None:
    asking.miro.default_team = asking.it
    answer = asking.post("/Users", {"userName": "lin@example.com"})
    assert answer.json()["groups"] == [{"value": asking.it, "display": "IT Administration"}]
    assert answer.json()["id"] in asking.miro.team(asking.it).members


def test_rule_06_without_a_default_team_a_new_person_is_in_none(asking: Asking) -> None:
    assert asking.post("/Users", {"userName": "lin@example.com"}).json()["groups"] == []


def test_rule_08_deactivation_keeps_groups_license_and_boards(asking: Asking) -> None:
    answer = asking.patch(f"/Users/{asking.ada}", replace("active", "false")).json()
    assert (answer["active"], answer["userType"]) == (False, "Full")
    assert answer["groups"] == [{"value": asking.engineering, "display": "Engineering"}]
    members = asking.get(f"/Groups/{asking.engineering}").json()["members"]
    assert asking.ada in [member["value"] for member in members]
    assert asking.miro.boards == []


def test_rule_08_deactivation_frees_the_seat(asking: Asking) -> None:
    asking.miro.seats = 2
    wanted = {"userName": "kim@example.com", "userType": "Full"}
    assert asking.post("/Users", wanted).status_code == 409
    asking.patch(f"/Users/{asking.ada}", replace("active", "false"))
    assert asking.post("/Users", wanted).status_code == 201
    # Kim has the seat now.
    assert asking.patch(f"/Users/{asking.ada}", replace("active", "true")).status_code == 409


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userName", "lovely@example.com"),
        ("userType", "Full"),
        ("roles[primary eq true].value", "ORGANIZATION_INTERNAL_ADMIN"),
        ("roles", [{"value": "Content Admin", "type": "organization_admin_role"}]),
    ],
)
def test_rule_08_a_deactivated_person_keeps_name_license_and_roles(
    asking: Asking, path: str, value: Any
) -> None:
    asking.miro.change_user("ada@example.com", active=False, user_type="Free")
    refused = asking.patch(f"/Users/{asking.ada}", replace(path, value))
    assert said(refused) == (409, "User ada@example.com is inactive")
    asking.patch(f"/Users/{asking.ada}", replace("active", "true"))
    assert asking.patch(f"/Users/{asking.ada}", replace(path, value)).status_code == 200


def test_rule_08_a_deactivated_person_may_be_put_as_is(asking: Asking) -> None:
    asking.patch(f"/Users/{asking.ada}", replace("active", "false"))
    resource = asking.get(f"/Users/{asking.ada}").json()
    answer = asking.put(f"/Users/{asking.ada}", {**resource, "displayName": "Ada Lovely"})
    assert (answer.status_code, answer.json()["displayName"]) == (200, "Ada Lovely")


def test_rule_08_one_put_can_reactivate_and_rename(asking: Asking) -> None:
    asking.patch(f"/Users/{asking.ada}", replace("active", "false"))
    answer = asking.put(f"/Users/{asking.ada}", {"userName": "lovely@example.com", "active": True})
    assert (answer.status_code, answer.json()["userName"]) == (200, "lovely@example.com")


def test_rule_10_a_guest_is_in_no_list_and_404_by_id(asking: Asking) -> None:
    gil = asking.miro.add_user("gil@example.com", "Gil Guest", guest=True, teams=[asking.it])
    assert asking.found('userName eq "gil@example.com"') == []
    assert [member["value"] for member in asking.get(f"/Groups/{asking.it}").json()["members"]] == [
        asking.grace
    ]
    for answer in (
        asking.get(f"/Users/{gil}"),
        asking.patch(f"/Users/{gil}", replace("active", False)),
        asking.put(f"/Users/{gil}", {"displayName": "Gil"}),
        asking.delete(f"/Users/{gil}"),
    ):
        assert said(answer) == (404, f"No resource with ID {gil}")
