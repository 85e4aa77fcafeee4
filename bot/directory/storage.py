"""The entries of one directory as the storage of the SCIM core."""

import json
from collections.abc import Mapping
from typing import Any

from scim2_models import Group as CoreGroup
from scim2_models import (
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
from scim2_server.storage import ScimStorage, SearchPage

from bot.directory.memberships import Split
from bot.directory.models import MIRO, MODELS, Miro
from bot.directory.search import in_order, selection, wants_members
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
    kind_of,
)

LONGEST_NAME = 500
"""Characters of a name or an id: in UTF-8 they fit into an index of PostgreSQL."""
LARGEST = 100_000
"""Characters of an entry as JSON, without its members."""
BRIEF = ResponseParameters[CoreGroup].model_validate({"excludedAttributes": "members"})
"""Reads a group without its members."""


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
        return self._resource(self._entry(resource_type, resource_id, wants_members(response_parameters)))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """By SQL where it can answer, else the core compares what SQL selects."""
        wanted, is_sorted = search_request.filter, search_request.sort_by is not None
        kinds = [Kind(str(type_.name)) for type_ in resource_types]
        start = min(max((search_request.start_index or 1) - 1, 0), MOST)
        part = slice(start, start + (MOST if search_request.count is None else search_request.count))
        found = selection(self._source, kinds, None if wanted is None else wanted.ast)
        if found.is_exact and not is_sorted:
            shown = wants_members(search_request)
            entries = self._directories.read(found.where, *found.values, part=part, members=shown)
            total = self._directories.count(found.where, *found.values)
            return SearchPage(total, [*map(self._resource, entries)])
        resources = [*map(self._resource, self._directories.read(found.where, *found.values))]
        if wanted is not None:
            resources = [resource for resource in resources if wanted.match(resource)]
        if is_sorted:
            resources = in_order(resources, search_request)
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
        self._update(entry, *_stored(kind_of(entry), resource))
        return self.get(resource_type, entry.id)

    def change_group(
        self, resource_type: ResourceType, group: Resource[Any], version: str | None, change: Split
    ) -> Resource[Any]:
        """Stores a group that was read without its members at a version, and changes them."""
        entry = self._expected(resource_type, str(group.id), version)
        before = (
            {id: member.display for id, member in entry.members.items()} if isinstance(entry, Group) else {}
        )
        body, members = _stored(kind_of(entry), group, change.applied(before))
        if (body, members) == (entry.body, before):
            return group
        self._update(entry, body, members)
        return self.get(resource_type, entry.id, response_parameters=BRIEF)

    def _update(self, entry: User | Group, body: dict[str, Any], members: Mapping[EntryId, str]) -> None:
        try:
            self._directories.update(entry, body, members if isinstance(entry, Group) else None)
        except Taken as error:
            raise _taken(kind_of(entry), body) from error
        except Moved as error:
            raise PreconditionFailedException from error

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        try:
            self._directories.delete(self._expected(resource_type, resource_id, expected_version))
        except Moved as error:
            raise PreconditionFailedException from error

    def _entry(self, type_: ResourceType, id: str, members: bool = True) -> User | Group:
        of_kind = selection(self._source, [Kind(str(type_.name))]).and_("id = ?", id.replace("\0", ""))
        found = self._directories.read(of_kind.where, *of_kind.values, members=members)
        if not found:
            raise NotFoundException(detail=f"There is no {type_.name} {id}")
        return found[0]

    def _expected(self, type_: ResourceType, id: str, version: str | None) -> User | Group:
        entry = self._entry(type_, id)
        if version not in (None, _version(entry)):
            raise PreconditionFailedException
        return entry

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


def _stored(
    kind: Kind, resource: Resource[Any], members: dict[EntryId, str] | None = None
) -> tuple[dict[str, Any], dict[EntryId, str]]:
    """(attributes to keep, {id of a member: name to display}), the members by default as in the resource.

    Raises SCIMException if they can't be kept.
    """
    body = resource.model_dump()
    if members is None:
        listed = body.get("members") or ()
        members = {EntryId(item.get("value") or ""): str(item.get("display") or "") for item in listed}
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
