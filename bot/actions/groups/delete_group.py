"""Delete a user group, whose members keep their accounts."""

from typing import Annotated, ClassVar

from approvals.ids import GroupId
from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input
from bot.miro.goals import Goal
from bot.miro.groups import GroupGone


class DeleteGroup(Action):
    """Approved with the number of members: if more have joined since, it is asked again."""

    NAME: ClassVar[str] = "delete-group"
    RANK: ClassVar[int] = 8
    TITLE: ClassVar[str] = "Delete a Group"
    ABOUT: ClassVar[str] = "delete a user group in Miro"
    EXAMPLE: ClassVar[str] = "delete the group Engineering"
    CONFIRM: ClassVar[str] = "Delete Group"
    NOT_FOR_TEAMS: ClassVar[str] = "Miro doesn't let me delete teams. A Company Admin can, in Miro."
    URGENCY: ClassVar[Urgency] = Urgency.SOON

    team: Annotated[GroupId, FormField("Which group", Input.TEAM, after=("delete", "group"), deletes=True)]

    @property
    def group(self) -> GroupId | None:
        return self.team

    def phrase(self, facts: Facts) -> str:
        return f"delete the group {facts.known_team(self.team).label}"

    def outcome(self, facts: Facts) -> str:
        return f"The group {facts.known_team(self.team).label} is deleted in Miro"

    def warning(self, facts: Facts) -> str:
        group = facts.known_team(self.team).label
        return f"Its members lose what only {group} gives access to. This can't be undone."

    def undo(self, facts: Facts) -> str:
        return "This can't be undone."

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        team = facts.known_team(self.team)
        return (GroupGone(team.label, team.id, team.security_name),)
