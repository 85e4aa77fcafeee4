"""The WSGI application `/scim/v2`: each directory by its token, what it sends as its pages describe it."""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication as WSGICallable

from scim2_models import (
    Error,
    Group,
    InvalidFilterException,
    NotFoundException,
    PatchOp,
    PatchOperation,
    Path,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UnauthorizedException,
)
from scim2_server.applications.base import VERSION_PREFIX
from scim2_server.applications.wsgi import ForwardedHeaders, WSGIApplication, send_response
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.service import ScimService

from approvals.ids import stamp
from approvals.record.database import Database, StoreTrouble
from bot.context import Desk
from bot.directory.memberships import split
from bot.directory.models import PROVIDER, Miro
from bot.directory.storage import BRIEF, Entries
from bot.directory.store import ENTERPRISE, Directories, Kind, User
from bot.directory.tokens import Tokens
from bot.ops import metrics
from bot.ops.watch import Environ

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds to wait for the record; Okta and Entra ID repeat what was answered with 503."""
RETRY_AFTER = 30
"""Seconds."""
LONGEST_FILTER = 2_000
"""Characters. Okta and Entra ID send a tenth of that."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
MOUNT = "/scim"
TRIES = 5
"""How often a change is tried that another one overtook."""
MANAGER = f"{ENTERPRISE}:manager"
_BARE_VALUE = re.compile(r'\s*(\w+) eq ([^\s"]+)\s*')
"""`externalId eq jyoung`, as a page of Entra ID has it; RFC 7644 wants quotes."""
_MANAGER_EQUALS = re.compile(
    rf'(^|\sand\s)(?:{re.escape(ENTERPRISE)}:)?manager( eq "[^"]*")(?=$|\sand\s)', re.I
)
_LITERALS = frozenset({"true", "false", "null"})


class Rules(ScimService):
    """The rules of SCIM, with what Entra ID sends besides."""

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> tuple[SearchRequest[Any], Any]:
        if isinstance(payload, dict) and isinstance(payload.get("filter"), str):
            if len(payload["filter"]) > LONGEST_FILTER:
                raise InvalidFilterException(detail=f"It has more than {LONGEST_FILTER} characters")
            payload = {**payload, "filter": as_rfc(payload["filter"])}
        return super().read_search(resource_types, payload)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        patch = super().read_patch(resource_type, body, content_type)
        for operation in patch.operations or ():
            if str(operation.path).lower() == "manager":
                operation.path = Path[Any](MANAGER)
            if operation.op is PatchOperation.Op.remove and isinstance(operation.value, list):
                # `"$ref": null` would be compared as well.
                operation.value = [_without_nulls(item) for item in operation.value]
        return patch

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """The user as changed. A group, which may have many members, only if asked for."""
        if isinstance(resource, Group):
            return super().patch_response(base_url, resource, response_parameters)
        return self.replacement_response(base_url, resource, response_parameters)


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in value.items() if part is not None}


def as_rfc(filter_: str) -> str:
    """A filter as RFC 7644 has it, of one as Entra ID writes it."""
    bare = _BARE_VALUE.fullmatch(filter_)
    if bare and bare[2].lower() not in _LITERALS:
        return f'{bare[1]} eq "{bare[2]}"'
    return _MANAGER_EQUALS.sub(rf"\1{MANAGER}.value\2", filter_)


class Operations(ScimHandler):
    """The operations of one request."""

    def __init__(self, rules: ScimService, entries: Entries, request: ScimRequest) -> None:
        super().__init__(rules, entries)
        self._entries, self._is_brief = entries, not request.query

    def patch_resource(
        self, resource_type: ResourceType, resource_id: str, patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any]:
        """As the core has it, without reading a group's members where nobody asks for them."""
        parts = split(patch_op.operations or ()) if self._is_brief else None
        if parts is None or resource_type.name != Kind.GROUP:
            return super().patch_resource(resource_type, resource_id, patch_op, conditions)
        group = self._entries.get(resource_type, resource_id, response_parameters=BRIEF)
        version = group.meta.version if group.meta else None
        self.service.check_preconditions(group, "PATCH", conditions)
        if parts.others:
            patch_op.model_copy(update={"operations": [*parts.others]}).patch(group)
        return self._entries.change_group(resource_type, group, version, parts)


