"""The documents in which Miro's SCIM service describes itself."""

from typing import Any

from bot.sandbox.miro.attributes import ATTRIBUTES
from bot.sandbox.miro.errors import Refusal
from bot.sandbox.miro.filter import CORE_GROUP, CORE_USER, ENTERPRISE
from bot.sandbox.miro.shapes import LIST

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
_RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"

CONFIG: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "documentationUri": "https://developers.miro.com/docs/scim",
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    # Lists return up to 1000 even so: Miro's API description contradicts itself.
    "filter": {"supported": True, "maxResults": 200},
    "changePassword": {"supported": False},
    "sort": {"supported": True},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "OAuth 2.0 Bearer Token",
            "specUri": "http://tools.ietf.org/html/rfc6750",
            "primary": True,
        }
    ],
}

_NAMES = {CORE_USER: "User", CORE_GROUP: "Group", ENTERPRISE: "EnterpriseUser"}
_READ_ONLY = ("emails", "groups")


def discovery(kind: str, id: str, url: str) -> dict[str, Any] | None:
    """The document at a path, None if Miro has no such path."""
    if kind == "ServiceProviderConfig":
        return None if id else CONFIG
    if kind == "ResourceTypes":
        return _chosen({name: _resource_type(name) for name in ("User", "Group")}, id)
    if kind == "Schemas":
        return _chosen({urn: _schema(urn, url) for urn in ATTRIBUTES}, id)
    return None


def _chosen(documents: dict[str, dict[str, Any]], id: str) -> dict[str, Any]:
    if not id:
        all_of_them = list(documents.values())
        return {"schemas": [LIST], "totalResults": len(all_of_them), "Resources": all_of_them}
    if id not in documents:
        raise Refusal(404, f"No resource with ID {id}")
    return documents[id]


def _resource_type(name: str) -> dict[str, Any]:
    user = name == "User"
    return {
        "schemas": [_RESOURCE_TYPE],
        "id": name,
        "name": name,
        "description": name,
        "endpoint": f"/{name}s",
        "schema": CORE_USER if user else CORE_GROUP,
        "schemaExtensions": [{"schema": ENTERPRISE, "required": False}] if user else [],
    }


def _schema(urn: str, url: str) -> dict[str, Any]:
    trees: dict[str, list[str]] = {}
    for written in ATTRIBUTES[urn].split():
        name, _, part = written.partition(".")
        trees.setdefault(name, []).extend([part] if part else [])
    return {
        "schemas": [_SCHEMA],
        "id": urn,
        "name": _NAMES[urn],
        "description": _NAMES[urn],
        "attributes": [_attribute(name, parts) for name, parts in trees.items()],
        "meta": {"resourceType": "Schema", "location": f"{url}/Schemas/{urn}"},
    }


def _attribute(written: str, parts: list[str]) -> dict[str, Any]:
    plain, _, kind = written.partition(":")
    name = plain.removesuffix("[]")
    return {
        "name": name,
        "type": "complex" if parts else kind or "string",
        "multiValued": plain.endswith("[]"),
        "description": name,
        "required": name == "userName",
        "caseExact": False,
        "mutability": "readOnly" if name in _READ_ONLY else "readWrite",
        "returned": "default",
        "uniqueness": "server" if name == "userName" else "none",
        **({"subAttributes": [_attribute(part, []) for part in parts]} if parts else {}),
    }
