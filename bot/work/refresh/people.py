"""Keeps fresh what the bot knows of people: their accounts, who is in a group or channel, who manages."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from approvals.people import FRESH, Account
from approvals.policy.model import Policy
from approvals.request import Request
from approvals.states import State
from bot.context import Colleagues, Desk, SlackAway
from bot.miro.client import Miro
from bot.miro.errors import Away, Locked, MiroError
from bot.work.refresh.approvers import is_told, meet_managers, refresh_group
from bot.work.refresh.timetable import Timetable

log = logging.getLogger(__name__)

EVERY = FRESH / 4
CHANNEL_EVERY = timedelta(minutes=10)
RETRY = timedelta(minutes=1)
AT_ONCE = 20
"""Accounts looked up in one round."""
IN_A_ROW = 3
"""One account that Slack won't answer for mustn't keep the others old; so many in a row are Slack's fault."""


@dataclass
class PeopleSync:
    """Asks Slack, and Miro for managers, before what they told last grows too old to decide by."""

    desk: Desk
    miro: Miro
    colleagues: Colleagues
    times: Timetable
    _met: frozenset[str] | None = None
    """Everybody whom the policy named when they were looked for."""
    _handles: tuple[str, ...] = ()
    _untold: set[str] = field(default_factory=set)
    """User groups, and people whose managers are asked for, of which Slack or Miro told nothing at last."""

    def refresh(self) -> None:
        """Looks up what is due; what Slack or Miro doesn't tell now is asked for again in a minute."""
        self._look_up_named()
        if self.times.is_due("people"):
            self._refresh_people()
        self._refresh_user_groups()
        if self.times.is_due("managers"):
            self._refresh_managers()
        if self.desk.policy.tell and self.times.is_due(self.desk.policy.tell):
            self._refresh_channel(self.desk.policy.tell)

    def has_met(self, policy: Policy) -> bool:
        """Whether everybody whom a policy names was looked for."""
        return self._met is not None and policy.people() <= self._met

    def is_told(self, request: Request) -> bool:
        """Nobody is stepped over, and nobody asked anew, because Slack doesn't tell who decides."""
        try:
            return not self._untold or is_told(self.desk, request, self._untold)
        except KeyError:
            return True  # whoever isn't kept any more is dealt with there

    def _look_up_named(self) -> None:
        """Looks up whom somebody named and nobody knew."""
        try:
            while self.desk.unknown:
                entry = next(iter(self.desk.unknown))
                self.colleagues.find(entry)
                self.desk.unknown.discard(entry)
        except SlackAway as error:
            log.warning("people that were named aren't looked up yet: %s", error)

    def _refresh_people(self) -> None:
        """Looks up everybody the policy names, and accounts last seen a while ago."""
        try:
            if not self.has_met(self.desk.policy):
                self._meet(self.desk.policy)
            now = self.desk.now()
            self._refresh_accounts(self.desk.store.people.stale(now - EVERY, AT_ONCE, now))
        except SlackAway as error:
            log.warning("people aren't fresh: %s", error)
            self.times.again("people", RETRY)

    def _meet(self, policy: Policy) -> None:
        missing = [entry for entry in sorted(policy.people()) if self._is_unknown(entry)]
        self._met = frozenset(policy.people())
        if missing:
            log.warning("the policy names people whom Slack doesn't know: %s", ", ".join(missing))

    def _is_unknown(self, entry: str) -> bool:
        """Whether Slack knows nobody by this entry; whoever was met today isn't looked up again."""
        person = self.desk.find(entry)
        fresh = person and person.account and person.account.fresh(self.desk.now())
        return not fresh and self.colleagues.find(entry) is None

    def _refresh_accounts(self, stale: Sequence[Account]) -> None:
        misses = 0
        for account in stale:
            misses = 0 if self._refresh(account) else misses + 1
            if misses == IN_A_ROW:
                raise SlackAway("Slack answers nothing")

    def _refresh(self, account: Account) -> bool:
        """Looks one account up; whether Slack answered."""
        person = self.desk.store.people.by_slack(account.slack_id)
        try:
            if person:
                self.colleagues.look(person)
        except SlackAway as error:
            log.warning("%s isn't fresh: %s", account.slack_id, error)
            return False
        return True

    def _refresh_user_groups(self) -> None:
        """Looks up who is in the Slack user groups that the policy names."""
        is_due = self.times.is_due("user groups")
        handles = tuple(sorted(self.desk.policy.slack_groups()))
        if handles == self._handles and not is_due:
            return
        self._untold -= set(handles)
        again = EVERY
        for number, handle in enumerate(handles):
            try:
                refresh_group(self.desk, self.colleagues, handle)
            except SlackAway as error:
                log.warning("user groups aren't fresh: %s", error)
                self._untold |= set(handles[number:])
                again = RETRY
                break
        self._handles = handles
        self.times.again("user groups", again)

    def _refresh_managers(self) -> None:
        """Looks up anew who manages those whom a waiting request is about, where Slack or Miro says so."""
        self._untold = {one for one in self._untold if one.startswith("@")}
        again, waiting = EVERY, self._waiting()
        for number, request in enumerate(waiting):
            try:
                meet_managers(self.desk, self.colleagues, self.miro, request)
            except (SlackAway, Away, Locked) as error:
                log.warning("managers aren't fresh: %s", error)
                left = waiting[number:]
                self._untold |= {id for one in left for id in (one.requester, one.subject or one.requester)}
                again = RETRY
                break
            except (MiroError, KeyError) as error:  # about one: two accounts of one address, say
                log.warning("who manages those of %s can't be told: %s", request.id, error)
        self.times.again("managers", again)

    def _refresh_channel(self, channel: str) -> None:
        """Looks up who reads the channel where cards go: whoever doesn't gets a message of their own."""
        try:
            members = self.colleagues.channel(channel)
        except SlackAway as error:
            log.warning("who is in the channel %s isn't fresh: %s", channel, error)
        else:
            self.desk.store.people.keep_members(channel, members, self.desk.now())
        self.times.again(channel, CHANNEL_EVERY)

    def _waiting(self) -> Sequence[Request]:
        return self.desk.store.requests(states=[State.WAITING], limit=10_000)
