"""The people and groups that requests are about, as the local tables know them."""

import hashlib
import string
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from approvals.clocks import is_recent
from approvals.ids import GroupId, PersonId, SlackId, stamp

FRESH = timedelta(hours=24)
"""How long what Slack said of an account counts; older than this, nobody asks or decides with it."""


class Standing(StrEnum):
    """What Slack says of an account."""

    UNKNOWN = "not looked at yet"
    COLLEAGUE = "colleague"
    GUEST = "guest"
    STRANGER = "somebody of another organization"
    BOT = "bot"
    LEFT = "deactivated"


@dataclass(frozen=True)
class Account:
    """One Slack account of a person."""

    slack_id: SlackId
    standing: Standing = Standing.UNKNOWN
    checked_at: datetime | None = None
    zone: str = ""

    def fresh(self, now: datetime) -> bool:
        """Whether what is known of it is recent enough to rest a decision on."""
        return is_recent(self.checked_at, now, FRESH)

    @property
    def is_outside(self) -> bool:
        """Whether Slack says that it belongs to nobody who works here now."""
        return self.standing not in (Standing.COLLEAGUE, Standing.UNKNOWN)

    def says_the_same(self, other: "Account", now: datetime) -> bool:
        """Whether somebody may do with one look at an account what they may with the other."""
        return self.standing == other.standing and self.fresh(now) == other.fresh(now)


@dataclass(frozen=True)
class Person:
    """One row of the table of people, and what is known of the human behind it.

    Two questions are never one. Who *acts* is the row, or another one of the same address today (`is_`): on
    that rests what somebody may do. Who may be the *same human* is everybody linked by anything ever seen
    (`is_linked`): on that rests what somebody must not do, like deciding their own request.
    """

    id: PersonId
    email: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    miro_id: str = ""
    accounts: tuple[Account, ...] = ()
    known: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """The keys of the human, as a store has linked them: rows, accounts, addresses and Miro ids ever seen."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """Everything by which the human is known; of a row without links, what stands in it."""
        own = (self.id, self.email, *(account.slack_id for account in self.accounts))
        miro = {miro_key(self.miro_id)} if self.miro_id else set[str]()
        return self.known or frozenset({one for one in own if one} | miro)

    @property
    def today(self) -> set[str]:
        """The keys by which somebody acts now."""
        return {key for key in (self.email, *(account.slack_id for account in self.accounts)) if key}

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address ever seen of the human, the one of today first."""
        others = sorted(one for one in self.keys if "@" in one and one != self.email)
        return (*([self.email] if self.email else []), *others)

    @property
    def rows(self) -> tuple[PersonId, ...]:
        """Every row of the human, this one first."""
        others = sorted(one for one in self.keys if one.startswith("P-") and one != self.id)
        return (self.id, *map(PersonId, others))

    @property
    def called(self) -> str:
        """The name to show."""
        return self.name or self.email or str(self.id)

    @property
    def addressed(self) -> str:
        """The same with the address, for plain text: anybody can choose any name.

        Of a long name three words are shown, as else a card may be cut before the address. Who has no address
        is told apart by the account.
        """
        whole = neutral(self.name)
        name = " ".join(whole.split()[:3])[:39]
        account = self.account.slack_id if self.account else str(self.id)
        return addressed(name if name == whole else f"{name}…", self.email or account)

    @property
    def account(self) -> Account | None:
        """The account to write to: a colleague's first, else whichever there is."""
        ranked = sorted(self.accounts, key=lambda one: one.standing is not Standing.COLLEAGUE)
        return ranked[0] if ranked else None

    @property
    def is_colleague(self) -> bool:
        """Whether Slack says so of one of the accounts: nobody else can ask or decide."""
        return any(one.standing is Standing.COLLEAGUE for one in self.accounts)

    @property
    def has_left(self) -> bool:
        """Whether every account of theirs is deactivated."""
        return bool(self.accounts) and all(one.standing is Standing.LEFT for one in self.accounts)

    @property
    def is_outside(self) -> bool:
        """Whether every account of theirs is a guest's, another organization's or a bot's, or deactivated."""
        inside = (Standing.COLLEAGUE, Standing.UNKNOWN)
        return bool(self.accounts) and not any(one.standing in inside for one in self.accounts)

    def sealed(self, through: Account | None) -> str:
        """Who this is today, for the record: tables of people change, and a name with them."""
        known = f"{self.email or self.name} {through.slack_id if through else ''}".strip()
        return known or str(self.id)

    def is_(self, other: "Person") -> bool:
        """Whether both are the same today: one row or one address, through whichever account."""
        return self.id == other.id or bool(self.email and self.email == other.email)

    def is_linked(self, other: "Person") -> bool:
        """Whether both may be one human: by any account, address or Miro id ever seen of either."""
        return self.is_(other) or not self.keys.isdisjoint(other.keys)


