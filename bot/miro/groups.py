"""Goals about groups: members, names, and whether they exist."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from approvals.sentence import Sentence
from bot.miro import wire
from bot.miro.goals import Goal, ScimCall, Seen, keyed, sentence
from bot.miro.wire import Membership, MiroGroup


def _patch_group(id: str, operation: Mapping[str, Any]) -> ScimCall:
    # Without `attributes` the answer carries every member of the group.
    return ScimCall("PATCH", f"/Groups/{id}?attributes=id,displayName", wire.patch(operation))


@dataclass(frozen=True)
class InGroup(Goal):
    """The person is in a group. Joining also reactivates a deactivated account.

    If the look leaves groups out, it counts as not held: joining twice is harmless.
    """

    group: str
    security_name: str
    label: str = field(compare=False)

    key = keyed("join {group} {security_name}")

    change = sentence("join", group="label")

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and self.group in seen.account.group_ids

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        is_inactive = seen.account is not None and seen.account.active is False
        return (Sentence("reactivates"),) if is_inactive else ()

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Add", "path": "members", "value": [{"value": "{user}"}]})

    def after(self, seen: Seen) -> Seen:
        groups = (*(seen.existing.groups or ()), Membership(value=self.group))
        return seen.with_account(groups=groups, active=True)


@dataclass(frozen=True)
class OutOfGroup(Goal):
    """The person isn't in a group; `boards_pass`: a team, whose admin gets the leaver's boards."""

    group: str
    security_name: str
    label: str = field(compare=False)
    boards_pass: bool = True

    key = keyed("leave {group} {security_name}")

    @property
    def change(self) -> Sentence:
        return Sentence.of("leave-boards" if self.boards_pass else "leave", group=self.label)

    def holds(self, seen: Seen) -> bool:
        account = seen.account
        return account is None or (account.knows_groups and self.group not in account.group_ids)

    def hidden(self, seen: Seen) -> str:
        is_unknown = seen.account is not None and not seen.account.knows_groups
        return f"which teams {self.who} is in" if is_unknown else ""

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        if not self.boards_pass:
            return (Sentence.of("closes", group=self.label, who=self.who),)
        return (Sentence.of("boards-pass", who=self.who),)

    def before(self, seen: Seen) -> Mapping[str, Any]:
        # To join again would reactivate the account.
        return {"active": False} if seen.existing.active is False else {}

    def obstacle(self, seen: Seen) -> str:
        # Leaving a user group, which has no boards, removes nobody from the organization.
        if not self.boards_pass or seen.other_team or self.sure(seen):
            return ""
        return (
            f"{self.who} would be left without a team, and Miro may remove people without a team from the "
            "company. Keep one team, or move to another: /miro-move."
        )

    def sure(self, seen: Seen) -> bool:
        # A person not fully registered who leaves their only team is removed from the organization
        # (Miro's API description, PATCH /Groups): a look must have shown the new team before.
        return bool(seen.existing.group_ids - {self.group})

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Remove", "path": 'members[value eq "{user}"]'})

    def after(self, seen: Seen) -> Seen:
        kept = tuple(group for group in seen.existing.groups or () if group.value != self.group)
        return seen.with_account(groups=kept)


@dataclass(frozen=True)
class GroupNamed(Goal):
    """The security group has this name; the team's display name stays."""

    group: str
    security_name: str
    name: str

    key = keyed("rename {group} {security_name} to {name}")

    change = sentence("rename", before="security_name", name="name")

    def holds(self, seen: Seen) -> bool:
        return seen.group is not None and seen.group.display_name == self.name

    def obstacle(self, seen: Seen) -> str:
        return "" if seen.group else f"{self.who} is no longer in Miro."

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Replace", "path": "displayName", "value": self.name})

    def after(self, seen: Seen) -> Seen:
        assert seen.group
        return replace(seen, group=seen.group.model_copy(update={"display_name": self.name}))


@dataclass(frozen=True)
class GroupExists(Goal):
    """A user group has exactly this name. Teams can't be created (Miro's SCIM introduction)."""

    name: str

    key = keyed("create-group {name}")

    change = sentence("create-group", name="name")

    def holds(self, seen: Seen) -> bool:
        return seen.group is not None and seen.group.display_name == self.name

    def obstacle(self, seen: Seen) -> str:
        return f"Miro has a group {seen.group.display_name}. Choose a different name." if seen.group else ""

    def call(self, seen: Seen) -> ScimCall:
        body = {"schemas": [wire.GROUP], "displayName": self.name}
        return ScimCall("POST", "/Groups?attributes=id,displayName", body)

    def after(self, seen: Seen) -> Seen:
        return replace(seen, group=MiroGroup(id="{group}", displayName=self.name))


@dataclass(frozen=True)
class GroupGone(Goal):
    """A user group is deleted, which can't be undone (Miro's help page on user groups)."""

    group: str
    security_name: str

    key = keyed("delete-group {group} {security_name}")

    change = sentence("delete-group", group="who")

    def holds(self, seen: Seen) -> bool:
        return seen.group is None

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        members = Sentence.of("group-members", members=seen.members, group=self.who)
        return (Sentence("group-final"), *((members,) if seen.members else ()))

    def call(self, seen: Seen) -> ScimCall:
        return ScimCall("DELETE", f"/Groups/{self.group}")

    def after(self, seen: Seen) -> Seen:
        return replace(seen, group=None, members=0)
