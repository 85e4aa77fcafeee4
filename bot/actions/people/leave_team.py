"""Take somebody out of a team; also used when access for some days ends."""

from typing import Annotated, ClassVar

from approvals.request import Urgency
from bot.actions.form import Action, Facts, FormField, Input, OwnSubject, Teams
from bot.actions.sentences import but_boards, first, labels, undone
from bot.miro.accounts import HasAccount
from bot.miro.goals import Goal
from bot.miro.groups import OutOfGroup


class LeaveTeam(Action):
    """The counterpart of request-access: the account stays, and so do all other teams."""

    NAME: ClassVar[str] = "leave-team"
    RANK: ClassVar[int] = 7
    TITLE: ClassVar[str] = "Leave a Team"
    ABOUT: ClassVar[str] = "leave a team, and keep the account"
    EXAMPLE: ClassVar[str] = "take @alex out of Engineering"

    FOR_LEAVERS: ClassVar[bool] = True
    URGENCY: ClassVar[Urgency] = Urgency.SOON

    person: OwnSubject
    teams: Annotated[
        Teams, FormField("Which team", Input.TEAMS, after=("leave", "from", "out of"), leaves=True)
    ]

    def phrase(self, facts: Facts) -> str:
        return f"remove {facts.person(self.person).called} from {labels(self.teams, facts)}"

    def outcome(self, facts: Facts) -> str:
        return f"{{who}} {{is}} no longer in {labels(self.teams, facts)} in Miro"

    def undo(self, facts: Facts) -> str:
        return undone("request-access", "/miro-access", facts, but=but_boards(facts))

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person = facts.person(self.person)
        who, teams = first(person), [facts.known_team(id) for id in self.teams]
        return (
            HasAccount(who, person.email, create=False),
            *(OutOfGroup(who, team.id, team.security_name, team.label, facts.boards_pass) for team in teams),
        )
