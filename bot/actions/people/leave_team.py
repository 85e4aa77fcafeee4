"""Take somebody out of a team; also used when access for some days ends."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from approvals.ids import GroupId
from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, OwnSubject, text
from bot.miro.goals import Goal
from bot.miro.groups import OutOfGroup
from bot.miro.rest.goals import NONE, TeamRole

_BESIDE = "Its name in Miro. For teams that no user group opens."


class LeaveTeam(Action):
    """The counterpart of request-access: the account stays, and so do all other teams."""

    NAME: ClassVar[str] = "leave-team"
    RANK: ClassVar[int] = 7
    TITLE: ClassVar[str] = "Leave a Team"
    ABOUT: ClassVar[str] = "leave a team, and keep the account"
    EXAMPLE: ClassVar[str] = "take @alex out of Engineering"

    FOR_LEAVERS: ClassVar[bool] = True
    URGENCY: ClassVar[Urgency] = Urgency.SOON

    person: OwnSubject
    teams: Annotated[
        tuple[GroupId, ...],
        Field(max_length=3),
        FormField("Which team", Input.TEAMS, after=("leave", "from", "out of"), leaves=True),
    ]
    miro_team: text(  # type: ignore[valid-type]
        "Miro team to leave", _BESIDE, longest=60, also=None, beside_groups=True
    ) = ""
    joins: tuple[str, str] | None = None
    """Id and name of that team, as the check found it; nobody fills this in."""

    @model_validator(mode="after")
    def _somewhere(self) -> "LeaveTeam":
        if not self.teams and not self.miro_team:
            raise ValueError("teams: Fill this in: which team.")
        return self

    def _where(self, facts: Facts) -> str:
        return facts.places(self.teams, self.miro_team)

    @property
    def team_beside(self) -> str:
        return str(self.miro_team)

    def phrase(self, facts: Facts) -> str:
        return f"remove {facts.person(self.person).called} from {self._where(facts)}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} no longer in {self._where(facts)} in Miro"

    def undo(self, facts: Facts) -> str:
        return facts.undone("request-access", "/miro-access", but=facts.but_boards)

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        teams, boards = map(facts.known_team, self.teams), facts.boards_pass
        left = (OutOfGroup(who, team.id, team.security_name, team.label, boards) for team in teams)
        email = facts.person(self.person).email
        return (*left, *((TeamRole(email, *self.joins, role=NONE),) if self.joins else ()))
