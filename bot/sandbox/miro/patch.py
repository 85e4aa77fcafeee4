"""Reads the writes in a SCIM body, in all the forms that identity providers send to Miro."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.miro.attributes import is_known
from bot.sandbox.miro.errors import invalid
from bot.sandbox.miro.filter import BadFilter, Filter, Path, parse, steps

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PATH = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<where>.*)\](?:\.(?P<rest>[\w$.-]+))?)?", re.DOTALL)


@dataclass(frozen=True)
class Write:
    """One value for one attribute; `where` picks among its items, as in roles[primary eq true]."""

    op: str
    path: Path
    value: Any = None
    where: Filter | None = None


def patched(body: Any) -> list[Write]:
    """The writes of a PatchOp body, in its order."""
    if not isinstance(body, dict) or PATCH_OP not in items(body.get("schemas")):
        raise invalid(f"Request must have the schema {PATCH_OP}", "invalidSyntax")
    operations = body.get("Operations")
    if not isinstance(operations, list) or not operations:
        raise invalid("Operations must be a list with something in it", "invalidSyntax")
    return [write for operation in operations for write in _writes(operation)]


def known(urn: str, writes: list[Write]) -> list[Write]:
    """The writes. Raises Refusal if the resource lacks an attribute; a whole resource may name others."""
    for write in writes:
        if not is_known(urn, write.path):
            raise invalid(f"Path '{'.'.join(write.path)}' is invalid", "invalidPath")
    return writes


def replaced(body: Any) -> list[Write]:
    """The writes of a whole resource, as POST and PUT send it."""
    if not isinstance(body, dict):
        raise invalid("Request must be a JSON object", "invalidSyntax")
    # It isn't known whether PUT clears what isn't sent; here it doesn't, and null counts as not sent.
    sent = (write for write in _flat("replace", (), body) if write.value is not None)
    return sorted(sent, key=_turn)


def _writes(operation: Any) -> list[Write]:
    if not isinstance(operation, dict):
        raise invalid("An operation must be a JSON object", "invalidSyntax")
    # Miro's schema capitalizes Add, Remove and Replace; its own example sends "replace".
    op = str(operation.get("op")).casefold()
    if op not in ("add", "remove", "replace"):
        raise invalid(f"Operation '{operation.get('op')}' is not supported", "invalidSyntax")
    path, value = operation.get("path"), operation.get("value")
    if value is None and op != "remove":
        raise invalid(f"Operation '{op}' needs a value")
    if path:
        return sorted(_at_path(op, str(path), value), key=_turn)
    if op == "remove" or not isinstance(value, dict):
        raise invalid(f"Operation '{op}' needs a path", "noTarget")
    return sorted(_flat(op, (), value), key=_turn)


def _at_path(op: str, path: str, value: Any) -> Iterator[Write]:
    read = _PATH.fullmatch(path.strip())
    if read is None:
        raise invalid(f"Path '{path}' is invalid", "invalidPath")
    along = steps(read["name"]) + (steps(read["rest"]) if read["rest"] else ())
    if read["where"] is None:
        yield from _flat(op, along, value)
        return
    try:
        yield Write(op, along, value, parse(read["where"]))
    except BadFilter as error:
        raise invalid(f"Path '{path}' is invalid: {error}", "invalidPath") from error


def _flat(op: str, path: Path, value: Any) -> Iterator[Write]:
    # A single member or role without a list around it is a value, not a part of the tree.
    if isinstance(value, dict) and path not in (("members",), ("roles",), ("photos",)):
        for name, inner in value.items():
            yield from _flat(op, path + steps(name), inner)
    else:
        yield Write(op, path, value)


def _turn(write: Write) -> int:
    """Sort key: reactivation first, deactivation last, because one request is one change."""
    if write.path != ("active",):
        return 1
    return 2 if str(write.value).casefold() == "false" else 0


def items(value: Any) -> list[Any]:
    """The value as a list: Entra sends a single item without one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def ids(value: Any) -> list[str]:
    """The member ids of [{"value": id}], ["id"] or {"value": id}, each once."""
    members = [item.get("value") if isinstance(item, dict) else item for item in items(value)]
    if not all(isinstance(id, str | int) for id in members):
        raise invalid("Members must have a value")
    return list(dict.fromkeys(str(id) for id in members))
