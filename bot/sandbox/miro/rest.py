"""Miro's REST API as its description has it: sessions, members of the organization and of teams."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.miro.gate import parsed
from bot.sandbox.miro.organization import Organization, Team, User
from bot.sandbox.server import Answer, Call

ORG = "3074457345821140946"
SCOPES = frozenset(
    {"organizations:read", "organizations:teams:read", "organizations:teams:write", "sessions:delete"}
)
_LEVELS = {1: 50, 2: 100, 3: 500, 4: 2000}
_MOST = 100
"""Entries on a page."""


class Refusal(Exception):
    """A call that Miro's platform refuses."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


def is_rest(call: Call) -> bool:
    """Whether a call is for the REST API, not for SCIM."""
    return call.path.startswith(("/v1/", "/v2/"))


def answer(
    call: Call, organization: Organization, scopes: frozenset[str], spend: Callable[[int], object]
) -> Answer:
    """Carries out the call on `organization` and returns its answer. Raises Refusal."""
    _, *parts = [part for part in call.path.split("/") if part]
    if parts == ["oauth-token"]:
        return Answer.of(200, {"type": "oAuthToken", "organization": {"id": ORG}, "scopes": sorted(scopes)})
    if parts[:1] == ["orgs"] and parts[1:2] != [ORG]:
        raise Refusal(403, "The organization isn't accessible with this token")
    match [call.method, *parts]:
        case ["POST", "sessions", "reset_all"]:
            level, scope, act = 3, "sessions:delete", _reset
        case ["GET", "orgs", _]:
            level, scope, act = 3, "organizations:read", _org
        case ["GET", "orgs", _, "members"]:
            level, scope, act = 3, "organizations:read", _members
        case ["POST", "orgs", _, "teams"]:
            level, scope, act = 1, "organizations:teams:write", _create
        case ["DELETE", "orgs", _, "teams", _, "members", _]:
            level, scope, act = 1, "organizations:teams:write", _remove
        case ["GET", "orgs", _, "teams"]:
            level, scope, act = 1, "organizations:teams:read", _teams
        case ["GET", "orgs", _, "teams", _, "members"]:
            level, scope, act = 2, "organizations:teams:read", _team_members
        case ["POST", "orgs", _, "teams", _, "members"]:
            level, scope, act = 2, "organizations:teams:write", _invite
        case ["GET", "orgs", _, "teams", _, "members", _]:
            level, scope, act = 1, "organizations:teams:read", _one_team_member
        case ["PATCH", "orgs", _, "teams", _, "members", _]:
            level, scope, act = 2, "organizations:teams:write", _update
        case _:
            raise Refusal(404)
    spend(_LEVELS[level])
    if scope not in scopes:
        raise Refusal(403, f"Missing scope: {scope}")
    return act(call, organization)


def _reset(call: Call, organization: Organization) -> Answer:
    organization.change(_user(organization, call.query.get("email", "")).id, signed_in=False)
    return Answer(200)


def _org(call: Call, organization: Organization) -> Answer:
    seats = organization.settings.seats
    return Answer.of(
        200, {"id": ORG, "name": "Example", "plan": "company", "fullLicensesPurchased": seats or 0}
    )


def _members(call: Call, organization: Organization) -> Answer:
    wanted = [email.casefold() for email in call.query.get("emails", "").split(",") if email]
    if not 1 <= len(wanted) <= 10:
        raise Refusal(400, "This sandbox lists members by 1 to 10 addresses only")
    users = [user for user in organization.users.values() if user.userName.casefold() in wanted]
    return Answer.of(200, [_member(user) for user in users])


def _member(user: User) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": user.id,
        "type": "organization-member",
        "email": user.userName,
        "active": user.active,
        "role": user.role.lower(),
        "license": user.user_type.lower().replace(" ", "_"),
        "adminRoles": [{"name": name} for name in user.admin_roles],
    }
    return shown | ({"lastActivityAt": user.last_activity} if user.last_activity else {})


