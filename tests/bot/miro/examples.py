"""One of every goal, with a look from which it has to be brought about and the call as Miro prints it."""

from dataclasses import dataclass, replace
from typing import Any

from bot.miro.accounts import Active, Attributes, Gone, HasAccount, Inactive
from bot.miro.goals import Goal, Seen
from bot.miro.groups import GroupExists, GroupGone, GroupNamed, InGroup, OutOfGroup
from bot.miro.rights import AdminRole, NoAdminRoles, OrgRole
from bot.miro.wire import ADMIN, ENTERPRISE, MEMBER
from tests.bot.miro.scene import NOBODY, seen, seen_group

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
LOOK = "id,userName,displayName,active,userType,roles,groups"
ON_USER = f"/Users/{{user}}?attributes={LOOK}"
ON_GROUP = "/Groups/100?attributes=id,displayName"
HR = {"department": "IT", "costCenter": "CS001", "manager": "John Doe"}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


@dataclass(frozen=True)
class Example:
    """A goal that doesn't hold by `before`, and the one call that Miro's pages give for it."""

    name: str
    goal: Goal
    before: Seen
    method: str
    path: str
    body: dict[str, Any] | None
    hazards: int = 0

    def __str__(self) -> str:
        return self.name


EXAMPLES = [
    Example(
        "account",
        HasAccount("Ada", "ada@example.com", "Ada", "Example"),
        NOBODY,
        "POST",
        "/Users",
        {
            "schemas": [USER],
            "userName": "ada@example.com",
            "name": {"familyName": "Example", "givenName": "Ada"},
        },
        hazards=1,
    ),
    Example(
        "account with what HR knows",
        HasAccount("Ada", "ada@example.com", "Ada", "Example", HR),
        NOBODY,
        "POST",
        "/Users",
        {
            "schemas": [USER],
            "userName": "ada@example.com",
            "name": {"familyName": "Example", "givenName": "Ada"},
            ENTERPRISE: {"department": "IT", "costCenter": "CS001", "manager": {"displayName": "John Doe"}},
        },
        hazards=1,
    ),
    Example(
        "active",
        Active("Ada"),
        seen(active=False),
        "PATCH",
        ON_USER,
        patched({"op": "Replace", "path": "active", "value": "true"}),
        hazards=1,
    ),
    Example(
        "inactive",
        Inactive("Ada"),
        seen(),
        "PATCH",
        ON_USER,
        patched({"op": "Replace", "path": "active", "value": "false"}),
    ),
    Example("gone", Gone("Ada"), seen(), "DELETE", "/Users/{user}", None, hazards=1),
    Example(
        "Company Admin",
        OrgRole("Ada", ADMIN),
        seen(),
        "PATCH",
        ON_USER,
        patched(
            {
                "op": "Replace",
                "path": "roles[primary eq true].value",
                "value": "ORGANIZATION_INTERNAL_ADMIN",
            }
        ),
    ),
    Example(
        "member",
        OrgRole("Ada", MEMBER),
        seen(admin=True),
        "PATCH",
        ON_USER,
        patched(
            {"op": "Replace", "path": "roles[primary eq true].value", "value": "ORGANIZATION_INTERNAL_USER"}
        ),
    ),
    Example(
        "Content Admin",
        AdminRole("Ada", "Content Admin"),
        seen(admin_roles=("User Admin",)),
        "PATCH",
        ON_USER,
        patched(
            {
                "op": "Add",
                "path": "roles",
                "value": [{"value": "Content Admin", "type": "organization_admin_role", "primary": False}],
            }
        ),
    ),
    Example(
        "no Content Admin",
        AdminRole("Ada", "Content Admin", wanted=False),
        seen(admin_roles=("User Admin", "Content Admin")),
        "PATCH",
        ON_USER,
        patched({"op": "Remove", "path": 'roles[value eq "Content Admin"]'}),
    ),
    Example(
        "attributes",
        Attributes("Ada", HR),
        seen(),
        "PATCH",
        f"{ON_USER},{ENTERPRISE}:costCenter,{ENTERPRISE}:department,{ENTERPRISE}:manager",
        patched(
            {"op": "Replace", "path": f"{ENTERPRISE}:costCenter", "value": "CS001"},
            {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "IT"},
            {"op": "Replace", "path": f"{ENTERPRISE}:manager.displayName", "value": "John Doe"},
        ),
    ),
    Example(
        "in a team",
        InGroup("Ada", "100", "g_eng", "Engineering"),
        seen("200"),
        "PATCH",
        ON_GROUP,
        patched({"op": "Add", "path": "members", "value": [{"value": "{user}"}]}),
    ),
    Example(
        "out of a team",
        OutOfGroup("Ada", "100", "g_eng", "Engineering"),
        seen("100", "200"),
        "PATCH",
        ON_GROUP,
        patched({"op": "Remove", "path": 'members[value eq "{user}"]'}),
        hazards=1,
    ),
    Example(
        "named",
        GroupNamed("Engineering", "100", "Engineering", "g_app_proeng_all"),
        seen_group("Engineering"),
        "PATCH",
        ON_GROUP,
        patched({"op": "Replace", "path": "displayName", "value": "g_app_proeng_all"}),
    ),
    Example(
        "a group to be created",
        GroupExists("Data Science", "Data Science"),
        NOBODY,
        "POST",
        ON_GROUP.replace("/100", ""),
        {"schemas": [USER.replace("User", "Group")], "displayName": "Data Science"},
    ),
    Example(
        "a group to be deleted",
        GroupGone("Engineering", "100", "g_eng"),
        replace(seen_group("g_eng"), members=412),
        "DELETE",
        "/Groups/100",
        None,
        hazards=2,
    ),
    Example(
        "no admin role at all",
        NoAdminRoles("Ada"),
        seen(admin_roles=("User Admin", "Content Admin")),
        "PATCH",
        ON_USER,
        patched(
            {"op": "Remove", "path": 'roles[value eq "Content Admin"]'},
            {"op": "Remove", "path": 'roles[value eq "User Admin"]'},
        ),
    ),
]
