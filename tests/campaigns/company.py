"""A company for random lives: what is true of its people, and what the record has been told of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.decide.actor import Actor
from approvals.decide.delegates import delegated, returned
from approvals.ids import PersonId, SlackId
from approvals.people import FRESH, Account, Person, Standing
from approvals.policy.model import Policy
from approvals.record.store import Store
from approvals.refusals import Refused
from tests.approvals.scene import Clock, mail
from tests.campaigns import books

NAMES = ("ada", "bo", "cy", "dee", "eve", "fay", "gus", "ida", "max", "ada.two", "cy.two")
HANDLES = ("@owners", "@desk")
STANDINGS = (Standing.COLLEAGUE, Standing.LEFT, Standing.GUEST, Standing.COLLEAGUE, Standing.STRANGER)


def account_of(name: str) -> SlackId:
    """The Slack account that somebody has at first."""
    return SlackId("U0" + name.upper().replace(".", "0"))


ACCOUNTS = tuple(map(account_of, NAMES))


@dataclass(frozen=True)
class Absence:
    """Who stands in for somebody, by account, and in which span of time."""

    delegate: SlackId
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Heard:
    """Who is in a group, or manages somebody, as Slack told it at a time."""

    at: datetime
    whom: set[SlackId]


@dataclass
class Truth:
    """What is so in the world. Humans go by their address; two accounts of one address are one human."""

    now: datetime
    address: dict[SlackId, str]
    standing: dict[SlackId, Standing]
    members: dict[str, set[SlackId]]
    managers: dict[str, str]
    heard: dict[str, "Heard"] = field(default_factory=dict)
    """What the record was told last of a user group, or of somebody's manager."""
    renamed: set[str] = field(default_factory=set)
    """User groups that Slack knows no more by the name that policies use."""
    away: dict[PersonId, Absence] = field(default_factory=dict)
    rows: dict[PersonId, SlackId] = field(default_factory=dict)
    """Which account each row of the record began with; a row stays its human's when accounts move."""
    closed: dict[PersonId, tuple[int, bool]] = field(default_factory=dict)
    """Of rows whose Miro account was opened or closed: at which turn last, and whether it was closed."""

    def human(self, id: PersonId) -> str:
        """Who a row of the record is."""
        return self.address[self.rows[id]]

    def is_colleague(self, human: str) -> bool:
        """Whether Slack says so of one of the accounts, and they weren't offboarded."""
        mine = [account for account, address in self.address.items() if address == human]
        return not self.is_offboarded(human) and any(
            self.standing[account] is Standing.COLLEAGUE for account in mine
        )

    def is_offboarded(self, human: str) -> bool:
        """Whether the last request that opened or closed their account closed it."""
        return max((self.closed.get(row, (0, False)) for row in self.rows_of(human)), default=(0, False))[1]

    def has_left(self, human: str) -> bool:
        """Whether every account is deactivated."""
        mine = [one for one, address in self.address.items() if address == human]
        return all(self.standing[one] is Standing.LEFT for one in mine)

    def relied_on(self, what: str) -> set[SlackId]:
        """What the record was told, as far as it may still rely on it."""
        told = self.heard.get(what)
        return told.whom if told and self.now - told.at <= FRESH else set()

    def knows(self, handle: str) -> bool:
        """Whether the record was told of a user group, and may still rely on it."""
        told = self.heard.get(handle)
        return told is not None and self.now - told.at <= FRESH

    def group(self, handle: str) -> set[str]:
        """The humans in a user group, as far as the record knows."""
        return {self.address[one] for one in self.relied_on(handle)}

    def manager(self, human: str) -> str | None:
        """Who manages somebody by Slack, as far as the record knows."""
        return next((self.address[one] for one in self.relied_on(human)), None)

    def rows_of(self, human: str) -> list[PersonId]:
        """Every row of the record that is this human, the oldest first."""
        return [row for row, account in self.rows.items() if self.address[account] == human]

    def stand_in(self, human: str) -> str | None:
        """Who stands in for somebody now."""
        named = [self.away[row] for row in self.rows_of(human) if row in self.away]
        return next((self.address[one.delegate] for one in named if one.since <= self.now < one.until), None)


def _everybody(now: datetime) -> Truth:
    return Truth(
        now,
        {account_of(name): mail(name) for name in NAMES},
        {account_of(name): Standing.COLLEAGUE for name in NAMES},
        {"@owners": {account_of("dee"), account_of("eve")}, "@desk": {account_of("ida"), account_of("cy")}},
        {mail("ada"): mail("bo"), mail("eve"): mail("max"), mail("bo"): mail("max")},
    )


