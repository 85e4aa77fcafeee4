"""Goals about rights: given last, taken first, and never taken from the last Company Admin"""

from dataclasses import replace

import pytest

from bot.miro.goals import Goal, Seen
from bot.miro.rights import AdminRole, NoAdminRoles, OrgRole
from bot.miro.wire import ADMIN, MEMBER, Role
from tests.bot.miro.scene import account, seen


@pytest.mark.parametrize(
    "goal", [OrgRole("Ada", ADMIN), OrgRole("Ada", MEMBER), AdminRole("Ada", "User Admin")]
)
def test_nobody_deactivated_changes_roles(goal: Goal) -> None:
    assert goal.obstacle(seen(active=False, admin=True)) == (
        "Ada's Miro account is deactivated. Miro can't change its roles. Reactivate it first."
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
            "Become Company Admin: can manage every person and team",
            "became Company Admin",
        ),
        (OrgRole("Ada", MEMBER), "Remove Company Admin", "removed Company Admin"),
        (AdminRole("Ada", "User Admin"), "Become User Admin", "became User Admin"),
        (AdminRole("Ada", "User Admin", False), "Remove User Admin", "removed User Admin"),
        (NoAdminRoles("Ada"), "Remove every admin role", "removed every admin role"),
    ],
)
def test_rights_are_named_as_miro_names_them(goal: Goal, todo: str, did: str) -> None:
    assert (goal.words.todo, goal.words.did) == (todo, did)


def test_every_admin_role_goes_and_the_role_in_the_organization_stays() -> None:
    after = NoAdminRoles("Ada").after(seen(admin=True, admin_roles=("User Admin", "Data Admin")))
    assert after.account and (after.account.org_role, set(after.account.admin_roles)) == (ADMIN, set())


def test_a_deactivated_leaver_may_keep_the_admin_roles() -> None:
    assert NoAdminRoles("Ada").holds(seen(active=False, admin_roles=("User Admin",)))


TAKEN_AWAY = [
    OrgRole("Ada", MEMBER),
    OrgRole("Ada", MEMBER, while_active=True),
    AdminRole("Ada", "User Admin", wanted=False),
    NoAdminRoles("Ada"),
]


@pytest.mark.parametrize("goal", TAKEN_AWAY, ids=lambda goal: goal.key)
@pytest.mark.parametrize("roles", [(), (Role(value="Content Admin"),)], ids=["no roles", "no primary role"])
def test_rights_that_miro_does_not_show_are_not_taken_for_none(goal: Goal, roles: tuple[Role, ...]) -> None:
    hidden = Seen(account().model_copy(update={"roles": roles}), other_admin=True)
    assert not goal.holds(hidden)
    assert goal.obstacle(hidden) == (
        "Miro doesn't show which rights Ada has, so I won't remove any. "
        "Check Miro's company settings, then ask again."
    )


def test_whether_there_is_another_admin_is_not_assumed() -> None:
    unasked = replace(seen(admin=True), other_admin=Seen().other_admin)
    assert "last Company Admin" in OrgRole("Ada", MEMBER).obstacle(unasked)
