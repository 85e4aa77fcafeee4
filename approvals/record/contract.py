"""What a store promises: one contract, tested with the store as parameter."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from approvals.ids import GroupId, PersonId, RequestId, SlackId
from approvals.people import Account, Delegation, Directory, Group, Person
from approvals.policy.teams import Meanings
from approvals.record.chain import Anchor, Sealed
from approvals.record.finding import Finding
from approvals.record.pages import Homes
from approvals.request import Draft, Event, Request, Urgency


class StoreTrouble(Exception):
    """The record can't be read or written; the text says what it means and what to do.

    StoreTrouble
     ├─ Overtaken     somebody was first; look again
     ├─ ClaimLost     the lease ran out and another worker has the request
     └─ WrongRecord   the file is of a newer program, damaged, or not a record at all
    """


class Overtaken(StoreTrouble):
    """The request has moved on since it was read."""


class ClaimLost(StoreTrouble):
    """Another worker holds the request now; what this one was about to write isn't written."""


class WrongRecord(StoreTrouble):
    """This program mustn't open this file."""


@dataclass(frozen=True)
class Claim:
    """The right to work on one request until the lease ends; fences every write of its owner."""

    request: RequestId
    owner: str
    attempt: int


@dataclass(frozen=True)
class Place:
    """Where somebody stands who wants credits. Without a ticket, none is kept for them in the queue.

    `reserve`: credits that are left for what is of the first urgency.
    """

    ticket: str = ""
    urgency: int = Urgency.ORDINARY
    reserve: int = 0


@dataclass(frozen=True)
class Card:
    """A Slack message that draws a request. `address` is a person, or a channel for role `channel`."""

    request: RequestId
    role: str
    address: str
    round: int = 0
    channel: str = ""
    ts: str = ""
    drawn: str = ""
    tries: int = 0
    next_try_at: datetime | None = None
    ended: str = ""


@dataclass(frozen=True)
class Note:
    """One message that isn't a card. With `only_for`, it is seen by that account alone, in `channel`."""

    channel: str
    message: dict[str, Any]
    only_for: str = ""
    id: int = 0
    tries: int = 0


@dataclass(frozen=True)
class Verified:
    """What `verify` found. `faults` is empty for a record that holds."""

    anchor: Anchor
    requests: int
    faults: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Admin:
    """Somebody who has admin rights in Miro, as it was seen last."""

    miro_id: str
    email: str
    name: str
    rights: str


class People(Directory, Protocol):
    """The table of people and their Slack accounts."""

    def meet(self, *, slack_id: SlackId | None = None, email: str = "") -> Person:
        """The person behind a Slack account or an address; a new row if nobody is known by it."""

    def learn(self, id: PersonId, **facts: str) -> Person:
        """Writes down email, name, given, family or miro_id; joins rows of one address."""

    @property
    def relinked(self) -> int:
        """How often this process saw that two rows are one human, or aren't."""

    def disown(self, id: PersonId) -> Person:
        """The address of a row turns out to be somebody else's: it links the two no longer."""

    def same_as(self, entry: str, other: str) -> None:
        """Links two addresses, accounts or Miro ids that belong to one human (keys of `Person.keys`)."""

    def known_as(self, key: str) -> frozenset[str]:
        """Everything that is linked to an address, Slack account or Miro id, itself included."""

    def addresses_about(self, length: int) -> Sequence[str]:
        """Addresses of about this many characters, of people with an account in Slack or Miro."""

    def keep_links(self, same: Mapping[str, str], apart: Mapping[str, Collection[str]]) -> None:
        """Takes up whom the policy in force calls the same person, and whom different people."""

    def saw(self, account: Account, email: str, **names: str) -> Person:
        """Writes down what Slack said of an account, with the names it gave, in one transaction."""

    def stale(self, before: datetime, limit: int, latest: datetime | None = None) -> Sequence[Account]:
        """Accounts last looked at before a time, longest ago first.

        And those whose look lies after `latest`, which is now: a clock that was ahead dated it.
        """

    def keep_members(self, handle: str, members: Iterable[SlackId] | None, now: datetime) -> None:
        """Writes down who is in a Slack user group, or a channel; None: Slack knows none of that name."""

    def keep_manager(self, id: PersonId, boss: PersonId | None, now: datetime) -> None:
        """Writes down who manages somebody, as Slack or Miro said; None: nobody is known to."""

    def named_delegate(self, id: PersonId, now: datetime) -> Delegation | None:
        """Whom somebody named, also for days to come."""


class Groups(Protocol):
    """The table of Miro groups."""

    def all(self) -> Sequence[Group]:
        """Every group that is still there, by the name people know."""

    def get(self, id: GroupId) -> Group | None:
        """One group, gone or not."""

    def keep(self, seen: Iterable[tuple[GroupId, str]], *, whole: bool = True) -> None:
        """Writes down security names; with `whole`, what isn't among them is gone."""

    def seen_at(self) -> datetime | None:
        """When the whole list was last taken."""

    def keep_admins(self, seen: Iterable[Admin]) -> None:
        """Writes down who has admin rights in Miro; whoever isn't among them has none."""

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """Who has admin rights in Miro, and when that was seen."""