class Company:
    """The record, and hands that tell it what Slack would. Each account is met as somebody else."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.slack_answers = True
        self.truth = _everybody(clock.now())
        self.book = self.book_before = books.FIRST
        self.since = clock.now()
        for account, address in self.truth.address.items():
            self.looks_at(account)
            name = address.partition("@")[0].capitalize()
            store.people.learn(self.row(account), name=name, given=name)
        self.truth.rows = {self.row(account): account for account in self.truth.address}

    # -- the policy --------------------------------------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.policy_of(self.text)

    @staticmethod
    def policy_of(text: str) -> Policy:
        """A policy that was in force once."""
        found = books.policy(text)
        assert found
        return found

    @property
    def text(self) -> str:
        """The policy file in force."""
        return books.text(self.book)

    def put_in_force(self, book: books.Book) -> str:
        """Another policy; returns its hash. One that doesn't check leaves the old one in force."""
        if books.policy(books.text(book)) and book != self.book:
            self.book, self.book_before, self.since = book, self.book, self.clock.now()
        return self.store.take_policy(self.text)

    # -- people ------------------------------------------------------------------------------------------

    def row(self, account: SlackId) -> PersonId:
        """The row of the record that an account belongs to now."""
        found = self.store.people.by_slack(account)
        assert found
        return found.id

    def looks_at(self, account: SlackId) -> None:
        """Slack tells what an account is."""
        seen = Account(account, self.truth.standing[account], self.clock.now())
        self.store.people.saw(seen, self.truth.address[account])

    def who(self, account: SlackId, shell: bool = False) -> Actor:
        """Somebody who acts; Slack is asked again first, where that is a while ago."""
        person = self.store.people.by_slack(account)
        assert person
        mine = next(one for one in person.accounts if one.slack_id == account)
        if self.slack_answers and not mine.fresh(self.clock.now()):
            self.looks_at(account)
            return self.who(account, shell)
        return Actor(person, None if shell else mine, f"{account} at laptop" if shell else "")

    def becomes(self, account: SlackId, standing: Standing) -> None:
        """Somebody leaves, comes back, or becomes a guest."""
        self.truth.standing[account] = standing
        self.looks_at(account)

    def turns_out(self, account: SlackId, address: str) -> None:
        """Slack tells that an account belongs to somebody who is known already."""
        self.truth.address[account] = address
        self.looks_at(account)

    # -- groups, managers, absences ------------------------------------------------------------------------

    def hears(self) -> None:
        """The worker asks Slack for groups and managers that it hasn't heard of for a while."""
        if not self.slack_answers:
            return
        with self.store.writing():
            for handle in HANDLES:
                if self._is_old(handle):
                    self.hears_of_group(handle)
            for human in {mail("ada"), mail("eve"), mail("bo")}:
                if self._is_old(human):
                    self.hears_of_manager(human)

    def _is_old(self, what: str) -> bool:
        told = self.truth.heard.get(what)
        return told is None or self.clock.now() - told.at >= FRESH / 4

    def hears_of_group(self, handle: str) -> None:
        """Slack tells who is in a user group."""
        if handle in self.truth.renamed:
            self.truth.heard.pop(handle, None)
            self.store.people.keep_members(handle, None, self.clock.now())
            return
        members = set(self.truth.members[handle])
        self.truth.heard[handle] = Heard(self.clock.now(), members)
        self.store.people.keep_members(handle, members, self.clock.now())

    def hears_of_manager(self, human: str) -> None:
        """Slack tells who manages somebody."""
        boss = self.truth.managers.get(human)
        account = account_of(boss.partition("@")[0]) if boss else None
        self.truth.heard[human] = Heard(self.clock.now(), {account} if account else set())
        boss_id = self.row(account) if account else None
        self.store.people.keep_manager(self._by(human).id, boss_id, self.clock.now())

    def _by(self, address: str) -> Person:
        found = self.store.people.by_email(address)
        assert found
        return found

    def goes_away(self, account: SlackId, delegate: SlackId, after: timedelta, days: int) -> bool:
        """Somebody names a delegate; whether that was taken."""
        actor, now = self.who(account), self.clock.now()
        other = self.store.people.by_slack(delegate)
        assert other
        since = now + after
        until = since + timedelta(days=days)
        try:
            self.store.delegate(delegated(actor, other, since, until, now))
        except Refused:
            return False
        self._ends_absence(account)
        self.truth.away[actor.person.id] = Absence(delegate, since, until)
        return True

    def _ends_absence(self, account: SlackId) -> None:
        for row in self.truth.rows_of(self.truth.address[account]):
            self.truth.away.pop(row, None)

    def comes_back(self, account: SlackId) -> bool:
        """Somebody is back before the last day; whether there was anything to end."""
        actor, now = self.who(account), self.clock.now()
        named = self.store.people.named_delegate(actor.person.id, now)
        try:
            self.store.delegate(returned(actor, named, now))
        except Refused:
            return False
        self._ends_absence(account)
        return True

    def time_passes(self, span: timedelta) -> None:
        """Some time goes by."""
        self.clock.pass_(span)
        self.truth.now = self.clock.now()
