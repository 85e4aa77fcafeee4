"""The people and teams of the sandbox's Miro, with the rules that Miro never lets anybody break."""

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from bot.sandbox.miro.errors import Refusal

GroupModel = Literal["team", "user-group"]
ADMIN = "ORGANIZATION_INTERNAL_ADMIN"
MEMBER = "ORGANIZATION_INTERNAL_USER"
GUEST = "ORGANIZATION_EXTERNAL_USER"
FULL = "Full"
RESTRICTED = "Free Restricted"
# Miro's API description, POST /Users, lists them; the order, least first, is a guess.
LICENSES = (RESTRICTED, "Free", "Basic", "Standard", "Advanced", "Full (Trial)", FULL)


@dataclass(eq=False)
class Settings:
    """Settings of this Miro's administrator; `default_team`: a team's id, None for no default team."""

    group_model: GroupModel = "team"
    default_team: str | None = None
    seats: int | None = None
    allowed_domains: set[str] | None = None
    scim_enabled: bool = True
    admin_role_names: set[str] = field(
        default_factory=lambda: {"Content Admin", "User Admin", "Security Admin"}
    )


@dataclass(frozen=True)
class User:
    """One person; `groups` holds ids, `enterprise` the attributes of SCIM's enterprise extension."""

    id: str
    userName: str
    display_name: str
    active: bool = True
    role: str = MEMBER
    admin_roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    user_type: str = FULL
    registered: bool = True
    language: str | None = None
    photo: str | None = None
    enterprise: Mapping[str, Any] = field(default_factory=dict)
    signed_in: bool = False
    last_activity: str = ""
    """When they last used Miro, as REST shows it: 2026-03-01T08:00:00Z."""

    @property
    def guest(self) -> bool:
        return self.role not in (ADMIN, MEMBER)


@dataclass(frozen=True)
class Team:
    """One team (or user group) with its two names; members and admins are ids, oldest first."""

    id: str
    displayName: str
    team_name: str
    members: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()


class BoardsPassed(NamedTuple):
    """The boards of one person in one team passed to another; None if the team had no admin."""

    user_id: str
    from_team: str
    to_user: str | None


