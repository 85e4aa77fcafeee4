"""Take admin rights away; the person stays a member of every team."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, Subject
from bot.actions.sentences import first, undone
from bot.miro.accounts import HasAccount
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
    VERBS: ClassVar[tuple[str, ...]] = (
        *("demote", "demot … admin", "remov … admin", "revok … admin", "withdraw … admin", "strip … admin"),
        *("drop … admin", "lose … admin", "stop … admin", "cancel … admin", "give up … admin"),
        *("give back … admin", "take … admin … away", "take away … admin", "take … admin … back"),
        *("take back … admin", "take … admin … from", "take off … admin", "transfer … admin"),
        *("admin … taken", "admin … away", "admin … revok", "admin … remov", "admin … withdraw"),
        *("no longer … admin", "admin any more", "not … admin any more", "not need … admin"),
        *("not want … admin", "need no … admin", "should not … admin", "must not … admin"),
        "can not be … admin",
    )
    DOUBT: ClassVar[tuple[str, ...]] = (
        r"\b(?:becom|promot|grant|restor)",
        r"(?<!not )(?<!no )\b(?:needs?|wants?) (?!no\b|to\b)",
        r"\b(?:should|shall|must|will|can|to) (?:be|have|get) (?!.*\b(?:\w+ed|tak\w+|away|not?)\b)",
    )
    ALSO: ClassVar[str] = "make being one take taken right role permission member"
    NOT_HERE: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Admins of one team, space or board are made and unmade in Miro itself, by an admin of it. Here you "
        "can ask for Company, Content, User and Security Admins.": (
            r"\b(?:team|group|space|project|board)(?:'s)? admin",
            r"\badmin\w*(?: rights?| access| role)? (?:of|for|in|on|at) (?:(?:the|our|my|team|group) )*\0",
            r"\badmin\w* (?:of|for|in|on) (?:an?|the|our|my|this) \w* ?(?:team|group|space|project|board)",
            r"\badmin (?:rights?|access) to (?:the |our )*\0",
            r"\0 (?:team )?admin",
        )
    }
    CONFIRM: ClassVar[str] = "Remove Admin"
    ADMINS: ClassVar[bool] = True
    FOR_LEAVERS: ClassVar[bool] = True
    URGENCY: ClassVar[Urgency] = Urgency.FIRST

    person: Subject
    rights: Annotated[Rights, FormField("Which rights", Input.CHOICE, choices=CHOICES, grave=True)]

    def phrase(self, facts: Facts) -> str:
        return f"take {self.rights} of Miro away from {facts.person(self.person).called}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} no longer {self.rights} of Miro"

    def warning(self, facts: Facts) -> str:
        return f"{first(facts.person(self.person))} loses these rights at once, and stays a member."

    def undo(self, facts: Facts) -> str:
        return undone("make-admin", "/miro-admin", facts)

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person = facts.person(self.person)
        who = first(person)
        down = OrgRole(who, MEMBER) if self.rights == "Company Admin" else AdminRole(who, self.rights, False)
        return (HasAccount(who, person.email, create=False), down)
