"""Who somebody is, by what Slack says of the account: colleague, guest, stranger, bot, or gone."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.ids import SlackId
from approvals.people import Account, Person, Standing
from approvals.store import People
from bot.desk import SlackAway

log = logging.getLogger(__name__)

_OUTSIDE = {Standing.GUEST, Standing.STRANGER, Standing.BOT}
_NOBODY = {"users_not_found", "user_not_found", "user_not_visible"}


class SlackPeople:
    """Looks people up in Slack and writes what it saw into the table of people."""

    def __init__(self, client: WebClient, people: People, now: Callable[[], datetime]) -> None:
        self._client, self._people, self._now = client, people, now
        self._home: tuple[str, str] | None = None
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
        return self._keep(user)

    def _look_at(self, slack_id: SlackId) -> Person | None:
        try:
            return self._keep(self._ask(self._client.users_info, user=slack_id)["user"])
        except KeyError:
            known = self._people.by_slack(slack_id)
            return self._people.saw(Account(slack_id, Standing.LEFT, self._now()), "") if known else None

    def _ask(self, method: Callable[..., Any], **params: str) -> dict[str, Any]:
        """One Web API call; {} when Slack knows nobody by that name. Raises SlackAway."""
        try:
            return dict(method(**params).data)
        except SlackApiError as error:
            code = error.response.get("error", "")
            if code in _NOBODY:
                return {}
            raise SlackAway(f"Slack answered {code or error.response.status_code}") from error
        except (SlackClientError, OSError) as error:
            raise SlackAway(f"Slack can't be reached: {error}") from error

    def _keep(self, user: dict[str, Any]) -> Person:
        profile = user.get("profile", {})
        # An address nobody confirmed proves nothing; Miro access must not hang on it.
        confirmed = user.get("is_email_confirmed", True)
        email = profile.get("email") or "" if confirmed else ""
        account = Account(SlackId(user["id"]), self._standing(user), self._now(), user.get("tz") or "UTC")
        name = profile.get("real_name") or user.get("real_name") or user.get("name") or ""
        given, family = profile.get("first_name") or "", profile.get("last_name") or ""
        if not given and " " in name:
            given, _, family = name.partition(" ")
        with self._one_at_a_time:
            email = self._rightful(account, email)
            # All at once: an account that counts as looked at, and has no name yet, would stay nameless.
            return self._people.saw(account, email, name=name, given=given, family=family)

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
            self._people.learn(other.id, email="")
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
