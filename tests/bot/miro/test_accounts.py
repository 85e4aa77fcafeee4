"""Goals about an account: when each holds, what stands in its way, and what it says."""

from typing import Any

import pytest

from bot.miro.accounts import Active, AdminRole, Attributes, Gone, HasAccount, Inactive, OrgRole
from bot.miro.goals import Goal, Seen
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
    assert goal.obstacle(NOBODY) == "Ada has no Miro account. Ask for access first: /miro-access."
    assert goal.did == "found the account ada@example.com"


def test_names_and_what_hr_knows_are_approved_too() -> None:
    plain, other = HasAccount(*ADA), HasAccount("Ada", "ada@example.com", "Adah", "Example")
    more = HasAccount(*ADA, {"department": "IT"})
    assert len({plain.key, other.key, more.key}) == 3


def test_what_hr_knows_is_shown_under_details() -> None:
    goal = HasAccount(*ADA, {"department": "IT", "costCenter": "CS001"})
    assert goal.todo == "Create the account ada@example.com, with costCenter, department."
    assert goal.detail == "name: Ada Example; costCenter: CS001, department: IT"
    assert HasAccount(*ADA).detail == "name: Ada Example"


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
        assert goal.hazards(NOBODY) == ("It may use a Miro license.",)


def test_deleting_says_that_it_is_final() -> None:
    assert Gone("Ada").hazards(seen()) == ("This is final, and Ada's boards pass to a team admin.",)


# -- rights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "goal", [OrgRole("Ada", ADMIN), OrgRole("Ada", MEMBER), AdminRole("Ada", "User Admin")]
)
def test_nobody_deactivated_changes_roles(goal: Goal) -> None:
    assert goal.obstacle(seen(active=False, admin=True)) == (
        "Ada's Miro account is deactivated, and Miro changes no roles of those. Reactivate it first."
    )


def test_the_last_company_admin_keeps_the_rights() -> None:
    goal = OrgRole("Ada", MEMBER)
    assert goal.obstacle(seen(admin=True, other_admin=False)) == (
        "Ada is the last Company Admin. Make somebody else Company Admin first: /miro-admin."
    )
    assert goal.obstacle(seen(admin=True)) == ""
    assert OrgRole("Ada", ADMIN).obstacle(seen(other_admin=False)) == ""


def test_somebody_deactivated_may_keep_the_role_when_leaving() -> None:
    leaver = seen(active=False, admin=True)
    assert OrgRole("Ada", MEMBER, while_active=True).holds(leaver)
    assert not OrgRole("Ada", MEMBER).holds(leaver)


def test_admin_roles_stay_when_the_role_in_the_organization_changes() -> None:
    after = OrgRole("Ada", ADMIN).after(seen(admin_roles=("User Admin",)))
    assert after.account and (after.account.org_role, set(after.account.admin_roles)) == (
        ADMIN,
        {"User Admin"},
    )


def test_one_admin_role_comes_and_goes_beside_the_others() -> None:
    look = seen(admin=True, admin_roles=("User Admin",))
    more = AdminRole("Ada", "Content Admin").after(look)
    assert more.account and more.account.admin_roles == {"User Admin", "Content Admin"}
    less = AdminRole("Ada", "User Admin", wanted=False).after(more)
    assert less.account and (less.account.org_role, set(less.account.admin_roles)) == (
        ADMIN,
        {"Content Admin"},
    )


def test_a_roles_name_cannot_break_out_of_its_path() -> None:
    call = AdminRole("Ada", 'Data "x" \\ Admin', wanted=False).call(seen())
    assert call.body
    assert call.body["Operations"][0]["path"] == 'roles[value eq "Data \\"x\\" \\\\ Admin"]'


@pytest.mark.parametrize(
    ("goal", "todo", "did"),
    [
        (
            OrgRole("Ada", ADMIN),
            "Become Company Admin: can manage every person and team. No end date.",
            "became Company Admin",
        ),
        (OrgRole("Ada", MEMBER), "Take away Company Admin.", "took away Company Admin"),
        (AdminRole("Ada", "User Admin"), "Become User Admin. No end date.", "became User Admin"),
        (AdminRole("Ada", "User Admin", False), "Take away User Admin.", "took away User Admin"),
    ],
)
def test_rights_are_named_as_miro_names_them(goal: Goal, todo: str, did: str) -> None:
    assert (goal.todo, goal.did) == (todo, did)


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
    assert (goal.todo, goal.did) == ("Write department, manager.", "wrote department, manager")
    assert goal.detail == "department: IT, manager: John Doe"


def test_attributes_that_are_not_touched_stay() -> None:
    look = Seen(account(enterprise={"division": "North", "department": "Sales"}))
    after = Attributes("Ada", {"department": "IT"}).after(look)
    assert after.account and dict(after.account.enterprise) == {"division": "North", "department": "IT"}
