"""One ask as a policy sees it: of whom, about whom, and what the form says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from approvals.people import Person


@dataclass(frozen=True)
class Case:
    """One ask. A team is a tuple of all the names it has."""

    action: str
    requester: Person
    subject: Person | None = None
    teams: tuple[tuple[str, ...], ...] = ()
    """Every team that is joined or changed."""
    days: int | None = None
    """For how many days it is asked; None for no end."""
    details: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What else a rule may look at, each with all the names it has."""
    left: tuple[tuple[str, ...], ...] = ()
    """Every team that is left."""
    others: tuple[Person, ...] = ()
    """Who asked for the very same and joined: they decide it no more than who asked first."""

    @property
    def concerned(self) -> Person:
        """The person it is about; the requester, where it is about nobody else."""
        return self.subject or self.requester

    @property
    def owned(self) -> tuple[tuple[str, ...], ...]:
        """The teams whose owners have a say: those that are joined or changed, else those that are left."""
        return self.teams or self.left

    @property
    def excluded(self) -> tuple[Person, ...]:
        """Who may never decide it: whoever asked, and the person concerned."""
        return (self.requester, *self.others, *((self.subject,) if self.subject else ()))
