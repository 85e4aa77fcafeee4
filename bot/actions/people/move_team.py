"""Move somebody from one team to another, joining first."""

from typing import Annotated, ClassVar

from pydantic import model_validator

from approvals.ids import GroupId
from bot.actions.form import Action, Facts, FormField, Input, OwnSubject
from bot.miro.accounts import Active
from bot.miro.goals import Goal
from bot.miro.groups import InGroup, OutOfGroup


class MoveTeam(Action):
    """In the new team, out of the old one."""

    NAME: ClassVar[str] = "move-team"
    RANK: ClassVar[int] = 2
    TITLE: ClassVar[str] = "Move to Another Team"
    ABOUT: ClassVar[str] = "leave one team for another"
    EXAMPLE: ClassVar[str] = "move me from Engineering to Design"
    SLASH: ClassVar[str] = "miro-move"

    person: OwnSubject
    from_team: Annotated[
        GroupId, FormField("From which team", Input.TEAM, after=("from", "leave", "out of"), leaves=True)
    ]
    to_team: Annotated[GroupId, FormField("To which team", Input.TEAM, after=("to", "into", "join", "for"))]

    @model_validator(mode="after")
    def _differ(self) -> "MoveTeam":
        if self.from_team == self.to_team:
            raise ValueError("to_team: Choose a different team from the one to leave.")
        return self

    def phrase(self, facts: Facts) -> str:
        old, new = facts.team(self.from_team).label, facts.team(self.to_team).label
        return f"move {facts.person(self.person).called} from {old} to {new}"

    def outcome(self, facts: Facts) -> str:
        old, new = facts.team(self.from_team).label, facts.team(self.to_team).label
        return f"{{who}} {{is}} in {new} in Miro, and no longer in {old}"

    def undo(self, facts: Facts) -> str:
        return facts.undone(self.NAME, "/miro-move the other way", but=facts.but_boards)

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        old, new = facts.team(self.from_team), facts.team(self.to_team)
        return (
            Active(who, joining=True),
            InGroup(who, new.id, new.security_name, new.label),
            OutOfGroup(who, old.id, old.security_name, old.label, facts.boards_pass),
        )
