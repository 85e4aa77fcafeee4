"""Take somebody out of a team; also used when access for some days ends."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from approvals.ids import GroupId
from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, OwnSubject
from bot.actions.sentences import but_boards, first, places, undone
from bot.miro.accounts import HasAccount
from bot.miro.goals import Goal
from bot.miro.groups import OutOfGroup
from bot.miro.rest.goals import NONE, TeamRole


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
    miro_team: Annotated[
        str,
        Field(max_length=60),
        FormField(
            "Miro team to leave",
            Input.TEXT,
            "Its name in Miro. For teams that no user group opens.",
            operators_only=True,
            beside_groups=True,
        ),
    ] = ""
    joins: tuple[str, str] | None = None
    """Id and name of that team, as the check found it; nobody fills this in."""

    @model_validator(mode="after")
    def _somewhere(self) -> "LeaveTeam":
        if not self.teams and not self.miro_team:
            raise ValueError("teams: Fill this in: which team.")
        return self

    @property
    def team_beside(self) -> str:
        return self.miro_team

    def _where(self, facts: Facts) -> str:
        return places(self.teams, self.miro_team, facts)

    def phrase(self, facts: Facts) -> str:
        return f"remove {facts.person(self.person).called} from {self._where(facts)}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} no longer in {self._where(facts)} in Miro"

    def undo(self, facts: Facts) -> str:
        return undone("request-access", "/miro-access", facts, but=but_boards(facts))

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person = facts.person(self.person)
        who, teams = first(person), [facts.known_team(id) for id in self.teams]
        return (
            HasAccount(who, person.email, create=False),
            *(OutOfGroup(who, team.id, team.security_name, team.label, facts.boards_pass) for team in teams),
            *((TeamRole(person.email, *self.joins, role=NONE),) if self.joins else ()),
        )
