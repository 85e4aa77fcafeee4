"""The entries of one directory as the storage of the SCIM core."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from scim2_models import (
    InvalidFilterException,
    InvalidValueException,
    Meta,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator
from scim2_server.storage import ScimStorage, SearchPage

from bot.directory.models import MIRO, MODELS, Miro
from bot.directory.store import (
    MOST,
    Directories,
    EntryId,
    Group,
    Kind,
    Member,
    Moved,
    Taken,
    User,
    key,
    kind_of,
)

LONGEST_NAME = 500
"""Characters of a name or an id: in UTF-8 they fit into an index of PostgreSQL."""
LARGEST = 100_000
"""Characters of an entry as JSON, without its members."""
LONGEST_FILTER = 2_000
"""Characters. Okta and Entra ID send a tenth of that."""
_INDEXED = {
    (Kind.USER, "username"): "name = ?",
    (Kind.GROUP, "displayname"): "name = ?",
    (Kind.GROUP, "members"): "id IN (SELECT group_id FROM directory_members WHERE member_id = ?)",
    **{(kind, "id"): "id = ?" for kind in Kind},
    **{(kind, "externalid"): "external_id = ?" for kind in Kind},
}
"""By (kind, attribute): a condition that selects all that equals a value, and maybe more."""


class Entries(ScimStorage):
    """The users and groups of one directory. Raises the core's exceptions, and StoreTrouble."""

    def __init__(self, directories: Directories, source: str, miro: Miro) -> None:
        self._directories, self._source, self._miro = directories, source, miro

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        return self._resource(self._entry(resource_type, resource_id, _wants_members(response_parameters)))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """Filters by an index as far as there is one, then as the core does."""
        kinds, wanted = [Kind(str(type_.name)) for type_ in resource_types], search_request.filter
        start = max((search_request.start_index or 1) - 1, 0)
        part = slice(start, start + (MOST if search_request.count is None else search_request.count))
        if wanted is None and search_request.sort_by is None:
            where, values = self._where(kinds)
            found = self._directories.read(where, *values, part=part, members=_wants_members(search_request))
            return SearchPage(self._directories.count(where, *values), [*map(self._resource, found)])
        if wanted is not None and len(wanted) > LONGEST_FILTER:
            raise InvalidFilterException(detail=f"The filter has more than {LONGEST_FILTER} characters")
        where, values = self._where(kinds, wanted.ast if wanted is not None else None)
        resources = [*map(self._resource, self._directories.read(where, *values))]
        if wanted is not None:
            resources = [resource for resource in resources if wanted.match(resource)]
        if search_request.sort_by is not None:
            resources = _sorted(resources, search_request)
        return SearchPage(len(resources), resources[part])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        kind = Kind(str(resource_type.name))
        body, members = _stored(kind, resource)
        try:
            id = self._directories.create(self._source, kind, body, members)
        except Taken as error:
            raise _taken(kind, body) from error
        return self.get(resource_type, id)

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        entry = self._expected(resource_type, str(resource.id), expected_version)
        body, members = _stored(kind_of(entry), resource)
        try:
            self._directories.update(entry, body, members if isinstance(entry, Group) else None)
        except Taken as error:
            raise _taken(kind_of(entry), body) from error
        except Moved as error:
            raise PreconditionFailedException from error
        return self.get(resource_type, entry.id)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        try:
            self._directories.delete(self._expected(resource_type, resource_id, expected_version))
        except Moved as error:
            raise PreconditionFailedException from error

    def _entry(self, type_: ResourceType, id: str, members: bool = True) -> User | Group:
        found = [] if "\0" in id else self._directories.read(*self._one(type_, id), members=members)
        if not found:
            raise NotFoundException(detail=f"There is no {type_.name} {id}")
        return found[0]

    def _one(self, type_: ResourceType, id: str) -> tuple[str, ...]:
        where, values = self._where([Kind(str(type_.name))])
        return f"{where} AND id = ?", *values, id

    def _expected(self, type_: ResourceType, id: str, version: str | None) -> User | Group:
        entry = self._entry(type_, id, members=False)
        if version not in (None, _version(entry)):
            raise PreconditionFailedException
        return entry

    def _where(self, kinds: Sequence[Kind], filter_: FilterNode | None = None) -> tuple[str, list[str]]:
        """(condition, its values) that selects what a filter can match, and maybe more."""
        where, values = "source = ? AND deleted_at = ''", [self._source]
        if len(kinds) == 1:
            where, values = f"{where} AND kind = ?", [*values, kinds[0]]
            for attribute, value in _equalities(filter_):
                condition = _INDEXED.get((kinds[0], attribute))
                if condition and isinstance(value, str) and "\0" not in value:
                    where = f"{where} AND {condition}"
                    values.append(key(value) if condition == "name = ?" else value)
        return where, values

    def _resource(self, entry: User | Group) -> Resource[Any]:
        kind = kind_of(entry)
        content: dict[str, Any] = {**entry.body, "id": entry.id}
        if isinstance(entry, User):
            content["groups"] = [{"value": id, "$ref": f"Groups/{id}"} for id in sorted(entry.group_ids)]
            content[MIRO] = self._miro(entry)
        else:
            content["members"] = [_member(id, entry.members[id]) for id in sorted(entry.members)]
        resource = MODELS[kind].model_validate(content)
        resource.meta = Meta(
            resource_type=kind, created=entry.created_at, last_modified=entry.changed_at,
            version=_version(entry),
        )  # fmt: skip
        return resource


