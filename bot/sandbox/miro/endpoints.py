"""The endpoints of Miro's SCIM service: what each call does and answers."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.miro import groups, users
from bot.sandbox.miro.discovery import discovery
from bot.sandbox.miro.errors import gateway_error, rest_error
from bot.sandbox.miro.filter import CORE_GROUP, CORE_USER
from bot.sandbox.miro.gate import media, read_body
from bot.sandbox.miro.organization import Organization
from bot.sandbox.miro.patch import Write, known, patched, replaced
from bot.sandbox.miro.shapes import Resource, group_resource, listing, select, user_resource
from bot.sandbox.server import Answer, Call


def answer(call: Call, parts: list[str], organization: Organization, url: str) -> Answer:
    """Carries out the call on `organization` and returns its answer. Raises Refusal."""
    match parts:
        case ["Users"]:
            return _Users(call, organization, url).all()
        case ["Users", id]:
            return _Users(call, organization, url).one(id)
        case ["Groups"]:
            return _Groups(call, organization, url).all()
        case ["Groups", id]:
            return _Groups(call, organization, url).one(id)
    return _described(call, parts, url)


class _Endpoint:
    """One call to a kind of resource."""

    def __init__(self, call: Call, organization: Organization, url: str) -> None:
        self._call, self._organization, self._url = call, organization, url

    def _answer(self, status: int, content: Resource) -> Answer:
        shown = select(content, self._call.query)
        headers = {"Location": content["meta"]["location"]} if status == 201 else {}
        return Answer.of(status, shown, media(self._call), **headers)

    def _list(self, resources: list[Resource], complex_filter: bool) -> Answer:
        return Answer.of(200, listing(resources, self._call.query, complex_filter), media(self._call))


class _Users(_Endpoint):
    def all(self) -> Answer:
        match self._call.method:
            case "GET":
                return self._list([self._resource(user.id) for user in self._organization.visible()], True)
            case "POST":
                created = users.create(self._organization, replaced(read_body(self._call)))
                return self._answer(201, self._resource(created.id))
        return _not_allowed()

    def one(self, id: str) -> Answer:
        match self._call.method:
            case "GET":
                return self._answer(200, self._resource(id))
            case "PUT":
                return self._update(id, replaced)
            case "PATCH":
                return self._update(id, lambda body: known(CORE_USER, patched(body)))
            case "DELETE":
                self._organization.user(id)
                self._organization.delete(id)
                return Answer(204)
        return _not_allowed()

    def _update(self, id: str, read: Callable[[Any], list[Write]]) -> Answer:
        writes = read(read_body(self._call))
        self._organization.user(id)
        users.update(self._organization, id, writes)
        return self._answer(200, self._resource(id))

    def _resource(self, id: str) -> Resource:
        return user_resource(self._organization.user(id), self._organization, self._url)


class _Groups(_Endpoint):
    @property
    def _creatable(self) -> bool:
        """Teams are neither created nor deleted through SCIM, user groups are: Miro's SCIM introduction."""
        return self._organization.settings.group_model == "user-group"

    def all(self) -> Answer:
        match self._call.method:
            case "GET":
                return self._list([self._resource(id) for id in self._organization.teams], False)
            case "POST" if self._creatable:
                created = groups.create(self._organization, replaced(read_body(self._call)))
                return self._answer(201, self._resource(created.id))
        return _not_allowed()

    def one(self, id: str) -> Answer:
        match self._call.method:
            case "GET":
                return self._answer(200, self._resource(id))
            case "PATCH":
                writes = known(CORE_GROUP, patched(read_body(self._call)))
                self._organization.team(id)
                groups.update(self._organization, id, writes)
                return self._answer(200, self._resource(id))
            case "DELETE" if self._creatable:
                self._organization.delete_team(id)
                return Answer(204)
        return _not_allowed()

    def _resource(self, id: str) -> Resource:
        return group_resource(self._organization.team(id), self._organization, self._url)


def _described(call: Call, parts: list[str], url: str) -> Answer:
    kind, *rest = parts
    document = discovery(kind, "/".join(rest), url)
    if document is None:
        return Answer.of(404, rest_error(404))
    if call.method != "GET":
        return _not_allowed()
    return Answer.of(200, document, media(call))


def _not_allowed() -> Answer:
    message = "Endpoint is found, but this method is not allowed"
    return Answer.of(405, gateway_error(405, message, "methodNotAllowed"))
