"""Refreshes data of Slack and Miro: one table of what, how often, and when to retry.

Data is refreshed well before it is too old to decide by (a day). If Slack or Miro doesn't answer, nobody is
skipped or asked instead because of that.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.clocks import SKEW, is_recent
from approvals.ids import GroupId
from approvals.people import FRESH, canonical, listed, miro_key
from approvals.policy.entries import Source
from approvals.policy.model import Policy
from approvals.request import Request
from approvals.states import State
from bot.context import Colleagues, Context, SlackAway
from bot.miro.client import Miro
from bot.miro.errors import Away, Locked, MiroError, Trouble, Troubled
from bot.troubles import detail
from bot.work import approvers
from bot.work.account import admin_of

log = logging.getLogger(__name__)

EACH_TIME = timedelta()
MINUTE = timedelta(minutes=1)
EVERY = FRESH / 4
CHANNEL_EVERY = timedelta(minutes=10)
GROUPS_EVERY = timedelta(minutes=10)
MEMBERS_EVERY = timedelta(hours=1)
"""50,000 people are 50 pages at 50 credits: 0.2 % of what Miro allows in an hour."""
OUTAGE = timedelta(minutes=15)
"""The time without Miro after which operators are notified."""
BATCH = 20
"""Accounts looked up at a time."""
IN_A_ROW = 3
"""Failed look-ups in a row after which Slack counts as away; fewer must not hold up other accounts."""


Task = Callable[[], object]


@dataclass
class Timetable:
    """When each repeated task is due next.

    Kept in memory: after a start everything is due, and so is a task postponed by a clock that was ahead.
    """

    now: Callable[[], datetime]
    _next: dict[str, tuple[datetime, datetime, object]] = field(default_factory=dict)
    """{task: (when it was scheduled, when it is due, its subject)}."""

    def is_due(self, name: str, subject: object = None) -> bool:
        """Whether it is due, was never done, or was done for another `subject`."""
        since, until, known = self._next.get(name, (self.now(), self.now(), subject))
        return known != subject or not since - SKEW <= self.now() < until

    def schedule(self, name: str, wait: timedelta, subject: object = None) -> None:
        """Makes it due again after `wait`."""
        self._next[name] = self.now(), self.now() + wait, subject

    def do(
        self, name: str, every: timedelta, task: Task, retry: timedelta = MINUTE, subject: object = None
    ) -> None:
        """Does a task that is due; after SlackAway or a MiroError it is due again after `retry`.

        `subject`: what it depends on; if that changes, it is due at once.
        """
        if self.is_due(name, subject):
            try:
                task()
            except (SlackAway, MiroError) as error:
                log.warning("not fresh: %s (%s)", name, error)
                every = retry
            self.schedule(name, every, subject)


@dataclass
class Refresh:
    """One for each process."""

    context: Context
    miro: Miro
    colleagues: Colleagues
    times: Timetable
    problem: str | None = None
    """Why Miro can't be used: '' if the last call succeeded, None before the first."""
    _looked_up: set[str] | None = None
    """The policy's entries that were looked up; None before the first time."""
    _unanswered: set[str] = field(default_factory=set)
    """User groups, and people whose managers are needed, whose last look-up failed."""
    _notified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """{kind: findings} of which operators were last notified."""
    _outage_since: datetime | None = None
    _outage_notified: bool = False

    def people(self) -> None:
        """Runs the due look-ups of people, on whom decisions depend."""
        policy, do = self.context.policy, self.times.do
        do("people somebody named", EACH_TIME, self._named, EACH_TIME)
        do("accounts", EACH_TIME, self._accounts)
        do("user groups", EVERY, self._user_groups, subject=policy.named(Source.USER_GROUP))
        do("managers", EVERY, self._managers)
        do("channel", CHANNEL_EVERY, self._channel, CHANNEL_EVERY, policy.tell)

    def lists(self) -> None:
        """Reads the lists of Miro, which may be slow; they are shared through the record."""
        self.times.do("groups", EACH_TIME, self._groups)
        retry = GROUPS_EVERY if self.context.store.groups.seen_at("members") else MINUTE
        self.times.do("members", EACH_TIME, self._members, retry)

    # -- people ------------------------------------------------------------------------------------------

    def has_looked_up(self, policy: Policy) -> bool:
        """Whether everybody named in a policy was looked up."""
        return self._looked_up is not None and policy.named(Source.ACCOUNT) <= self._looked_up

    def knows_deciders(self, request: Request) -> bool:
        """Whether it is known who decides a request; True if data of its people was deleted."""
        try:
            return not self._unanswered or approvers.is_known(self.context, request, self._unanswered)
        except KeyError:
            return True

    def _named(self) -> None:
        """Looks up people whom somebody named and the bot didn't know."""
        while self.context.unknown:
            entry = next(iter(self.context.unknown))
            self.colleagues.find(entry)
            self.context.unknown.discard(entry)

    def _accounts(self) -> None:
        """Looks up everybody named in the policy once, then the accounts with the oldest data."""
        policy, now = self.context.policy, self.context.now()
        if not self.has_looked_up(policy):
            named = sorted(policy.named(Source.ACCOUNT))
            unknown = [entry for entry in named if not approvers.find(self.context, self.colleagues, entry)]
            self._looked_up = {*named}
            if unknown:
                text = "Slack doesn't know %s of the people in the policy: `miro-bot doctor` names them"
                log.warning(text, len(unknown))
        failures = 0
        for account in self.context.store.people.stale(now - EVERY, BATCH, now):
            person = self.context.store.people.by_slack(account.slack_id)
            try:
                if person:
                    self.colleagues.look(person)
                failures = 0
            except SlackAway as error:
                failures += 1
                if failures == IN_A_ROW:
                    raise
                log.warning("an account isn't fresh: %s", error)

    def _user_groups(self) -> None:
        """Looks up the members of the Slack user groups in the policy."""
        handles = self.context.policy.named(Source.USER_GROUP)
        self._unanswered |= handles
        for handle in sorted(handles):
            approvers.refresh_group(self.context, self.colleagues, handle)
            self._unanswered.discard(handle)

    def _managers(self) -> None:
        """Looks up the managers of the people of waiting requests in Slack or Miro."""
        self._unanswered = {entry for entry in self._unanswered if entry.startswith("@")}
        waiting = self.context.store.requests(states=[State.WAITING], limit=10_000)
        for number, request in enumerate(waiting):
            try:
                approvers.refresh_managers(self.context, self.colleagues, self.miro, request)
            except (SlackAway, Away, Locked):
                for left in waiting[number:]:
                    self._unanswered |= {left.requester, left.subject or left.requester}
                raise
            except (MiroError, KeyError) as error:  # for this request only: two accounts with one address
                log.warning("who manages those of %s can't be told: %s", request.id, error)

    def _channel(self) -> None:
        """Looks up the members of the cards' channel: others get a direct message."""
        if channel := self.context.policy.tell:
            members = self.colleagues.channel(channel)
            self.context.store.people.keep_members(channel, members, self.context.now())

    # -- Miro ----------------------------------------------------------------------------------------------

    def _groups(self) -> None:
        """Reads the list of groups. GET /Groups is expensive: 5 calls per 30 s.

        After a start or a problem, a ping shows at least whether Miro accepts the token.
        """
        seen_at = self.context.store.groups.seen_at()
        is_fresh = is_recent(seen_at, self.context.now(), GROUPS_EVERY - timedelta.resolution)
        if is_fresh and self.problem == "":
            return
        try:
            if is_fresh:
                self.miro.ping()
            else:
                self._store_groups()
        except MiroError as error:
            self._note_outage(error)
            raise
        if self.problem != "":
            log.info("Miro takes the token.")
        if self._outage_notified:
            self.context.tell_operators("Miro works again. Saved requests continue by themselves.")
        self.problem, self._outage_since, self._outage_notified = "", None, False
        self._notify_of_names()

    def _store_groups(self) -> None:
        """Stores the list. A group with an unreadable entry stays, with its last name."""
        entries, table = self.miro.groups(), self.context.store.groups
        kept = [(group.id, group.security_name) for group in table.all() if entries.may_hold(group.id)]
        table.keep([*kept, *((GroupId(group.id), group.display_name) for group in entries.entries)])
        self.context.policies.settle()
        self._notify_of_entries("groups", entries.complaints("group", "groups"))

    def _members(self) -> None:
        """Reads the members of groups and the admins from one list of all accounts."""
        table = self.context.store.groups
        seen_at, now = table.seen_at("members"), self.context.now()
        if is_recent(seen_at, now, MEMBERS_EVERY - timedelta.resolution):
            return
        (before, _), listed = table.admins(), table.listed()
        entries, members = self.miro.roster()
        kept = [admin for admin in before if entries.may_hold(admin.miro_id)]
        with self.context.store.writing():
            table.keep_admins([*kept, *map(admin_of, entries.entries)], before)
            for account in entries.entries:  # the address of an account may change in Miro
                self.context.store.people.humans.link(miro_key(account.id), canonical(account.user_name))
        table.keep_members(members, entries.may_hold, listed)
        self._notify_of_entries("people", entries.complaints("person", "people"))

    def _note_outage(self, error: MiroError) -> None:
        """Notifies operators once of a long outage, unless a waiting request already led to a notice."""
        if isinstance(error, Troubled) and error.kind is Trouble.CREDITS:
            return
        self.problem = detail(error) if isinstance(error, Troubled) else str(error)
        log.warning("%s Look at MIRO_SCIM_TOKEN and MIRO_SCIM_URL. I look again in a minute.", self.problem)
        now = self.context.now()
        self._outage_since = min(self._outage_since or now, now)  # the clock may have been ahead
        if self._outage_notified or self.context.troubles.is_told():
            return
        if now - self._outage_since >= OUTAGE:
            self._outage_notified = True
            cure = "Requests are saved and continue by themselves as soon as Miro answers."
            self.context.tell_operators(f"{self.problem} This has lasted for a while. {cure}")

    def _notify_of_names(self) -> None:
        """Notifies operators of team names in the policy that match no Miro team, or several."""
        tables, held = self.context.tables(), listed(approvers.on_hold(self.context))
        unknown, ambiguous = tuple(tables.unknown_teams()), tuple(tables.ambiguous_names())
        until = f" Until then nobody can ask about teams with {held}." if held else ""
        why = f"The policy names teams that Miro doesn't have: {', '.join(unknown)}."
        self.notify_once("unknown teams", unknown, f"{why} Correct their names in the policy.{until}")
        why = f"I can't tell which team the policy means by {', '.join(ambiguous)}. These stay closed:"
        cure = "write the id of the team that is meant into the policy, instead of its name."
        self.notify_once("ambiguous names", ambiguous, f"{why} {cure}")

    def _notify_of_entries(self, of: str, complaints: tuple[str, ...]) -> None:
        """Notifies operators of unreadable entries in Miro's lists; the others are used."""
        text = f"{'; '.join(complaints)}. I use the rest of Miro's list. Look at them in Miro."
        self.notify_once(of, complaints, text)

    def notify_once(self, kind: str, findings: tuple[str, ...], text: str) -> None:
        """Notifies operators of findings that differ from the last ones."""
        if findings and findings != self._notified.get(kind):
            log.warning("%s", text)
            self.context.tell_operators(text)
        self._notified[kind] = findings