def _user(organization: Organization, email: str) -> User:
    user = organization.named(email)
    if user is None:
        raise Refusal(404, f"User {email} not found in the organization")
    return user


def _teams(call: Call, organization: Organization) -> Answer:
    wanted = call.query.get("name", "").casefold()
    teams = [team for team in organization.real_teams.values() if wanted in team.team_name.casefold()]
    return _page(call, [{"id": team.id, "name": team.team_name, "type": "team"} for team in teams])


def _team_members(call: Call, organization: Organization) -> Answer:
    team, role = _team(organization, call.path.split("/")[5]), call.query.get("role", "")
    members = [_team_member(team, id) for id in team.members]
    return _page(call, [member for member in members if role in ("", member["role"])])


def _team_member(team: Team, id: str) -> dict[str, Any]:
    role = "admin" if id in team.admins else "member"
    return {"id": id, "teamId": team.id, "role": role, "type": "team-member"}


def _team(organization: Organization, id: str) -> Team:
    if id not in organization.real_teams:
        raise Refusal(404, f"Team {id} not found")
    return organization.real_teams[id]


def _page(call: Call, entries: list[dict[str, Any]]) -> Answer:
    """A page by cursor: the id after which it begins."""
    cursor, limit = call.query.get("cursor", ""), min(int(call.query.get("limit", _MOST)), _MOST)
    start = next((number + 1 for number, entry in enumerate(entries) if entry["id"] == cursor), 0)
    data, is_more = entries[start : start + limit], len(entries) > start + limit
    end = {"cursor": data[-1]["id"]} if is_more else {}
    return Answer.of(200, {"limit": limit, "size": len(data), "data": data, "type": "cursor-list"} | end)


def _one_team_member(call: Call, organization: Organization) -> Answer:
    team, id = _team(organization, call.path.split("/")[5]), call.path.split("/")[7]
    if id not in team.members:
        raise Refusal(404, f"Team member {id} not found")
    return Answer.of(200, _team_member(team, id))


def _invite(call: Call, organization: Organization) -> Answer:
    team, body = _team(organization, call.path.split("/")[5]), parsed(call.body) or {}
    user = _user(organization, str(body.get("email", "")))
    if user.id in team.members:
        raise Refusal(409, "User is already a member of the team")
    organization.join_real(team.id, user.id)
    return Answer.of(201, _given(organization, team.id, user.id, body))


def _create(call: Call, organization: Organization) -> Answer:
    id, name = organization.new_id(), str((parsed(call.body) or {}).get("name", ""))
    if not 1 <= len(name) <= 60:
        raise Refusal(400, "A team's name has 1 to 60 characters")
    organization.real_teams[id] = Team(id, name, name)
    return Answer.of(201, {"id": id, "name": name, "type": "team"})


def _remove(call: Call, organization: Organization) -> Answer:
    team, id = _team(organization, call.path.split("/")[5]), call.path.split("/")[7]
    if id not in team.members:
        raise Refusal(404, f"Team member {id} not found")
    organization.leave_real(team.id, id)
    return Answer(204)


def _update(call: Call, organization: Organization) -> Answer:
    team, id = _team(organization, call.path.split("/")[5]), call.path.split("/")[7]
    if id not in team.members:
        raise Refusal(404, f"Team member {id} not found")
    return Answer.of(200, _given(organization, team.id, id, parsed(call.body) or {}))


def _given(organization: Organization, team: str, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Gives a member of a team the role in a body; returns the member."""
    role = body.get("role", "member")
    if role not in ("member", "admin"):
        raise Refusal(400, f"Role {role} is invalid")
    admins = tuple(each for each in organization.real_teams[team].admins if each != id)
    if role == "member" and not admins and id in organization.real_teams[team].admins:
        raise Refusal(409, "Any team in organization must have at least one admin")
    organization.real_teams[team] = replace(
        organization.real_teams[team], admins=(*admins, id) if role == "admin" else admins
    )
    return _team_member(organization.real_teams[team], id)
