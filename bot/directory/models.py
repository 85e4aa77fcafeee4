"""What `/scim/v2` serves: users and groups as RFC 7643 has them, read as Okta and Entra ID write them.

The core is scim2-server (Apache-2.0; it brings scim2-models, lark and email-validator) on a storage of ours.
We looked at scim2-models alone, too: it has schemas, filters and PATCH, but routing, search, ETags, discovery
and errors would be ours. scim2-server has them for any storage, and its authors tried it on live Okta and
Entra ID. Both change often, so the extra names the minor version.

What isn't declared here is accepted and not kept: passwords, private addresses and phone numbers mean nothing
to Miro.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import scim2_models as scim
from pydantic import BeforeValidator, ConfigDict, Field
from scim2_models import URN, ComplexAttribute, Extension, Mutability, Resource, ScimPolicy

from bot.directory.store import Kind
from bot.directory.store import User as StoredUser

MOST_RESULTS = 200
"""Resources on a page; Okta asks for 100."""
MIRO = "urn:miro-bot:scim:schemas:extension:miro:1.0:User"


NUMBERS_TOO = ConfigDict(coerce_numbers_to_str=True)
"""A number counts as its digits: providers map attributes that are numbers there."""


class Email(ComplexAttribute):
    """An address as the directory writes it: the core's own would refuse some and change others."""

    model_config = NUMBERS_TOO

    value: str | None = None
    display: str | None = None
    type: str | None = None
    primary: bool | None = None


class Name(scim.Name):
    """RFC 7643, section 4.1.1."""

    model_config = NUMBERS_TOO


class Role(scim.Role):
    """RFC 7643, section 4.1.2."""

    model_config = NUMBERS_TOO


class User(Resource[scim.AnyExtension]):
    """The attributes of a user (RFC 7643, section 4.1) that can mean something to Miro."""

    model_config = NUMBERS_TOO

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, scim.Uniqueness.server, scim.Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    title: str | None = None
    user_type: str | None = None
    preferred_language: str | None = None
    locale: str | None = None
    timezone: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    roles: list[Role] | None = None
    groups: Annotated[list[scim.GroupMembership] | None, Mutability.read_only] = None


class ManagerAsGiven(ComplexAttribute):
    """An id of ours, an address or a name. Nothing is required, and nothing resolved."""

    model_config = NUMBERS_TOO

    value: str | None = None
    ref: str | None = Field(None, serialization_alias="$ref", validation_alias="$ref")
    display_name: str | None = None


def _manager(given: Any) -> Any:
    """A plain string (Okta) or a list with one manager (Entra ID) as the RFC has it."""
    given = next(iter(given), None) if isinstance(given, list) else given
    return {"value": given} if isinstance(given, str) else given


class Enterprise(scim.EnterpriseUser):
    """RFC 7643, section 4.3."""

    model_config = NUMBERS_TOO

    manager: Annotated[ManagerAsGiven | None, BeforeValidator(_manager)] = None  # type: ignore[assignment]


class InMiro(Extension):
    """What Miro shows of a user, which may differ from what the directory says; never written by it."""

    __schema__ = URN(MIRO)

    teams: Annotated[list[str] | None, Mutability.read_only] = None
    """Names of the teams they are in."""
    seen_at: Annotated[str | None, Mutability.read_only] = None
    """When Miro last listed all members."""


Miro = Callable[[StoredUser], Mapping[str, Any]]
"""What Miro shows of a user, as attributes of `InMiro`; empty: nothing is known."""
MODEL = User[Enterprise | InMiro]
MODELS: Mapping[Kind, type[Resource[Any]]] = {Kind.USER: MODEL, Kind.GROUP: scim.Group}
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Entra ID removes members by value, and replaces an address that may not be there yet."""
PROVIDER = scim.ScimProvider(
    models=[User, Enterprise, InMiro, scim.Group],
    resource_types=[scim.ResourceType.from_resource(MODEL), scim.ResourceType.from_resource(scim.Group)],
    config=scim.ServiceProviderConfig(
        patch=scim.Patch(supported=True),
        bulk=scim.Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=scim.Filter(supported=True, max_results=MOST_RESULTS),
        change_password=scim.ChangePassword(supported=False),
        sort=scim.Sort(supported=True),
        etag=scim.ETag(supported=True),
        authentication_schemes=[
            scim.AuthenticationScheme(
                type=scim.AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token made by `miro-bot directory token create`",
            )
        ],
    ),
    policy=POLICY,
)
