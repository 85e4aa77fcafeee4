"""Judges a request by Miro's published description, which stands beside this file; see README.md there.

Only the words of JSON Schema that the description uses are known here. Two of its habits are read strictly:
an attribute that it doesn't name is a fault (Miro would ignore it), and so is a text longer than the
"Maximum length" that it gives in words.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DESCRIPTION: dict[str, Any] = json.loads((Path(__file__).parent / "scim.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]
_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
_LENGTH = re.compile(r"Maximum length: (\d+)")

CONTRADICTIONS = {
    "a removal has no value": (
        "PATCH /Users requires a value of every operation, and removes an admin role in its own example "
        "without one."
    ),
    "roles are a list": (
        "PATCH /Users has every value a string, and adds an admin role in its own example as a list."
    ),
    "one member is removed by its path": (
        "PATCH /Groups allows the paths members and displayName, and removes a member in its own example by "
        "members[value eq 3074457364022187294]."
    ),
}
"""Where an example of the description isn't what its schema says; the example is followed."""

_PATHS = re.compile(
    r"active|displayName|userType|userName|roles|roles\[primary eq true\]\.value"
    r'|roles\[value eq "(?:[^"\\]|\\.)*"\]'
    r"|urn:ietf:params:scim:schemas:extension:enterprise:2\.0:User:"
    r"(?:department|employeeNumber|costCenter|organization|division|manager\.displayName|manager\.value)"
)
"""The paths in the examples of PATCH /Users; costCentre, as it is written there once, is costCenter."""


def faults(method: str, path: str, body: Any) -> list[str]:
    """What the description has against a request; nothing, if it allows it or doesn't speak of it."""
    kind, _, id = path.partition("?")[0].strip("/").partition("/")
    name = {
        ("POST", "Users", False): "CreateUserResource",
        ("PATCH", "Users", True): "PatchUserResource",
        ("PATCH", "Groups", True): "PatchGroupResource",
    }.get((method, kind, bool(id)))
    if name is None:
        return []
    found = [fault for fault in _faults(SCHEMAS[name], body, "") if not _is_contradicted(fault, body)]
    if name == "PatchUserResource":
        found += [f"{path} is no path" for path in _written(body) if not _PATHS.fullmatch(path)]
    return found


def _written(body: Any) -> list[str]:
    operations = body.get("Operations", []) if isinstance(body, Mapping) else []
    return [str(one.get("path")) for one in operations if isinstance(one, Mapping)]


def _is_contradicted(fault: str, body: Any) -> bool:
    place = re.match(r"/Operations/(\d+)", fault)
    if place is None:
        return False
    operation = body["Operations"][int(place[1])]
    op, path, value = operation.get("op"), str(operation.get("path", "")), operation.get("value")
    rest = fault.removeprefix(place[0])
    return (
        (rest == " lacks value" and op == "Remove")
        or (rest == "/value is no string" and op == "Add" and path == "roles" and isinstance(value, list))
        or (rest.startswith("/path isn't one of") and op == "Remove" and path.startswith("members[value eq "))
    )


def _faults(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if "oneOf" in schema:
        if not any(not list(_faults(one, value, at)) for one in schema["oneOf"]):
            yield f"{at} is of no allowed form"
        return
    wanted = _TYPES[schema["type"]]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{at} is no {schema['type']}"
        return
    # An enum beside an array of texts is meant for the texts (PatchGroupResource.schemas).
    for one in value if isinstance(value, list) else [value]:
        if "enum" in schema and one not in schema["enum"]:
            yield f"{at} isn't one of {', '.join(schema['enum'])}"
    length = _LENGTH.search(schema.get("description", ""))
    if length and isinstance(value, str) and len(value) > int(length[1]):
        yield f"{at} is longer than {length[1]}"
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _faults(schema["items"], one, f"{at}/{number}")
    if isinstance(value, Mapping):
        yield from (f"{at} lacks {name}" for name in schema.get("required", []) if name not in value)
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from _faults(schema["properties"][name], inner, f"{at}/{name}")
            else:
                yield f"{at} has {name}, which isn't described"
