"""What the bot keeps fresh of Slack and Miro: one table of what, how often, and when again after a failure.

Slack and Miro are asked well before what they told last grows too old to decide by (a day). Where they don't
answer, nobody is stepped over and nobody else asked because of that.
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
from approvals.record.people.groups import Admin
from approvals.request import Request
from approvals.states import State
from bot.context import Colleagues, Desk, SlackAway
from bot.miro.client import Miro
from bot.miro.errors import Away, Locked, MiroError, Trouble, Troubled
from bot.miro.wire import ADMIN, MiroAccount
from bot.troubles import detail
from bot.work import approvers

log = logging.getLogger(__name__)

PEOPLE, MIRO = "people", "Miro"
"""On people decisions depend; Miro's lists come after these, since Miro may take its time."""
EACH_TIME = timedelta()
MINUTE = timedelta(minutes=1)
EVERY = FRESH / 4
CHANNEL_EVERY = timedelta(minutes=10)
GROUPS_EVERY = timedelta(minutes=10)
MEMBERS_EVERY = timedelta(hours=1)
"""50,000 people are 50 pages at 50 credits: 0.2 % of what Miro allows in an hour."""
OUTAGE = timedelta(minutes=15)
"""After how long without Miro the operators are notified."""
BATCH = 20
"""Accounts looked up at a time."""
IN_A_ROW = 3
"""One account that Slack won't answer for mustn't keep the others old; so many in a row are Slack's fault."""


@dataclass
class Timetable:
    """When each thing that is done again and again is due next.

    Kept in memory: after a start everything is due, and so is what was put off by a clock that was ahead.
    """

    now: Callable[[], datetime]
    _next: dict[str, tuple[datetime, datetime, object]] = field(default_factory=dict)
    """Since when each waits, until when, and what it was done for."""

    def is_due(self, name: str, subject: object = None) -> bool:
        """Whether its time has come, it was never done, or it was done for another `subject`."""
        since, until, known = self._next.get(name, (self.now(), self.now(), subject))
        return known != subject or not since - SKEW <= self.now() < until

    def schedule(self, name: str, wait: timedelta, subject: object = None) -> None:
        """Makes it due again after so long."""
        self._next[name] = self.now(), self.now() + wait, subject


@dataclass(frozen=True)
class Row:
    """One thing that is kept fresh."""

    of: str
    name: str
    every: timedelta
    retry: timedelta
    """When to ask again after SlackAway or a MiroError."""
    refresh: Callable[[], None]
    subject: object = None
    """What is asked about; another one is asked about at once."""


