"""Create a user group; people join it with request-access."""

from typing import Annotated, ClassVar

from bot.actions.form import Action, Facts, FormField, Input, text
from bot.actions.groups.rename_group import GroupName
from bot.miro.goals import Goal
from bot.miro.groups import GroupExists
from bot.miro.rest.goals import TeamExists

_TEAM = "Its name. An admin adds the group to it in Miro."


class CreateGroup(Action):
    """The group is empty at first, so that nobody gets anything by it."""

    NAME: ClassVar[str] = "create-group"
    RANK: ClassVar[int] = 8
    TITLE: ClassVar[str] = "Create a Group"
    ABOUT: ClassVar[str] = "create a user group in Miro"
    EXAMPLE: ClassVar[str] = 'create a group called "Data Science"'
    NOTE: ClassVar[str] = "It starts empty. An admin adds it to teams in Miro."
    NOT_FOR_TEAMS: ClassVar[str] = (
        "Miro doesn't let me create teams. Create it in Miro. I'll find it within 10 minutes."
    )

    name: Annotated[GroupName, FormField("Name of the group", Input.TEXT, names_group=True)]
    miro_team: text(  # type: ignore[valid-type]
        "Miro team to create as well", _TEAM, longest=60, also=None, beside_groups=True
    ) = ""

    @property
    def new_group(self) -> str:
        return self.name

    def phrase(self, facts: Facts) -> str:
        return f"create the group {self.name}{self._team}"

    def outcome(self, facts: Facts) -> str:
        return f"The group {self.name}{self._team} exist{'' if self.miro_team else 's'} in Miro"

    @property
    def _team(self) -> str:
        return f" and the Miro team {self.miro_team}" if self.miro_team else ""

    def undo(self, facts: Facts) -> str:
        but = " (all but the Miro team)" if self.miro_team else ""
        return facts.undone("delete-group", "/miro delete-group", but=but)

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        team = (TeamExists(self.miro_team, self.miro_team),) if self.miro_team else ()
        return (GroupExists(self.name, self.name), *team)
