"""Give somebody a Miro account that works, in the teams they need."""

from collections.abc import Collection
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from approvals.ids import GroupId
from bot.actions.form import DETAILS, Action, Days, Facts, FormField, Input, OwnSubject, Until, first, text
from bot.actions.people.leave_team import LeaveTeam
from bot.miro.accounts import Active, Attributes, HasAccount
from bot.miro.goals import Goal
from bot.miro.groups import InGroup
from bot.miro.rest.goals import MEMBER, TeamRole

_BOARDS = "Where the boards are that you need."
_TEAMS = FormField("Which team", Input.TEAMS, _BOARDS, after=("for", "to", "in", "into"))
_BESIDE = "Its name in Miro. For boards that no user group opens."


class RequestAccess(Action):
    """Account made or reactivated, teams joined. What HR knows is filled in by operators or the policy."""

    NAME: ClassVar[str] = "request-access"
    RANK: ClassVar[int] = 1
    TITLE: ClassVar[str] = "Request Access"
    ABOUT: ClassVar[str] = "get access to Miro or to another team"
    EXAMPLE: ClassVar[str] = "I need Miro access for Engineering"
    OPPOSITE: ClassVar[str] = "leave-team"
    SLASH: ClassVar[str] = "miro-access"

    person: OwnSubject
    # None are needed: a directory asks for accounts alone.
    teams: Annotated[tuple[GroupId, ...], Field(max_length=3), _TEAMS]
    until: Until = None
    for_days: Days = None
    given_name: text("Given name", "Only if Slack doesn't know it.", longest=29) = ""  # type: ignore[valid-type]
    family_name: text("Family name", longest=30) = ""  # type: ignore[valid-type]
    department: text("Department") = ""  # type: ignore[valid-type]
    employee_number: text("Employee number", longest=20, also=("personnel number",)) = ""  # type: ignore[valid-type]
    cost_centre: text("Cost center", also=("cost centre",)) = ""  # type: ignore[valid-type]
    division: text("Division") = ""  # type: ignore[valid-type]
    organization: text("Organization", also=("organisation",)) = ""  # type: ignore[valid-type]
    manager: text("Manager", longest=60) = ""  # type: ignore[valid-type]

    miro_team: text(  # type: ignore[valid-type]
        "Miro team to join", _BESIDE, longest=60, also=None, beside_groups=True
    ) = ""
    joins: tuple[str, str] | None = None
    """Id and name of that team, as the check found it; nobody fills this in."""

    @model_validator(mode="after")
    def _lasting(self) -> "RequestAccess":
        if self.miro_team and self.days:
            raise ValueError("miro_team: I can't end this. Ask for it by itself, without a last day.")
        return self

    def _where(self, facts: Facts) -> str:
        """'Engineering and the team Research', '' for an account alone."""
        return facts.places(self.teams, self.miro_team)

    @property
    def team_beside(self) -> str:
        return str(self.miro_team)

    def phrase(self, facts: Facts) -> str:
        phrase = f"give {facts.person(self.person).called} access to {self._where(facts) or 'Miro'}"
        return f"{phrase} {self.limit}".strip()

    def outcome(self, facts: Facts) -> str:
        where = self._where(facts)
        return f"{{who}} {{is}} in {where} in Miro" if where else "{who} {is} active in Miro"

    def undo(self, facts: Facts) -> str:
        if not self._where(facts):
            return facts.undone("offboard", "/miro-offboard")
        return facts.undone(self.OPPOSITE, "/miro leave-team. The account stays")

    def goals(self, facts: Facts) -> tuple[Goal, ...]:
        person, values = facts.person(self.person), self._enterprise(facts)
        who = first(person)
        given = self.given_name or person.given or _guessed(person.email)[0]
        family = self.family_name or person.family or _guessed(person.email)[1]
        # Miro takes 60 characters for both and the blank between them.
        given, family = given[:29].strip(), family[:30].strip()
        teams = [facts.team(id) for id in self.teams]
        return (
            HasAccount(who, person.email, given, family, values),
            Active(who, joining=True),
            *((Attributes(who, values),) if values else ()),
            *(InGroup(who, team.id, team.security_name, team.label) for team in teams),
            *((TeamRole(person.email, *self.joins, role=MEMBER),) if self.joins else ()),
        )

    def ending(self, given: Collection[str]) -> Action | None:
        """Leaves the teams that were joined; those the person was in before, and the account, stay.

        Who was in one with an account that was deactivated wasn't in it to any use.
        """
        joined = {part for key in given if key.startswith("join ") for part in key.split()[1:2]}
        teams = tuple(id for id in self.teams if id in joined or "active" in given)
        return LeaveTeam(person=self.person, teams=teams) if teams else None

    def back(self, given: Collection[str], facts: Facts) -> str:
        ending = self.ending(given)
        if not isinstance(ending, LeaveTeam):
            return ""
        count = len(ending.teams)
        some = "the teams" if count == len(self.teams) else f"{count} of the teams"
        verb = "is" if count == 1 else "are"
        return f"{facts.labels(ending.teams) if count == 1 else some} {verb} removed. The account stays"

    def _enterprise(self, facts: Facts) -> dict[str, str]:
        known = facts.account(facts.person(self.person).email)
        values = {name: (getattr(self, name) or known.get(name, "")).strip() for name in DETAILS}
        return {DETAILS[name]: value for name, value in values.items() if value}


def _guessed(email: str) -> tuple[str, str]:
    """Given and family name of somebody whom Slack doesn't know: what stands before the @.

    Miro wants both or neither; the approver sees them, and the person can change them in Miro.
    """
    words = [word.capitalize() for word in email.partition("@")[0].replace("_", ".").split(".") if word]
    return (words[0], " ".join(words[1:]) or words[0]) if words else ("", "")
