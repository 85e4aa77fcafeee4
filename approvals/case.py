"""One ask as a policy sees it: of whom, about whom, and what the form says."""

from dataclasses import dataclass, field

from approvals.people import Person
from approvals.request import Scope


@dataclass(frozen=True)
class Case:
    """One ask."""

    action: str
    requester: Person
    subject: Person | None = None
    scope: Scope = field(default_factory=Scope)
    others: tuple[Person, ...] = ()
    """Who asked for the very same and joined: they decide it no more than who asked first."""

    @property
    def concerned(self) -> Person:
        """The person it is about; the requester, where it is about nobody else."""
        return self.subject or self.requester

    @property
    def owned(self) -> tuple[tuple[str, ...], ...]:
        """The teams whose owners have a say: those that are joined or changed, else those that are left."""
        return self.scope.teams or self.scope.left

    @property
    def excluded(self) -> tuple[Person, ...]:
        """Who may never decide it: whoever asked, and the person concerned."""
        return (self.requester, *self.others, *((self.subject,) if self.subject else ()))
