"""Looks up in Slack: people, members of groups and channels, managers in profiles."""

import logging
import threading
import time
import unicodedata
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from approvals.clocks import is_recent
from approvals.ids import SlackId
from approvals.people import Account, Person, Standing, canonical
from approvals.record.people.people import People
from approvals.refusals import Refused
from approvals.request import Urgency
from bot.context import BadField, SlackAway
from bot.slack.api import shapes
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.pace import Pace, Paced

log = logging.getLogger(__name__)

FIELDS_EVERY = timedelta(hours=1)
"""How long the definitions of profile fields are kept; their values are looked up each time."""

PATIENCE = 65.0
"""Longest wait of a look-up for its turn, in seconds: Slack counts calls by the minute."""

T = TypeVar("T")
_reader: Callable[..., TypeAdapter[Any]] = cache(TypeAdapter)
_OUTSIDE = {Standing.GUEST, Standing.STRANGER, Standing.BOT}
_NOBODY = {"users_not_found", "user_not_found", "user_not_visible", "no_such_subteam", "channel_not_found"}
_BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class SlackPeople:
    """Looks people up in Slack and stores the answers in the table of people."""

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
        self._fields: list[tuple[datetime, list[shapes.Definition]]] = []
        self._urgency: int = Urgency.ORDINARY
        self.bot_user = ""
        self.workspace = ""
        """The URL of the workspace, known after the first call of `home`."""
        self._one_at_a_time = threading.Lock()

    def home(self) -> tuple[str, str]:
        """(team id, enterprise id or '') of the workspace the bot is installed in. Raises SlackAway."""
        if self._home is None:
            answer = self._ask(shapes.Workspace, "", self._client.auth_test)
            # Without these ids everybody would count as a colleague.
            if not answer or not (answer.team_id or answer.enterprise_id):
                raise _unreadable("auth.test", "it names no workspace")
            self.bot_user, self._home = answer.user_id, (answer.team_id, answer.enterprise_id)
            self.workspace = answer.url
        return self._home

    def ranked(self, urgency: int) -> "SlackPeople":
        """A copy whose calls precede those of less urgency."""
        other = copy(self)
        other._urgency = urgency
        return other

    def look(self, person: Person) -> Person:
        """Looks up all accounts of a person again, or the e-mail if none is known. Raises SlackAway."""
        if not person.accounts:
            return self.find(person.email) or person if person.email else person
        for account in person.accounts:
            self._look_at(account.slack_id)
        return self._people.person(person.id)

    def find(self, entry: str) -> Person | None:
        """The person with an e-mail or Slack id, None if Slack finds nobody. Raises SlackAway."""
        if "@" not in entry:
            return self._look_at(SlackId(entry))
        user = self._ask(shapes.User, "user", self._client.users_lookupByEmail, email=entry)
        # Slack folds more letters than A to Z: any other address belongs to somebody else.
        if user is None or canonical(user.profile.email or entry) != canonical(entry):
            return None
        return self._keep(user)

    def user_group(self, handle: str) -> list[SlackId] | None:
        """The members of a user group, by handle ("@designers") or id; None if none. Raises SlackAway.

        A disabled group doesn't count: Slack doesn't list it. Only A to Z are folded: a group called
        "\u017fecurity" (long s) isn't "security". Nor do two groups with one handle count: either could be
        meant.
        """
        wanted = canonical(handle)
        listed = self._ask(list[Any], "usergroups", self._client.usergroups_list) or []
        groups = shapes.groups(listed)
        ids = {group.id for group in groups if canonical(group.id) == wanted}
        # Ids first: anybody who may create groups could name one like the id of another.
        called = wanted.removeprefix("@")
        ids = ids or {group.id for group in groups if canonical(group.handle) == called}
        if not ids and len(groups) < len(listed):
            raise _unreadable("usergroups.list", "some of its groups have no id or handle")
        if len(ids) > 1:
            log.warning("Slack has several user groups %s (%s): I take none", handle, ", ".join(sorted(ids)))
        if len(ids) != 1:
            return None
        read = self._client.usergroups_users_list
        members = self._ask(list[shapes.Id], "users", read, usergroup=ids.pop())
        return None if members is None else [*map(SlackId, members)]

    def channel(self, id: str) -> list[SlackId] | None:
        """The members of a channel; None if Slack doesn't show the bot that channel. Raises SlackAway."""
        members, cursors, read = list[SlackId](), [""], self._client.conversations_members
        # conversations.members: 999 at most a page, 200 recommended.
        while answer := self._ask(shapes.Members, "", read, channel=id, limit=200, cursor=cursors[-1]):
            members += map(SlackId, answer.members)
            cursor = answer.response_metadata.next_cursor
            if not cursor:
                return members
            if cursor in cursors:
                raise _unreadable("conversations.members", "its pages go round in a circle")
            cursors.append(cursor)
        return None

    def file(self, url: str) -> bytes:
        """The content of a file that somebody sent. Raises Refused if Slack doesn't show it, SlackAway."""
        try:
            return self._client.download(url)
        except SlackFault as fault:
            if fault.kind is Kind.REFUSED:
                text = "Slack doesn't let me read this file. Paste the list instead: /miro bulk."
                raise Refused(text) from fault
            raise away(fault) from fault

    def manager(self, person: Person, field: str) -> SlackId | None:
        """The manager named in a protected profile field (its label or id). Raises BadField, SlackAway."""
        id = self._protected(field)
        for account in sorted(person.accounts, key=lambda each: each.standing is not Standing.COLLEAGUE):
            if account.standing is Standing.STRANGER:
                continue  # another organization may write anything into its profiles
            read = self._client.users_profile_get
            profile = self._ask(shapes.Fields, "profile", read, user=account.slack_id)
            filled = profile.fields.get(id) if profile else None
            if filled and filled.value:
                # A field for several people separates their ids with commas.
                return SlackId(filled.value.partition(",")[0].strip())
        return None

    def check_field(self, field: str) -> None:
        """Raises BadField if managers can't be read from this field, SlackAway if Slack doesn't answer."""
        self._protected(field)

    def _protected(self, field: str) -> str:
        """The id of a person field that employees can't edit. Raises BadField, SlackAway."""
        wanted, known = field.strip().casefold(), self._definitions()
        matches = [each for each in known if each.id.casefold() == wanted]
        matches = matches or [each for each in known if each.label.strip().casefold() == wanted]
        if not matches:
            raise BadField(f"Slack has no profile field called “{field}”: name another one in the policy.")
        if len(matches) > 1:
            raise BadField(
                f"Slack has several profile fields called “{field}”: name it by its id in the policy."
            )
        if matches[0].type != "user":
            raise BadField(
                f"Slack's profile field “{field}” holds no person, so it can't name a manager: "
                "name a field for people in the policy."
            )
        options = matches[0].options
        if not isinstance(options, dict) or options.get("is_protected") is not True:
            raise BadField(
                f"Slack's profile field “{field}” isn't protected, so an employee could name a friend as "
                "manager: let only admins or your directory edit it, or list the managers in the policy."
            )
        return matches[0].id

    def _definitions(self) -> list[shapes.Definition]:
        seen_at, fields = self._fields[0] if self._fields else (None, [])
        if not is_recent(seen_at, self._now(), FIELDS_EVERY - timedelta.resolution):
            profile = self._ask(shapes.Definitions, "profile", self._client.team_profile_get)
            fields = profile.fields if profile else []
            self._fields[:] = [(self._now(), fields)]
        return fields

    def _look_at(self, slack_id: SlackId, asked: frozenset[str] = frozenset()) -> Person | None:
        if user := self._ask(shapes.User, "user", self._client.users_info, user=slack_id):
            # On Grid an account has an id in its workspace and one in the enterprise.
            if slack_id not in (user.id, user.enterprise_user.id):
                raise _unreadable("users.info", "it is about somebody else than I asked for")
            return self._keep(user, asked)
        known = self._people.by_slack(slack_id)
        return self._people.saw(Account(slack_id, Standing.LEFT, self._now()), "") if known else None

    def _ask(self, shape: type[T], key: str, method: Callable[..., Any], **params: str | int) -> T | None:
        """The answer of one Web API call, or what it has under a key; None if Slack finds nothing.

        Raises SlackAway.
        """
        name = method.__name__.replace("_", ".")
        waited = 0.0
        while True:
            try:
                with self._pace.calling(name, urgency=self._urgency):
                    answer = method(**params).data
                self._pace.went_well(name)
                value: T = _reader(shape).validate_python(answer[key] if key else answer)
                return value
            except (ValidationError, KeyError) as error:
                # It proves nothing, not even that nobody was found.
                raise _unreadable(name, "it has another form than Slack documents") from error
            except Paced as paced:
                seconds = paced.seconds
            except SlackFault as fault:
                if fault.kind is Kind.REFUSED and fault.code in _NOBODY:
                    return None
                if fault.kind is not Kind.BUSY:
                    raise away(fault) from fault
                seconds = fault.retry_after or 1
                self._pace.hold(name, seconds)
            waited += seconds
            if waited > PATIENCE:
                raise SlackAway("Slack takes no more of these calls for now; try again in a minute")
            self._sleep(seconds)

    def _keep(self, user: shapes.User, asked: frozenset[str] = frozenset()) -> Person:
        profile = user.profile
        # An unconfirmed address proves nothing.
        email = "" if user.is_email_confirmed is False else profile.email
        account = Account(SlackId(user.id), self._standing(user), self._now(), user.tz or "UTC")
        name = _seen(profile.real_name) or _seen(user.real_name) or _seen(user.name)
        given, family = _seen(profile.first_name), _seen(profile.last_name)
        if not given and " " in name:
            given, _, family = name.partition(" ")
        self._ask_holders(account, email, asked)
        with self._one_at_a_time:
            email = self._rightful(account, email)
            # In one write: an account stored as fresh but without a name would stay nameless.
            return self._people.saw(account, email, name=name, given=given, family=family)

    def _ask_holders(self, account: Account, email: str, asked: frozenset[str]) -> None:
        """Looks up the accounts that last had this address: it may belong to a new person by now.

        Two accounts with one address today are one human; two that had it at different times may not be.
        """
        other = self._people.by_email(email)
        mine = other is None or account.slack_id in {held.slack_id for held in other.accounts}
        for held in () if other is None or mine else other.accounts:
            if held.slack_id not in asked and held.standing is not Standing.STRANGER:
                self._look_at(held.slack_id, asked | {account.slack_id})

    def _rightful(self, account: Account, email: str) -> str:
        """The address; '' if a colleague has it and this account isn't a colleague's.

        Another organization may write any address into its profiles: these are two humans.
        """
        other = self._people.by_email(email)
        if other is None or account.slack_id in {held.slack_id for held in other.accounts}:
            return email
        standings = {held.standing for held in other.accounts}
        if account.standing in _OUTSIDE:
            return "" if Standing.COLLEAGUE in standings else email
        if account.standing is Standing.COLLEAGUE and standings and standings <= _OUTSIDE:
            self._people.disown(other.id)
        return email

    def _standing(self, user: shapes.User) -> Standing:
        if user.is_bot or user.is_app_user:
            return Standing.BOT
        if user.is_stranger or not self._is_ours(user):
            return Standing.STRANGER
        if user.deleted:
            return Standing.LEFT
        return Standing.GUEST if user.is_restricted or user.is_ultra_restricted else Standing.COLLEAGUE

    def _is_ours(self, user: shapes.User) -> bool:
        """Whether an account is a colleague's: by the enterprise on Enterprise Grid, else by workspace."""
        team, enterprise = self.home()
        theirs = user.enterprise_user.enterprise_id or user.enterprise_id
        if enterprise and theirs:
            return theirs == enterprise
        return not team or user.team_id in (None, team)


def away(fault: SlackFault) -> SlackAway:
    """The SlackAway for a failed call, with a sentence for people."""
    if fault.kind is Kind.NETWORK:
        return SlackAway(f"Slack can't be reached: {fault.why}; try again in a minute")
    if fault.kind is Kind.UNREADABLE:
        return _unreadable(str(fault.args[0]).partition(":")[0], fault.why)
    remedy = "; try again in a minute" if not fault.code or fault.code in _BUSY else ""
    if fault.code == "missing_scope":
        remedy = f": add {fault.needed or 'the scope'} to the app's bot scopes and install the app again"
    elif fault.code == "plan_upgrade_required":
        remedy = ": user groups come with Slack's paid plans; name people by e-mail in the policy instead"
    # For a wrong token the caller explains it better.
    return SlackAway(f"Slack answered {fault.code or fault.why.removeprefix('status ')}{remedy}")


def _unreadable(method: str, why: str) -> SlackAway:
    """The SlackAway for an unreadable answer."""
    return SlackAway(f"Slack's answer to {method} can't be read: {why}; try again in a minute")


def _seen(name: str) -> str:
    """A name without invisible characters and bidi controls, its whitespace collapsed."""
    shown = (letter for letter in name if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return " ".join("".join(shown).split())
