"""Miro's SCIM messages: what comes in is checked here, what goes out takes Miro's form here."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

ADMIN = "ORGANIZATION_INTERNAL_ADMIN"
MEMBER = "ORGANIZATION_INTERNAL_USER"
LOOK = "id,userName,displayName,active,userType,roles,groups"
"""What one look at a person asks for: it serves every goal at once."""


LONGEST = 10_000
"""Characters of a refusal that are looked through for words."""
_MARKUP = re.compile(r"<(script|style).*?</\1>|</?[a-z][\w-]*(\s[^<>]*)?/?>|<![^>]*>", re.S | re.I)


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, sent: Any) -> Any:
        # "Unassigned attributes, the null value, or an empty array" are one: RFC 7643 section 2.5.
        if not isinstance(sent, Mapping):
            return sent
        return {name: value for name, value in sent.items() if value is not None}


class Role(_Message):
    """One role. Exactly one is primary: the role in the organization."""

    value: str
    type: str = ""
    primary: bool = False


class Membership(_Message):
    """One group of a person."""

    value: str
    display: str = ""


class Account(_Message):
    """A person in Miro, as SCIM shows them. Guests are never shown."""

    id: str
    user_name: str = Field(alias="userName")
    display_name: str = Field(default="", alias="displayName")
    active: bool = True
    user_type: str = Field(default="", alias="userType")
    roles: tuple[Role, ...] = ()
    groups: tuple[Membership, ...] = ()
    enterprise: Mapping[str, Any] = Field(default_factory=dict, alias=ENTERPRISE)

    @property
    def group_ids(self) -> frozenset[str]:
        """The ids of this person's groups."""
        return frozenset(one.value for one in self.groups)

    @property
    def org_role(self) -> str:
        """The role in the organization; '' where Miro doesn't show it, which isn't the same as a member's."""
        return next((role.value for role in self.roles if role.primary), "")

    @property
    def admin_roles(self) -> frozenset[str]:
        """Content Admin, User Admin, … : roles beside the one in the organization."""
        return frozenset(role.value for role in self.roles if not role.primary)

    @property
    def manager_id(self) -> str:
        """The manager's Miro id; '' where there is none, or something else than an id stands there."""
        manager = self.enterprise.get("manager")
        id = str(manager.get("value") or "") if isinstance(manager, Mapping) else ""
        return id if id.isascii() and id.isdecimal() else ""


class Group(_Message):
    """A group, by its security name."""

    id: str
    display_name: str = Field(alias="displayName")


class Page(_Message):
    """One page of a list. `Resources` is missing when nothing was found."""

    total: int = Field(alias="totalResults")
    resources: list[dict[str, Any]] = Field(default_factory=list, alias="Resources")


M = TypeVar("M", bound=_Message)


class Unreadable(Exception):
    """Miro's answer isn't what its documentation promises."""


def read(kind: type[M], text: bytes) -> M:
    """An answer as a message of `kind`. Raises Unreadable."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise Unreadable(
            f"Miro's answer has an unexpected form ({error.error_count()} differences)."
        ) from error


def _plain(text: str) -> str:
    """Text on one line, without tags; an address in angle brackets is none."""
    return " ".join(_MARKUP.sub(" ", text).split())


def complaint(status: int, text: bytes) -> str:
    """Miro's own words of a refusal, from any of its three error forms, or from what is no JSON at all."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        page = text[:LONGEST].decode(errors="replace")
        return _plain(page)[:200] or f"status {status}, without a word"
    if not isinstance(body, dict):
        return f"status {status}"
    inner = body.get("error")
    said = (
        body.get("detail")
        or body.get("message")
        or (inner.get("message") if isinstance(inner, dict) else inner)
    )
    # In one line, and without halves of characters, which no record could keep.
    words = _plain(str(said or "")[:LONGEST]).encode(errors="replace").decode()
    return words[:300] or f"status {status}"


def quoted(value: str) -> str:
    """A value inside a filter (RFC 7644 section 3.4.2.2: a JSON string)."""
    return json.dumps(value, ensure_ascii=False)


def patch(*operations: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": [dict(one) for one in operations]}


def addressed(body: Any, id: str) -> Any:
    """The body with the account's id where a goal left `{user}`; names that read so are left alone."""
    if isinstance(body, list):
        return [addressed(one, id) for one in body]
    if isinstance(body, Mapping):
        whole = {key: addressed(value, id) for key, value in body.items()}
        if str(body.get("path", "")).startswith("members["):
            whole["path"] = body["path"].replace("{user}", id)
        return {"value": id} if body == {"value": "{user}"} else whole
    return body


@dataclass(frozen=True)
class Dialect:
    """Forms that Miro's pages show side by side; the default is what its API description prints.

    Names for `MIRO_SCIM_DIALECT`: boolean-active, unquoted-ids, parentheses, lowercase-ops.
    """

    boolean_active: bool = False
    unquoted_ids: bool = False
    parentheses: bool = False
    lowercase_ops: bool = False

    @classmethod
    def named(cls, names: Iterable[str]) -> "Dialect":
        """The dialect with some other forms switched on. Raises ValueError."""
        wanted = {name.strip().replace("-", "_") for name in names if name.strip()}
        unknown = wanted - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"there is no Miro dialect {', '.join(sorted(unknown))}")
        return cls(**dict.fromkeys(wanted, True))

    def filter(self, text: str) -> str:
        """A filter, with parentheses only if asked for."""
        return f"({text})" if self.parentheses else text

    def body(self, body: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """A body in this dialect."""
        if body is None or "Operations" not in body:
            return dict(body) if body is not None else None
        return {**body, "Operations": [self._operation(dict(one)) for one in body["Operations"]]}

    def _operation(self, operation: dict[str, Any]) -> dict[str, Any]:
        if self.boolean_active and operation.get("path") == "active":
            operation["value"] = operation["value"] == "true"
        if self.unquoted_ids and operation.get("path", "").startswith("members["):
            operation["path"] = operation["path"].replace('"', "")
        if self.lowercase_ops:
            operation["op"] = operation["op"].lower()
        return operation
