"""Give a security group its directory name; the name people know stays."""

import unicodedata
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from approvals.ids import GroupId
from approvals.policy.team_names import has_invisible
from bot.actions.form import Action, Facts, FormField, Input
from bot.miro.goals import Goal
from bot.miro.groups import GroupNamed


def _one_line(name: str) -> str:
    """The name for Miro: NFC, with single spaces. Raises ValueError."""
    if not name.strip() or any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in name.strip()):
        raise ValueError("Enter a name on one line.")
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if has_invisible(name):
        raise ValueError("This name has invisible characters. Type it instead of copying it.")
    if not name.isprintable():
        raise ValueError("This name has characters that can't be shown. Use letters and digits.")
    return name


GroupName = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_one_line)]
"""The name of a group in Miro, on one line."""


_AS_IN = "As in your directory, for example g_app_proeng_all."


class RenameGroup(Action):
    """Miro's article calls it updating the group's name to match the directory."""

    NAME: ClassVar[str] = "rename-group"
    RANK: ClassVar[int] = 7
    TITLE: ClassVar[str] = "Rename a Group"
    ABOUT: ClassVar[str] = "give a team's security group its directory name"
    EXAMPLE: ClassVar[str] = 'rename Engineering to "g_app_proeng_all"'

    team: Annotated[GroupId, FormField("Which team", Input.TEAM, after=("rename", "group", "team"))]
    name: Annotated[GroupName, FormField("New security name", Input.TEXT, _AS_IN, names_group=True)]

    @property
    def group(self) -> GroupId | None:
        return self.team

    def phrase(self, facts: Facts) -> str:
        return f"give {facts.team(self.team).label} the security name {self.name}"

    def outcome(self, facts: Facts) -> str:
        return f"{facts.team(self.team).label} has the security name {self.name} in Miro"

    def undo(self, facts: Facts) -> str:
        return facts.undone(self.NAME, f"rename it back to {facts.team(self.team).security_name}")

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        team = facts.team(self.team)
        return (GroupNamed(team.label, team.id, team.security_name, self.name),)
