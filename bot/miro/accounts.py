"""Goals about one person's account: that it exists, is active or not, and has the directory's attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from approvals.people import canonical, listed
from approvals.sentence import Sentence
from bot.miro import wire
from bot.miro.goals import Goal, ScimCall, Seen, sentence
from bot.miro.wire import ENTERPRISE, LOOK, MANAGER, MiroAccount
from bot.miro.wording import pairs

LICENSE = Sentence("license")
ASK_FIRST = "For a new account, ask with /miro-access."


def unknown(addresses: str, meant: str = "") -> str:
    """The sentence that no account has these addresses; `meant`: a sentence with suggestions."""
    more = f" {meant}" if meant else ""
    return f"No Miro account found for {addresses}. Check the spelling.{more} Guests aren't visible to me."


def vanished(address: str) -> str:
    """The sentence that a known account isn't shown any more; a guest's id gives a 404, too."""
    why = f"Miro doesn't show the account {address} anymore:"
    return f"{why} it was deleted, or it is a guest's now, and guests aren't visible to me. Look in Miro."


def patch_user(*operations: Mapping[str, Any], more: str = "") -> ScimCall:
    """A PATCH of the account, answered with the attributes of `LOOK` and `more`.

    Miro answers with the resource and honours `attributes` (its API description, PATCH /Users).
    """
    attributes = f"{LOOK},{more}" if more else LOOK
    return ScimCall("PATCH", f"/Users/{{user}}?attributes={attributes}", wire.patch(*operations))


@dataclass(frozen=True)
class HasAccount(Goal):
    """The person has an account; with `create` False it is only looked for."""

    email: str
    given: str = ""
    family: str = ""
    enterprise: Mapping[str, str] = field(default_factory=dict)
    create: bool = True

    code = "account"

    @property
    def key(self) -> str:
        return f"account {self.email} {self.given} {self.family} {pairs(self.enterprise)}".strip()

    @property
    def change(self) -> Sentence:
        if not self.create:
            return Sentence.of("find", email=self.email)
        name = {"given": self.given, "family": self.family}
        return Sentence.of("create", email=self.email, **name, attributes=dict(self.enterprise))

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None

    def obstacle(self, seen: Seen) -> str:
        return "" if self.create else f"{unknown(self.email)} {ASK_FIRST}"

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        return (LICENSE,)

    def call(self, seen: Seen) -> ScimCall:
        body: dict[str, Any] = {"schemas": [wire.USER], "userName": self.email}
        # Miro's schema requires both parts of `name`.
        if self.given and self.family:
            body["name"] = {"familyName": self.family, "givenName": self.given}
        if self.enterprise:
            body[ENTERPRISE] = {
                name: {"displayName": value} if name == "manager" else value
                for name, value in self.enterprise.items()
            }
        return ScimCall("POST", "/Users", body)

    def after(self, seen: Seen) -> Seen:
        # New accounts are active members (API description, POST /Users); their teams need a look.
        role = {"value": wire.MEMBER, "type": "organization_user_role", "primary": True}
        new = {"id": "{user}", "userName": self.email, "active": True, "roles": [role], "groups": []}
        return replace(seen, account=MiroAccount.model_validate({**new, ENTERPRISE: dict(self.enterprise)}))


def creates(goals: Sequence[Goal]) -> bool:
    """Whether the goals create a missing account."""
    return any(isinstance(goal, HasAccount) and goal.create for goal in goals)


@dataclass(frozen=True)
class Active(Goal):
    """The account is active; `joining`: the person also joins a team, which already reactivates."""

    joining: bool = False

    key = "active"

    change = sentence("reactivate", joining="joining")

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and seen.account.active is True

    def hidden(self, seen: Seen) -> str:
        if seen.account and seen.account.active is False and not seen.account.knows_roles:
            return f"which rights would come back with {self.who}'s account"
        return super().hidden(seen)

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        rights = self.rights(seen)
        return (LICENSE, *((Sentence.of("rights-back", rights=listed(rights)),) if rights else ()))

    def rights(self, seen: Seen) -> tuple[str, ...]:
        # Permissions are restored on reactivation (Miro's help page on deactivating users).
        if seen.account is None or seen.account.active is not False:
            return ()
        company = ("Company Admin",) if seen.account.org_role == wire.ADMIN else ()
        return (*company, *sorted(seen.account.admin_roles))

    def call(self, seen: Seen) -> ScimCall:
        return patch_user({"op": "Replace", "path": "active", "value": "true"})

    def after(self, seen: Seen) -> Seen:
        return seen.with_account(active=True)


@dataclass(frozen=True)
class Inactive(Goal):
    """The account is deactivated; boards and teams stay."""

    key = "inactive"

    change = sentence("deactivate", who="who")

    def holds(self, seen: Seen) -> bool:
        return seen.account is None or seen.account.active is False

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        return _leaderless(seen, self.who)

    def call(self, seen: Seen) -> ScimCall:
        return patch_user({"op": "Replace", "path": "active", "value": "false"})

    def after(self, seen: Seen) -> Seen:
        return replace(seen.with_account(active=False), is_closing=True)


def _leaderless(seen: Seen, who: str) -> tuple[Sentence, ...]:
    """The hazard of closing the account of somebody who alone leads teams: Miro is seen to refuse that."""
    teams = listed(seen.led_alone)
    return (Sentence.of("only-team-admin", who=who, teams=teams),) if teams else ()


@dataclass(frozen=True)
class Gone(Goal):
    """The account is deleted from the organization."""

    key = "gone"
    depends_on_active = False
    change = Sentence("delete")

    def holds(self, seen: Seen) -> bool:
        return seen.account is None

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        return (Sentence.of("final", who=self.who), *_leaderless(seen, self.who))

    def call(self, seen: Seen) -> ScimCall:
        return ScimCall("DELETE", "/Users/{user}")

    def after(self, seen: Seen) -> Seen:
        return replace(seen, account=None)


CORE = {"displayName": "display_name", "userName": "user_name", "userType": "user_type"}
"""{attribute of SCIM's core schema that Miro's PATCH changes: field of MiroAccount}."""


@dataclass(frozen=True)
class Attributes(Goal):
    """The account has these attributes of `CORE` or the enterprise extension: {"costCenter": "CS001"}."""

    values: Mapping[str, str]

    depends_on_active = False

    @property
    def key(self) -> str:
        return f"attributes {pairs(self.values)}"

    @property
    def code(self) -> str:
        return " ".join(("attributes", *sorted(self.values)))

    @property
    def change(self) -> Sentence:
        return Sentence.of("set", attributes=dict(self.values))

    @property
    def needs(self) -> str:
        return ",".join(f"{ENTERPRISE}:{name}" for name in sorted(self.values) if name not in CORE)

    def _has(self, seen: Seen) -> dict[str, Any]:
        account = seen.existing
        core = {name: getattr(account, field) for name, field in CORE.items()}
        manager = account.enterprise.get("manager")
        name = manager.get("displayName") if isinstance(manager, Mapping) else manager
        return {**account.enterprise, **core, "userName": canonical(account.user_name), "manager": name}

    def _differing(self, seen: Seen) -> dict[str, str]:
        has = self._has(seen)
        return {name: value for name, value in sorted(self.values.items()) if has.get(name) != value}

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and not self._differing(seen)

    def before(self, seen: Seen) -> Mapping[str, Any]:
        has = self._has(seen)
        return {name: has.get(name) or "" for name in self._differing(seen)}

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        known = {"userName": Sentence.of("new-address", who=self.who), "userType": Sentence("paid")}
        return tuple(known[name] for name in self._differing(seen) if name in known)

    def unshown(self, seen: Seen) -> bool:
        return not any(map(self._has(seen).get, self._differing(seen)))

    def obstacle(self, seen: Seen) -> str:
        # Miro's page on errors: a deactivated user's userName and userType can't be updated.
        if seen.existing.active is False and self.values.keys() & {"userName", "userType"}:
            return f"{self.who}'s Miro account is deactivated. Reactivate it first: /miro reactivate."
        if "userType" in self.values and seen.existing.user_type == wire.FULL:
            return f"{self.who} has a full license, and only Miro's own settings can lower it."
        return ""

    def call(self, seen: Seen) -> ScimCall:
        # `manager` is the only complex attribute; a name goes into its displayName.
        paths = {"manager": f"{MANAGER}.displayName"} | {name: name for name in CORE}
        wanted = self._differing(seen).items()
        changes = {paths.get(name, f"{ENTERPRISE}:{name}"): value for name, value in wanted}
        operations = ({"op": "Replace", "path": path, "value": value} for path, value in changes.items())
        return patch_user(*operations, more=self.needs)

    def after(self, seen: Seen) -> Seen:
        core = {CORE[name]: value for name, value in self.values.items() if name in CORE}
        more = {name: value for name, value in self.values.items() if name not in CORE}
        return seen.with_account(**core, enterprise={**seen.existing.enterprise, **more})
