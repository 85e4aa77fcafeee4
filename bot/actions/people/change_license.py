"""Give somebody a paid Miro license."""

from typing import Annotated, ClassVar, Literal, get_args

from bot.actions.form import Action, Facts, FormField, Input, Subject
from bot.miro.accounts import Attributes
from bot.miro.goals import Goal

License = Literal["Full", "Advanced", "Standard", "Basic"]
_CHOICES = (("Full", "Full"), *((name, f"{name}, if your plan has it") for name in get_args(License)[1:]))


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
    license: Annotated[License, FormField("Which license", Input.CHOICE, choices=_CHOICES)] = "Full"

    def phrase(self, facts: Facts) -> str:
        return f"give {facts.person(self.person).called} the {self.license} license in Miro"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} on the {self.license} license in Miro"

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        return (Attributes(who, {"userType": self.license}),)
