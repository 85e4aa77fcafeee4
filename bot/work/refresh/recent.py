"""Look-ups in Slack that aren't repeated within a minute, for the check right before the first write."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from approvals.ids import PersonId, SlackId
from approvals.people import Directory, Person
from bot.context import Colleagues

T = TypeVar("T")

LIVE = timedelta(minutes=1)
"""How long what Slack said counts as what it says now. Of most methods Slack takes 50 calls a minute."""
MOST = 5_000
"""Answers kept in memory; beyond, those older than a minute are dropped."""


@dataclass
class Lately:
    """Colleagues, each asked about once a minute, whichever request wants to know. Safe for threads."""

    colleagues: Colleagues
    people: Directory
    now: Callable[[], datetime]
    _kept: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    """When each question was asked, and the answer."""
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def ranked(self, urgency: int) -> "Lately":
        """The same answers, for work on a request of this urgency."""
        return replace(self, colleagues=self.colleagues.ranked(urgency))

    def look(self, person: Person) -> Person:
        """Looks up those accounts of a person that weren't within a minute. Raises SlackAway."""
        if not person.accounts:
            return (self.find(person.email) or person) if person.email else person
        for account in person.accounts:
            self.find(account.slack_id)
        return self.people.person(person.id)

    def find(self, entry: str) -> Person | None:
        """The person behind an e-mail or Slack id. Raises SlackAway."""
        known = self.people.by_email(entry) if "@" in entry else None
        if known and known.accounts and all(self._is_live(_key(one.slack_id)) for one in known.accounts):
            return known
        id = self._once(_key(entry), lambda: self._found(entry))
        return self.people.person(id) if id else None

    def user_group(self, handle: str) -> list[SlackId] | None:
        """Who is in a Slack user group. Raises SlackAway."""
        return self._once(f"group {handle.casefold()}", lambda: self.colleagues.user_group(handle))

    def channel(self, id: str) -> list[SlackId] | None:
        """Who is in a channel. Raises SlackAway."""
        return self._once(f"channel {id}", lambda: self.colleagues.channel(id))

    def manager(self, person: Person, field: str) -> SlackId | None:
        """Who manages somebody, by a protected field of the Slack profile. Raises SlackAway, BadField."""
        return self._once(f"{field} of {person.id}", lambda: self.colleagues.manager(person, field))

    def _found(self, entry: str) -> PersonId | None:
        began = self.now()
        person = self.colleagues.find(entry)
        for account in person.accounts if person else ():
            # By an address, one of the accounts was seen; it says when itself.
            if account.checked_at and account.checked_at >= began:
                self._kept[_key(account.slack_id)] = began, person.id if person else None
        return person.id if person else None

    def _is_live(self, question: str) -> bool:
        kept = self._kept.get(question)
        return kept is not None and timedelta(0) <= self.now() - kept[0] < LIVE

    def _once(self, question: str, ask: Callable[[], T]) -> T:
        """What was answered within a minute; who wants to know the same meanwhile waits for that answer."""
        with self._locks.setdefault(question, threading.Lock()):
            if self._is_live(question):
                answer: T = self._kept[question][1]
                return answer
            asked_at = self.now()
            answer = ask()
            self._kept[question] = asked_at, answer
        if len(self._kept) > MOST:
            self._forget()
        return answer

    def _forget(self) -> None:
        for question in [one for one in list(self._kept) if not self._is_live(one)]:
            self._kept.pop(question, None)
            self._locks.pop(question, None)


def _key(entry: str) -> str:
    """What an address or account is kept under; ids differ from addresses, and don't differ by case."""
    return entry.casefold()
