"""A request as a policy sees it: who asks, whom it concerns, and what the form says."""

from dataclasses import dataclass, field

from approvals.people import Person
from approvals.request import Scope


@dataclass(frozen=True)
class Case:
    """The parts of one request that a policy looks at."""

    action: str
    requester: Person
    subject: Person | None = None
    scope: Scope = field(default_factory=Scope)
    others: tuple[Person, ...] = ()
    """Others who can't decide it: people who asked for the same, and those who gain something by it."""

    @property
    def concerned(self) -> Person:
        """The person it is about: the subject, else the requester."""
        return self.subject or self.requester

    @property
    def owned(self) -> tuple[tuple[str, ...], ...]:
        """The teams whose owners decide: those joined or changed, else those left."""
        return self.scope.teams or self.scope.left

    @property
    def excluded(self) -> tuple[Person, ...]:
        """Who may never decide it: everybody who asked, or gains by it, and the person concerned."""
        return (self.requester, *self.others, *((self.subject,) if self.subject else ()))
