"""The entries of one directory as the storage of the SCIM core."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import scim2_models as scim
from scim2_models import ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import ScimStorage, SearchPage

from bot.directory import store
from bot.directory.memberships import Split
from bot.directory.models import MIRO, MODELS, Miro
from bot.directory.search import in_order, selection, wants_members
from bot.directory.store import MOST, Directories, EntryId, Group, Kind, User, kind_of

Resource = scim.Resource[Any]
Body = dict[str, Any]
LONGEST_NAME = 500
"""Characters of a name or an id: in UTF-8 they fit into an index of PostgreSQL."""
LARGEST = 100_000
"""Characters of an entry as JSON, without its members."""
BRIEF = ResponseParameters[scim.Group].model_validate({"excludedAttributes": "members"})
"""Reads a group without its members."""


class Entries(ScimStorage):
    """The users and groups of one directory. Raises the core's exceptions, and StoreTrouble."""

    def __init__(self, directories: Directories, source: str, miro: Miro) -> None:
        self._directories, self._source, self._miro = directories, source, miro

    def get(
        self, resource_type: ResourceType, resource_id: str, *, response_parameters: Any = None
    ) -> Resource:
        return self._resource(self._entry(resource_type, resource_id, wants_members(response_parameters)))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """By SQL where it can answer, else the core compares what SQL selects."""
        wanted, is_sorted = search_request.filter, search_request.sort_by is not None
        kinds = [Kind(str(type_.name)) for type_ in resource_types]
        start = min(max((search_request.start_index or 1) - 1, 0), MOST)
        part = slice(start, start + (MOST if search_request.count is None else search_request.count))
        chosen = selection(self._source, kinds, None if wanted is None else wanted.ast)
        if chosen.is_exact and not is_sorted:
            shown = wants_members(search_request)
            entries = self._directories.read(chosen.where, *chosen.values, part=part, members=shown)
            total = self._directories.count(chosen.where, *chosen.values)
            return SearchPage(total, [*map(self._resource, entries)])
        resources = [*map(self._resource, self._directories.read(chosen.where, *chosen.values))]
        if wanted is not None:
            resources = [resource for resource in resources if wanted.match(resource)]
        if is_sorted:
            resources = in_order(resources, search_request)
        return SearchPage(len(resources), resources[part])

    def create(self, resource_type: ResourceType, resource: Resource) -> Resource:
        kind = Kind(str(resource_type.name))
        body, members = _stored(kind, resource)
        with _faults(kind):
            id = self._directories.create(self._source, kind, body, members)
        return self.get(resource_type, id)

    def update(
        self, resource_type: ResourceType, resource: Resource, *, expected_version: str | None = None
    ) -> Resource:
        entry = self._expected(resource_type, str(resource.id), expected_version)
        self._update(entry, *_stored(kind_of(entry), resource))
        return self.get(resource_type, entry.id)

    def change_group(self, type_: ResourceType, group: Resource, change: Split, shown: Any) -> Resource:
        """Stores a group that was read without its members and maybe changed, and changes its members.

        `shown`: the response parameters with which it is read again.
        """
        entry = self._expected(type_, str(group.id), group.meta and group.meta.version)
        known = entry.members if isinstance(entry, Group) else {}
        before = {id: member.display for id, member in known.items()}
        body, members = _stored(kind_of(entry), group, change.applied(before))
        if (body, members) != (entry.body, before):
            self._update(entry, body, members)
        return self.get(type_, entry.id, response_parameters=shown)

    def _update(self, entry: User | Group, body: Body, members: Mapping[EntryId, str]) -> None:
        with _faults(kind_of(entry)):
            self._directories.update(entry, body, members if isinstance(entry, Group) else None)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        entry = self._expected(resource_type, resource_id, expected_version)
        with _faults(kind_of(entry)):
            self._directories.delete(entry)

    def _entry(self, type_: ResourceType, id: str, members: bool = True) -> User | Group:
        of_kind = selection(self._source, [Kind(str(type_.name))]).and_("id = ?", id.replace("\0", ""))
        entries = self._directories.read(of_kind.where, *of_kind.values, members=members)
        if not entries:
            raise scim.NotFoundException(detail=f"There is no {type_.name} {id}")
        return entries[0]

    def _expected(self, type_: ResourceType, id: str, version: Any) -> User | Group:
        entry = self._entry(type_, id)
        if version not in (None, _version(entry)):
            raise scim.PreconditionFailedException
        return entry

    def _resource(self, entry: User | Group) -> Resource:
        kind = kind_of(entry)
        content: dict[str, Any] = {**entry.body, "id": entry.id}
        if isinstance(entry, User):
            content["groups"] = [{"value": id, "$ref": f"Groups/{id}"} for id in sorted(entry.group_ids)]
            content[MIRO] = self._miro(entry)
        else:
            content["members"] = [_member(id, entry.members[id]) for id in sorted(entry.members)]
        resource = MODELS[kind].model_validate(content)
        resource.meta = scim.Meta(resource_type=kind, created=entry.created_at, version=_version(entry))
        resource.meta.last_modified = entry.changed_at
        return resource


@contextmanager
def _faults(kind: Kind) -> Iterator[None]:
    """What the store can't do, as the core says it."""
    try:
        yield
    except store.Taken as error:
        name = "userName" if kind is Kind.USER else "displayName"
        raise scim.UniquenessException(detail=f"Another {kind} has this {name}") from error
    except store.Moved as error:
        raise scim.PreconditionFailedException from error


def _member(id: EntryId, member: store.Member) -> dict[str, str]:
    known = {"type": member.kind.value, "$ref": f"{member.kind}s/{id}"} if member.kind else {}
    return {"value": id, **known} | ({"display": member.display} if member.display else {})


def _version(entry: User | Group) -> str:
    return f'W/"{entry.sequence}"'


def _stored(
    kind: Kind, resource: Resource, members: dict[EntryId, str] | None = None
) -> tuple[Body, dict[EntryId, str]]:
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
    text = json.dumps(body)
    for is_wrong, why in (
        (not names[kind is Kind.GROUP].strip() or not all(members), "A name or a member's value is empty"),
        ("\\u0000" in f"{text}{json.dumps(members)}", "No text may contain a NUL character"),
        (any(len(name) > LONGEST_NAME for name in (*names, *members)), "A name or an id is too long"),
    ):
        if is_wrong:
            raise scim.InvalidValueException(detail=why)
    if len(text) > LARGEST:
        raise scim.PayloadTooLargeException(detail=f"More than {LARGEST} characters without members")
    return body, members


_OURS = frozenset({"id", "meta", "members", "groups", MIRO})
"""What is kept elsewhere, or isn't the directory's to say."""