class Organization:
    """All people and teams; a change is made on a copy and kept only if all of it succeeds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.deleted: dict[str, User] = {}
        self.boards: list[BoardsPassed] = []
        self.spaces: dict[str, Team] = {}
        """The teams, where SCIM's groups are user groups."""
        self._last_id = 3_074_457_345_618_000_000

    def copy(self) -> "Organization":
        # People and teams are immutable: copying their tables is enough.
        twin = copy.copy(self)
        twin.users, twin.teams = dict(self.users), dict(self.teams)
        twin.deleted, twin.boards = dict(self.deleted), list(self.boards)
        twin.spaces = dict(self.spaces)
        return twin

    @property
    def real_teams(self) -> dict[str, Team]:
        """The teams as REST shows them; a user group is none."""
        return self.teams if self.settings.group_model == "team" else self.spaces

    def new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def visible(self) -> list[User]:
        """Guests are in no list: Miro's API description, GET /Users."""
        return [user for user in self.users.values() if not user.guest]

    def user(self, id: str) -> User:
        """A guest's id gives 404 too: Miro's API description, GET /Users/{id}."""
        user = self.users.get(id)
        if user is None or user.guest:
            raise Refusal(404, f"No resource with ID {id}")
        return user

    def team(self, id: str) -> Team:
        if id not in self.teams:
            raise Refusal(404, f"No resource with ID {id}")
        return self.teams[id]

    def named(self, user_name: str) -> User | None:
        wanted = user_name.casefold()
        return next((user for user in self.users.values() if user.userName.casefold() == wanted), None)

    def change(self, id: str, **changes: Any) -> User:
        self.users[id] = replace(self.users[id], **changes)
        return self.users[id]

    def change_team(self, id: str, **changes: Any) -> Team:
        self.teams[id] = replace(self.teams[id], **changes)
        return self.teams[id]

    def join(self, team_id: str, ids: Iterable[str]) -> None:
        team = self.teams[team_id]
        new = [id for id in ids if team_id not in self.users[id].groups]
        self.change_team(team_id, members=(*team.members, *new))
        for id in new:
            self.change(id, groups=(*self.users[id].groups, team_id))

    def join_real(self, team_id: str, id: str) -> None:
        """Adds a person to a team, as REST does."""
        if team_id in self.teams:
            self.join(team_id, [id])
        else:
            team = self.spaces[team_id]
            self.spaces[team_id] = replace(team, members=(*team.members, id))

    def leave_real(self, team_id: str, id: str) -> None:
        """Takes a person out of a team, as REST does."""
        if team_id in self.teams:
            return self.leave(team_id, [id])
        team = self.spaces[team_id]
        self._keep_a_team_admin(team, [id])
        members, admins = ([each for each in some if each != id] for some in (team.members, team.admins))
        self.spaces[team_id] = replace(team, members=tuple(members), admins=tuple(admins))
        return None

    def leave(self, team_id: str, leavers: Collection[str]) -> None:
        """All of them leave or none does: Miro's API description, PATCH /Groups."""
        self._keep_a_team_admin(self.teams[team_id], leavers)
        self._take_out(team_id, leavers)
        for id in leavers:
            user = self.users[id]
            if self.settings.group_model == "team" and not user.registered and not user.groups:
                # Not "registered fully" and in no other team: removed from the organization, same page.
                self.delete(id)

    def activate(self, id: str) -> None:
        user = self.users[id]
        if not user.active and user.user_type == FULL:
            self.require_seat()
        self.change(id, active=True)

    def deactivate(self, id: str) -> None:
        """Groups, license and boards stay: Miro's help page on deactivated users."""
        if self.users[id].active:
            self._keep_admins_without(self.users[id])
            self.change(id, active=False)

    def delete(self, id: str) -> None:
        """Removes a person; Miro remembers them: adding them to a team recreates the account."""
        self._keep_admins_without(self.users[id])
        for team_id in self.users[id].groups:
            self._take_out(team_id, [id])
        self.deleted[id] = self.users.pop(id)

    def delete_team(self, id: str) -> None:
        for member in self.team(id).members:
            groups = self.users[member].groups
            self.change(member, groups=tuple(group for group in groups if group != id))
        del self.teams[id]

    def give_role(self, id: str, role: str) -> None:
        if role != ADMIN:
            self._keep_a_company_admin(self.users[id])
        self.change(id, role=role)

    def seat_free(self) -> bool:
        """A deactivated person's seat is free although the license still reads Full."""
        seats = self.settings.seats
        return seats is None or seats > sum(user.active and user.user_type == FULL for user in self.visible())

    def require_seat(self) -> None:
        if not self.seat_free():
            raise Refusal(409, "Full users limit reached for organization")

    def _take_out(self, team_id: str, leavers: Collection[str]) -> None:
        team = self.teams[team_id]
        heirs = self._admins_without(team, leavers)
        for id in leavers:
            user = self.users[id]
            self.change(id, groups=tuple(group for group in user.groups if group != team_id))
            if self.settings.group_model == "team":
                # To the oldest team admin, and never back: Miro's API description, PATCH /Groups.
                self.boards.append(BoardsPassed(id, team_id, heirs[0] if heirs else None))
        gone = set(leavers)
        staying = tuple(id for id in team.members if id not in gone)
        self.change_team(team_id, members=staying, admins=tuple(id for id in team.admins if id in staying))

    def _admins_without(self, team: Team, leavers: Collection[str]) -> list[str]:
        admins = [id for id in team.members if id in team.admins and id not in leavers]
        return [id for id in admins if self.users[id].active]

    def _keep_admins_without(self, user: User) -> None:
        for team in self.real_teams.values():
            self._keep_a_team_admin(team, [user.id])
        self._keep_a_company_admin(user)

    def _keep_a_team_admin(self, team: Team, leavers: Collection[str]) -> None:
        if team.id not in self.real_teams:
            return
        if any(id in team.admins for id in leavers) and not self._admins_without(team, leavers):
            raise Refusal(409, "Any team in organization must have at least one admin")

    def _keep_a_company_admin(self, user: User) -> None:
        others = (other for other in self.visible() if other.id != user.id and other.active)
        if user.role == ADMIN and not any(other.role == ADMIN for other in others):
            raise Refusal(409, "Any account in organization must have at least one admin")
