"""Open a deactivated account again."""

from typing import ClassVar

from bot.actions.form import Action, Facts, Subject
from bot.actions.sentences import first, undone
from bot.miro.accounts import Active, HasAccount
from bot.miro.goals import Goal


class Reactivate(Action):
    """The counterpart of offboard, as long as the account wasn't deleted."""

    NAME: ClassVar[str] = "reactivate"
    RANK: ClassVar[int] = 6
    TITLE: ClassVar[str] = "Reactivate in Miro"
    ABOUT: ClassVar[str] = "open a deactivated account again"
    EXAMPLE: ClassVar[str] = "reactivate jo.park@example.com"

    FOR_LEAVERS: ClassVar[bool] = True

    person: Subject

    def phrase(self, facts: Facts) -> str:
        return f"reactivate {facts.person(self.person).called}"

    def outcome(self, facts: Facts) -> str:
        return "{who} {is} active in Miro again"

    def undo(self, facts: Facts) -> str:
        return undone("offboard", "/miro-offboard", facts)

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person = facts.person(self.person)
        return (HasAccount(first(person), person.email, create=False), Active(first(person)))
