"""What routing is about: one ask as a policy sees it, who may decide it, and where it stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from approvals.ids import PersonId
from approvals.people import Person


@dataclass(frozen=True)
class Case:
    """One ask as a policy sees it: of whom, about whom, and what the form says."""

    action: str
    requester: Person
    subject: Person | None = None
    teams: tuple[tuple[str, ...], ...] = ()
    """Every team that is joined or changed, each with all the names it has."""
    days: int | None = None
    """For how many days it is asked; None for no end."""
    details: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What else a rule may look at, each with all the names it has."""

    left: tuple[tuple[str, ...], ...] = ()
    """Every team that is left, each with all the names it has."""

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
    def barred(self) -> tuple[Person, ...]:
        """Who may never decide it: whoever asked, and the person concerned."""
        return (self.requester, *self.others, *((self.subject,) if self.subject else ()))


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide, and why: completes "You're asked because …"."""

    person: Person
    because: str
    told: bool = True
    stands_for: PersonId | None = None
    is_fallback: bool = False
    is_lost: bool = False
    """Whether no message reaches them: they may decide, and nobody can count on it."""

    @property
    def principal(self) -> PersonId:
        """Whose vote it is: a delegate's counts for the one who is away."""
        return self.stands_for or self.person.id


@dataclass(frozen=True)
class Route:
    """Where a request stands under a policy: the step, who may decide it, and who was stepped over."""

    step: int
    steps: int
    agree: int
    need: int = 0
    """Votes that are still missing in this step."""
    approvers: tuple[Approver, ...] = ()
    notes: tuple[str, ...] = ()
    is_settled: bool = False
    confirms: bool = False
    """Whether there are votes, and they would do by now: one of them says so once more."""

    @property
    def is_stuck(self) -> bool:
        """Whether there aren't people enough for the current step."""
        return not self.is_settled and reached(self.approvers) < self.need


@dataclass(frozen=True)
class Named:
    """One entry of a list, and whom it means; None where nobody is known by it."""

    entry: str
    person: Person | None
    because: str = ""
    told: bool = True


def reached(some: Iterable[Approver]) -> int:
    """How many votes they can give: a delegate and who is away have one together."""
    return len({one.principal for one in some if not one.is_lost})