@dataclass
class Refresh:
    """One a process."""

    desk: Desk
    miro: Miro
    colleagues: Colleagues
    times: Timetable
    problem: str | None = None
    """Why Miro can't be used: '' when it answered last, None before the first look."""
    _looked_up: set[str] | None = None
    """Everybody whom the policy named when they were looked up."""
    _unanswered: set[str] = field(default_factory=set)
    """User groups, and people whose managers are asked for, of which Slack or Miro told nothing at last."""
    _notified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What operators were notified of last, by its kind."""
    _outage_since: datetime | None = None
    _outage_notified: bool = False

    def _table(self) -> tuple[Row, ...]:
        """How old Miro's lists are, the record says for all processes; the rest each one looks up itself."""
        policy = self.desk.policy
        return (
            Row(PEOPLE, "people somebody named", EACH_TIME, EACH_TIME, self._named),
            Row(PEOPLE, "accounts", EACH_TIME, MINUTE, self._accounts),
            Row(PEOPLE, "user groups", EVERY, MINUTE, self._user_groups, policy.named(Source.USER_GROUP)),
            Row(PEOPLE, "managers", EVERY, MINUTE, self._managers),
            Row(PEOPLE, "channel", CHANNEL_EVERY, CHANNEL_EVERY, self._channel, policy.tell),
            Row(MIRO, "groups", EACH_TIME, MINUTE, self._groups),
            Row(MIRO, "members", EACH_TIME, GROUPS_EVERY, self._members),
        )

    def run(self, of: str) -> None:
        """Looks up what is due of `PEOPLE` or `MIRO`."""
        for row in self._table():
            if row.of != of or not self.times.is_due(row.name, row.subject):
                continue
            wait = row.every
            try:
                row.refresh()
            except (SlackAway, MiroError) as error:
                log.warning("not fresh: %s (%s)", row.name, error)
                wait = row.retry
            self.times.schedule(row.name, wait, row.subject)

    # -- people ------------------------------------------------------------------------------------------

    def has_looked_up(self, policy: Policy) -> bool:
        """Whether everybody whom a policy names was looked up."""
        return self._looked_up is not None and policy.named(Source.ACCOUNT) <= self._looked_up

    def knows_deciders(self, request: Request) -> bool:
        """Whether it is known who decides; of people who aren't kept any more others have to see to it."""
        try:
            return not self._unanswered or approvers.is_known(self.desk, request, self._unanswered)
        except KeyError:
            return True

    def _named(self) -> None:
        """People whom somebody named and nobody knew."""
        while self.desk.unknown:
            entry = next(iter(self.desk.unknown))
            self.colleagues.find(entry)
            self.desk.unknown.discard(entry)

    def _accounts(self) -> None:
        """Everybody whom the policy names, once; then the accounts that were looked up longest ago."""
        policy, now = self.desk.policy, self.desk.now()
        if not self.has_looked_up(policy):
            named = sorted(policy.named(Source.ACCOUNT))
            unknown = [entry for entry in named if not approvers.find(self.desk, self.colleagues, entry)]
            self._looked_up = {*named}
            if unknown:
                log.warning("the policy names people whom Slack doesn't know: %s", ", ".join(unknown))
        failures = 0
        for account in self.desk.store.people.stale(now - EVERY, BATCH, now):
            person = self.desk.store.people.by_slack(account.slack_id)
            try:
                if person:
                    self.colleagues.look(person)
                failures = 0
            except SlackAway as error:
                failures += 1
                if failures == IN_A_ROW:
                    raise
                log.warning("%s isn't fresh: %s", account.slack_id, error)

    def _user_groups(self) -> None:
        """Who is in the Slack user groups that the policy names."""
        handles = self.desk.policy.named(Source.USER_GROUP)
        self._unanswered |= handles
        for handle in sorted(handles):
            approvers.refresh_group(self.desk, self.colleagues, handle)
            self._unanswered.discard(handle)

    def _managers(self) -> None:
        """Who manages those whom a waiting request is about, where Slack or Miro says so."""
        self._unanswered = {entry for entry in self._unanswered if entry.startswith("@")}
        waiting = self.desk.store.requests(states=[State.WAITING], limit=10_000)
        for number, request in enumerate(waiting):
            try:
                approvers.refresh_managers(self.desk, self.colleagues, self.miro, request)
            except (SlackAway, Away, Locked):
                for left in waiting[number:]:
                    self._unanswered |= {left.requester, left.subject or left.requester}
                raise
            except (MiroError, KeyError) as error:  # about one: two accounts of one address, say
                log.warning("who manages those of %s can't be told: %s", request.id, error)

    def _channel(self) -> None:
        """Who reads the channel where cards go: others get a message of their own."""
        if channel := self.desk.policy.tell:
            members = self.colleagues.channel(channel)
            self.desk.store.people.keep_members(channel, members, self.desk.now())

    # -- Miro ----------------------------------------------------------------------------------------------

    def _groups(self) -> None:
        """The list of groups. GET /Groups is dear: 5 per 30 s.

        After a start, and after a problem, a ping tells at least whether Miro takes the token.
        """
        seen_at = self.desk.store.groups.seen_at()
        is_fresh = is_recent(seen_at, self.desk.now(), GROUPS_EVERY - timedelta.resolution)
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
            self.desk.tell_operators("Miro works again. What was saved meanwhile goes on by itself.")
        self.problem, self._outage_since, self._outage_notified = "", None, False
        self._notify_of_names()

    def _store_groups(self) -> None:
        """Stores the list. A group whose entry can't be read is still there, under its last name."""
        entries, table = self.miro.groups(), self.desk.store.groups
        kept = [(group.id, group.security_name) for group in table.all() if entries.may_hold(group.id)]
        table.keep([*kept, *((GroupId(group.id), group.display_name) for group in entries.entries)])
        self.desk.policies.settle()
        self._notify_of_entries("groups", entries.complaints("group", "groups"))

    def _members(self) -> None:
        """Who is in which group, and who has admin rights in Miro, from one list of all accounts."""
        table = self.desk.store.groups
        seen_at, now = table.members_seen_at(), self.desk.now()
        if is_recent(seen_at, now, MEMBERS_EVERY - timedelta.resolution):
            return
        before, _ = table.admins()
        entries, members = self.miro.roster()
        kept = [admin for admin in before if entries.may_hold(admin.miro_id)]
        with self.desk.store.writing():
            table.keep_admins([*kept, *map(_admin, entries.entries)])
            for account in entries.entries:  # Miro's address of an account may change
                self.desk.store.people.same_as(miro_key(account.id), canonical(account.user_name))
        table.keep_members(members, entries.may_hold)
        self._notify_of_entries("people", entries.complaints("person", "people"))

    def _note_outage(self, error: MiroError) -> None:
        """A long outage is notified once, unless a request that waits has led to a notice already."""
        if isinstance(error, Troubled) and error.kind is Trouble.CREDITS:
            return
        self.problem = detail(error) if isinstance(error, Troubled) else str(error)
        log.warning("%s Look at MIRO_SCIM_TOKEN and MIRO_SCIM_URL. I look again in a minute.", self.problem)
        now = self.desk.now()
        self._outage_since = min(self._outage_since or now, now)  # a clock that was ahead may have dated it
        if self._outage_notified or self.desk.troubles.is_told():
            return
        if now - self._outage_since >= OUTAGE:
            self._outage_notified = True
            self.desk.tell_operators(
                f"{self.problem} That has been so for a while. What is asked for is saved and goes on "
                "by itself as soon as Miro answers."
            )

    def _notify_of_names(self) -> None:
        """Names of teams in the policy that mean no team of Miro's, or may mean several."""
        tables, held = self.desk.tables(), listed(approvers.on_hold(self.desk))
        unknown, ambiguous = tuple(tables.unknown_teams()), tuple(tables.ambiguous_names())
        until = f" Until then nobody can ask about teams with {held}." if held else ""
        self._notify_once(
            "unknown teams",
            unknown,
            f"The policy names teams that Miro doesn't have: {', '.join(unknown)}. "
            f"Mend their names in the policy.{until}",
        )
        self._notify_once(
            "ambiguous names",
            ambiguous,
            f"I can't tell which team the policy means by {', '.join(ambiguous)}. These stay closed: "
            "write the id of the team that is meant into the policy, instead of its name.",
        )

    def _notify_of_entries(self, of: str, complaints: tuple[str, ...]) -> None:
        """Entries of Miro's lists that can't be read; the others are used."""
        text = f"{'; '.join(complaints)}. I use the rest of Miro's list. Look at them in Miro."
        self._notify_once(of, complaints, text)

    def _notify_once(self, kind: str, findings: tuple[str, ...], text: str) -> None:
        """Notifies operators of findings, unless they are the same as those of the last time."""
        if findings and findings != self._notified.get(kind):
            log.warning("%s", text)
            self.desk.tell_operators(text)
        self._notified[kind] = findings


def _admin(account: MiroAccount) -> Admin:
    company = ["Company Admin"] if account.org_role == ADMIN else []
    rights = ", ".join([*company, *sorted(account.admin_roles)])
    return Admin(account.id, account.user_name, account.display_name, rights)
