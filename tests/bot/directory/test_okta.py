"""Okta's requests, as its SCIM 2.0 page prints them, are answered as printed there.

https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20
"""

from bot.directory.store import Directories, Group, User
from tests.bot.directory.provider import GROUP, USER, Provider, alex


def user(directories: Directories, id: str) -> User:
    found = directories.get("okta", id)
    assert isinstance(found, User)
    return found


def members(directories: Directories, id: str) -> set[str]:
    found = directories.get("okta", id)
    assert isinstance(found, Group)
    return {*found.members}


def test_a_joiner_is_looked_for_then_created(okta: Provider, directories: Directories) -> None:
    wanted = 'userName eq "alex.smith@example.com"'
    nobody = okta.get("/Users", filter=wanted, startIndex=1, count=100)
    assert (nobody["totalResults"], nobody["startIndex"], nobody["itemsPerPage"]) == (0, 1, 0)
    assert nobody["Resources"] == []
    sent = alex(locale="en-US", groups=[], password="1mz050nq")
    made = okta.create("Users", sent)
    assert made["meta"]["location"] == f"{okta.url}/Users/{made['id']}"
    assert {name: made[name] for name in sent if name not in ("password", "groups")} == {
        name: value for name, value in sent.items() if name not in ("password", "groups")
    }
    assert "password" not in user(directories, made["id"]).body
    assert okta.find("Users", wanted, startIndex=1, count=100) == [okta.get(f"/Users/{made['id']}")]
    assert okta.error("POST", "/Users", alex()) == (409, "uniqueness")


def test_a_profile_is_replaced_with_what_was_read_and_changed(
    okta: Provider, directories: Directories
) -> None:
    id = okta.create("Users", alex())["id"]
    read = okta.get(f"/Users/{id}")
    read["name"]["middleName"] = "Excited"
    read["userName"] = "alex.jones@example.com"
    read["emails"] = [{"primary": True, "value": "alex.jones@example.com", "type": "work", "display": "Alex"}]
    after = okta.put(f"/Users/{id}", read | {"groups": [], "meta": {"resourceType": "User"}})
    assert (after["id"], after["name"]["middleName"]) == (id, "Excited")
    assert user(directories, id).user_name == "alex.jones@example.com"
    assert [email["value"] for email in user(directories, id).emails] == ["alex.jones@example.com"]
    assert user(directories, id).external_id == "00u1"


def test_a_leaver_is_deactivated_and_comes_back(okta: Provider, directories: Directories) -> None:
    id = okta.create("Users", alex())["id"]
    ended = okta.patch(f"/Users/{id}", {"op": "replace", "value": {"active": False}})
    assert (ended["id"], ended["active"]) == (id, False)
    assert not user(directories, id).active
    assert okta.get(f"/Users/{id}")["active"] is False
    back = okta.put(f"/Users/{id}", okta.get(f"/Users/{id}") | {"active": True})
    assert (back["active"], user(directories, id).active) == (True, True)


def test_a_group_is_pushed_renamed_and_its_members_changed(okta: Provider, directories: Directories) -> None:
    first = okta.create("Users", alex())["id"]
    second = okta.create("Users", alex(userName="dana@example.com", externalId="00u2"))["id"]
    group = okta.create("Groups", {"schemas": [GROUP], "displayName": "Test SCIM", "members": []})
    assert (group["displayName"], group["meta"]["resourceType"]) == ("Test SCIM", "Group")
    path, id = f"/Groups/{group['id']}", group["id"]
    okta.patch(path, {"op": "replace", "value": {"id": id, "displayName": "miroUsers"}})
    assert okta.get(path)["displayName"] == "miroUsers"
    okta.patch(
        path,
        {"op": "remove", "path": f'members[value eq "{second}"]'},
        {"op": "add", "path": "members", "value": [{"value": first, "display": "alex.smith@example.com"}]},
    )
    assert members(directories, id) == {first}
    both = [{"value": first, "display": "Alex"}, {"value": second, "display": "Dana"}]
    okta.patch(path, {"op": "replace", "path": "members", "value": both})
    assert members(directories, id) == {first, second}
    assert {member["display"] for member in okta.get(path)["members"]} == {"Alex", "Dana"}
    okta.patch(path, {"op": "remove", "path": f'members[value eq "{first}"]'})
    assert members(directories, id) == {second}
    okta.patch(path, {"op": "replace", "path": "members", "value": []})
    assert members(directories, id) == set()
    okta.put(path, {"schemas": [GROUP], "id": id, "displayName": "miroUsers", "members": both})
    assert user(directories, first).group_ids == {id}
    okta.delete(path)
    assert okta.error("GET", path) == (404, "")
    assert user(directories, first).group_ids == set()


def test_pages_have_one_order_and_whole_numbers(okta: Provider) -> None:
    made = [
        okta.create("Users", {"schemas": [USER], "userName": f"p{number}@example.com"})["id"]
        for number in range(7)
    ]
    pages = [okta.get("/Users", startIndex=start, count=3) for start in (1, 4, 7)]
    assert [page["totalResults"] for page in pages] == [7, 7, 7]
    assert [page["itemsPerPage"] for page in pages] == [3, 3, 1]
    assert [person["id"] for page in pages for person in page["Resources"]] == made


def test_a_manager_is_kept_as_a_plain_text(okta: Provider, directories: Directories) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    details = {"department": "IT", "manager": "priya.rao@example.com"}
    id = okta.create("Users", alex(schemas=[USER, enterprise]) | {enterprise: details})["id"]
    assert user(directories, id).manager == "priya.rao@example.com"
    assert okta.get(f"/Users/{id}")[enterprise]["department"] == "IT"
