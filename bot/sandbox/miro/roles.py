"""The one role in the organization and the admin roles beside it, which SCIM sends as one list."""

from dataclasses import replace
from typing import Any

from bot.sandbox.miro.errors import invalid
from bot.sandbox.miro.organization import ADMIN, MEMBER, User
from bot.sandbox.miro.patch import Write, items

USER_ROLE = "organization_user_role"
ADMIN_ROLE = "organization_admin_role"
# "Company Admin" was seen live, "Member" is the example of Miro's API description.
_DISPLAY = {ADMIN: "Company Admin", MEMBER: "Member"}


def roles(user: User) -> list[dict[str, Any]]:
    """All roles as a SCIM list, the primary one first."""
    return [_item(user.role, USER_ROLE), *(_item(name, ADMIN_ROLE) for name in user.admin_roles)]


def write_roles(user: User, write: Write, known: set[str]) -> User:
    """The user with the roles of a write; `known`: the names of all admin roles."""
    if write.op == "remove":
        return _without(user, write)
    wanted = [_read(item, write) for item in items(write.value)]
    primary = [value for kind, value in wanted if kind == USER_ROLE]
    others = [value for kind, value in wanted if kind == ADMIN_ROLE]
    fitting = len(primary) <= 1 and set(primary) <= {ADMIN, MEMBER} and set(others) <= known
    if not fitting or len(primary) + len(others) < len(wanted):
        # Guest roles can't be set: Miro's API description, PATCH /Users.
        raise invalid(f"Roles {[value for _, value in wanted]} are not supported")
    kept = () if write.op == "replace" and _speaks_of_all(write, others) else user.admin_roles
    return replace(user, role=(primary or [user.role])[0], admin_roles=tuple(dict.fromkeys([*kept, *others])))


def _speaks_of_all(write: Write, others: list[str]) -> bool:
    """Whether a write means the whole list: a replaced list does, roles.value and the like mean one role."""
    return bool(others) or (write.path == ("roles",) and isinstance(write.value, list))


def _read(item: Any, write: Write) -> tuple[str, str]:
    value = str(item.get("value") if isinstance(item, dict) else item)
    kind = item.get("type") if isinstance(item, dict) else None
    if write.where is not None:
        # Entra distinguishes the two only by roles[primary eq "True"].value.
        kind = USER_ROLE if write.where.matches(_item(value, USER_ROLE)) else ADMIN_ROLE
    return str(kind or (USER_ROLE if value.startswith("ORGANIZATION_") else ADMIN_ROLE)), value


def _without(user: User, write: Write) -> User:
    named = {value for _, value in (_read(item, write) for item in items(write.value))}
    gone = [
        role
        for role in roles(user)
        if role["value"] in named or (write.where is not None and write.where.matches(role))
    ]
    if any(role["type"] == USER_ROLE for role in gone) or (write.where is None and not named):
        raise invalid("Every user has exactly one organization_user_role", "mutability")
    names = {role["value"] for role in gone}
    return replace(user, admin_roles=tuple(name for name in user.admin_roles if name not in names))


def _item(value: str, kind: str) -> dict[str, Any]:
    display = _DISPLAY.get(value, value)
    return {"value": value, "display": display, "type": kind, "primary": kind == USER_ROLE}
