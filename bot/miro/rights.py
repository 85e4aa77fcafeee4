"""Goals about rights: the one role in the organization, and the admin roles beside it."""

from dataclasses import dataclass, field

from bot.miro import wire
from bot.miro.accounts import hidden_active, patch_user
from bot.miro.goals import Call, Goal, Seen, counted, with_account
from bot.miro.wire import ADMIN, MEMBER, Role


def _end(days: int | None) -> str:
    return f"Ends after {counted(days)}." if days else "No end date."


_INACTIVE = "{who}'s Miro account is deactivated, and Miro changes no roles of those. Reactivate it first."
_HIDDEN = (
    "Miro doesn't show which rights {who} has, so I take none away. "
    "Look in Miro's company settings, then ask again."
)


def _untouchable(seen: Seen, who: str, taking: bool) -> str:
    """Why no role of this account can be changed; '' if it can."""
    assert seen.account
    if seen.account.active is False:
        return _INACTIVE.format(who=who)
    # Everybody has a role in the organization: where none is shown, an admin may be hidden.
    return _HIDDEN.format(who=who) if taking and not seen.account.knows_roles else ""


def _without(name: str) -> dict[str, str]:
    return {"op": "Remove", "path": f"roles[value eq {wire.quoted(name)}]"}


@dataclass(frozen=True)
class OrgRole(Goal):
    """The person's one role in the organization; `while_active`: of no account that is deactivated anyway."""

    role: str
    while_active: bool = False
    days: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"role {self.role}"

    @property
    def todo(self) -> str:
        if self.role != ADMIN:
            return "Take away Company Admin."
        return f"Become Company Admin: can manage every person and team. {_end(self.days)}"

    @property
    def aim(self) -> str:
        return "become Company Admin" if self.role == ADMIN else "take away Company Admin"

    @property
    def did(self) -> str:
        return "became Company Admin" if self.role == ADMIN else "took away Company Admin"

    @property
    def so(self) -> str:
        if self.role == ADMIN:
            return "Company Admin"
        return "no active Company Admin" if self.while_active else "no Company Admin"

    def holds(self, seen: Seen) -> bool:
        if seen.account is None:
            return self.role != ADMIN
        if self.while_active and seen.account.active is False:
            return True
        return seen.account.org_role == self.role

    def hidden(self, seen: Seen) -> str:
        return "" if self.holds(seen) else hidden_active(seen, self.who)

    def obstacle(self, seen: Seen) -> str:
        problem = _untouchable(seen, self.who, self.role == MEMBER)
        if problem or self.role != MEMBER or seen.other_admin:
            return problem
        return f"{self.who} is the last Company Admin. Make somebody else Company Admin first: /miro-admin."

    def call(self, seen: Seen) -> Call:
        return patch_user({"op": "Replace", "path": "roles[primary eq true].value", "value": self.role})

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        others = tuple(role for role in seen.account.roles or () if not role.primary)
        return with_account(seen, roles=(Role(value=self.role, primary=True), *others))


@dataclass(frozen=True)
class AdminRole(Goal):
    """Whether the person has one of the admin roles beside the one in the organization."""

    name: str
    wanted: bool = True
    days: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"{'with' if self.wanted else 'without'} admin role {self.name}"

    @property
    def todo(self) -> str:
        return f"Become {self.name}. {_end(self.days)}" if self.wanted else f"Take away {self.name}."

    @property
    def aim(self) -> str:
        return f"become {self.name}" if self.wanted else f"take away {self.name}"

    @property
    def did(self) -> str:
        return f"became {self.name}" if self.wanted else f"took away {self.name}"

    @property
    def so(self) -> str:
        return self.name if self.wanted else f"not {self.name}"

    def holds(self, seen: Seen) -> bool:
        if seen.account is None:
            return not self.wanted
        has = self.name in seen.account.admin_roles
        return has if self.wanted else seen.account.knows_roles and not has

    def hidden(self, seen: Seen) -> str:
        return "" if self.holds(seen) else hidden_active(seen, self.who)

    def obstacle(self, seen: Seen) -> str:
        return _untouchable(seen, self.who, not self.wanted)

    def call(self, seen: Seen) -> Call:
        if not self.wanted:
            return patch_user(_without(self.name))
        role = {"value": self.name, "type": "organization_admin_role", "primary": False}
        return patch_user({"op": "Add", "path": "roles", "value": [role]})

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        kept = tuple(role for role in seen.account.roles or () if role.primary or role.value != self.name)
        return with_account(seen, roles=(*kept, Role(value=self.name)) if self.wanted else kept)


@dataclass(frozen=True)
class NoAdminRoles(Goal):
    """The person has no admin role beside the one in the organization; a deactivated one may keep them."""

    @property
    def key(self) -> str:
        return "without admin roles"

    @property
    def todo(self) -> str:
        return "Take away every admin role."

    @property
    def aim(self) -> str:
        return "take away every admin role"

    @property
    def did(self) -> str:
        return "took away every admin role"

    @property
    def so(self) -> str:
        return "no admin role in use"

    def holds(self, seen: Seen) -> bool:
        if seen.account is None or seen.account.active is False:
            return True
        return seen.account.knows_roles and not seen.account.admin_roles

    def hidden(self, seen: Seen) -> str:
        return "" if self.holds(seen) else hidden_active(seen, self.who)

    def obstacle(self, seen: Seen) -> str:
        return _untouchable(seen, self.who, True)

    def call(self, seen: Seen) -> Call:
        assert seen.account
        return patch_user(*map(_without, sorted(seen.account.admin_roles)))

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        return with_account(seen, roles=tuple(role for role in seen.account.roles or () if role.primary))
