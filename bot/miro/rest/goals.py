"""Goals that Miro's REST API brings about."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from approvals.sentence import Sentence
from bot.miro.goals import Goal, ScimCall, Seen, sentence
from bot.miro.rest.client import RestCall

ADMIN, MEMBER, NONE = "admin", "member", ""
_KEYS = {ADMIN: "led by", MEMBER: "joined", NONE: "left"}
_CHANGES = {MEMBER: "join-team", NONE: "leave-team"}


@dataclass(frozen=True)
class SessionsEnded(Goal):
    """The person is signed out everywhere; nothing shows it. Wanted if the account is being closed."""

    key = "no sessions"
    depends_on_active = False
    is_visible: ClassVar[bool] = False

    change = sentence("end-sessions", who="who")

    def holds(self, seen: Seen) -> bool:
        return seen.account is None or (seen.account.active is False and not seen.is_closing)

    def call(self, seen: Seen) -> ScimCall:
        return RestCall("POST", "/v2/sessions/reset_all?email={address}")

    def after(self, seen: Seen) -> Seen:
        return seen


@dataclass(frozen=True)
class TeamRole(Goal):
    """Somebody of the organization, `who` by their address, is an admin or a member of a team, or neither."""

    team: str
    label: str = field(compare=False)
    member: str = ""
    """The person's Miro id; '' for whom the request is about, who may have none yet."""
    role: str = ADMIN

    depends_on_active = False

    @property
    def key(self) -> str:
        return f"team {self.team} {_KEYS[self.role]} {self.member}".strip()

    @property
    def change(self) -> Sentence:
        if self.role == ADMIN:
            return Sentence.of("lead", who=self.who, group=self.label)
        return Sentence.of(_CHANGES[self.role], group=self.label)

    def holds(self, seen: Seen) -> bool:
        role = seen.team_roles.get(self.key)
        return role == self.role or (role == ADMIN and self.role == MEMBER)

    def unshown(self, seen: Seen) -> bool:
        return self.key not in seen.team_roles

    def call(self, seen: Seen) -> ScimCall:
        members = f"/v2/orgs/{{org}}/teams/{self.team}/members"
        if self.role == NONE:
            return RestCall("DELETE", f"{members}/{{user}}")
        if self.role == MEMBER or seen.team_roles.get(self.key) == "":
            address = self.who if self.member else "{address}"
            return RestCall("POST", members, {"email": address, "role": self.role})
        return RestCall("PATCH", f"{members}/{self.member}", {"role": ADMIN})

    def after(self, seen: Seen) -> Seen:
        return replace(seen, team_roles={**seen.team_roles, self.key: self.role})


@dataclass(frozen=True)
class TeamExists(Goal):
    """A Miro team has this name."""

    name: str

    @property
    def key(self) -> str:
        return f"create-team {self.name}"

    @property
    def change(self) -> Sentence:
        return Sentence.of("create-team", name=self.name)

    def holds(self, seen: Seen) -> bool:
        return seen.team_roles.get(self.key) == self.name

    def hidden(self, seen: Seen) -> str:
        # Sent without knowing, it might make a second one.
        return "" if self.key in seen.team_roles else "its teams"

    def obstacle(self, seen: Seen) -> str:
        other = seen.team_roles[self.key]
        return f"Miro has a team {other}. Choose a different name." if other else ""

    def call(self, seen: Seen) -> ScimCall:
        return RestCall("POST", "/v2/orgs/{org}/teams", {"name": self.name})

    def after(self, seen: Seen) -> Seen:
        return replace(seen, team_roles={**seen.team_roles, self.key: self.name})
