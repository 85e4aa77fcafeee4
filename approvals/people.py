"""The people and groups that requests are about, as the local tables know them."""

import string
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from approvals.ids import GroupId, PersonId, SlackId

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
        return self.checked_at is not None and now - self.checked_at <= FRESH

    @property
    def is_outside(self) -> bool:
        """Whether Slack says that it belongs to nobody who works here now."""
        return self.standing not in (Standing.COLLEAGUE, Standing.UNKNOWN)

    def says_the_same(self, other: "Account", now: datetime) -> bool:
        """Whether somebody may do with one look at an account what they may with the other."""
        return self.standing == other.standing and self.fresh(now) == other.fresh(now)


@dataclass(frozen=True)
class Person:
    """One human. Two rows with the same e-mail are the same human, whatever their ids say."""

    id: PersonId
    email: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    miro_id: str = ""
    accounts: tuple[Account, ...] = ()

    @property
    def called(self) -> str:
        """The name to show."""
        return self.name or self.email or str(self.id)

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
        """Whether both are the same human; a second Slack account doesn't make a second person."""
        return self.id == other.id or bool(self.email and self.email == other.email)


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


_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def canonical(email: str) -> str:
    """An address as it is compared: Miro's schema calls userName `caseExact: false`.

    Only A to Z are folded (RFC 5321 section 2.3.11 leaves other characters to the host). Unicode's case
    folding would make "\u017fam@example.com" (long s) the same address as "sam@example.com".
    """
    return email.strip(string.whitespace).translate(_FOLDED)


def listed(names: Iterable[str], word: str = "and") -> str:
    """'Ada', 'Ada and Bo', 'Ada, Bo and Cy'."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last
