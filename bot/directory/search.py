"""A SCIM filter as a condition in SQL, as far as there is an index; the rest is the core's to compare."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import Resource, ResponseParameters, SearchRequest
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator, ValuePath

from bot.directory.store import ENTERPRISE, Kind, key

_INDEXED = {
    (Kind.USER, "username"): "name = ?",
    (Kind.GROUP, "displayname"): "name = ?",
    (Kind.GROUP, "members"): "id IN (SELECT group_id FROM directory_members WHERE member_id = ?)",
    (Kind.GROUP, "members.value"): "id IN (SELECT group_id FROM directory_members WHERE member_id = ?)",
    **{(kind, "id"): "id = ?" for kind in Kind},
    **{(kind, "externalid"): "external_id = ?" for kind in Kind},
}
"""By (kind, attribute): a condition that selects what equals a value."""
_IN_BODY = ("emails", "name.", "roles", ENTERPRISE.lower())
"""Attributes that are looked for in the stored JSON first: Entra ID can match by any of them."""
_PLAIN = re.compile(r"[ !#$&-\[\]^`-~]+")
"""Texts that stand in JSON as they are, and mean themselves in LIKE."""


@dataclass(frozen=True)
class Selection:
    """A condition with its values; `is_exact`: it selects just what the filter does, otherwise maybe more."""

    where: str
    values: tuple[str, ...]
    is_exact: bool = True

    def and_(self, condition: str, value: str, is_exact: bool = True) -> "Selection":
        """With one more condition."""
        both = f"{self.where} AND {condition}"
        return Selection(both, (*self.values, value), self.is_exact and is_exact)


def selection(source: str, kinds: Sequence[Kind], filter_: FilterNode | None = None) -> Selection:
    """What a filter selects among the entries of a directory that aren't deleted."""
    if len(kinds) > 1:
        return Selection("source = ? AND deleted_at = ''", (source,), filter_ is None)
    chosen = Selection("source = ? AND deleted_at = '' AND kind = ?", (source, kinds[0]))
    for attribute, value in _equalities(filter_):
        condition = _INDEXED.get((kinds[0], attribute))
        if condition and value and "\0" not in value:
            chosen = chosen.and_(condition, key(value) if condition == "name = ?" else value)
        elif attribute.startswith(_IN_BODY) and _PLAIN.fullmatch(value):
            chosen = chosen.and_("lower(body) LIKE ?", f"%{value.lower()}%", is_exact=False)
        else:
            chosen = Selection(chosen.where, chosen.values, is_exact=False)
    return chosen


def _equalities(node: FilterNode | None) -> Iterator[tuple[str, str]]:
    """(attribute in lower case, text) of each equality that all that matches has to fulfil.

    ("", "") for each other condition.
    """
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        for term in node.terms:
            yield from _equalities(term)
    elif isinstance(node, ValuePath):
        of = str(node.attr_path).lower()
        yield from ((f"{of}.{name}", value) for name, value in _equalities(node.val_filter))
    elif isinstance(node, Comparison) and node.op is CompareOperator.eq and isinstance(node.value, str):
        yield str(node.attr_path).lower(), node.value
    elif node is not None:
        yield "", ""


def wants_members(asked: ResponseParameters[Any] | None) -> bool:
    """Whether an answer shows the members of groups: Entra ID asks without."""
    if asked is None:
        return True
    if asked.attributes:
        return any(str(path).lower().startswith("members") for path in asked.attributes)
    return not any(str(path).lower() == "members" for path in asked.excluded_attributes or ())


def in_order(resources: list[Resource[Any]], asked: SearchRequest[Any]) -> list[Resource[Any]]:
    """By the attribute asked for; those without it come last (RFC 7644, section 3.4.2.3)."""
    keyed = [
        (value is None, value if value is not None else "", resource)
        for resource in resources
        for value in [asked.sort_value(resource)]
    ]
    keyed.sort(key=lambda item: item[:2], reverse=asked.sort_order is SearchRequest.SortOrder.descending)
    return [resource for _, _, resource in keyed]
