"""Take admin rights away; the person stays a member of every team."""

from typing import Annotated, ClassVar, Literal

from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, Subject, first
from bot.miro.goals import Goal
from bot.miro.rights import AdminRole, OrgRole
from bot.miro.wire import MEMBER

Rights = Literal["Company Admin", "Content Admin", "User Admin", "Security Admin"]
CHOICES = (
    ("Company Admin", "Company Admin: every person and team"),
    ("Content Admin", "Content Admin: boards and projects"),
    ("User Admin", "User Admin: people and teams"),
    ("Security Admin", "Security Admin: security settings"),
)


class RemoveAdmin(Action):
    """The counterpart of make-admin. The last Company Admin keeps the rights."""

    NAME: ClassVar[str] = "remove-admin"
    RANK: ClassVar[int] = 4
    TITLE: ClassVar[str] = "Remove Miro Admin"
    ABOUT: ClassVar[str] = "take admin rights away"
    EXAMPLE: ClassVar[str] = "demote @alex"
    UNDONE_BY: ClassVar[tuple[str, str]] = ("make-admin", "/miro-admin")
    CONFIRM: ClassVar[str] = "Remove Admin"
    ADMINS: ClassVar[bool] = True
    FOR_LEAVERS: ClassVar[bool] = True
    URGENCY: ClassVar[Urgency] = Urgency.FIRST

    person: Subject
    rights: Annotated[Rights, FormField("Which rights", Input.CHOICE, choices=CHOICES, grave=True)]

    def phrase(self, facts: Facts) -> str:
        return f"remove {self.rights} from {facts.person(self.person).called}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} no longer a {self.rights} of Miro"

    def warning(self, facts: Facts) -> str:
        return f"{first(facts.person(self.person))} loses these rights immediately and stays a member."

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        is_company = self.rights == "Company Admin"
        return (OrgRole(who, MEMBER) if is_company else AdminRole(who, self.rights, wanted=False),)
