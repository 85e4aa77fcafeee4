"""Goals about groups: who is a member, and what the group is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.miro import wire
from bot.miro.accounts import LICENSE
from bot.miro.goals import Goal, ScimCall, Seen, Words, words
from bot.miro.wire import Membership


def _patch_group(id: str, operation: Mapping[str, Any]) -> ScimCall:
    # Without `attributes` the answer carries every member of the group.
    return ScimCall("PATCH", f"/Groups/{id}?attributes=id,displayName", wire.patch(operation))


@dataclass(frozen=True)
class InGroup(Goal):
    """The person is in a group. Joining also reactivates a deactivated account.

    Where the look leaves groups out, it counts as not held: joining twice does no harm.
    """

    group: str
    security_name: str
    label: str = field(compare=False)

    @property
    def key(self) -> str:
        return f"join {self.group} {self.security_name}"

    @property
    def words(self) -> Words:
        return words("join", "joined", self.label, f"in {self.label}")

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and self.group in seen.account.group_ids

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        is_inactive = seen.account is not None and seen.account.active is False
        return (f"Joining also reactivates the account. {LICENSE}",) if is_inactive else ()

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Add", "path": "members", "value": [{"value": "{user}"}]})

    def after(self, seen: Seen) -> Seen:
        groups = (*(seen.existing.groups or ()), Membership(value=self.group))
        return seen.with_account(groups=groups, active=True)


@dataclass(frozen=True)
class OutOfGroup(Goal):
    """The person isn't in a group; `boards_pass`: it is a team, whose admin gets the leaver's boards."""

    group: str
    security_name: str
    label: str = field(compare=False)
    boards_pass: bool = True

    @property
    def key(self) -> str:
        return f"leave {self.group} {self.security_name}"

    @property
    def words(self) -> Words:
        return words("leave", "left", self.label, f"not in {self.label}")

    def holds(self, seen: Seen) -> bool:
        account = seen.account
        return account is None or (account.knows_groups and self.group not in account.group_ids)

    def hidden(self, seen: Seen) -> str:
        is_unknown = seen.account is not None and not seen.account.knows_groups
        return f"which teams {self.who} is in" if is_unknown else ""

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        if not self.boards_pass:
            return (f"What only {self.label} opens closes for {self.who}.",)
        return (f"{self.who}'s boards there pass to a team admin and don't come back.",)

    def obstacle(self, seen: Seen) -> str:
        # Leaving a user group, which boards don't live in, removes nobody from the organization.
        if not self.boards_pass or self.sure(seen):
            return ""
        return (
            f"{self.who} is in no other team than {self.label}, and Miro may remove somebody without a team "
            "from the company. Ask with a team to join instead: /miro-move."
        )

    def sure(self, seen: Seen) -> bool:
        # Somebody not fully registered who leaves the only team is removed from the organization
        # (Miro's API description, PATCH /Groups): the new team must have been *seen* before.
        return bool(seen.existing.group_ids - {self.group})

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Remove", "path": 'members[value eq "{user}"]'})

    def after(self, seen: Seen) -> Seen:
        kept = tuple(group for group in seen.existing.groups or () if group.value != self.group)
        return seen.with_account(groups=kept)


@dataclass(frozen=True)
class GroupNamed(Goal):
    """The security group has this name; the name people know isn't touched."""

    group: str
    security_name: str
    name: str

    @property
    def key(self) -> str:
        return f"rename {self.group} {self.security_name} to {self.name}"

    @property
    def words(self) -> Words:
        todo = f"Change the security name from {self.security_name} to {self.name}."
        state = f"the security name is {self.name}"
        return words("change", "changed", f"the security name to {self.name}", state, todo)

    def holds(self, seen: Seen) -> bool:
        return seen.group is not None and seen.group.display_name == self.name

    def obstacle(self, seen: Seen) -> str:
        return "" if seen.group else f"{self.who} isn't in Miro any more."

    def call(self, seen: Seen) -> ScimCall:
        return _patch_group(self.group, {"op": "Replace", "path": "displayName", "value": self.name})

    def after(self, seen: Seen) -> Seen:
        assert seen.group
        return replace(seen, group=seen.group.model_copy(update={"display_name": self.name}))
