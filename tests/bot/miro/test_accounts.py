"""Goals about an account: when each holds, what stands in its way, and what it says."""

from typing import Any

import pytest

from bot.cards.catalogue import texts
from bot.miro.accounts import Active, Attributes, Gone, HasAccount, Inactive
from bot.miro.goals import Goal, Seen
from bot.miro.rights import AdminRole, NoAdminRoles, OrgRole
from bot.miro.wire import ADMIN, ENTERPRISE, MEMBER
from tests.bot.miro.scene import NOBODY, account, seen

ADA = ("Ada", "ada@example.com", "Ada", "Example")


@pytest.mark.parametrize(
    ("goal", "there", "inactive", "admin", "nobody"),
    [
        (HasAccount(*ADA), True, True, True, False),
        (Active("Ada"), True, False, True, False),
        (Inactive("Ada"), False, True, False, True),
        (Gone("Ada"), False, False, False, True),
        (OrgRole("Ada", ADMIN), False, False, True, False),
        (OrgRole("Ada", MEMBER), True, True, False, True),
        (OrgRole("Ada", MEMBER, while_active=True), True, True, False, True),
        (AdminRole("Ada", "User Admin"), False, False, False, False),
        (AdminRole("Ada", "User Admin", wanted=False), True, True, True, True),
        (NoAdminRoles("Ada"), True, True, True, True),
        (Attributes("Ada", {"department": "IT"}), False, False, False, False),
    ],
    ids=lambda value: value.key if isinstance(value, Goal) else None,
)
def test_a_goal_holds_of_some_and_not_of_others(
    goal: Goal, there: bool, inactive: bool, admin: bool, nobody: bool
) -> None:
    looks = seen(), seen(active=False), seen(admin=True), NOBODY
    assert [goal.holds(look) for look in looks] == [there, inactive, admin, nobody]


# -- the account -------------------------------------------------------------------------------------------


def test_an_account_is_missed_where_none_may_be_made() -> None:
    goal = HasAccount("Ada", "ada@example.com", create=False)
    assert goal.obstacle(NOBODY) == (
        "No Miro account found for ada@example.com. Check the spelling. Guests aren't visible to me. "
        "For a new account, ask with /miro-access."
    )
    assert goal.words.did == "found the account ada@example.com"


def test_names_and_what_hr_knows_are_approved_too() -> None:
    plain, other = HasAccount(*ADA), HasAccount("Ada", "ada@example.com", "Adah", "Example")
    more = HasAccount(*ADA, {"department": "IT"})
    assert len({plain.key, other.key, more.key}) == 3


def test_what_hr_knows_is_shown_under_details() -> None:
    goal = HasAccount(*ADA, {"department": "IT", "costCenter": "CS001"})
    assert goal.words.todo == "Create the account ada@example.com for Ada Example (cost center, department)"
    assert goal.words.detail == "name: Ada Example; costCenter: CS001, department: IT"
    assert HasAccount(*ADA).words.detail == "name: Ada Example"


def test_a_new_account_is_believed_to_be_as_sent() -> None:
    values = {"department": "IT", "manager": "John Doe"}
    new = HasAccount(*ADA, values).after(NOBODY)
    assert new.account and new.account.id == "{user}"
    assert Active("Ada").holds(new)
    assert Attributes("Ada", values).holds(new)
    assert not OrgRole("Ada", ADMIN).holds(new)


@pytest.mark.parametrize(("given", "family"), [("", ""), ("Ada", "Example")])
def test_a_name_is_sent_whole_or_not_at_all(given: str, family: str) -> None:
    body = HasAccount("Ada", "ada@example.com", given, family).call(NOBODY).body
    assert body
    assert body.get("name") == ({"familyName": family, "givenName": given} if given else None)


def test_a_license_may_be_used_by_who_is_let_in() -> None:
    for goal in (HasAccount(*ADA), Active("Ada")):
        assert texts(goal.hazards(NOBODY)) == ["It may use a Miro license."]


def test_deleting_says_that_it_is_final() -> None:
    assert texts(Gone("Ada").hazards(seen())) == ["Ada's boards go to a team admin for good."]


# -- what the organization writes about an account ---------------------------------------------------------


@pytest.mark.parametrize(
    ("has", "left"),
    [
        ({}, ["costCenter", "department", "manager.displayName"]),
        ({"department": "IT"}, ["costCenter", "manager.displayName"]),
        ({"department": "Sales", "costCenter": "CS001"}, ["department", "manager.displayName"]),
        ({"manager": {"displayName": "John Doe", "value": "12"}}, ["costCenter", "department"]),
        ({"manager": {"value": "12"}}, ["costCenter", "department", "manager.displayName"]),
    ],
)
def test_only_what_differs_is_written(has: dict[str, Any], left: list[str]) -> None:
    goal = Attributes("Ada", {"department": "IT", "costCenter": "CS001", "manager": "John Doe"})
    call = goal.call(seen(enterprise=has))
    assert call.body
    paths = [one["path"] for one in call.body["Operations"]]
    assert paths == [f"{ENTERPRISE}:{name}" for name in left]


def test_a_look_asks_for_attributes_that_will_be_written() -> None:
    goal = Attributes("Ada", {"manager": "John Doe", "costCenter": "CS001"})
    assert goal.needs == f"{ENTERPRISE}:costCenter,{ENTERPRISE}:manager"
    assert goal.needs in goal.call(seen()).path


def test_values_of_attributes_stand_under_details_alone() -> None:
    goal = Attributes("Ada", {"manager": "John Doe", "department": "IT"})
    assert (goal.words.todo, goal.words.did) == (
        "Set the department, manager",
        "set the department, manager",
    )
    assert goal.words.detail == "department: IT, manager: John Doe"


def test_one_short_value_is_said_as_it_will_stand_there() -> None:
    one = {"organization": "Example Ltd"}
    assert Attributes("Ada", one).words.todo == "Set the organization to Example Ltd"
    assert HasAccount(*ADA, one).words.todo.endswith("for Ada Example (organization: Example Ltd)")
    assert Attributes("Ada", {"costCenter": "a b c d e"}).words.todo == "Set the cost center"


def test_attributes_that_are_not_touched_stay() -> None:
    look = Seen(account(enterprise={"division": "North", "department": "Sales"}))
    after = Attributes("Ada", {"department": "IT"}).after(look)
    assert after.account and dict(after.account.enterprise) == {"division": "North", "department": "IT"}
