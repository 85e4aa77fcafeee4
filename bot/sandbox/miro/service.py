"""A Miro SCIM service as documented over real HTTP: shows the bot at work without a Miro."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import unquote

from bot.sandbox.miro import endpoints, rest
from bot.sandbox.miro.errors import Refusal, rest_error
from bot.sandbox.miro.faults import Fault
from bot.sandbox.miro.gate import Credits, check_token, cost, media, parsed
from bot.sandbox.miro.organization import (
    ADMIN,
    GUEST,
    MEMBER,
    BoardsPassed,
    GroupModel,
    Organization,
    Settings,
    Team,
    User,
)
from bot.sandbox.server import Answer, Call, serving

__all__ = ["BoardsPassed", "Exchange", "Fault", "Miro", "Team", "User"]

log = logging.getLogger("sandbox.miro")
"""Each answered call, at DEBUG; separate from the bot's log, which names nobody."""

_PREFIX = "/api/v1/scim"
_UNDISTURBED = Fault(times=0)


@dataclass(frozen=True)
class Exchange:
    """One call and its answer; `path` is readable, without the prefix; status 0: the connection was cut."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any


class Miro(Settings):
    """One organization and its SCIM service; its settings may be changed at any time."""

    def __init__(
        self,
        *,
        token: str = "sandbox-token",
        group_model: GroupModel = "team",
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        url: str = "https://miro.com/api/v1/scim",
        limits: bool = True,
        oauth_token: str = "sandbox-oauth",
    ) -> None:
        super().__init__(group_model)
        self.log: list[Exchange] = []
        self.faults: list[Fault] = []
        self.limits = limits
        self._token, self._now, self._sleep, self._url = token, now, sleep, url
        self._lock = threading.RLock()
        self._credits = Credits()
        self.scopes, self._oauth_token = rest.SCOPES, oauth_token
        # 100,000 credits a minute: Miro's page on rate limiting of its REST API.
        self._rest_credits = Credits(100_000, 60.0)
        self._organization = Organization(self)

    def add_team(self, name: str) -> str:
        """Adds a team (a user group in that model); returns its id."""
        with self._lock:
            id = self._organization.new_id()
            self._organization.teams[id] = Team(id, displayName=name, team_name=name)
            return id

    def add_space(self, name: str, *members: str, admins: Iterable[str] = ()) -> str:
        """Adds a team beside the user groups, with the people of these ids; returns its id."""
        with self._lock:
            id = self._organization.new_id()
            everybody = tuple(dict.fromkeys((*members, *admins)))
            self._organization.spaces[id] = Team(id, name, name, everybody, tuple(admins))
            return id

    def space(self, id: str) -> Team:
        """The current state of a team beside the user groups."""
        with self._lock:
            return self._organization.spaces[id]

    def add_user(
        self,
        email: str,
        name: str,
        *,
        teams: Iterable[str] = (),
        admin: bool = False,
        active: bool = True,
        guest: bool = False,
        registered: bool = True,
        user_type: str = "Full",
        admin_roles: Iterable[str] = (),
        team_admin_of: Iterable[str] = (),
    ) -> str:
        """Adds a person to the teams with these ids; returns the person's id."""
        role = GUEST if guest else ADMIN if admin else MEMBER
        with self._lock:
            id = self._organization.new_id()
            user = User(id, email, name, active, role, tuple(admin_roles), (), user_type, registered)
            self._organization.users[id] = user
            led = list(team_admin_of)
            for team_id in dict.fromkeys([*teams, *led]):
                self._organization.join(team_id, [id])
            for team_id in led:
                self.change_team(team_id, admins=(*self.team(team_id).admins, id))
            return id

    def change_user(self, email: str, **changes: Any) -> User:
        """Sets fields of a person directly, without Miro's rules."""
        with self._lock:
            return self._organization.change(self._known(email).id, **changes)

    def change_team(self, id: str, **changes: Any) -> Team:
        """Sets names or admins of a team directly; members change by `join` and `leave`."""
        with self._lock:
            return self._organization.change_team(id, **changes)

    def join(self, email: str, team_id: str) -> None:
        with self._lock:
            self._organization.join(team_id, [self._known(email).id])

    def leave(self, email: str, team_id: str) -> None:
        with self._draft() as draft:
            draft.leave(team_id, [self._known(email).id])

    def is_signed_in(self, id: str) -> bool:
        """Whether a person, also one deleted since, is signed in on any device."""
        with self._lock:
            people = self._organization.users | self._organization.deleted
            return people[id].signed_in

    def delete(self, email: str) -> None:
        with self._draft() as draft:
            draft.delete(self._known(email).id)

    def user(self, email: str) -> User | None:
        """The current state of a person, guests included; None if deleted."""
        with self._lock:
            return self._organization.named(email)

    def team(self, id: str) -> Team:
        """The current state of a team or user group."""
        with self._lock:
            return self._organization.teams[id]

    @property
    def boards(self) -> list[BoardsPassed]:
        """All boards passed from one person to another, oldest first."""
        with self._lock:
            return list(self._organization.boards)

    def snapshot(self) -> dict[str, Any]:
        """All people and teams without ids, which depend on the order of the calls."""
        with self._lock:
            people, teams = dict(self._organization.users), dict(self._organization.teams)
        users = {user.userName: _drawn_user(user, teams) for user in people.values()}
        drawn = [_drawn_team(team, people) for team in teams.values()]
        return {"users": dict(sorted(users.items())), "teams": sorted(drawn, key=str)}

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serves on loopback until the block ends; yields the base URL, prefix included."""
        with serving(self.answer, port) as origin:
            yield origin + _PREFIX

    def answer(self, call: Call) -> Answer | None:
        """Answers one call and adds it to `log`; None cuts the connection."""
        path = _readable(call)
        fault = self._disturbance(call.method, path)
        # Outside the lock: one slow call must not hold up the others.
        if fault.latency:
            self._sleep(fault.latency)
        fault.then()
        with self._lock:
            answer = self._disturbed(call, fault)
            status, content = (answer.status, parsed(answer.body)) if answer else (0, None)
            exchange = Exchange(call.method, path, parsed(call.body), status, content)
            self.log.append(exchange)
        log.debug("%s %s -> %s", call.method, path, status, extra={"exchange": exchange})
        return answer

    def _disturbance(self, method: str, path: str) -> Fault:
        with self._lock:
            fault = next((fault for fault in self.faults if fault.fits(method, path)), _UNDISTURBED)
            fault.times -= fault.times > 0
            return fault

    def _disturbed(self, call: Call, fault: Fault) -> Answer | None:
        if fault.cut == "before":
            return None
        instead = fault.answer()
        if instead is None:
            own = self._without_effect(call) if fault.no_effect else self._undisturbed(call)
            instead = fault.altered(own)
        return None if fault.cut == "after" else instead

    def _without_effect(self, call: Call) -> Answer:
        kept = self._organization
        answered = self._undisturbed(call)
        self._organization = kept
        if answered.status == 200 and call.method in ("PUT", "PATCH"):
            return self._handled(replace(call, method="GET"), _parts(call))
        return answered

    def _undisturbed(self, call: Call) -> Answer:
        parts = _parts(call)
        if rest.is_rest(call):
            return self._rest(call)
        if not parts:
            return Answer.of(404, rest_error(404))
        try:
            check_token(call, self._token, self.scim_enabled)
            if self.limits:
                self._credits.spend(cost(call, parts), self._now())
            return self._handled(call, parts)
        except Refusal as refusal:
            return Answer.of(refusal.status, refusal.body(), media(call))

    def _rest(self, call: Call) -> Answer:
        def spend(credits: int) -> None:
            if self.limits:
                self._rest_credits.spend(credits, self._now())

        try:
            check_token(call, self._oauth_token, True)
            with self._draft() as draft:
                return rest.answer(call, draft, self.scopes, spend)
        except (Refusal, rest.Refusal) as refusal:
            return Answer.of(refusal.status, rest_error(refusal.status, str(refusal)))

    def _handled(self, call: Call, parts: list[str]) -> Answer:
        with self._draft() as draft:
            return endpoints.answer(call, parts, draft, self._url)

    @contextmanager
    def _draft(self) -> Iterator[Organization]:
        """Yields a copy that replaces the organization unless something is refused: all or nothing."""
        with self._lock:
            draft = self._organization.copy()
            yield draft
            self._organization = draft

    def _known(self, email: str) -> User:
        user = self._organization.named(email)
        if user is None:
            raise KeyError(email)
        return user


def _parts(call: Call) -> list[str]:
    """The steps of the path below the prefix; empty for other paths."""
    below = unquote(call.path).removeprefix(_PREFIX + "/")
    return [] if below == unquote(call.path) else [part for part in below.split("/") if part]


def _readable(call: Call) -> str:
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return unquote(call.path).removeprefix(_PREFIX) + (f"?{query}" if query else "")


def _drawn_user(user: User, teams: dict[str, Team]) -> dict[str, Any]:
    groups = sorted(teams[id].displayName for id in user.groups)
    return {name: value for name, value in asdict(user).items() if name != "id"} | {"groups": groups}


def _drawn_team(team: Team, people: dict[str, User]) -> dict[str, Any]:
    members = sorted(people[id].userName for id in team.members)
    admins = sorted(people[id].userName for id in team.admins)
    return {
        "displayName": team.displayName,
        "team_name": team.team_name,
        "members": members,
        "admins": admins,
    }
