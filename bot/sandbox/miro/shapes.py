"""People, groups and lists as SCIM resources, cut to the attributes asked for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.sandbox.miro.attributes import is_known
from bot.sandbox.miro.errors import invalid
from bot.sandbox.miro.filter import (
    CORE_GROUP,
    CORE_USER,
    ENTERPRISE,
    BadFilter,
    Filter,
    Path,
    parse,
    steps,
    values,
)
from bot.sandbox.miro.organization import Organization, Team, User
from bot.sandbox.miro.roles import roles
from bot.sandbox.miro.users import names

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

Resource = dict[str, Any]


def user_resource(user: User, organization: Organization, url: str) -> Resource:
    """A person as Miro sends it: no created, lastModified or version in meta."""
    given, family = names(user.display_name)
    extension = dict(user.enterprise)
    return {
        "schemas": [CORE_USER, ENTERPRISE] if extension else [CORE_USER],
        "id": user.id,
        "userName": user.userName,
        "displayName": user.display_name,
        "name": {"familyName": family, "givenName": given},
        "userType": user.user_type,
        "active": user.active,
        **({"preferredLanguage": user.language} if user.language else {}),
        "emails": [{"value": user.userName, "display": user.userName, "primary": True}],
        # Seen live: an item without a value if no picture is set.
        "photos": [{"type": "photo", **({"value": user.photo} if user.photo else {})}],
        "groups": [{"value": id, "display": organization.teams[id].displayName} for id in user.groups],
        "roles": roles(user),
        **({ENTERPRISE: extension} if extension else {}),
        "meta": {"resourceType": "User", "location": f"{url}/Users/{user.id}"},
    }


def group_resource(team: Team, organization: Organization, url: str) -> Resource:
    """A group with its members; guests are never among them."""
    members = [organization.users[id] for id in team.members]
    return {
        "schemas": [CORE_GROUP],
        "id": team.id,
        "displayName": team.displayName,
        "members": [
            {"value": user.id, "type": "User", "display": user.display_name}
            for user in members
            if not user.guest
        ],
        "meta": {"resourceType": "Group", "location": f"{url}/Groups/{team.id}"},
    }


def select(resource: Resource, query: Mapping[str, str]) -> Resource:
    """The attributes asked for; `id` is left out if not asked for: no client may rely on it."""
    wanted = [steps(name.strip()) for name in query.get("attributes", "").split(",") if name.strip()]
    if not wanted:
        return resource
    return {"schemas": resource["schemas"], **_cut(resource, wanted)}


def _cut(resource: Any, wanted: Sequence[Path]) -> Any:
    if () in wanted:
        return resource
    if isinstance(resource, list):
        return [_cut(item, wanted) for item in resource]
    if not isinstance(resource, Mapping):
        return resource
    within = {name: [path[1:] for path in wanted if path[0] == name.casefold()] for name in resource}
    return {name: _cut(resource[name], deeper) for name, deeper in within.items() if deeper}


def listing(resources: Iterable[Resource], query: Mapping[str, str], complex_filter: bool = True) -> Resource:
    """One page of the resources that match the query, as a SCIM list."""
    chosen = _filter(query.get("filter", ""), complex_filter)
    hits = [resource for resource in resources if chosen is None or chosen.matches(resource)]
    # "startIndex=0" and "count=9999" were seen accepted; the description names 100 and 1000.
    start = max(_number(query, "startIndex", 1), 1)
    count = min(max(_number(query, "count", 100), 0), 1000)
    head = {"schemas": [LIST], "totalResults": len(hits)}
    if count == 0:
        # Seen live: only the number.
        return head
    page = _sorted(hits, query)[start - 1 : start - 1 + count]
    shown = [select(resource, query) for resource in page]
    return {**head, "itemsPerPage": len(page), "startIndex": start, "Resources": shown}


def _filter(text: str, complex_filter: bool) -> Filter | None:
    if not text.strip():
        return None
    try:
        chosen = parse(text)
    except BadFilter as error:
        raise invalid(f"Filter '{text}' is invalid: {error}", "invalidFilter") from error
    urn = CORE_USER if complex_filter else CORE_GROUP
    unknown = [".".join(path) for path in chosen.paths() if not is_known(urn, path)]
    if unknown:
        raise invalid(f"Filter '{text}' is invalid: there is no {unknown[0]}", "invalidFilter")
    if not complex_filter and any(len(path) > 1 or path[0] in ("members", "meta") for path in chosen.paths()):
        # "Filtering on complex attributes is not supported": Miro's API description, GET /Groups.
        raise invalid(f"Filter '{text}' is invalid: complex attributes are not supported", "invalidFilter")
    return chosen


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    try:
        return int(query.get(name) or usual)
    except ValueError as error:
        raise invalid(f"Value '{query[name]}' of {name} is not a number") from error


def _sorted(resources: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    path = steps(query.get("sortBy", ""))
    if path == ("",):
        return resources
    keyed = [(str((values(resource, path) or [""])[0]).casefold(), resource) for resource in resources]
    backwards = query.get("sortOrder", "").casefold() == "descending"
    return [resource for _, resource in sorted(keyed, key=lambda pair: pair[0], reverse=backwards)]
