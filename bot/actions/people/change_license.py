"""Give somebody a paid Miro license."""

from typing import Annotated, ClassVar, Literal

from bot.actions.form import Action, Facts, FormField, Input, Subject
from bot.actions.sentences import first, in_miro
from bot.miro.accounts import Attributes, HasAccount
from bot.miro.goals import Goal

_CHOICES = (
    ("Full", "Full"),
    ("Advanced", "Advanced, if your plan has it"),
    ("Standard", "Standard, if your plan has it"),
    ("Basic", "Basic, if your plan has it"),
)


class ChangeLicense(Action):
    """SCIM only raises a license (Miro's API description, PATCH /Users), so the free ones aren't offered."""

    NAME: ClassVar[str] = "change-license"
    RANK: ClassVar[int] = 8
    TITLE: ClassVar[str] = "Change License"
    ABOUT: ClassVar[str] = "give somebody a paid Miro license"
    EXAMPLE: ClassVar[str] = "give @alex a Full license"
    TOGETHER: ClassVar[bool] = False
    SHOWS_USAGE: ClassVar[bool] = True
    NOTE: ClassVar[str] = "To lower a license, use Miro's own settings."

    person: Subject
    license: Annotated[
        Literal["Full", "Advanced", "Standard", "Basic"],
        FormField("Which license", Input.CHOICE, choices=_CHOICES),
    ] = "Full"

    def phrase(self, facts: Facts) -> str:
        return f"give {facts.person(self.person).called} a Miro license: {self.license}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} on the {self.license} license in Miro"

    def undo(self, facts: Facts) -> str:
        return in_miro()

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person = facts.person(self.person)
        who = first(person)
        return (HasAccount(who, person.email, create=False), Attributes(who, {"userType": self.license}))
