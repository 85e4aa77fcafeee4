"""Miro's SCIM messages: validates incoming ones, formats outgoing ones."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from approvals.text import cleaned
from bot.miro.errors import Unreadable

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

ADMIN = "ORGANIZATION_INTERNAL_ADMIN"
MEMBER = "ORGANIZATION_INTERNAL_USER"
FULL = "Full"
"""The license that PATCH gives (Miro's API description, PATCH /Users)."""
LOOK = "id,userName,displayName,active,userType,roles,groups"
"""The attributes of one look at a person, enough for all goals."""


LONGEST = 10_000
"""Characters of an error that are searched for its message."""
_MARKUP = re.compile(r"<(script|style).*?</\1>|</?[a-z][\w-]*(\s[^<>]*)?/?>|<![^>]*>", re.S | re.I)


def ident(value: object) -> str:
    """An id as text, '' for any other value. Miro documents strings; integers are accepted."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) and _is_whole(value) else ""


def id_of(entry: object) -> str:
    """The id of a resource, '' if it has no readable one."""
    return ident(entry.get("id")) if isinstance(entry, Mapping) else ""


def _is_whole(text: str) -> bool:
    """Whether it has no lone surrogate and no NUL, which JSON allows and databases don't."""
    return not any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in text)


def _id(value: object) -> str:
    if not (id := ident(value)):
        raise ValueError("no id")
    return id


def _name(value: object) -> object:
    if isinstance(value, str) and not (value.strip() and _is_whole(value)):
        raise ValueError("no name")
    return value


def _shown(value: object) -> str:
    """Text for people only; '' if unreadable, so that the rest of the message stays usable."""
    return cleaned(value.encode(errors="replace").decode()) if isinstance(value, str) else ""


def _extension(value: object) -> object:
    """{attribute: text}, complex attributes as nested dicts: RFC 7643 section 4.3 nests no deeper."""
    return _readable(value, 2) if isinstance(value, Mapping) else value


def _readable(value: object, depth: int) -> object:
    if depth and isinstance(value, Mapping):
        return {_shown(str(name)): _readable(inner, depth - 1) for name, inner in value.items()}
    return _shown(value) or ident(value)


def _truth(value: object) -> bool | None:
    """True, False, or None for any other value; Miro also documents both as text."""
    words = {"true": True, "false": False}
    return value if isinstance(value, bool) else words.get(str(value).strip().casefold())


def _entries(values: object) -> object:
    """The list with unreadable entries replaced by blank ones, so that they still count."""
    if not isinstance(values, list):
        return values
    named = [isinstance(value, Mapping) and bool(ident(value.get("value"))) for value in values]
    return [value if good else {"value": ""} for value, good in zip(values, named, strict=True)]


Id = Annotated[str, BeforeValidator(_id)]
Value = Annotated[str, BeforeValidator(ident)]
Name = Annotated[str, BeforeValidator(_name)]
Shown = Annotated[str, BeforeValidator(_shown)]
Extension = Annotated[Mapping[str, Any], BeforeValidator(_extension)]
Truth = Annotated[bool | None, BeforeValidator(_truth)]


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, sent: Any) -> Any:
        # Unassigned attributes, null and an empty array are equal: RFC 7643 section 2.5.
        if not isinstance(sent, Mapping):
            return sent
        return {name: value for name, value in sent.items() if value is not None}


class Role(Message):
    """One role; `value` is '' if unreadable. The primary one is the role in the organization."""

    value: Value
    type: Shown = ""
    primary: Truth = False


class Membership(Message):
    """One group of a person; `value` is '' if unreadable."""

    value: Value
    display: Shown = ""


class MiroRights(Message):
    """A person's rights in Miro. None or a missing value means unknown, never no."""

    id: Id
    active: Truth = None
    roles: Annotated[tuple[Role, ...] | None, BeforeValidator(_entries)] = None

    @property
    def org_role(self) -> str:
        """The role in the organization; '' if Miro doesn't show it, which doesn't mean member."""
        return next((role.value for role in self.roles or () if role.primary), "")

    @property
    def admin_roles(self) -> frozenset[str]:
        """The shown roles besides the one in the organization: Content Admin, User Admin, …"""
        return frozenset(role.value for role in self.roles or () if not role.primary and role.value)

    @property
    def knows_roles(self) -> bool:
        """Whether the roles are shown: everybody has at least one."""
        return bool(self.org_role) and all(role.value for role in self.roles or ())

    @property
    def lacks(self) -> str:
        """The missing attributes needed to recognize an admin, in words; '' if none."""
        missing = (*(["active"] if self.active is None else []), *([] if self.knows_roles else ["roles"]))
        return " and no ".join(missing)