class Application(WSGIApplication):
    """Answers every request with SCIM; a success is answered when it is committed. Mounted at `/scim`."""

    def __init__(
        self,
        on: Database,
        directories: Directories,
        tokens: Tokens,
        miro: Miro = lambda user: {},
        pushed: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        """`pushed`: called after each change; `patience`: seconds to wait for the record."""
        super().__init__(Entries(directories, "", miro), PROVIDER, Rules(PROVIDER))
        self._on, self._directories, self._tokens = on, directories, tokens
        self._miro, self._pushed, self._patience = miro, pushed, patience
        self._turn = threading.Lock()  # threads of this process don't overtake each other

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != MOUNT and not path.startswith(f"{MOUNT}/"):
            error = NotFoundException(detail=f"Here is {MOUNT}{VERSION_PREFIX}").to_error()
            return send_response(ScimResponse(HTTPStatus.NOT_FOUND, error.model_dump()), start_response)
        environ |= {"SCRIPT_NAME": MOUNT, "PATH_INFO": path.removeprefix(MOUNT)}
        return super().__call__(environ, start_response)

    def dispatch_request(self, request: ScimRequest) -> ScimResponse:
        with self._on.patience(self._patience):
            source = self._source(request) if self.needs_auth(request) else ""
            operations = Operations(self.service, Entries(self._directories, source, self._miro), request)
            response = self._handled(operations, request)
        if request.method not in ("GET", "HEAD"):
            self._pushed()
        return response

    def _source(self, request: ScimRequest) -> str:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        source = self._tokens.source(token.strip()) if scheme.lower() == "bearer" else None
        if source is None:
            raise UnauthorizedException(detail="This needs a token of `miro-bot directory token create`")
        return source

    def _handled(self, operations: Operations, request: ScimRequest) -> ScimResponse:
        """The answer. What another process overtook is tried again, unless the client named a version."""
        if request.method == "GET":
            return operations.handle(request)
        is_conditional = request.header("If-Match") or request.header("If-None-Match")
        for _ in range(TRIES):
            with self._turn, suppress(*() if is_conditional else (PreconditionFailedException,)):
                return operations.handle(request)
        raise StoreTrouble(f"Others changed this {TRIES} times meanwhile")

    def handle_exception(self, request: ScimRequest, exception: Exception) -> ScimResponse:
        if isinstance(exception, StoreTrouble):
            log.warning("the record takes nothing from a directory: %s", exception)
            error = Error(
                status=503, detail="The record can't be written now. Nothing was changed; try again."
            )
            headers = {"Retry-After": str(RETRY_AFTER)}
            return ScimResponse(HTTPStatus.SERVICE_UNAVAILABLE, error.model_dump(), headers)
        if isinstance(exception, RecursionError):
            exception = InvalidFilterException(detail="Too many parentheses")
        if not isinstance(exception, SCIMException):
            log.error("a request of a directory failed", exc_info=exception)
        return self.service.error_response(exception)

    def finalize_response(self, request: ScimRequest, response: ScimResponse) -> ScimResponse:
        """Without the core's Location of everything: it may hold what no header may."""
        method = request.method if request.method in METHODS else "other"
        metrics.PUSHED.labels(method, str(int(response.status))).inc()
        response.headers["Cache-Control"] = "no-store"
        return response


def application(desk: Desk) -> WSGICallable:
    """The WSGI application of a bot."""
    on = desk.store.database

    def in_miro(user: User) -> Mapping[str, Any]:
        person, groups = desk.find(user.user_name), desk.store.groups
        teams, seen_at = groups.of(person) if person else (), groups.members_seen_at()
        if not teams or seen_at is None:
            return {}
        return {"teams": [team.known_name for team in teams], "seenAt": stamp(seen_at)}

    directories, tokens = Directories(on, desk.now), Tokens(on, desk.now)
    # Addresses in answers are those that the client used, also behind a proxy that ends TLS.
    return ForwardedHeaders(Application(on, directories, tokens, in_miro, lambda: desk.wake()))


def refusal(status: int, reason: str) -> tuple[str, bytes]:
    """(media type, body) for a request that isn't read, as it is too large or no HTTP."""
    return SCIM_MEDIA_TYPE, json.dumps(Error(status=status, detail=reason).model_dump()).encode()
