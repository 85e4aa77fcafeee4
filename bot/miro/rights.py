"""Goals about rights: the role in the organization, and the admin roles besides it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from approvals.sentence import Sentence
from bot.miro import wire
from bot.miro.accounts import patch_user
from bot.miro.goals import Goal, ScimCall, Seen, keyed
from bot.miro.wire import ADMIN, MEMBER, Role


def _unchangeable(seen: Seen, who: str, removing: bool) -> str:
    """Why roles of this account can't be changed, or ''."""
    if seen.existing.active is False:
        return f"{who}'s Miro account is deactivated. Miro can't change its roles. Reactivate it first."
    # Everybody has a role in the organization: if none is shown, it may be an admin's.
    if removing and not seen.existing.knows_roles:
        why = f"Miro doesn't show which rights {who} has, so I won't remove any."
        return f"{why} Check Miro's company settings, then ask again."
    return ""


def _remove_role(name: str) -> dict[str, str]:
    return {"op": "Remove", "path": f"roles[value eq {wire.quoted(name)}]"}


@dataclass(frozen=True)
class OrgRole(Goal):
    """The person's role in the organization.

    `while_active`: the goal also holds if the account is deactivated, with any role; `days`: until its end.
    """

    role: str
    while_active: bool = False
    days: int | None = field(default=None, compare=False)
    until: str = field(default="", compare=False)

    key = keyed("role {role}")

    @property
    def change(self) -> Sentence:
        if self.role == ADMIN:
            return Sentence.of("grant", rights="Company Admin", days=self.days, until=self.until)
        return Sentence.of("demote", while_active=self.while_active)

    def holds(self, seen: Seen) -> bool:
        if seen.account is None:
            return self.role != ADMIN
        if self.while_active and seen.account.active is False:
            return True
        return seen.account.org_role == self.role

    def obstacle(self, seen: Seen) -> str:
        problem = _unchangeable(seen, self.who, self.role == MEMBER)
        if problem or self.role != MEMBER or seen.other_admin:
            return problem
        return f"{self.who} is the last Company Admin. Make somebody else Company Admin first: /miro-admin."

    def call(self, seen: Seen) -> ScimCall:
        return patch_user({"op": "Replace", "path": "roles[primary eq true].value", "value": self.role})

    def after(self, seen: Seen) -> Seen:
        others = (role for role in seen.existing.roles or () if not role.primary)
        return seen.with_account(roles=(Role(value=self.role, primary=True), *others))


@dataclass(frozen=True)
class AdminRole(Goal):
    """The person has, or hasn't, an admin role ("Content Admin", …) besides the role in the organization."""

    name: str
    wanted: bool = True
    days: int | None = field(default=None, compare=False)
    until: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        return f"{'with' if self.wanted else 'without'} admin role {self.name}"

    @property
    def change(self) -> Sentence:
        if self.wanted:
            return Sentence.of("grant", rights=self.name, days=self.days, until=self.until)
        return Sentence.of("take", rights=self.name)

    def holds(self, seen: Seen) -> bool:
        if seen.account is None:
            return not self.wanted
        has = self.name in seen.account.admin_roles
        return has if self.wanted else seen.account.knows_roles and not has

    def obstacle(self, seen: Seen) -> str:
        return _unchangeable(seen, self.who, not self.wanted)

    def call(self, seen: Seen) -> ScimCall:
        if not self.wanted:
            return patch_user(_remove_role(self.name))
        role = {"value": self.name, "type": "organization_admin_role", "primary": False}
        return patch_user({"op": "Add", "path": "roles", "value": [role]})

    def after(self, seen: Seen) -> Seen:
        roles = seen.existing.roles or ()
        kept = tuple(role for role in roles if role.primary or role.value != self.name)
        return seen.with_account(roles=(*kept, Role(value=self.name)) if self.wanted else kept)


@dataclass(frozen=True)
class NoAdminRoles(Goal):
    """The person has no admin roles besides the role in the organization; a deactivated one may."""

    key = "without admin roles"
    change = Sentence("take-all")

    def holds(self, seen: Seen) -> bool:
        if seen.account is None or seen.account.active is False:
            return True
        return seen.account.knows_roles and not seen.account.admin_roles

    def obstacle(self, seen: Seen) -> str:
        return _unchangeable(seen, self.who, True)

    def before(self, seen: Seen) -> Mapping[str, Any]:
        return {"rights": sorted(seen.existing.admin_roles)}

    def call(self, seen: Seen) -> ScimCall:
        return patch_user(*map(_remove_role, sorted(seen.existing.admin_roles)))

    def after(self, seen: Seen) -> Seen:
        return seen.with_account(roles=tuple(role for role in seen.existing.roles or () if role.primary))


def demotes(goals: Iterable[Goal], seen: Seen) -> bool:
    """Whether, by a look, goals would remove a Company Admin."""
    down = [goal for goal in goals if isinstance(goal, OrgRole) and goal.role != ADMIN]
    return any(not goal.holds(seen) for goal in down)
