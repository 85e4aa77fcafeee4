"""Goals about groups: who is in one, and what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.miro import wire
from bot.miro.accounts import LICENSE, hidden_active
from bot.miro.goals import Call, Goal, Seen, with_account
from bot.miro.wire import Membership


def _patch_group(id: str, *operations: Mapping[str, Any]) -> Call:
    # Without `attributes` the answer carries every member of the group.
    return Call("PATCH", f"/Groups/{id}?attributes=id,displayName", wire.patch(*operations))


@dataclass(frozen=True)
class InGroup(Goal):
    """The person is in a group. Joining also reactivates a deactivated account."""

    group: str
    security_name: str
    label: str = field(compare=False)

    @property
    def key(self) -> str:
        return f"join {self.group} {self.security_name}"

    @property
    def todo(self) -> str:
        return f"Join {self.label}."

    @property
    def aim(self) -> str:
        return f"join {self.label}"

    @property
    def did(self) -> str:
        return f"joined {self.label}"

    @property
    def so(self) -> str:
        return f"in {self.label}"

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and self.group in seen.account.group_ids

    def hidden(self, seen: Seen) -> str:
        # Whether joining reactivates an account. Groups may be left out: joining twice does no harm.
        return "" if self.holds(seen) else hidden_active(seen, self.who)

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        back = seen.account is not None and seen.account.active is False
        return (f"Joining also reactivates the account. {LICENSE}",) if back else ()

    def call(self, seen: Seen) -> Call:
        add = {"op": "Add", "path": "members", "value": [{"value": "{user}"}]}
        return _patch_group(self.group, add)

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        groups = (*(seen.account.groups or ()), Membership(value=self.group))
        return with_account(seen, groups=groups, active=True)


@dataclass(frozen=True)
class OutOfGroup(Goal):
    """The person isn't in a group."""

    group: str
    security_name: str
    label: str = field(compare=False)
    boards_pass: bool = True

    @property
    def key(self) -> str:
        return f"leave {self.group} {self.security_name}"

    @property
    def todo(self) -> str:
        return f"Leave {self.label}."

    @property
    def aim(self) -> str:
        return f"leave {self.label}"

    @property
    def did(self) -> str:
        return f"left {self.label}"

    @property
    def so(self) -> str:
        return f"not in {self.label}"

    def holds(self, seen: Seen) -> bool:
        account = seen.account
        return account is None or (account.knows_groups and self.group not in account.group_ids)

    def hidden(self, seen: Seen) -> str:
        account = seen.account
        return f"which teams {self.who} is in" if account and not account.knows_groups else ""

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        if not self.boards_pass:
            return (f"What only {self.label} opens closes for {self.who}.",)
        return (f"{self.who}'s boards there pass to a team admin and don't come back.",)

    def obstacle(self, seen: Seen) -> str:
        # Leaving a user group, which boards don't live in, removes nobody from the organization.
        if not self.boards_pass or not self._is_last(seen):
            return ""
        return (
            f"{self.who} is in no other team than {self.label}, and Miro may remove somebody without a team "
            "from the company. Ask with a team to join instead: /miro-move."
        )

    def sure(self, seen: Seen) -> bool:
        # Somebody not fully registered who leaves the only team is removed from the organization
        # (Miro's API description, PATCH /Groups): the new team must have been *seen* before.
        return not self._is_last(seen)

    def _is_last(self, seen: Seen) -> bool:
        assert seen.account
        return not seen.account.group_ids - {self.group}

    def call(self, seen: Seen) -> Call:
        return _patch_group(self.group, {"op": "Remove", "path": 'members[value eq "{user}"]'})

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        kept = tuple(one for one in seen.account.groups or () if one.value != self.group)
        return with_account(seen, groups=kept)


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
    def todo(self) -> str:
        return f"Change the security name from {self.security_name} to {self.name}."

    @property
    def aim(self) -> str:
        return f"change the security name to {self.name}"

    @property
    def did(self) -> str:
        return f"changed the security name to {self.name}"

    @property
    def so(self) -> str:
        return f"the security name is {self.name}"

    def holds(self, seen: Seen) -> bool:
        return seen.group is not None and seen.group.display_name == self.name

    def obstacle(self, seen: Seen) -> str:
        return "" if seen.group else f"{self.who} isn't in Miro any more."

    def call(self, seen: Seen) -> Call:
        return _patch_group(self.group, {"op": "Replace", "path": "displayName", "value": self.name})

    def after(self, seen: Seen) -> Seen:
        assert seen.group
        return replace(seen, group=seen.group.model_copy(update={"display_name": self.name}))
