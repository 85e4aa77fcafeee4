"""Close a leaver's Miro account: deactivate it, or delete it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, Subject, first, text
from bot.miro.accounts import Gone, Inactive
from bot.miro.goals import Goal
from bot.miro.rest.goals import SessionsEnded, TeamRole
from bot.miro.rights import NoAdminRoles, OrgRole
from bot.miro.wire import MEMBER
from bot.miro.wording import counted

_CHOICES = (
    ("deactivate", "Deactivate: boards stay, can be undone"),
    ("delete", "Delete: boards go to a team admin, can't be undone"),
)


_LATER = "Only if you deactivate. Until then you or an operator can keep it. “never” deletes nothing."
_DELETED = FormField(
    "Then delete it after so many days", Input.DAYS, _LATER, by_policy=True, only_if=("how", "deactivate")
)
_HEIR = "The e-mail address of who becomes admin of teams that this person alone leads."


class Handed(NamedTuple):
    """A team that is handed on; `heir`: the Miro id of who becomes its admin."""

    id: str
    label: str
    heir: str


class Offboard(Action):
    """Rights first, then the account. Confidential until done; the leaver never hears of it."""

    NAME: ClassVar[str] = "offboard"
    RANK: ClassVar[int] = 5
    TITLE: ClassVar[str] = "Offboard From Miro"
    ABOUT: ClassVar[str] = "close a leaver's account (confidential)"
    EXAMPLE: ClassVar[str] = "offboard jo.park@example.com"
    NOTE: ClassVar[str] = "The account closes at the start you choose, or as soon as this is approved."
    SLASH: ClassVar[str] = "miro-offboard"
    CONFIRM: ClassVar[str] = "Close Account"
    CONFIDENTIAL: ClassVar[bool] = True
    ADMINS: ClassVar[bool] = True
    CLOSES: ClassVar[bool] = True
    SHOWS_USAGE: ClassVar[bool] = True
    FOR_LEAVERS: ClassVar[bool] = True
    URGENCY: ClassVar[Urgency] = Urgency.FIRST

    person: Subject
    how: Annotated[
        Literal["deactivate", "delete"], FormField("How", Input.CHOICE, choices=_CHOICES, grave=True)
    ]
    delete_after: Annotated[int | None, Field(ge=1, le=366), _DELETED] = None
    heir: text("Hand teams on to", _HEIR, also=None, operators_only=False, by_rest=True) = ""  # type: ignore[valid-type]
    handed: tuple[Handed, ...] = ()
    """The teams to hand on, as the check found them; nobody fills this in."""

    @property
    def heir_address(self) -> str:
        return str(self.heir)

    @property
    def is_final(self) -> bool:
        return self.how == "delete"

    def handing_on(self, teams: Mapping[str, str], heir: str) -> Mapping[str, Any]:
        return {"handed": tuple(Handed(id, label, heir) for id, label in teams.items())}

    @property
    def then(self) -> tuple["Offboard", int] | None:
        if not self.delete_after:
            return None
        return Offboard(person=self.person, how="delete"), self.delete_after

    def phrase(self, facts: Facts) -> str:
        who = facts.person(self.person).called
        later = f", and delete the account {counted(self.delete_after)} later" if self.delete_after else ""
        return f"delete the account of {who}" if self.how == "delete" else f"deactivate {who}{later}"

    def outcome(self, facts: Facts) -> str:
        return f"The Miro account of {{who}} is {self.how}d"

    @property
    def _until(self) -> str:
        """How long it can be undone."""
        return "until it's deleted" if self.delete_after else "later"

    @property
    def confirm(self) -> str:
        return self.how.capitalize()

    def warning(self, facts: Facts) -> str:
        who = first(facts.person(self.person))
        if self.how == "delete":
            return f"This can't be undone. {who}'s boards go to a team admin."
        return f"{who} loses access. You can reactivate the account {self._until}."

    def undo(self, facts: Facts) -> str:
        if self.how == "delete":
            return "This can't be undone."
        person = facts.person(self.person)
        can = facts.can_be_asked("reactivate", person.email)
        way = f"You can reactivate {first(person)} {self._until}." if can else facts.in_miro()
        return f"Boards stay where they are. {way}"

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        who = first(facts.person(self.person))
        sessions = (SessionsEnded(who),) if facts.has_rest else ()
        # Of a deleted account Miro may know no sessions anymore; after a deactivation nobody can start one.
        closed = (*sessions, Gone(who)) if self.how == "delete" else (Inactive(who), *sessions)
        led = (TeamRole(self.heir, team.id, team.label, team.heir) for team in self.handed)
        return (OrgRole(who, MEMBER, while_active=True), NoAdminRoles(who), *led, *closed)
