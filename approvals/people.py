"""The people and groups that requests are about, as stored in the local tables."""

import hashlib
import string
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from approvals.clocks import is_recent, zone_of
from approvals.ids import GroupId, PersonId, SlackId, stamp

FORGOTTEN, DIGEST = "somebody who was forgotten", "forgotten:"
"""The name of who was forgotten, and how their keys begin."""
SOURCE = "directory:"
"""Begins the key of a directory, under whose row it asks."""
FRESH = timedelta(hours=24)
"""How long Slack's data about an account counts; nobody asks or decides with older data."""


class Standing(StrEnum):
    """The kind of an account, by Slack."""

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
        """Whether it was looked up recently enough to decide by it."""
        return is_recent(self.checked_at, now, FRESH)

    @property
    def is_outside(self) -> bool:
        """Whether by Slack it belongs to nobody who works here now."""
        return self.standing not in (Standing.COLLEAGUE, Standing.UNKNOWN)


@dataclass(frozen=True)
class Person:
    """One row of the table of people, and the keys of the human it belongs to.

    Two questions are kept apart. Who *acts* is the row, or another one with the same address today (`is_`):
    this decides what a person may do. The *same human* is every row linked by anything ever seen
    (`is_linked`): this decides what a person must not do, like deciding their own request.
    """

    id: PersonId
    email: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    miro_id: str = ""
    accounts: tuple[Account, ...] = ()
    is_offboarded: bool = False
    """Whether the newest of the requests that open or close their account in Miro closed it."""
    known: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """The stored keys of the human: all rows, accounts, addresses and Miro ids ever linked to it."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """The stored keys of the human; of a row without links, its own."""
        own = (self.id, self.email, *(account.slack_id for account in self.accounts))
        miro = {miro_key(self.miro_id)} if self.miro_id else set[str]()
        return self.known or frozenset({entry for entry in own if entry} | miro)

    @property
    def source(self) -> str:
        """The name of the directory that asks under this row, which is no human; '' for people."""
        return next((key.removeprefix(SOURCE) for key in self.known if key.startswith(SOURCE)), "")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of their Slack account; UTC where it isn't known."""
        return zone_of(self.account.zone if self.account else "")

    @property
    def today(self) -> set[str]:
        """The keys by which the person acts now."""
        return {key for key in (self.email, *(account.slack_id for account in self.accounts)) if key}

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address ever seen of the human, today's first."""
        others = sorted(entry for entry in self.keys if "@" in entry and entry != self.email)
        return (*([self.email] if self.email else []), *others)

    @property
    def rows(self) -> tuple[PersonId, ...]:
        """Every row of the human, this one first."""
        others = sorted(entry for entry in self.keys if entry.startswith("P-") and entry != self.id)
        return (self.id, *map(PersonId, others))

    @property
    def called(self) -> str:
        """The name to show."""
        return self.name or self.email or (FORGOTTEN if self.is_forgotten else str(self.id))

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing but digests is known of the person any more."""
        known = self.name or self.email or self.miro_id or self.accounts
        return not known and any(key.startswith(DIGEST) for key in self.known)

    @property
    def addressed(self) -> str:
        """The name with the address, for plain text, because anybody can choose any name.

        Only three words of a long name are shown, so that a card isn't cut before the address. Without an
        address, the account id is shown.
        """
        whole = neutral(self.name)
        name = " ".join(whole.split()[:3])[:39]
        if self.source:
            return name
        shown = FORGOTTEN if self.is_forgotten else name if name == whole else f"{name}…"
        return addressed(shown, self.email or (self.account.slack_id if self.account else str(self.id)))

    @property
    def account(self) -> Account | None:
        """The account to write to: a colleague's if there is one, else any."""
        ranked = sorted(self.accounts, key=lambda each: each.standing is not Standing.COLLEAGUE)
        return ranked[0] if ranked else None

    @property
    def is_colleague(self) -> bool:
        """Whether one of the accounts is a colleague's, as needed to decide, and they weren't offboarded."""
        return not self.is_offboarded and any(each.standing is Standing.COLLEAGUE for each in self.accounts)

    @property
    def has_left(self) -> bool:
        """Whether all accounts are deactivated."""
        return bool(self.accounts) and all(each.standing is Standing.LEFT for each in self.accounts)

    @property
    def is_outside(self) -> bool:
        """Whether each account is a guest's, another organization's or a bot's, or is deactivated."""
        return bool(self.accounts) and all(account.is_outside for account in self.accounts)

    def sealed(self, through: Account | None) -> str:
        """Name, address and account of today, for the record: the tables of people change later."""
        known = f"{self.email or self.name} {through.slack_id if through else ''}".strip()
        return known or str(self.id)

    def is_(self, other: "Person") -> bool:
        """Whether both are the same today: one row or one address, whatever the account."""
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
    """A delegate of a person, with start and end."""

    person: PersonId
    delegate: PersonId
    since: datetime
    until: datetime

    @property
    def key(self) -> str:
        """16 hex digits that identify it, carried by the buttons drawn from it."""
        parts = (self.person, self.delegate, stamp(self.since), stamp(self.until))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at a time."""
        return self.since <= now < self.until


class Directory(Protocol):
    """The people as needed to decide a request."""

    def person(self, id: PersonId) -> Person:
        """The person with this id; raises KeyError."""

    def by_email(self, email: str) -> Person | None:
        """The person with this address, whatever its case."""

    def by_slack(self, slack_id: SlackId) -> Person | None:
        """The person with this Slack account."""

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """The members of a Slack user group or channel; none if the last look-up is older than a day."""

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether the members of a group or channel were looked up within a day, and Slack knows it."""

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """A person's manager, if Slack or Miro named one within a day."""

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """A person's delegation that holds at a time."""


def known(directory: Directory, id: PersonId) -> Person | None:
    """The person with this id; None if their data was deleted."""
    try:
        return directory.person(id)
    except KeyError:
        return None


_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def canonical(email: str) -> str:
    """An address in the form for comparing: Miro's schema calls userName `caseExact: false`.

    Only A to Z are folded (RFC 5321 section 2.3.11 leaves other characters to the host). Unicode's case
    folding would make "\u017fam@example.com" (long s) the same address as "sam@example.com".
    """
    return email.strip(string.whitespace).translate(_FOLDED)


def key(entry: str) -> str:
    """An address or a Slack id, as people and policies write it, as a key in `Person.keys`."""
    return canonical(entry) if "@" in entry else entry.strip()


def miro_key(id: str) -> str:
    """A Miro id as a key in `Person.keys`."""
    return f"miro:{id}"


def listed(names: Iterable[str], word: str = "and") -> str:
    """'Ada', 'Ada and Bo', 'Ada, Bo and Cy'."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def addressed(name: str, email: str) -> str:
    """'Alex Smith (alex@example.com)', or the part that is known."""
    shown = neutral(name)
    return f"{shown} ({email})" if shown and email else email or shown


def neutral(name: str) -> str:
    """A display name without signs that could make it look like a name with an address."""
    return " ".join("".join(map(_neutral, name)).split())


def _neutral(letter: str) -> str:
    if "@" in unicodedata.normalize("NFKC", letter):
        return " at "
    if letter.isspace() or unicodedata.category(letter) in ("Ps", "Pe"):
        return " "
    return "" if unicodedata.category(letter)[0] == "C" else letter
