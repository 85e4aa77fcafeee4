"""Look-ups in Slack cached for a minute, for the check right before the first write."""

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
"""How long an answer of Slack's counts as live. Slack allows 50 calls a minute of most methods."""
MAX_ANSWERS = 5_000
"""The answers kept in memory; beyond that, those older than a minute are dropped."""


@dataclass
class CachedColleagues:
    """Colleagues, each looked up at most once a minute for all requests. Thread-safe."""

    colleagues: Colleagues
    people: Directory
    now: Callable[[], datetime]
    _answers: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    """{question: (when it was asked, answer)}; for an entry the question is the case-folded entry."""
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def ranked(self, urgency: int) -> "CachedColleagues":
        """A copy with the same cache, for work on a request of this urgency."""
        return replace(self, colleagues=self.colleagues.ranked(urgency))

    def look(self, person: Person) -> Person:
        """Looks up the accounts of a person not looked up within a minute. Raises SlackAway."""
        if not person.accounts:
            return (self.find(person.email) or person) if person.email else person
        for account in person.accounts:
            self.find(account.slack_id)
        return self.people.person(person.id)

    def find(self, entry: str) -> Person | None:
        """The person with an e-mail or Slack id. Raises SlackAway."""
        known = self.people.by_email(entry) if "@" in entry else None
        accounts = known.accounts if known else ()
        if accounts and all(self._is_live(canonical(account.slack_id)) for account in accounts):
            return known
        id = self._once(canonical(entry), lambda: self._find(entry))
        return self.people.person(id) if id else None

    def user_group(self, handle: str) -> list[SlackId] | None:
        """The members of a Slack user group. Raises SlackAway."""
        return self._once(f"group {canonical(handle)}", lambda: self.colleagues.user_group(handle))

    def channel(self, id: str) -> list[SlackId] | None:
        """The members of a channel. Raises SlackAway."""
        return self._once(f"channel {id}", lambda: self.colleagues.channel(id))

    def manager(self, person: Person, field: str) -> SlackId | None:
        """A person's manager, by a protected field of the Slack profile. Raises SlackAway, BadField."""
        return self._once(f"{field} of {person.id}", lambda: self.colleagues.manager(person, field))

    def _find(self, entry: str) -> PersonId | None:
        asked_at = self.now()
        person = self.colleagues.find(entry)
        for account in person.accounts if person else ():
            # For an address one of the accounts was looked up: the one with a recent time.
            if person and account.checked_at and account.checked_at >= asked_at:
                self._answers[canonical(account.slack_id)] = asked_at, person.id
        return person.id if person else None

    def _is_live(self, question: str) -> bool:
        answer = self._answers.get(question)
        return answer is not None and timedelta(0) <= self.now() - answer[0] < LIVE

    def _once(self, question: str, ask: Callable[[], T]) -> T:
        """The cached answer, or that of `ask`; other threads with this question wait for it."""
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
