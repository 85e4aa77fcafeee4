"""`[directory.okta]`: what a directory's groups mean in Miro, and who decides what the directory asks for."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field

from approvals.policy.entries import Anyone
from approvals.policy.line_numbers import Place, Problems
from approvals.policy.rules import Days, Part, Rule


class Change(StrEnum):
    """The kinds of changes a directory asks for, each decided by a rule of its own."""

    ACCESS = "access"  # an account made or reactivated, teams joined
    LEAVE = "leave"
    DETAILS = "details"
    ADMINS = "admins"
    DEACTIVATE = "deactivate"
    DELETE = "delete"


CHANGES = {
    "request-access": Change.ACCESS,
    "leave-team": Change.LEAVE,
    "update-details": Change.DETAILS,
    "make-admin": Change.ADMINS,
    "remove-admin": Change.ADMINS,
    "offboard": Change.DEACTIVATE,
}
Close = Literal["deactivate", "delete"]
Attribute = Literal[
    "name", "email", "department", "employee_number", "cost_centre", "division", "organization", "manager"
]


class DirectoryRules(Part):
    """One directory."""

    title: str = Field(default="", max_length=40)
    account: str = ""
    """The group whose members have an account; '': every active person that the directory names."""
    teams: Mapping[str, str] = {}
    """{group of the directory: team in Miro}."""
    admins: str = ""
    """The group of Company Admins; '': the directory says nothing about rights."""
    attributes: tuple[Attribute, ...] = ()
    deactivated: Close = "deactivate"
    deleted: Close = "deactivate"
    cooling_off: Days = 30
    """Days from the word until an account is deleted; it is deactivated at once."""
    unattended: tuple[Change, ...] = ()
    approvers: tuple[str, ...] = ()
    """Who decides what is neither unattended nor has a rule of its own."""
    rules: Mapping[Change, Rule] = {}
    hold_above: int = Field(default=50, ge=1, strict=True)
    """People per kind of change and hour; above this number operators have to let the changes through."""
    administrators: tuple[str, ...] = ()
    """Who runs the directory: they never decide what it asks for."""
    owner: tuple[str, ...] = Field(min_length=1)
    """Who looks after differences that were denied or have failed."""
    asked_in_slack: tuple[str, ...] = ()
    """Who decides if people ask for its teams in Slack; (): they read where to ask instead."""

    def rule(self, change: Change) -> Rule:
        """The rule by which a change is decided: by people, unless the policy says unattended."""
        rule = self.rules.get(change) or Rule(approvers=self.approvers)
        if change in self.unattended:
            rule = Rule(approval=False)
        return rule.model_copy(update={"for_others": (Anyone.word,)})

    def entries(self) -> Iterator[str]:
        """All entries of people in it."""
        for change in Change:
            yield from self.rule(change).everybody()
        yield from (*self.administrators, *self.owner, *self.asked_in_slack)


def change_of(action: str, how: Collection[str] = ()) -> Change | None:
    """The kind of change of an action; `how`: its choice in the form. None: no directory asks for it."""
    return Change.DELETE if "delete" in how else CHANGES.get(action)


def check_directory(place: Place, directory: DirectoryRules) -> Problems:
    """What contradicts itself in one directory."""
    if not (directory.account or directory.teams or directory.admins):
        yield place, "name at least one group: account, teams or admins"
    for change in (change for change in directory.unattended if change in directory.rules):
        yield (*place, "rules", change), f"{change} is unattended and has a rule; keep one of them"
    for change, rule in directory.rules.items():
        if rule.when or rule.rules or rule.askers():
            yield (*place, "rules", change), "only who decides and when belongs here; remove the rest"
    for group, team in directory.teams.items():
        if not (group.strip() and team.strip()):
            yield (*place, "teams"), 'write group = team, like "g_app_proeng_all" = "Engineering"'
