"""Goals about one person's account: that it is there, can be used, and says what the organization knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from approvals.people import listed
from bot.miro import wire
from bot.miro.goals import Call, Goal, Seen, with_account
from bot.miro.wire import ENTERPRISE, LOOK, Account

LICENSE = "It may use a Miro license."


ASK_FIRST = "For a new account, ask with /miro-access."


def unknown(addresses: str, meant: str = "") -> str:
    """That no account was found under some addresses; `meant` is a sentence with what was perhaps meant."""
    more = f" {meant}" if meant else ""
    return f"No Miro account found for {addresses}. Check the spelling.{more} Guests aren't visible to me."


def vanished(address: str) -> str:
    """That an account which was there isn't shown any more. A guest's id is answered with 404 as well."""
    return (
        f"Miro doesn't show the account {address} any more: it was deleted, or it is a guest's now, and "
        "guests aren't visible to me. Look in Miro."
    )


def patch_user(*operations: Mapping[str, Any], more: str = "") -> Call:
    # PATCH answers with the whole resource and honours `attributes` (Miro's API description, PATCH /Users):
    # the answer shows the same as a look.
    wanted = f"{LOOK},{more}" if more else LOOK
    return Call("PATCH", f"/Users/{{user}}?attributes={wanted}", wire.patch(*operations))


def hidden_active(seen: Seen, who: str) -> str:
    """What a look leaves out that doesn't say whether the account can be used; '' if it says so."""
    is_hidden = seen.account is not None and seen.account.active is None
    return f"whether {who}'s account is active" if is_hidden else ""


@dataclass(frozen=True)
class HasAccount(Goal):
    """The person has an account; without names to give, one isn't made."""

    email: str
    given: str = ""
    family: str = ""
    enterprise: Mapping[str, str] = field(default_factory=dict)
    create: bool = True

    @property
    def mark(self) -> str:
        return "account"

    @property
    def key(self) -> str:
        return f"account {self.email} {self.given} {self.family} {_told(self.enterprise)}".strip()

    @property
    def todo(self) -> str:
        more = f" ({_set(self.enterprise, ': ')})" if self.enterprise else ""
        named = f" for {self.given} {self.family}" if self.given and self.family else ""
        return f"Create the account {self.email}{named}{more}."

    @property
    def detail(self) -> str:
        return f"name: {self.given} {self.family}; {_told(self.enterprise)}".rstrip("; ")

    @property
    def aim(self) -> str:
        return f"create the account {self.email}"

    @property
    def did(self) -> str:
        return f"created the account {self.email}" if self.create else f"found the account {self.email}"

    @property
    def so(self) -> str:
        return f"the account {self.email} is there"

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None

    def obstacle(self, seen: Seen) -> str:
        return "" if self.create else f"{unknown(self.email)} {ASK_FIRST}"

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        return (LICENSE,)

    def call(self, seen: Seen) -> Call:
        body: dict[str, Any] = {"schemas": [wire.USER], "userName": self.email}
        # If `name` is sent, Miro's schema wants both parts of it.
        if self.given and self.family:
            body["name"] = {"familyName": self.family, "givenName": self.given}
        if self.enterprise:
            body[ENTERPRISE] = _nested(self.enterprise)
        return Call("POST", "/Users", body)

    def after(self, seen: Seen) -> Seen:
        # Miro's new accounts are active members (API description, POST /Users); of teams a look tells.
        role = {"value": wire.MEMBER, "type": "organization_user_role", "primary": True}
        new = {
            "id": "{user}",
            "userName": self.email,
            "active": True,
            "roles": [role],
            "groups": [],
            ENTERPRISE: dict(self.enterprise),
        }
        return replace(seen, account=Account.model_validate(new))


def creates(goals: Sequence[Goal]) -> bool:
    """Whether an account is made where there is none."""
    return any(isinstance(goal, HasAccount) and goal.create for goal in goals)


@dataclass(frozen=True)
class Active(Goal):
    """The account can be used; `joining`: somebody joins a team, which would reactivate it anyway."""

    joining: bool = False

    @property
    def key(self) -> str:
        return "active"

    @property
    def todo(self) -> str:
        return f"Reactivate the account.{' Joining a team does that, too.' if self.joining else ''}"

    @property
    def aim(self) -> str:
        return "reactivate the account"

    @property
    def did(self) -> str:
        return "reactivated the account"

    @property
    def so(self) -> str:
        return "the account is active"

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and seen.account.active is True

    def hidden(self, seen: Seen) -> str:
        account = seen.account
        if account and account.active is False and not account.knows_roles:
            return f"which rights would come back with {self.who}'s account"
        return hidden_active(seen, self.who)

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        rights = self.rights(seen)
        return (LICENSE, *((f"{listed(rights)} rights come back with it.",) if rights else ()))

    def rights(self, seen: Seen) -> tuple[str, ...]:
        # Permissions are restored on reactivation (Miro's help page on deactivating users).
        account = seen.account
        if account is None or account.active is not False:
            return ()
        company = ("Company Admin",) if account.org_role == wire.ADMIN else ()
        return (*company, *sorted(account.admin_roles))

    def call(self, seen: Seen) -> Call:
        return patch_user({"op": "Replace", "path": "active", "value": "true"})

    def after(self, seen: Seen) -> Seen:
        return with_account(seen, active=True)