def _member(id: EntryId, member: Member) -> dict[str, str]:
    known = {"type": member.kind.value, "$ref": f"{member.kind}s/{id}"} if member.kind else {}
    return {"value": id, **known} | ({"display": member.display} if member.display else {})


def _version(entry: User | Group) -> str:
    return f'W/"{entry.sequence}"'


def _wants_members(asked: ResponseParameters[Any] | None) -> bool:
    """Whether an answer shows the members of groups: Entra ID asks without."""
    return not any(str(path).lower() == "members" for path in (asked and asked.excluded_attributes) or ())


def _equalities(node: FilterNode | None) -> Iterator[tuple[str, Any]]:
    """(attribute in lower case, value) of each equality that all that matches has to fulfil."""
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        for term in node.terms:
            yield from _equalities(term)
    elif isinstance(node, Comparison) and node.op is CompareOperator.eq:
        yield str(node.attr_path).lower().removesuffix(".value"), node.value


def _sorted(resources: list[Resource[Any]], asked: SearchRequest[Any]) -> list[Resource[Any]]:
    """By the attribute asked for; those without it come last (RFC 7644, section 3.4.2.3)."""
    keyed = [(value is None, value if value is not None else "", resource)
             for resource in resources for value in [asked.sort_value(resource)]]  # fmt: skip
    keyed.sort(key=lambda item: item[:2], reverse=asked.sort_order is SearchRequest.SortOrder.descending)
    return [resource for _, _, resource in keyed]


def _stored(kind: Kind, resource: Resource[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(attributes to keep, {id of a member: name to display}). Raises SCIMException if they can't be kept."""
    body = resource.model_dump()
    listed = body.get("members") or ()
    members = {str(item.get("value") or ""): str(item.get("display") or "") for item in listed}
    body = {name: value for name, value in body.items() if name not in _OURS}
    body["schemas"] = [urn for urn in body["schemas"] if urn != MIRO]
    names = [str(body.get(name) or "") for name in ("userName", "displayName", "externalId")]
    if not names[kind is Kind.GROUP].strip():
        raise InvalidValueException(detail="The name is empty")
    text = json.dumps(body)
    if "\\u0000" in f"{text}{json.dumps(members)}":
        raise InvalidValueException(detail="No text may contain a NUL character")
    if any(len(name) > LONGEST_NAME for name in (*names, *members)):
        raise InvalidValueException(detail=f"A name or an id has more than {LONGEST_NAME} characters")
    if not all(members):
        raise InvalidValueException(detail="A member has no value")
    if len(text) > LARGEST:
        raise PayloadTooLargeException(detail=f"More than {LARGEST} characters without members")
    return body, members


_OURS = frozenset({"id", "meta", "members", "groups", MIRO})
"""What is kept elsewhere, or isn't the directory's to say."""


def _taken(kind: Kind, body: dict[str, Any]) -> UniquenessException:
    name = "userName" if kind is Kind.USER else "displayName"
    return UniquenessException(detail=f"Another {kind} has this {name}: {body[name]}")
