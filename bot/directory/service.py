"""The WSGI application `/scim/v2`: each directory by its token, what it sends as its pages describe it."""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from traceback import format_tb
from typing import Any
from wsgiref.types import WSGIApplication as WSGICallable
from wsgiref.util import application_uri

import scim2_models as scim
from scim2_server.applications.base import VERSION_PREFIX
from scim2_server.applications.wsgi import ForwardedHeaders, WSGIApplication
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.service import ScimService

from approvals.ids import stamp
from approvals.record.database import Database, StoreTrouble
from bot.context import Context
from bot.directory.memberships import split
from bot.directory.models import PROVIDER, Miro
from bot.directory.storage import BRIEF, Entries, Resource
from bot.directory.store import ENTERPRISE, Directories, Kind, User
from bot.directory.tokens import Tokens
from bot.ops import metrics
from bot.ops.watch import Environ

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds to wait for the record; Okta and Entra ID repeat what was answered with 503."""
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

    def read_search(self, resource_types: list[scim.ResourceType], payload: Any) -> Any:
        if isinstance(payload, dict):
            payload = {name: value for name, value in payload.items() if value != ""}
        if isinstance(payload, dict) and isinstance(payload.get("filter"), str):
            if len(payload["filter"]) > LONGEST_FILTER:
                raise scim.InvalidFilterException(detail=f"It has more than {LONGEST_FILTER} characters")
            payload = {**payload, "filter": as_rfc(payload["filter"])}
        return super().read_search(resource_types, payload)

    def read_patch(self, resource_type: scim.ResourceType, body: bytes, content_type: str | None) -> Any:
        patch = super().read_patch(resource_type, body, content_type)
        patch.operations = [part for each in patch.operations or () for part in apart(each)]
        for operation in patch.operations:
            if str(operation.path).lower() == "manager":
                operation.path = scim.Path[Any](MANAGER)
        return patch

    def patch_response(self, base_url: str, resource: Resource, response_parameters: Any) -> ScimResponse:
        """The user as changed. A group, which may have many members, only if asked for."""
        if isinstance(resource, scim.Group):
            return super().patch_response(base_url, resource, response_parameters)
        return self.replacement_response(base_url, resource, response_parameters)


def apart(operation: scim.PatchOperation[Any]) -> list[scim.PatchOperation[Any]]:
    """An operation without a path, whose attributes may be paths with filters, or a manager, of Entra ID."""
    value = operation.value if isinstance(operation.value, dict) and not operation.path else {}
    named = {path: text for path, text in value.items() if "[" in path or path.lower() == "manager"}
    if not named:
        return [operation]
    rest = {name: text for name, text in value.items() if name not in named}
    each = [{"path": scim.Path[Any](path), "value": text} for path, text in named.items()]
    return [operation.model_copy(update=part) for part in (*([{"value": rest}] if rest else []), *each)]


def as_rfc(filter_: str) -> str:
    """A filter as RFC 7644 has it, of one as Entra ID writes it."""
    bare = _BARE_VALUE.fullmatch(filter_)
    if bare and bare[2].lower() not in _LITERALS:
        return f'{bare[1]} eq "{bare[2]}"'
    return _MANAGER_EQUALS.sub(rf"\1{MANAGER}.value\2", filter_)


class Operations(ScimHandler):
    """The operations of one request; members of a group that it changes are read if it may ask for them."""

    def __init__(self, rules: ScimService, entries: Entries, request: ScimRequest) -> None:
        super().__init__(rules, entries)
        self._entries, self._shown = entries, None if request.query else BRIEF

    def patch_resource(
        self, resource_type: scim.ResourceType, resource_id: str, patch_op: Any, conditions: Conditions
    ) -> Resource:
        """As the core has it, without reading a group's members where nobody asks for them."""
        parts = split(patch_op.operations or ()) if resource_type.name == Kind.GROUP else None
        if parts is None:
            return super().patch_resource(resource_type, resource_id, patch_op, conditions)
        group = self._entries.get(resource_type, resource_id, response_parameters=BRIEF)
        self.service.check_preconditions(group, "PATCH", conditions)
        if parts.others:
            patch_op.model_copy(update={"operations": [*parts.others]}).patch(group)
        return self._entries.change_group(resource_type, group, parts, self._shown)