@dataclass(frozen=True)
class Inactive(Goal):
    """Nobody gets in with this account; boards and teams stay as they are."""

    @property
    def key(self) -> str:
        return "inactive"

    @property
    def todo(self) -> str:
        return f"Deactivate the account: {self.who} can't get in from that moment."

    @property
    def aim(self) -> str:
        return "deactivate the account"

    @property
    def did(self) -> str:
        return "deactivated the account"

    @property
    def so(self) -> str:
        return "there is no active account"

    def holds(self, seen: Seen) -> bool:
        return seen.account is None or seen.account.active is False

    def hidden(self, seen: Seen) -> str:
        return hidden_active(seen, self.who)

    def call(self, seen: Seen) -> Call:
        return patch_user({"op": "Replace", "path": "active", "value": "false"})

    def after(self, seen: Seen) -> Seen:
        return with_account(seen, active=False)


@dataclass(frozen=True)
class Gone(Goal):
    """The account isn't in the organization any more."""

    @property
    def key(self) -> str:
        return "gone"

    @property
    def todo(self) -> str:
        return "Delete the account from the company."

    @property
    def aim(self) -> str:
        return "delete the account"

    @property
    def did(self) -> str:
        return "deleted the account"

    @property
    def so(self) -> str:
        return "there is no account"

    def holds(self, seen: Seen) -> bool:
        return seen.account is None

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        return (f"This is final, and {self.who}'s boards pass to a team admin.",)

    def call(self, seen: Seen) -> Call:
        return Call("DELETE", "/Users/{user}")

    def after(self, seen: Seen) -> Seen:
        return replace(seen, account=None)


@dataclass(frozen=True)
class Attributes(Goal):
    """What the organization writes about an account: department, cost centre, …"""

    values: Mapping[str, str]

    @property
    def mark(self) -> str:
        return "attributes"

    @property
    def key(self) -> str:
        return f"attributes {_told(self.values)}"

    @property
    def detail(self) -> str:
        return _told(self.values)

    @property
    def todo(self) -> str:
        return f"Set the {_set(self.values, ' to ')}."

    @property
    def aim(self) -> str:
        return "set the " + ", ".join(_word(name) for name in sorted(self.values))

    @property
    def did(self) -> str:
        return "set the " + ", ".join(_word(name) for name in sorted(self.values))

    @property
    def so(self) -> str:
        return f"set as wanted: {', '.join(_word(name) for name in sorted(self.values))}"

    @property
    def needs(self) -> str:
        return ",".join(f"{ENTERPRISE}:{name}" for name in sorted(self.values))

    def _differing(self, seen: Seen) -> dict[str, str]:
        has = seen.account.enterprise if seen.account else {}
        return {name: value for name, value in self.values.items() if _plain(has.get(name)) != value}

    def holds(self, seen: Seen) -> bool:
        return seen.account is not None and not self._differing(seen)

    def call(self, seen: Seen) -> Call:
        return patch_user(
            *(
                {"op": "Replace", "path": f"{ENTERPRISE}:{_path(name)}", "value": value}
                for name, value in sorted(self._differing(seen).items())
            ),
            more=self.needs,
        )

    def after(self, seen: Seen) -> Seen:
        assert seen.account
        return with_account(seen, enterprise={**seen.account.enterprise, **self.values})


def _told(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(values.items()))


_WORDS = {"costCenter": "cost centre", "employeeNumber": "employee number"}


def _word(name: str) -> str:
    """What people call an attribute."""
    return _WORDS.get(name, name)


def _set(values: Mapping[str, str], between: str) -> str:
    """One short value with its name; several or long ones would fill a card and stand under Details."""
    names = ", ".join(_word(name) for name in sorted(values))
    [value, *others] = values.values()
    is_short = not others and len(value) <= 40 and len(value.split()) <= 4
    return f"{names}{between}{value.rstrip('.')}" if is_short else names


def _plain(value: object) -> object:
    # `manager` is the one complex attribute; its displayName is the only part that takes a name.
    return value.get("displayName") if isinstance(value, Mapping) else value


def _nested(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"displayName": value} if name == "manager" else value for name, value in values.items()}


def _path(name: str) -> str:
    return "manager.displayName" if name == "manager" else name
