"""The attributes that Miro's SCIM service has, by schema."""

from bot.sandbox.miro.filter import CORE_GROUP, CORE_USER, ENTERPRISE, Path, steps

# Miro doesn't publish its whole list; these are the attributes that its pages name.
ATTRIBUTES = {
    CORE_USER: "userName displayName name.givenName name.familyName name.formatted userType active:boolean "
    "preferredLanguage emails[].value emails[].display emails[].primary:boolean photos[].type photos[].value "
    "groups[].value groups[].display roles[].type roles[].value roles[].display roles[].primary:boolean",
    CORE_GROUP: "displayName members[].value members[].type members[].display",
    ENTERPRISE: "employeeNumber costCenter organization division department "
    "manager.value manager.displayName",
}
# RFC 7643 section 3.1: every resource has these, although no schema lists them.
_COMMON = "schemas id externalId meta.resourceType meta.location"


def _paths(urn: str) -> set[Path]:
    names = f"{ATTRIBUTES[urn]} {_COMMON}".replace("[]", "").split()
    prefix = f"{ENTERPRISE}:" if urn == ENTERPRISE else ""
    return {steps(prefix + name.partition(":")[0]) for name in names}


_KNOWN = {CORE_USER: _paths(CORE_USER) | _paths(ENTERPRISE), CORE_GROUP: _paths(CORE_GROUP)}


def is_known(urn: str, path: Path) -> bool:
    """Whether a resource of this schema has an attribute at a path, or attributes below it."""
    # Identity providers send the type of an address; Miro keeps neither the type nor the address.
    shown = path[:-1] if path[-1:] == ("type",) else path
    return any(known[: len(shown)] == shown for known in _KNOWN[urn])