class Application(WSGIApplication):
    """Answers every request with SCIM; a success is answered when it is committed. Mounted at `/scim`."""

    def __init__(
        self,
        on: Database,
        directories: Directories,
        tokens: Tokens,
        miro: Miro = lambda user: {},
        pushed: Callable[[], object] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        """`pushed`: called after each change; `patience`: seconds to wait for the record."""
        super().__init__(Entries(directories, "", miro), PROVIDER, Rules(PROVIDER))
        self._on, self._directories, self._tokens = on, directories, tokens
        self._miro, self._pushed, self._patience = miro, pushed, patience
        self._turn = threading.Lock()  # threads of this process don't overtake each other

    @staticmethod
    def get_base_url(environ: Environ) -> str:
        return f"{application_uri(environ).rstrip('/')}{MOUNT}{VERSION_PREFIX}"

    @staticmethod
    def split_path(path: str) -> str:
        return WSGIApplication.split_path(path.removeprefix(MOUNT))

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
            raise scim.UnauthorizedException(detail="This needs a token of `miro-bot directory token create`")
        return source

    def _handled(self, operations: Operations, request: ScimRequest) -> ScimResponse:
        """The answer. What another process overtook is tried again, unless the client named a version."""
        if request.method == "GET":
            return operations.handle(request)
        is_conditional = request.header("If-Match") or request.header("If-None-Match")
        for _ in range(TRIES):
            with self._turn, suppress(*() if is_conditional else (scim.PreconditionFailedException,)):
                return operations.handle(request)
        raise StoreTrouble(f"Others changed this {TRIES} times meanwhile")

    def handle_exception(self, request: ScimRequest, exception: Exception) -> ScimResponse:
        if isinstance(exception, StoreTrouble):
            log.warning("the record takes nothing from a directory: %s", exception)
            error = scim.Error(status=503, detail="The record can't be used now. Send this again.")
            return ScimResponse(HTTPStatus.SERVICE_UNAVAILABLE, error.model_dump(), {"Retry-After": "30"})
        if isinstance(exception, RecursionError):
            exception = scim.InvalidFilterException(detail="Too many parentheses")
        if not isinstance(exception, scim.SCIMException):
            # Without its text, which may hold what was said of a person.
            where = "".join(format_tb(exception.__traceback__))
            log.error("a request of a directory failed with %s:\n%s", type(exception).__name__, where)
        return self.service.error_response(exception)

    def finalize_response(self, request: ScimRequest, response: ScimResponse) -> ScimResponse:
        """Without the core's Location of everything: it may hold what no header may."""
        method = request.method if request.method in METHODS else "other"
        metrics.PUSHED.labels(method, str(int(response.status))).inc()
        response.headers["Cache-Control"] = "no-store"
        return response


def application(context: Context) -> WSGICallable:
    """The WSGI application of a bot."""
    on = context.store.database

    def in_miro(user: User) -> Mapping[str, Any]:
        person, groups = context.find(user.user_name), context.store.groups
        teams, seen_at = groups.of(person) if person else (), groups.seen_at("members")
        if not teams or seen_at is None:
            return {}
        return {"teams": [team.known_name for team in teams], "seenAt": stamp(seen_at)}

    directories, tokens = Directories(on, context.now), Tokens(on, context.now)
    # Addresses in answers are those that the client used, also behind a proxy that ends TLS.
    return ForwardedHeaders(Application(on, directories, tokens, in_miro, lambda: context.wake()))


def refusal(status: int, reason: str) -> tuple[str, bytes]:
    """(media type, body) for a request that isn't read, as it is too large or no HTTP."""
    return SCIM_MEDIA_TYPE, json.dumps(scim.Error(status=status, detail=reason).model_dump()).encode()
