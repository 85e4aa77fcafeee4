"""Look-ups in Slack that aren't repeated within a minute, for the check right before the first write."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from approvals.ids import PersonId, SlackId
from approvals.people import Directory, Person, canonical
from bot.context import Colleagues

T = TypeVar("T")

LIVE = timedelta(minutes=1)
"""How long an answer of Slack's counts as live. Of most methods Slack takes 50 calls a minute."""
MAX_ANSWERS = 5_000
"""Answers kept in memory; beyond, those older than a minute are dropped."""


@dataclass
class CachedColleagues:
    """Colleagues, each asked about once a minute, whichever request it is for. Safe for threads."""

    colleagues: Colleagues
    people: Directory
    now: Callable[[], datetime]
    _answers: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    """When each question was asked, and the answer. An entry's key is the entry, with its case folded."""
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def ranked(self, urgency: int) -> "CachedColleagues":
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
        accounts = known.accounts if known else ()
        if accounts and all(self._is_live(canonical(account.slack_id)) for account in accounts):
            return known
        id = self._once(canonical(entry), lambda: self._find(entry))
        return self.people.person(id) if id else None

    def user_group(self, handle: str) -> list[SlackId] | None:
        """Who is in a Slack user group. Raises SlackAway."""
        return self._once(f"group {canonical(handle)}", lambda: self.colleagues.user_group(handle))

    def channel(self, id: str) -> list[SlackId] | None:
        """Who is in a channel. Raises SlackAway."""
        return self._once(f"channel {id}", lambda: self.colleagues.channel(id))

    def manager(self, person: Person, field: str) -> SlackId | None:
        """Who manages somebody, by a protected field of the Slack profile. Raises SlackAway, BadField."""
        return self._once(f"{field} of {person.id}", lambda: self.colleagues.manager(person, field))

    def _find(self, entry: str) -> PersonId | None:
        asked_at = self.now()
        person = self.colleagues.find(entry)
        for account in person.accounts if person else ():
            # By an address, one of the accounts was looked at; which one, its own time says.
            if person and account.checked_at and account.checked_at >= asked_at:
                self._answers[canonical(account.slack_id)] = asked_at, person.id
        return person.id if person else None

    def _is_live(self, question: str) -> bool:
        answer = self._answers.get(question)
        return answer is not None and timedelta(0) <= self.now() - answer[0] < LIVE

    def _once(self, question: str, ask: Callable[[], T]) -> T:
        """The answer of the last minute; threads that ask the same meanwhile wait for that answer."""
        with self._locks.setdefault(question, threading.Lock()):
            if self._is_live(question):
                answer: T = self._answers[question][1]
                return answer
            asked_at = self.now()
            answer = ask()
            self._answers[question] = asked_at, answer
        if len(self._answers) > MAX_ANSWERS:
            for old in [known for known in list(self._answers) if not self._is_live(known)]:
                self._answers.pop(old, None)
                self._locks.pop(old, None)
        return answer
