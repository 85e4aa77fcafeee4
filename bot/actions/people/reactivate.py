"""Open a deactivated account again."""

from typing import ClassVar

from bot.actions.form import Action, Facts, Subject
from bot.miro.accounts import Active
from bot.miro.goals import Goal


class Reactivate(Action):
    """The counterpart of offboard, as long as the account wasn't deleted."""

    NAME: ClassVar[str] = "reactivate"
    RANK: ClassVar[int] = 6
    TITLE: ClassVar[str] = "Reactivate in Miro"
    ABOUT: ClassVar[str] = "open a deactivated account again"
    EXAMPLE: ClassVar[str] = "reactivate jo.park@example.com"
    UNDONE_BY: ClassVar[tuple[str, str]] = ("offboard", "/miro-offboard")

    FOR_LEAVERS: ClassVar[bool] = True

    person: Subject

    def phrase(self, facts: Facts) -> str:
        return f"reactivate {facts.person(self.person).called}"

    def outcome(self, facts: Facts) -> str:
        return "{who} {is} active in Miro again"

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        return (Active(who),)
