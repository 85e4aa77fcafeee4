"""Who somebody is by what Slack says, who is in a group or channel, and whom a profile names as manager."""

import logging
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.ids import SlackId
from approvals.people import Account, Person, Standing, canonical
from approvals.store import People
from bot.desk import BadField, SlackAway

log = logging.getLogger(__name__)

FIELDS_EVERY = timedelta(hours=1)
"""How long the definitions of profile fields count; what stands in a field is looked at each time."""

_OUTSIDE = {Standing.GUEST, Standing.STRANGER, Standing.BOT}
_NOBODY = {"users_not_found", "user_not_found", "user_not_visible", "no_such_subteam", "channel_not_found"}
_BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class SlackPeople:
    """Looks people up in Slack and writes what it saw into the table of people."""

    def __init__(self, client: WebClient, people: People, now: Callable[[], datetime]) -> None:
        self._client, self._people, self._now = client, people, now
        self._home: tuple[str, str] | None = None
        self._fields: tuple[datetime, list[dict[str, Any]]] | None = None
        self.bot_user = ""
        self._one_at_a_time = threading.Lock()

    def home(self) -> tuple[str, str]:
        """(team id, enterprise id or '') of the workspace the bot is installed in. Raises SlackAway."""
        if self._home is None:
            said = self._ask(self._client.auth_test)
            self.bot_user = said.get("user_id") or ""
            self._home = (said.get("team_id") or "", said.get("enterprise_id") or "")
        return self._home

    def look(self, person: Person) -> Person:
        """Looks a person's accounts up again; by e-mail when none is known. Raises SlackAway."""
        if not person.accounts:
            return self.find(person.email) or person if person.email else person
        for account in person.accounts:
            self._look_at(account.slack_id)
        return self._people.person(person.id)

    def find(self, entry: str) -> Person | None:
        """The person behind an e-mail or Slack id, None if Slack knows nobody. Raises SlackAway."""
        if "@" not in entry:
            return self._look_at(SlackId(entry))
        try:
            user = self._ask(self._client.users_lookupByEmail, email=entry)["user"]
        except KeyError:
            return None
        # Slack folds more letters than A to Z: another address than the one asked for is somebody else.
        shown = user.get("profile", {}).get("email") or entry
        return self._keep(user) if canonical(shown) == canonical(entry) else None

    def user_group(self, handle: str) -> list[SlackId] | None:
        """Who is in the user group "@designers", or with such an id; None if there is none. Raises SlackAway.

        A disabled group is none: Slack lists it only where it is asked for.
        """
        wanted = handle.strip().casefold()
        groups = self._ask(self._client.usergroups_list).get("usergroups", [])
        found = [one["id"] for one in groups if one["id"].casefold() == wanted]
        # Only then by handle: whoever may make groups could call one like the id of another.
        found += [one["id"] for one in groups if one["handle"].casefold() == wanted.removeprefix("@")]
        listed = self._ask(self._client.usergroups_users_list, usergroup=found[0]) if found else {}
        return [SlackId(id) for id in listed["users"]] if "users" in listed else None

    def channel(self, id: str) -> list[SlackId] | None:
        """Who is in a channel; None where Slack doesn't show the bot any of that id. Raises SlackAway."""
        found: list[SlackId] = []
        cursor = ""
        while True:
            # At most 999 a page by conversations.members, which recommends 200.
            said = self._ask(self._client.conversations_members, channel=id, limit=200, cursor=cursor)
            if "members" not in said:
                return None
            found += map(SlackId, said["members"])
            cursor = (said.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    def manager(self, person: Person, field: str) -> SlackId | None:
        """Whom a protected profile field, by its label or id, names. Raises BadField, SlackAway."""
        id = self._protected(field)
        for account in sorted(person.accounts, key=lambda one: one.standing is not Standing.COLLEAGUE):
            if account.standing is Standing.STRANGER:
                continue  # another organization writes what it likes into its profiles
            profile = self._ask(self._client.users_profile_get, user=account.slack_id).get("profile", {})
            filled = profile.get("fields")
            value = filled.get(id, {}).get("value") if isinstance(filled, dict) else ""
            if value:
                # A field for several people has them with commas between.
                return SlackId(value.partition(",")[0].strip())
        return None

    def check_field(self, field: str) -> None:
        """Whether managers can be read from this field. Raises BadField, SlackAway."""
        self._protected(field)

    def _protected(self, field: str) -> str:
        """The id of a field that holds a person and that employees can't edit. Raises BadField, SlackAway."""
        wanted, known = field.strip().casefold(), self._definitions()
        found = [one for one in known if one["id"].casefold() == wanted]
        found = found or [one for one in known if one.get("label", "").strip().casefold() == wanted]
        if not found:
            raise BadField(f"Slack has no profile field called “{field}”: name another one in the policy.")
        if len(found) > 1:
            raise BadField(
                f"Slack has several profile fields called “{field}”: name it by its id in the policy."
            )
        if found[0].get("type") != "user":
            raise BadField(
                f"Slack's profile field “{field}” holds no person, so it can't name a manager: "
                "name a field for people in the policy."
            )
        options = found[0].get("options")
        if not isinstance(options, dict) or options.get("is_protected") is not True:
            raise BadField(
                f"Slack's profile field “{field}” isn't protected, so an employee could name a friend as "
                "manager: let only admins or your directory edit it, or list the managers in the policy."
            )
        return str(found[0]["id"])

    def _definitions(self) -> list[dict[str, Any]]:
        if self._fields is None or self._now() - self._fields[0] >= FIELDS_EVERY:
            profile = self._ask(self._client.team_profile_get).get("profile", {})
            self._fields = self._now(), list(profile.get("fields") or [])
        return self._fields[1]

    def _look_at(self, slack_id: SlackId, asked: frozenset[str] = frozenset()) -> Person | None:
        try:
            return self._keep(self._ask(self._client.users_info, user=slack_id)["user"], asked)
        except KeyError:
            known = self._people.by_slack(slack_id)
            return self._people.saw(Account(slack_id, Standing.LEFT, self._now()), "") if known else None

    def _ask(self, method: Callable[..., Any], **params: str | int) -> dict[str, Any]:
        """One Web API call; {} when Slack knows nobody, or nothing, by that name. Raises SlackAway."""
        try:
            return dict(method(**params).data)
        except SlackApiError as error:
            status = error.response.status_code
            # With 5xx comes a page in HTML, which the SDK gives out as the error's name.
            code = error.response.get("error", "") if status < 500 else ""
            if code in _NOBODY:
                return {}
            what = f"Slack answered {code or status}"
            raise SlackAway(what + _remedy(code, error.response.get("needed", ""))) from error
        except (SlackClientError, OSError) as error:
            raise SlackAway(f"Slack can't be reached: {error}; try again in a minute") from error

    def _keep(self, user: dict[str, Any], asked: frozenset[str] = frozenset()) -> Person:
        profile = user.get("profile", {})
        # An address nobody confirmed proves nothing; Miro access must not hang on it.
        confirmed = user.get("is_email_confirmed", True)
        email = profile.get("email") or "" if confirmed else ""
        account = Account(SlackId(user["id"]), self._standing(user), self._now(), user.get("tz") or "UTC")
        name = _seen(profile.get("real_name")) or _seen(user.get("real_name")) or _seen(user.get("name"))
        given, family = _seen(profile.get("first_name")), _seen(profile.get("last_name"))
        if not given and " " in name:
            given, _, family = name.partition(" ")
        self._ask_holders(account, email, asked)
        with self._one_at_a_time:
            email = self._rightful(account, email)
            # All at once: an account that counts as looked at, and has no name yet, would stay nameless.
            return self._people.saw(account, email, name=name, given=given, family=family)

    def _ask_holders(self, account: Account, email: str, asked: frozenset[str]) -> None:
        """Looks up the accounts that had this address last: it may have been given on since.

        Two accounts of one address today are one human; two that had it one after the other needn't be.
        """
        other = self._people.by_email(email)
        mine = other is None or account.slack_id in {one.slack_id for one in other.accounts}
        for one in () if other is None or mine else other.accounts:
            if one.slack_id not in asked and one.standing is not Standing.STRANGER:
                self._look_at(one.slack_id, asked | {account.slack_id})

    def _rightful(self, account: Account, email: str) -> str:
        """The address, unless it is a colleague's and this account isn't: those are two humans, not one.

        Another organization writes what it likes into its profiles, and whoever has an address is its person.
        """
        other = self._people.by_email(email)
        if other is None or account.slack_id in {one.slack_id for one in other.accounts}:
            return email
        standings = {one.standing for one in other.accounts}
        if account.standing in _OUTSIDE:
            return "" if Standing.COLLEAGUE in standings else email
        if account.standing is Standing.COLLEAGUE and standings and standings <= _OUTSIDE:
            self._people.disown(other.id)
        return email

    def _standing(self, user: dict[str, Any]) -> Standing:
        if user.get("is_bot") or user.get("is_app_user"):
            return Standing.BOT
        if user.get("is_stranger") or not self._is_ours(user):
            return Standing.STRANGER
        if user.get("deleted"):
            return Standing.LEFT
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Standing.GUEST
        return Standing.COLLEAGUE

    def _is_ours(self, user: dict[str, Any]) -> bool:
        """On Enterprise Grid colleagues sit in many workspaces: there the enterprise decides."""
        team, enterprise = self.home()
        if enterprise:
            theirs = (user.get("enterprise_user") or {}).get("enterprise_id") or user.get("enterprise_id")
            if theirs:
                return bool(theirs == enterprise)
        return not team or user.get("team_id", team) == team


def _remedy(code: str, needed: str) -> str:
    """What helps against an error of Slack's; '' where the token itself is wrong: who asked knows more."""
    if code == "missing_scope":
        return f": add {needed or 'the scope'} to the app's bot scopes and install the app again"
    if code == "plan_upgrade_required":
        return ": user groups come with Slack's paid plans; name people by e-mail in the policy instead"
    return "; try again in a minute" if not code or code in _BUSY else ""


def _seen(name: str | None) -> str:
    """A name as it can be seen: characters that turn the direction round, or show nothing, are left out."""
    shown = (one for one in name or "" if one.isspace() or unicodedata.category(one)[0] != "C")
    return " ".join("".join(shown).split())
