"""How Miro carries out changes of a group (a team or a user group)."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.miro.errors import Refusal, invalid
from bot.sandbox.miro.filter import Compare, Filter
from bot.sandbox.miro.organization import FULL, MEMBER, RESTRICTED, Organization, Team
from bot.sandbox.miro.patch import Write, ids

MOST_MEMBERS = 8000


def create(organization: Organization, writes: Sequence[Write]) -> Team:
    """Creates a group; only the user-group model has this."""
    sent = {write.path: write.value for write in writes}
    name = _free_name(organization, sent.get(("displayname",)))
    team = Team(organization.new_id(), displayName=name, team_name=name)
    organization.teams[team.id] = team
    update(organization, team.id, [write for write in writes if write.path == ("members",)])
    return organization.teams[team.id]


def update(organization: Organization, id: str, writes: Sequence[Write]) -> None:
    """Makes the writes in order; attributes that Miro doesn't have are ignored."""
    for write in writes:
        if write.path == ("displayname",):
            _rename(organization, id, write)
        elif write.path[0] == "members":
            _CHANGES[write.op](organization, id, _members(organization.teams[id], write))


def _rename(organization: Organization, id: str, write: Write) -> None:
    name = _free_name(organization, None if write.op == "remove" else write.value, id)
    organization.change_team(id, displayName=name)
    if organization.settings.group_model == "user-group":
        # A team keeps the name people see (Miro's help pages); a user group has only one name.
        organization.change_team(id, team_name=name)


def _free_name(organization: Organization, value: Any, owner: str = "") -> str:
    name = _name(value)
    taken = (
        team.id for team in organization.teams.values() if team.displayName.casefold() == name.casefold()
    )
    if any(id != owner for id in taken):
        # Miro doesn't document that team names are unique; the status is from RFC 7644 section 3.12.
        raise Refusal(409, f"Group name '{name}' is invalid: 'not unique'", "uniqueness")
    return name


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 60:
        raise invalid("Value of displayName must be text of 1 to 60 characters")
    return value.strip()


def _members(team: Team, write: Write) -> list[str]:
    """The ids that a write names: in its value or in members[value eq id]; a bare remove names all."""
    if write.where is None:
        everyone = write.op == "remove" and write.value is None
        named = list(team.members) if everyone else ids(write.value)
    else:
        named = _named(write.where) or [id for id in team.members if write.where.matches(_member(id))]
    if len(named) > MOST_MEMBERS:
        raise Refusal(413, f"A request may name {MOST_MEMBERS} members at most")
    return named


def _named(where: Filter) -> list[str]:
    """The id in a plain `value eq id`, even if no member has it."""
    if isinstance(where, Compare) and where.path == ("value",) and where.operator == "eq" and where.value:
        return [where.value]
    return []


def _member(id: str) -> dict[str, str]:
    return {"value": id, "type": "User"}


def _add(organization: Organization, team_id: str, wanted: Sequence[str]) -> None:
    if organization.settings.group_model == "user-group":
        # Miro documents reactivating, recreating and promoting for teams only.
        organization.join(team_id, _valid(wanted, lambda id: _seen(organization, id)))
        return
    valid = _valid(wanted, lambda id: id in organization.users or _can_come_back(organization, id))
    for id in valid:
        _welcome(organization, id)
    organization.join(team_id, valid)


def _remove(organization: Organization, team_id: str, wanted: Sequence[str]) -> None:
    valid = _valid(wanted, lambda id: _seen(organization, id))
    organization.leave(team_id, [id for id in valid if team_id in organization.users[id].groups])


def _replace(organization: Organization, team_id: str, wanted: Sequence[str]) -> None:
    before = [id for id in organization.teams[team_id].members if _seen(organization, id)]
    _add(organization, team_id, wanted)
    staying = set(wanted)
    organization.leave(team_id, [id for id in before if id not in staying])


def _seen(organization: Organization, id: str) -> bool:
    return id in organization.users and not organization.users[id].guest


def _can_come_back(organization: Organization, id: str) -> bool:
    gone = organization.deleted.get(id)
    return gone is not None and organization.named(gone.userName) is None


def _valid(wanted: Sequence[str], is_valid: Callable[[str], bool]) -> list[str]:
    valid = [id for id in wanted if is_valid(id)]
    if wanted and not valid:
        # "No valid resources" reads as if one valid id were enough: Miro's page on errors.
        named = ", ".join(f"{{memberId={id}, display=null}}" for id in wanted)
        raise Refusal(404, f"No valid resources: [{named}]")
    return valid


def _welcome(organization: Organization, id: str) -> None:
    """Adding to a team reactivates, recreates and promotes: Miro's API description, PATCH /Groups."""
    if id in organization.deleted:
        license = FULL if organization.seat_free() else RESTRICTED
        organization.users[id] = organization.deleted.pop(id)
        organization.change(id, active=True, role=MEMBER, admin_roles=(), user_type=license)
    elif organization.users[id].guest:
        organization.require_seat()
        organization.change(id, active=True, role=MEMBER, user_type=FULL)
    else:
        organization.activate(id)


_CHANGES = {"add": _add, "remove": _remove, "replace": _replace}
