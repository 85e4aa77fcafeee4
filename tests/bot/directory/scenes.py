"""A stage on which a directory pushes people and groups, and the bot follows."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from approvals.request import Request
from bot.directory.asking.feeder import QUIET
from bot.directory.store import Directories, EntryId, Group, Kind, User
from bot.sandbox.stage import POLICY, Stage

OKTA = """
[directory.okta]
account = "miroUsers"
teams = { "g_app_proeng_all" = "Engineering", "g_app_design_all" = "Design" }
admins = "miroAdmins"
attributes = ["name", "email", "department", "manager"]
deleted = "delete"
unattended = ["access", "leave", "details", "deactivate"]
approvers = ["it"]
hold_above = 5
administrators = ["sam@example.com"]
owner = ["it"]
"""
POLICY_WITH_OKTA = f"{POLICY}{OKTA}"


class Okta:
    """The directory, as its pushes leave it in the record."""

    def __init__(self, s: Stage) -> None:
        self.s = s
        self.says = Directories(s.bot.store.database, s.clock)
        self.groups = {
            name: self.says.create("okta", Kind.GROUP, {"displayName": name})
            for name in ("miroUsers", "g_app_proeng_all", "g_app_design_all", "miroAdmins", "staff")
        }

    def person(self, email: str, *groups: str, **body: Any) -> EntryId:
        """Pushes a person, and then each of their groups."""
        id = self.says.create("okta", Kind.USER, {"userName": email, "active": True, **body})
        self.join(id, *groups)
        return id

    def _group(self, name: str) -> Group:
        group = self.says.get("okta", self.groups[name])
        assert isinstance(group, Group)
        return group

    def join(self, id: EntryId, *groups: str) -> None:
        for group in map(self._group, groups):
            self.says.update(group, group.body, dict.fromkeys({*group.members} | {id}, ""))

    def leave(self, id: EntryId, *groups: str) -> None:
        for group in map(self._group, groups):
            self.says.update(group, group.body, dict.fromkeys({*group.members} - {id}, ""))

    def fill(self, name: str, members: Iterable[EntryId]) -> None:
        """Pushes a whole group, which may be new."""
        if name not in self.groups:
            self.groups[name] = self.says.create("okta", Kind.GROUP, {"displayName": name})
        group = self._group(name)
        self.says.update(group, group.body, dict.fromkeys(members, ""))

    def change(self, id: EntryId, **body: Any) -> None:
        user = self.says.get("okta", id)
        assert isinstance(user, User)
        self.says.update(user, {**user.body, **body})

    def delete(self, id: EntryId) -> None:
        user = self.says.get("okta", id)
        assert isinstance(user, User)
        self.says.delete(user)

    def settle(self) -> None:
        """The push is over, and the bot does what follows."""
        self.s.settle()  # hears of it
        self.s.clock.pass_(QUIET + timedelta(seconds=1))
        self.s.settle()

    def asked(self) -> list[Request]:
        """Every request of the directory, the first that was made first."""
        source = self.s.bot.store.people.source("okta", "Okta").id
        return [each for each in reversed(self.s.bot.store.requests()) if each.requester == source]


def states(requests: Iterable[Request]) -> list[tuple[str, str]]:
    """The action and state of each."""
    return [(each.action, each.state.value) for each in requests]
