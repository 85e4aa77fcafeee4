"""Goals that Miro's REST API brings about."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from approvals.sentence import Sentence
from bot.miro.goals import Goal, ScimCall, Seen, said
from bot.miro.rest.client import RestCall

ADMIN, MEMBER = "admin", "member"


@dataclass(frozen=True)
class SessionsEnded(Goal):
    """The person is signed out everywhere; nothing shows it. Wanted if the account is being closed."""

    key = "no sessions"
    depends_on_active = False
    is_visible: ClassVar[bool] = False

    change = said("end-sessions", who="who")

    def holds(self, seen: Seen) -> bool:
        return seen.account is None or (seen.account.active is False and not seen.is_closing)

    def call(self, seen: Seen) -> ScimCall:
        return RestCall("POST", "/v2/sessions/reset_all?email={address}")

    def after(self, seen: Seen) -> Seen:
        return seen


@dataclass(frozen=True)
class TeamRole(Goal):
    """Somebody of the organization, `who` by their address, is an admin or a member of a team."""

    team: str
    label: str = field(compare=False)
    member: str = ""
    """The person's Miro id; '' for whom the request is about, who may have none yet."""
    role: str = ADMIN

    depends_on_active = False

    @property
    def key(self) -> str:
        return f"team {self.team} led by {self.member}" if self.role == ADMIN else f"team {self.team} joined"

    @property
    def change(self) -> Sentence:
        if self.role == ADMIN:
            return Sentence.of("lead", who=self.who, group=self.label)
        return Sentence.of("join-team", group=self.label)

    def holds(self, seen: Seen) -> bool:
        return seen.team_roles.get(self.key) in (self.role, ADMIN)

    def unshown(self, seen: Seen) -> bool:
        return self.key not in seen.team_roles

    def call(self, seen: Seen) -> ScimCall:
        members = f"/v2/orgs/{{org}}/teams/{self.team}/members"
        if self.role == MEMBER or seen.team_roles.get(self.key) == "":
            address = self.who if self.member else "{address}"
            return RestCall("POST", members, {"email": address, "role": self.role})
        return RestCall("PATCH", f"{members}/{self.member}", {"role": ADMIN})

    def after(self, seen: Seen) -> Seen:
        return replace(seen, team_roles={**seen.team_roles, self.key: self.role})
