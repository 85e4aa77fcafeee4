"""Who somebody is by what Slack says, who is in a group or channel, and whom a profile names as manager."""

import logging
import threading
import time
import unicodedata
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from approvals.clocks import is_recent
from approvals.ids import SlackId
from approvals.people import Account, Person, Standing, canonical
from approvals.record.people.people import People
from approvals.request import Urgency
from bot.context import BadField, SlackAway
from bot.slack.api import shapes
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.pace import Pace, Paced

log = logging.getLogger(__name__)

FIELDS_EVERY = timedelta(hours=1)
"""How long the definitions of profile fields count; what stands in a field is looked at each time."""

PATIENCE = 65.0
"""Seconds that a look-up waits for its turn: Slack counts calls by the minute."""

_OUTSIDE = {Standing.GUEST, Standing.STRANGER, Standing.BOT}
_NOBODY = {"users_not_found", "user_not_found", "user_not_visible", "no_such_subteam", "channel_not_found"}
_BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class SlackPeople:
    """Looks people up in Slack and writes what it saw into the table of people."""

    def __init__(
        self,
        client: SlackClient,
        people: People,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._people, self._now = client, people, now
        self._pace, self._sleep = pace or Pace(now), sleep
        self._home: tuple[str, str] | None = None
        # A list, so that `ranked` shares it.
        self._fields: list[tuple[datetime, list[dict[str, Any]]]] = []
        self._urgency: int = Urgency.ORDINARY
        self.bot_user = ""
        self.workspace = ""
        """The URL of the workspace, known once `home` was asked."""
        self._one_at_a_time = threading.Lock()

    def home(self) -> tuple[str, str]:
        """(team id, enterprise id or '') of the workspace the bot is installed in. Raises SlackAway."""
        if self._home is None:
            said = self._ask(self._client.auth_test)
            ids = [said.get(name) or "" for name in ("user_id", "team_id", "enterprise_id")]
            # Without a home everybody would be a colleague.
            if not all(isinstance(one, str) for one in ids) or not any(ids[1:]):
                raise _unreadable("auth.test", "it names no workspace")
            self.bot_user, self._home = ids[0], (ids[1], ids[2])
            self.workspace = str(said.get("url") or "")
        return self._home

    def ranked(self, urgency: int) -> "SlackPeople":
        """The same, for work on a request of this urgency: its calls go before those of less urgency."""
        other = copy(self)
        other._urgency = urgency
        return other

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
        said = self._ask(self._client.users_lookupByEmail, email=entry)
        if not said:
            return None
        user = _user("users.lookupByEmail", said)
        # Slack folds more letters than A to Z: another address than the one asked for is somebody else.
        shown = user["profile"].get("email") or entry
        return self._keep(user) if canonical(shown) == canonical(entry) else None

    def user_group(self, handle: str) -> list[SlackId] | None:
        """Who is in the user group "@designers", or with such an id; None if there is none. Raises SlackAway.

        A disabled group is none: Slack lists it only where it is asked for. Only A to Z are folded: a group
        called "\u017fecurity" (long s) isn't "security". Two of one handle are none, too: either could be
        meant.
        """
        wanted = canonical(handle)
        said = self._ask(self._client.usergroups_list)
        groups, are_all = shapes.entries(said.get("usergroups", []), "id", "handle")
        found = {one["id"] for one in groups if canonical(one["id"]) == wanted}
        # Only then by handle: whoever may make groups could call one like the id of another.
        called = wanted.removeprefix("@")
        found = found or {one["id"] for one in groups if canonical(one["handle"]) == called}
        if not found and not are_all:
            raise _unreadable("usergroups.list", "some of its groups have no id or handle")
        if len(found) > 1:
            log.warning(
                "Slack has several user groups %s (%s): I take none", handle, ", ".join(sorted(found))
            )
            return None
        listed = self._ask(self._client.usergroups_users_list, usergroup=found.pop()) if found else {}
        return _members("usergroups.users.list", listed["users"]) if listed else None

    def channel(self, id: str) -> list[SlackId] | None:
        """Who is in a channel; None where Slack doesn't show the bot any of that id. Raises SlackAway."""
        found: list[SlackId] = []
        cursors = [""]
        while True:
            # At most 999 a page by conversations.members, which recommends 200.
            said = self._ask(self._client.conversations_members, channel=id, limit=200, cursor=cursors[-1])
            if not said:
                return None
            found += _members("conversations.members", said["members"])
            cursor = _cursor(said)
            if not cursor:
                return found
            if cursor in cursors:
                raise _unreadable("conversations.members", "its pages go round in a circle")
            cursors.append(cursor)

    def manager(self, person: Person, field: str) -> SlackId | None:
        """Whom a protected profile field, by its label or id, names. Raises BadField, SlackAway."""
        id = self._protected(field)
        for account in sorted(person.accounts, key=lambda one: one.standing is not Standing.COLLEAGUE):
            if account.standing is Standing.STRANGER:
                continue  # another organization writes what it likes into its profiles
            profile = self._ask(self._client.users_profile_get, user=account.slack_id).get("profile", {})
            value = _filled(profile, id)
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
        found = found or [one for one in known if one["label"].strip().casefold() == wanted]
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
        seen_at, fields = self._fields[0] if self._fields else (None, [])
        if not is_recent(seen_at, self._now(), FIELDS_EVERY - timedelta.resolution):
            profile = self._ask(self._client.team_profile_get).get("profile", {})
            fields, are_all = shapes.entries(profile.get("fields") or [], "id", "label")
            if not are_all:
                raise _unreadable("team.profile.get", "some of its fields have no id or label")
            self._fields[:] = [(self._now(), fields)]
        return fields

    def _look_at(self, slack_id: SlackId, asked: frozenset[str] = frozenset()) -> Person | None:
        said = self._ask(self._client.users_info, user=slack_id)
        if said:
            return self._keep(_user("users.info", said, slack_id), asked)
        known = self._people.by_slack(slack_id)
        return self._people.saw(Account(slack_id, Standing.LEFT, self._now()), "") if known else None

    def _ask(self, method: Callable[..., Any], **params: str | int) -> dict[str, Any]:
        """One Web API call; {} when Slack knows nobody, or nothing, by that name. Raises SlackAway."""
        name = method.__name__.replace("_", ".")
        waited = 0.0
        while True:
            try:
                with self._pace.calling(name, urgency=self._urgency):
                    said = dict(method(**params).data)
                self._pace.went_well(name)
                return said
            except Paced as paced:
                seconds = paced.seconds
            except SlackFault as fault:
                if fault.kind is Kind.REFUSED and fault.code in _NOBODY:
                    return {}
                if fault.kind is not Kind.BUSY:
                    raise _away(fault) from fault
                seconds = fault.retry_after or 1
                self._pace.hold(name, seconds)
            waited += seconds
            if waited > PATIENCE:
                raise SlackAway("Slack takes no more of these calls for now; try again in a minute")
            self._sleep(seconds)

    def _keep(self, user: dict[str, Any], asked: frozenset[str] = frozenset()) -> Person:
        profile = user.get("profile", {})
        # An address that nobody confirmed proves nothing. What isn't supplied is left out or null.
        email = "" if user.get("is_email_confirmed") is False else profile.get("email") or ""
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


def _away(fault: SlackFault) -> SlackAway:
    """What a fault means to whoever wanted to know something of Slack."""
    if fault.kind is Kind.NETWORK:
        return SlackAway(f"Slack can't be reached: {fault.why}; try again in a minute")
    if fault.kind is Kind.UNREADABLE:
        return SlackAway(f"Slack answered what I can't read ({fault}); try again in a minute")
    what = fault.code or fault.why.removeprefix("status ")
    return SlackAway(f"Slack answered {what}{_remedy(fault.code, fault.needed)}")


def _unreadable(method: str, why: str) -> SlackAway:
    """Nothing follows from an answer that wasn't understood: neither that somebody left, nor that none is."""
    return SlackAway(f"Slack's answer to {method} can't be read: {why}; try again in a minute")


def _user(method: str, said: dict[str, Any], asked: str = "") -> dict[str, Any]:
    try:
        return shapes.user(said, asked)
    except shapes.Odd as error:
        raise _unreadable(method, str(error)) from error


def _members(method: str, values: list[Any]) -> list[SlackId]:
    try:
        return [SlackId(one) for one in shapes.ids(values)]
    except shapes.Odd as error:
        raise _unreadable(method, str(error)) from error


def _cursor(said: dict[str, Any]) -> str:
    """Where the next page begins, '' after the last one."""
    more = said.get("response_metadata") or {}
    cursor = (more.get("next_cursor") or "") if isinstance(more, dict) else None
    if not isinstance(cursor, str):
        raise _unreadable("conversations.members", "it doesn't say whether there is more")
    return cursor


def _filled(profile: dict[str, Any], id: str) -> str:
    """What stands in a profile field; Slack sends a list, or nothing, where none is filled."""
    fields = profile.get("fields") or {}
    if not fields:
        return ""
    one = fields.get(id) or {} if isinstance(fields, dict) else None
    value = (one.get("value") or "") if isinstance(one, dict) else None
    if not isinstance(value, str):
        raise _unreadable("users.profile.get", "its fields have another form")
    return value


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
