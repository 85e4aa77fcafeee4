"""Changes of a group's members, taken apart without reading the members: a group may have thousands.

The core builds every member for every change, and compares each with each value to be removed: a second for a
group of 5,000, and more. The forms that Okta and Entra ID send are done here; others are the core's.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scim2_models import PatchOperation

from bot.directory.store import EntryId

Op = PatchOperation.Op
_PATH = re.compile(
    r'(?:urn:ietf:params:scim:schemas:core:2\.0:group:)?members(?:\[value eq "([^"\\]+)"\])?', re.IGNORECASE
)
"""All members, or one of them."""


@dataclass(frozen=True)
class Split:
    """The operations of a PATCH: {member: name to display} by what is done, in order, and all others."""

    of_members: tuple[tuple[Op, Mapping[EntryId, str]], ...]
    others: tuple[PatchOperation[Any], ...]

    def applied(self, members: Mapping[EntryId, str]) -> dict[EntryId, str]:
        """The members of a group afterwards."""
        after = dict(members)
        for op, named in self.of_members:
            if op is Op.remove:
                after = {id: display for id, display in after.items() if id not in named}
            else:
                kept = after if op is Op.add else {}
                after = {**kept, **{id: display or after.get(id, "") for id, display in named.items()}}
        return after


def split(operations: Iterable[PatchOperation[Any]]) -> Split | None:
    """None if an operation on members has another form."""
    of_members, others = list[tuple[Op, Mapping[EntryId, str]]](), list[PatchOperation[Any]]()
    for operation in operations:
        path, op = str(operation.path or "").lower(), operation.op
        if "members" not in path and not _names_members(operation.value if not path else None):
            others.append(operation)
        elif isinstance(op, Op) and (named := _named(operation)) is not None:
            of_members.append((op, named))
        else:
            return None
    return Split(tuple(of_members), tuple(others))


def _names_members(value: Any) -> bool:
    return isinstance(value, Mapping) and any("members" in str(name).lower() for name in value)


def _named(operation: PatchOperation[Any]) -> Mapping[EntryId, str] | None:
    match, value = _PATH.fullmatch(str(operation.path or "")), operation.value
    if match and match[1] and operation.op is Op.remove and value is None:
        return {EntryId(match[1]): ""}
    value = [value] if isinstance(value, Mapping) else value
    if not match or match[1] or not isinstance(value, list):
        return None
    named = {EntryId(item["value"]): item.get("display") or "" for item in value if _is_member(item)}
    return named if all(map(_is_member, value)) else None


def _is_member(item: Any) -> bool:
    """Whether this names a member; what else it says is ours to say, or not kept."""
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("value"), str)
        and isinstance(item.get("display"), str | None)
    )