class Cards(Protocol):
    """The messages the bot has in Slack, and those it still has to send."""

    def of(self, request: RequestId) -> Sequence[Card]:
        """All cards of a request."""

    def put(self, card: Card) -> None:
        """Writes a card down, by (request, role, address, round)."""

    def behind(self, limit: int) -> Sequence[RequestId]:
        """Requests whose newest version isn't drawn everywhere: urgent ones first, then settled ones."""

    def drawn(self, request: RequestId, version: int, retry_at: datetime | None) -> None:
        """Everything of this version is drawn, or is to be tried again at a time."""

    def at(self, channel: str, ts: str) -> Card | None:
        """The card that is this message."""

    def redraw(self, request: RequestId) -> None:
        """Has every copy of a request drawn again."""

    def say(self, note: Note) -> None:
        """Puts a message on its way."""

    def notes(self, limit: int) -> Sequence[Note]:
        """Messages whose time has come."""

    def said(self, note: Note, retry_at: datetime | None = None) -> None:
        """The message is sent (or given up), or is to be tried again."""


class Store(Protocol):
    """The record, and everything that has to change in the same transaction as it."""

    @property
    def people(self) -> People:
        """The table of people."""

    @property
    def groups(self) -> Groups:
        """The table of groups."""

    @property
    def cards(self) -> Cards:
        """The messages."""

    @property
    def homes(self) -> Homes:
        """The page that each person has."""

    @property
    def finding(self) -> Finding:
        """Requests by what they are found by."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction over everything in the store."""

    def ask(self, draft: Draft, receipt: str = "") -> Request:
        """Writes *asked* and gives the request its number. A receipt seen before: the request of then.

        Raises Overtaken when that delivery was taken as something else.
        """

    def append(self, request: Request, drafts: Sequence[Draft], claim: Claim | None = None) -> Request:
        """Appends events to the version that was read. Raises Overtaken, ClaimLost, Impossible."""

    def request(self, id: RequestId) -> Request:
        """One request. Raises KeyError."""

    def events(self, stream: str | None = None) -> Iterable[Event]:
        """The entries of one request, or of the whole record, oldest first."""

    def sealed(self, stream: str | None = None) -> Iterable[Sealed]:
        """The same entries as they are stored, with what it takes to check them."""

    def requests(
        self, *, states: Iterable[str] = (), person: PersonId | None = None, limit: int = 200
    ) -> Sequence[Request]:
        """Requests, newest first; of a person: those asked by or about them."""

    def twins(self, request: Request) -> Sequence[Request]:
        """Older requests of the same action and subject that are not ended."""

    def done(self, action: str, subject: PersonId) -> Sequence[Request]:
        """Every request of this action about this person that was carried out, newest first."""

    def followers(self, request: RequestId) -> Sequence[Request]:
        """Requests that joined this one."""

    def due(self, limit: int = 50) -> Sequence[Request]:
        """Requests about which time brings something: those that wait, and those given for some days."""

    def claim(self, owner: str, lease: timedelta, least: int = Urgency.ORDINARY) -> Claim | None:
        """The next request, at least so urgent, that has work due and whose lanes are all free."""

    def rank(self, id: RequestId) -> int:
        """How urgent a request is that has work due, with what waits behind it in its lanes."""

    def renew(self, claim: Claim, lease: timedelta) -> None:
        """Keeps a claim alive. Raises ClaimLost."""

    def release(self, claim: Claim) -> None:
        """Gives a claim back."""

    def leases(self) -> set[str]:
        """Owners of claims that haven't run out."""

    def free(self, owner: str) -> None:
        """Ends the claims of an owner that is known to be dead."""

    def once(self, receipt: str) -> bool:
        """Whether this delivery is new; it isn't new a second time."""

    def spend(self, credits: int, pool: int, window: timedelta, place: Place = ...) -> float:
        """Takes credits from the shared pool; returns 0, or the seconds until there may be enough."""

    def unqueue(self, ticket: str) -> None:
        """Gives up a place in the queue for credits."""

    def arrived(self, credits: int, left: datetime) -> None:
        """Dates credits anew whose call left then and was answered only now."""

    def delegate(self, draft: Draft) -> None:
        """Writes down that somebody named a delegate, or came back, and that it is so from now on."""

    def split(self, draft: Draft) -> None:
        """Writes down that what is linked as one human is two, and that it is so from now on."""

    def take_policy(self, text: str) -> str:
        """Stores a policy under its hash and writes that it is in force; returns the hash."""

    def mean_teams(self, hash: str, meanings: Meanings) -> None:
        """Writes down which groups the names of teams in a policy mean from now on."""

    def meant_teams(self, hash: str = "") -> Meanings | None:
        """Which groups the names in a policy mean, or in the last one; None where that wasn't settled."""

    def policy_in_force(self) -> str:
        """The hash of the policy that was put in force last; '' in a new record."""

    def policy(self, hash: str) -> str:
        """The text of a policy. Raises KeyError."""

    def head(self) -> Anchor:
        """How long the record is now, and how it ends."""

    def verify(self, anchors: Sequence[Anchor] = ()) -> Verified:
        """Walks the whole record."""

    def tidy(self) -> None:
        """Does what can wait until nobody waits."""

    def close(self) -> None:
        """Lets go of every connection."""
