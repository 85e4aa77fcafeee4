"""Update what Miro knows about somebody: name, address, and what HR writes."""

from functools import partial
from typing import ClassVar

from pydantic import model_validator

from approvals.people import canonical, listed
from bot.actions.form import DETAILS, Action, Facts, Subject, text
from bot.miro.accounts import Attributes
from bot.miro.goals import Goal
from bot.miro.wording import ATTRIBUTES

_detail = partial(text, operators_only=False)


class UpdateDetails(Action):
    """A goal for each attribute. Miro keeps one full name: given and family name are sent as that."""

    NAME: ClassVar[str] = "update-details"
    RANK: ClassVar[int] = 8
    TITLE: ClassVar[str] = "Update Details"
    ABOUT: ClassVar[str] = "change somebody's name, address or department"
    EXAMPLE: ClassVar[str] = "update the details of @alex"
    UNDONE_BY: ClassVar[tuple[str, str]] = ("update-details", "/miro update-details")
    TOGETHER: ClassVar[bool] = False
    NOTE: ClassVar[str] = "Fill in only what changes. A directory that manages Miro may change it back."

    person: Subject
    department: _detail("Department") = ""  # type: ignore[valid-type]
    cost_centre: _detail("Cost center") = ""  # type: ignore[valid-type]
    employee_number: _detail("Employee number", longest=20) = ""  # type: ignore[valid-type]
    division: _detail("Division") = ""  # type: ignore[valid-type]
    organization: _detail("Organization") = ""  # type: ignore[valid-type]
    manager: _detail("Manager", "The name.", longest=60) = ""  # type: ignore[valid-type]
    display_name: _detail("Full name", longest=60) = ""  # type: ignore[valid-type]
    given_name: _detail("Given name", "Instead of the full name.", longest=29) = ""  # type: ignore[valid-type]
    family_name: _detail("Family name", longest=30) = ""  # type: ignore[valid-type]
    email: _detail(  # type: ignore[valid-type]
        "New e-mail address", "They sign in with it from then on.", also=None, is_address=True
    ) = ""

    @model_validator(mode="after")
    def _says_what(self) -> "UpdateDetails":
        if bool(self.given_name) != bool(self.family_name):
            raise ValueError("family_name: Miro needs both given and family name.")
        if self.display_name and self.given_name:
            raise ValueError("display_name: Enter either the full name or given and family name.")
        if not self._wanted:
            raise ValueError("department: Fill in at least one detail.")
        return self

    @property
    def _wanted(self) -> dict[str, str]:
        """{SCIM's name: value}. The address comes last: until then a look finds the one that was approved."""
        values = {attribute: getattr(self, name) for name, attribute in DETAILS.items()}
        values["displayName"] = self.display_name or f"{self.given_name} {self.family_name}".strip()
        values["userName"] = canonical(self.email)
        return {name: value for name, value in values.items() if value}

    def phrase(self, facts: Facts) -> str:
        names = listed([ATTRIBUTES.get(name, name) for name in self._wanted])
        who = facts.person(self.person).called
        whose = "your" if who == "you" else f"{who}'s"
        return f"update {whose} {names}"

    def outcome(self, facts: Facts) -> str:
        return "{who}'s details are updated in Miro"

    def changes(self, who: str, facts: Facts) -> tuple[Goal, ...]:
        return tuple(Attributes(who, {name: value}) for name, value in self._wanted.items())