class MiroAccount(MiroRights):
    """A person in Miro by SCIM, which never shows guests."""

    user_name: Name = Field(alias="userName")
    display_name: Shown = Field(default="", alias="displayName")
    user_type: Shown = Field(default="", alias="userType")
    groups: Annotated[tuple[Membership, ...] | None, BeforeValidator(_entries)] = None
    enterprise: Extension = Field(default_factory=dict, alias=ENTERPRISE)

    @property
    def group_ids(self) -> frozenset[str]:
        """The shown ids of this person's groups."""
        return frozenset(group.value for group in self.groups or () if group.value)

    @property
    def knows_groups(self) -> bool:
        """Whether all groups of this person are shown, so that any other can be excluded."""
        return self.groups is not None and all(group.value for group in self.groups)

    @property
    def manager_id(self) -> str:
        """The manager's Miro id; '' if there is none, or the value isn't an id."""
        manager = self.enterprise.get("manager")
        id = str(manager.get("value") or "") if isinstance(manager, Mapping) else ""
        return id if id.isascii() and id.isdecimal() else ""


class MiroGroup(Message):
    """A group, with its security name."""

    id: Id
    display_name: Name = Field(alias="displayName")


class ListPage(Message):
    """One page of a list; without `Resources` if nothing was found."""

    total: int = Field(alias="totalResults", ge=0, strict=True)
    resources: list[Any] = Field(default_factory=list, alias="Resources")


M = TypeVar("M", bound=Message)
_LACKING = {"displayName": "name", "userName": "address"}


def content(text: bytes) -> Any:
    """An answer as JSON. Raises Unreadable."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        page = _plain(text[:LONGEST].decode(errors="replace"))[:200]
        raise Unreadable("Miro's answer has an unexpected form: it isn't JSON.", words=page) from error


def message(kind: type[M], sent: Any) -> M:
    """JSON as a message of `kind`. Raises Unreadable."""
    try:
        return kind.model_validate(sent)
    except ValidationError as error:
        fields = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors() if fault["loc"])
        lacks = " and no ".join(_LACKING.get(field, field) for field in fields) or "readable form"
        raise Unreadable(
            f"Miro's answer has an unexpected form ({error.error_count()} differences).", lacks
        ) from error


def _plain(text: str) -> str:
    """Text on one line, without HTML tags and characters that can't be stored; keeps <addresses>."""
    text = cleaned(text.encode(errors="replace").decode())
    return " ".join(_MARKUP.sub(" ", text).split())


def complaint(status: int, text: bytes) -> str:
    """Miro's message in an error, of any of its three forms, or of a body that isn't JSON.

    The forms: SCIM's `detail`, a gateway's `error.message`, and the platform's `message`.
    """
    try:
        body = content(text)
    except Unreadable as error:
        return error.words or f"status {status}, without a word"
    if not isinstance(body, dict):
        return f"status {status}"
    inner = body.get("error")
    gateway = inner.get("message") if isinstance(inner, dict) else inner
    named = str(body.get("detail") or body.get("message") or gateway or "")
    return _plain(named[:LONGEST])[:300] or f"status {status}"


def quoted(value: str) -> str:
    """A value inside a filter (RFC 7644 section 3.4.2.2: a JSON string)."""
    return json.dumps(value, ensure_ascii=False)


def patch(*operations: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": [dict(operation) for operation in operations]}


def addressed(body: Any, id: str) -> Any:
    """The body with the account's id in place of a goal's `{user}`, but not within names."""
    if isinstance(body, list):
        return [addressed(item, id) for item in body]
    if isinstance(body, Mapping):
        whole = {key: addressed(value, id) for key, value in body.items()}
        if str(body.get("path", "")).startswith("members["):
            whole["path"] = body["path"].replace("{user}", id)
        return {"value": id} if body == {"value": "{user}"} else whole
    return body


@dataclass(frozen=True)
class Dialect:
    """Variants in Miro's documentation; by default those of its API description.

    Names for `MIRO_SCIM_DIALECT`: boolean-active, unquoted-ids, parentheses, lowercase-ops,
    extension-schemas. The last one lists the enterprise extension in `schemas`, as RFC 7643 section 3
    requires; Miro's description allows only the core schema there.
    """

    boolean_active: bool = False
    unquoted_ids: bool = False
    parentheses: bool = False
    lowercase_ops: bool = False
    extension_schemas: bool = False

    @classmethod
    def named(cls, names: Iterable[str]) -> "Dialect":
        """The dialect with these variants. Raises ValueError for an unknown name."""
        wanted = {name.strip().replace("-", "_") for name in names if name.strip()}
        unknown = wanted - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"there is no Miro dialect {', '.join(sorted(unknown))}")
        return cls(**dict.fromkeys(wanted, True))

    def filter(self, text: str) -> str:
        """The filter in this dialect."""
        return f"({text})" if self.parentheses else text

    def body(self, body: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """A body in this dialect."""
        if body is None:
            return None
        if "Operations" not in body:
            extended = self.extension_schemas and ENTERPRISE in body
            return {**body, "schemas": [*body["schemas"], ENTERPRISE]} if extended else dict(body)
        return {**body, "Operations": [self._operation(dict(operation)) for operation in body["Operations"]]}

    def _operation(self, operation: dict[str, Any]) -> dict[str, Any]:
        if self.boolean_active and operation.get("path") == "active":
            operation["value"] = operation["value"] == "true"
        if self.unquoted_ids and operation.get("path", "").startswith("members["):
            operation["path"] = operation["path"].replace('"', "")
        if self.lowercase_ops:
            operation["op"] = operation["op"].lower()
        return operation