@dataclass(frozen=True)
class Group:
    """A Miro group: the name people know, and the name it has as a security group."""

    id: GroupId
    security_name: str
    known_name: str
    gone: bool = False


@dataclass(frozen=True)
class Delegation:
    """Who stands in for somebody, and from when until when."""

    person: PersonId
    delegate: PersonId
    since: datetime
    until: datetime

    @property
    def key(self) -> str:
        """Tells it apart from every other (16 hex digits), as a button carries it that was drawn from it."""
        parts = (self.person, self.delegate, stamp(self.since), stamp(self.until))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def holds(self, now: datetime) -> bool:
        """Whether it is so at a time."""
        return self.since <= now < self.until


class Directory(Protocol):
    """Where deciding looks people up."""

    def person(self, id: PersonId) -> Person:
        """The person with this id; raises KeyError."""

    def by_email(self, email: str) -> Person | None:
        """The person with this address, whatever its case."""

    def by_slack(self, slack_id: SlackId) -> Person | None:
        """The person this Slack account belongs to."""

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, or a channel; nobody, where that wasn't looked at for a day."""

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether Slack told within a day who is in a group or channel; not of one it doesn't know."""

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as Slack or Miro said within a day."""

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody at a time."""


def known(directory: Directory, id: PersonId) -> Person | None:
    """The person with this id; None for one who isn't kept any more."""
    try:
        return directory.person(id)
    except KeyError:
        return None


_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def canonical(email: str) -> str:
    """An address as it is compared: Miro's schema calls userName `caseExact: false`.

    Only A to Z are folded (RFC 5321 section 2.3.11 leaves other characters to the host). Unicode's case
    folding would make "\u017fam@example.com" (long s) the same address as "sam@example.com".
    """
    return email.strip(string.whitespace).translate(_FOLDED)


def key(entry: str) -> str:
    """An address or a Slack id as a key of `Person.keys`, however people and policies write it."""
    return canonical(entry) if "@" in entry else entry.strip()


def miro_key(id: str) -> str:
    """The same of an account in Miro."""
    return f"miro:{id}"


def listed(names: Iterable[str], word: str = "and") -> str:
    """'Ada', 'Ada and Bo', 'Ada, Bo and Cy'."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def addressed(name: str, email: str) -> str:
    """'Alex Smith (alex@example.com)', as far as it is known."""
    shown = neutral(name)
    return f"{shown} ({email})" if shown and email else email or shown


def neutral(name: str) -> str:
    """A display name that can't be read as an address, or as a name with an address behind it."""
    return " ".join("".join(map(_neutral, name)).split())


def _neutral(letter: str) -> str:
    kind = unicodedata.category(letter)
    if "@" in unicodedata.normalize("NFKC", letter):
        return " at "
    if kind in ("Ps", "Pe"):
        return " "
    return letter if kind[0] != "C" else " " if letter.isspace() else ""
