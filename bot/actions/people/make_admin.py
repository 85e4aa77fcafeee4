"""Give somebody admin rights, and with them, if asked for, the team that goes with them."""

from collections.abc import Collection
from typing import Annotated, ClassVar

from pydantic import model_validator

from approvals.ids import GroupId
from bot.actions.form import Action, Days, Facts, FormField, Input, Subject, Until, first
from bot.actions.people.remove_admin import CHOICES, RemoveAdmin, Rights
from bot.miro.accounts import Active
from bot.miro.goals import Goal
from bot.miro.groups import InGroup, OutOfGroup
from bot.miro.rights import AdminRole, OrgRole
from bot.miro.wire import ADMIN


class MakeAdmin(Action):
    """Rights come last: by then everything else is in place."""

    NAME: ClassVar[str] = "make-admin"
    RANK: ClassVar[int] = 3
    TITLE: ClassVar[str] = "Make Miro Admin"
    ABOUT: ClassVar[str] = "give somebody admin rights"
    EXAMPLE: ClassVar[str] = "make @alex admin, from Engineering to IT Administration"
    OPPOSITE: ClassVar[str] = "remove-admin"
    SLASH: ClassVar[str] = "miro-admin"
    CONFIRM: ClassVar[str] = "Make Admin"

    person: Subject
    rights: Annotated[Rights, FormField("Which rights", Input.CHOICE, choices=CHOICES, grave=True)]
    to_team: Annotated[
        GroupId | None, FormField("Joins a team", Input.TEAM, after=("to", "into", "join"))
    ] = None
    from_team: Annotated[
        GroupId | None, FormField("Leaves a team", Input.TEAM, after=("from", "leave", "out of"), leaves=True)
    ] = None

    until: Until = None
    for_days: Days = None

    @model_validator(mode="after")
    def _differ(self) -> "MakeAdmin":
        if self.from_team and self.from_team == self.to_team:
            raise ValueError("from_team: Choose a different team from the one to join.")
        return self

    def phrase(self, facts: Facts) -> str:
        return f"make {facts.person(self.person).called} a {self.rights} {self.limit}".strip()

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} a {self.rights} of Miro"

    def warning(self, facts: Facts) -> str:
        who = first(facts.person(self.person))
        reach = {"Company Admin": "manage every person and team", "Content Admin": "manage boards of others"}
        return f"{who} will be able to {reach.get(self.rights, 'do what a ' + self.rights + ' can')}."

    def undo(self, facts: Facts) -> str:
        what = " the rights" if self.from_team or self.to_team else ""
        but = facts.but_boards if self.from_team and not facts.can_be_asked(self.OPPOSITE) else ""
        return facts.undone(self.OPPOSITE, "/miro remove-admin", what=what, but=but)

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        goals: list[Goal] = [Active(who, joining=bool(self.to_team))]
        if self.to_team:
            new = facts.team(self.to_team)
            goals.append(InGroup(who, new.id, new.security_name, new.label))
        if self.from_team:
            old = facts.team(self.from_team)
            goals.append(OutOfGroup(who, old.id, old.security_name, old.label, facts.boards_pass))
        if self.rights == "Company Admin":
            return (*goals, OrgRole(who, ADMIN, days=self.for_days, until=self.last_day))
        return (*goals, AdminRole(who, self.rights, days=self.for_days, until=self.last_day))

    def ending(self, given: Collection[str]) -> Action | None:
        """Takes the rights away, if they were given, or came back with the account; the teams stay."""
        has = any(key.startswith(("role ", "with admin role ", "active")) for key in given)
        return RemoveAdmin(person=self.person, rights=self.rights) if has else None

    def back(self, given: Collection[str], facts: Facts) -> str:
        stay = ". Teams stay" if self.from_team or self.to_team else ""
        return f"the rights are removed{stay}" if self.ending(given) else ""
