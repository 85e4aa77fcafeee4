"""How Miro carries out writes to the attributes of a person."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.miro.errors import Refusal, invalid
from bot.sandbox.miro.filter import ENTERPRISE
from bot.sandbox.miro.organization import FULL, LICENSES, RESTRICTED, Organization, User
from bot.sandbox.miro.patch import Write, items
from bot.sandbox.miro.roles import write_roles

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Miro's API description, POST /Users: "Maximum length".
_ENTERPRISE = {
    "employeenumber": ("employeeNumber", 20),
    "costcenter": ("costCenter", 120),
    "organization": ("organization", 120),
    "division": ("division", 120),
    "department": ("department", 120),
}


def create(organization: Organization, writes: Sequence[Write]) -> User:
    """Creates a person in the default team, with the other attributes sent."""
    sent = {write.path: write.value for write in writes}
    email = _free_name(organization, sent.get(("username",)))
    license = _first_license(organization, sent.get(("usertype",)))
    # Nobody is "registered fully" before the first sign-in.
    user = User(organization.new_id(), email, email, user_type=license, registered=False)
    organization.users[user.id] = user
    # "All newly provisioned users are added to the default team": Miro's API description, POST /Users.
    if organization.settings.default_team in organization.teams:
        organization.join(organization.settings.default_team, [user.id])
    update(organization, user.id, writes)
    return organization.users[user.id]


def update(organization: Organization, id: str, writes: Sequence[Write]) -> None:
    """Makes the writes in order; attributes that Miro doesn't have, and emails, are ignored."""
    _write_full_name(organization, id, writes)
    for write in writes:
        change = _CHANGES.get(write.path[0])
        if change:
            change(organization, organization.users[id], write)


def names(display_name: str) -> tuple[str, str]:
    """(given name, family name), split from the full name: Miro keeps only that."""
    given, _, family = display_name.partition(" ")
    return given, family


def _write_full_name(organization: Organization, id: str, writes: Sequence[Write]) -> None:
    # displayName before name.formatted before its parts: Miro's API description, POST /Users.
    sent = {".".join(write.path): write.value for write in writes if write.op != "remove"}
    given, family = names(organization.users[id].display_name)
    if "name.givenname" in sent or "name.familyname" in sent:
        parts = sent.get("name.givenname", given), sent.get("name.familyname", family)
        together = " ".join(_text("name", part, 60) for part in parts)
    else:
        together = ""
    full = sent.get("displayname") or sent.get("name.formatted") or together.strip()
    if full:
        organization.change(id, display_name=_text("displayName", full, 60))


def _free_name(organization: Organization, email: Any, owner: str = "") -> str:
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid(f"User name '{email}' is invalid: 'not an email'")
    domains = organization.settings.allowed_domains
    if domains is not None and email.rpartition("@")[2].casefold() not in domains:
        raise Refusal(409, f"{email} is not whitelisted")
    taken = organization.named(email)
    if taken is not None and taken.id != owner:
        # RFC 7644 section 3.12, and a 409 of Miro's description; its page on errors has a 400 of these words.
        raise Refusal(409, f"User name '{email}' is invalid: 'not unique'", "uniqueness")
    return email


def _first_license(organization: Organization, wanted: Any) -> str:
    if wanted is None:
        # Without a free seat only an explicit Full is refused: Miro's help page on SCIM.
        return FULL if organization.seat_free() else RESTRICTED
    if wanted == FULL:
        organization.require_seat()
    return _license(wanted)


def _license(wanted: Any) -> str:
    if wanted not in LICENSES:
        raise invalid(f"User type '{wanted}' is not supported")
    return str(wanted)


def _active(organization: Organization, user: User, write: Write) -> None:
    # A boolean or its name: Miro documents the strings "true" and "false".
    wanted = str(write.value).casefold()
    if write.op == "remove" or wanted not in ("true", "false"):
        raise invalid(f"Value '{write.value}' of active is invalid")
    if wanted == "true":
        organization.activate(user.id)
    else:
        organization.deactivate(user.id)


def _user_name(organization: Organization, user: User, write: Write) -> None:
    if write.value == user.userName and write.op != "remove":
        return
    _must_be_active(user)
    email = _free_name(organization, None if write.op == "remove" else write.value, user.id)
    organization.change(user.id, userName=email)


def _user_type(organization: Organization, user: User, write: Write) -> None:
    wanted = _license(None if write.op == "remove" else write.value)
    if wanted == user.user_type:
        return
    _must_be_active(user)
    if LICENSES.index(wanted) < LICENSES.index(user.user_type):
        # "userType (license) cannot be downgraded": Miro's API description, PATCH /Users.
        raise invalid(f"User type '{user.user_type}' can't be downgraded to '{wanted}'")
    if wanted == FULL:
        organization.require_seat()
    organization.change(user.id, user_type=wanted)


def _must_be_active(user: User) -> None:
    if not user.active:
        # The 409 is from Miro's page on errors; the wording is a guess.
        raise Refusal(409, f"User {user.userName} is inactive")


def _roles(organization: Organization, user: User, write: Write) -> None:
    changed = write_roles(user, write, organization.settings.admin_role_names)
    if changed == user:
        return
    _must_be_active(user)
    organization.give_role(user.id, changed.role)
    organization.change(user.id, admin_roles=changed.admin_roles)


def _photos(organization: Organization, user: User, write: Write) -> None:
    urls = [item.get("value") if isinstance(item, dict) else item for item in items(write.value)]
    photo = urls[0] if urls and write.op != "remove" else None
    organization.change(user.id, photo=photo if isinstance(photo, str) else None)


def _language(organization: Organization, user: User, write: Write) -> None:
    language = None if write.op == "remove" else write.value
    organization.change(user.id, language=language and _text("preferredLanguage", language, 60))


def _enterprise(organization: Organization, user: User, write: Write) -> None:
    path = write.path[1:]
    value = None if write.op == "remove" else write.value
    if path and path[0] == "manager":
        organization.change(user.id, enterprise=_with_manager(user, path[1:] or ("value",), value))
    elif len(path) == 1 and path[0] in _ENTERPRISE:
        name, longest = _ENTERPRISE[path[0]]
        organization.change(user.id, enterprise=_with(user.enterprise, name, value, longest))


def _with_manager(user: User, path: Sequence[str], value: Any) -> dict[str, Any]:
    manager = dict(user.enterprise.get("manager", {}))
    if path[0] == "displayname":
        manager = _with(manager, "displayName", value, 60)
    elif value is None or str(value).isdecimal():
        # Miro's own field is a number, and "we ignore the value" where it isn't: same page.
        manager = _with(manager, "value", value, 60)
    return {**user.enterprise, "manager": manager} if manager else _with(user.enterprise, "manager", None, 60)


def _with(attributes: Any, name: str, value: Any, longest: int) -> dict[str, Any]:
    others = {key: kept for key, kept in attributes.items() if key != name}
    return others if value is None else {**others, name: _text(name, value, longest)}


def _text(name: str, value: Any, longest: int) -> str:
    text = str(value).strip()
    if not isinstance(value, str | int) or len(text) > longest:
        raise invalid(f"Value of {name} must be text of at most {longest} characters")
    return text


_CHANGES: dict[str, Callable[[Organization, User, Write], None]] = {
    "active": _active,
    "username": _user_name,
    "usertype": _user_type,
    "roles": _roles,
    "photos": _photos,
    "preferredlanguage": _language,
    ENTERPRISE.casefold(): _enterprise,
}
