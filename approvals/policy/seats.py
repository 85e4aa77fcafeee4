"""Who has a seat in a step of approval, and whether every step can be filled: one engine for any directory.

Three directories serve it: the file alone (`policy check`; with a record beside it, `policy who`), the record
(the ask, the click), and the record once everybody was looked up again (before the first change in Miro).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import combinations
from typing import NamedTuple

from approvals.ids import PersonId
from approvals.people import Delegation, Person, known
from approvals.policy.model import Policy
from approvals.policy.reading import Reading
from approvals.policy.rules import Step
from approvals.refusals import Refused
from approvals.request import Vote
from approvals.sentence import Sentence


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide, and why: completes "You're asked because …"."""

    person: Person
    because: str
    notified: bool = True
    stands_for: PersonId | None = None
    is_fallback: bool = False
    is_unreachable: bool = False
    """Whether no message reaches them: they may decide, and nobody can count on it."""

    @property
    def principal(self) -> PersonId:
        """Whose vote it is: a delegate's counts for the one who is away."""
        return self.stands_for or self.person.id


def reachable(seats: Iterable[Approver]) -> int:
    """How many votes they can give: a delegate and who is away have one together."""
    return len({seat.principal for seat in seats if not seat.is_unreachable})


Steps = tuple[int, ...]
"""Some steps of a rule, by their place in its ladder."""


class Shortage(NamedTuple):
    """Steps which together want more votes than there are people for them."""

    steps: Steps
    wanted: int
    can: int

    def __str__(self) -> str:
        return f"{self.wanted} must agree and {self.can} can"


@dataclass
class _Humans:
    """Numbers people: each human once, however many rows there are of them."""

    policy: Policy
    _people: list[Person] = field(default_factory=list)
    _by_key: dict[str, list[int]] = field(default_factory=dict)

    def _keys(self, person: Person) -> set[str]:
        return self.policy.names({*person.keys, *person.today, person.id})

    def find(self, person: Person) -> int | None:
        """The number of the same human, if there is one. Only who shares a key can be the same."""
        near = {number for key in self._keys(person) for number in self._by_key.get(key, ())}
        return next((n for n in sorted(near) if self.policy.is_same(self._people[n], person)), None)

    def number(self, person: Person) -> int:
        """The same; a new one for somebody who wasn't there."""
        if (number := self.find(person)) is not None:
            return number
        for key in self._keys(person):
            self._by_key.setdefault(key, []).append(len(self._people))
        self._people.append(person)
        return len(self._people) - 1


@dataclass(frozen=True)
class Seats(Reading):
    """Who may decide by one policy: stepping over those who can't, with delegates and the fallback group."""

    @property
    def fallback(self) -> tuple[str, ...]:
        """Who decides what nobody else can."""
        return self.rule.fallback or self.policy.fallback

    def seats(self, step: Step, votes: Sequence[Vote] = (), level: int = 0) -> tuple[Approver, ...]:
        """Who may decide a step when nobody has voted in it yet; `votes` are those of earlier steps."""
        voted = () if self.rule.same_person_twice else votes
        return self.seats_for(step, level, step.agree, (), voted)[0]

    def seats_for(
        self, step: Step, level: int, need: int, unreachable: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[Sentence, ...]]:
        """Who may decide a step after so many escalations, and notes on who was stepped over.

        The fallback group as well, where those can't give the `need`ed votes. Who `voted` has no seat.
        """
        seats, notes = self._seated(step.entries(level), unreachable, voted)
        first = [named.person for named in self.named(step.approvers) if named.person] if level else []
        later = [seat for seat in seats if not any(map(seat.person.is_, first))] if level else []
        if ids := [seat.person.id for seat in later if not seat.stands_for]:
            notes = (*notes, Sentence.of("asked-later", people=ids))
        if reachable(seats) >= need:
            return seats, notes
        spare = self.spare(seats, unreachable, voted)
        if spare:
            notes = (*notes, Sentence.of("asked-instead", people=[seat.person.id for seat in spare]))
        return (*seats, *spare), notes

    def spare(
        self,
        seats: Sequence[Approver] = (),
        unreachable: Collection[PersonId] = (),
        voted: Sequence[Vote] = (),
    ) -> tuple[Approver, ...]:
        """The fallback group, who decides what nobody else can any more; but for who has a seat already."""
        because, taken = "nobody else can decide it", [seat.person for seat in seats]
        return tuple(
            replace(seat, is_fallback=True, because=seat.because or because)
            for seat in self._seated(self.fallback, unreachable, voted)[0]
            if not any(self.policy.is_same(seat.person, other) for other in taken)
        )

    def _seated(
        self, entries: Iterable[str], unreachable: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[Sentence, ...]]:
        """Everybody of a list who may decide, those who stand in for them, and why others were left out."""
        humans, seats, notes = _Humans(self.policy), dict[int, Approver](), list[Sentence]()
        for named in self.named(entries):
            person = named.person
            if person is None or not person.is_colleague:
                gone = Sentence.of("gone", person=person.id) if person else None
                notes.append(gone or Sentence.of("unknown", entry=named.entry))
            elif not self._is_out(person, voted):
                number, is_unreachable = humans.number(person), person.id in unreachable
                if is_unreachable and number not in seats:
                    notes.append(Sentence.of("unreachable", person=person.id))
                seat = seats.setdefault(
                    number, Approver(person, named.because, False, is_unreachable=is_unreachable)
                )
                # Who stands in two entries is notified, if one of them says so.
                is_notified = seat.notified or named.notified
                seats[number] = replace(seat, notified=is_notified and not seat.is_unreachable)
        for number, seat in tuple(seats.items()):
            delegate = self._delegate(seat.person)
            if delegate is None or self._is_out(delegate, voted) or humans.find(delegate) is not None:
                continue
            is_unreachable, because = (
                delegate.id in unreachable,
                f"{seat.person.addressed} is away and you stand in",
            )
            # A delegate who can't be reached leaves it with the one who is away.
            seats[number] = replace(seat, notified=seat.notified and is_unreachable)
            is_notified = (seat.notified or seat.is_unreachable) and not is_unreachable
            seats[humans.number(delegate)] = Approver(
                delegate, because, is_notified, seat.person.id, is_unreachable=is_unreachable
            )
        return tuple(seats.values()), tuple(note for n, note in enumerate(notes) if note not in notes[:n])

    def _is_out(self, person: Person, voted: Sequence[Vote]) -> bool:
        """Whether somebody has no seat: excluded, or with a vote already."""
        return self.excludes(person) or any(self.is_by(vote, person) for vote in voted)

    def is_by(self, vote: Vote, person: Person) -> bool:
        """Whether a vote is somebody's own, or was given in their place."""
        return any(self.policy.is_same(other, person) for other in self.behind(vote))

    def behind(self, vote: Vote) -> list[Person]:
        """Who gave a vote, and in whose place."""
        return [person for id in (vote.by, vote.principal) if (person := known(self.directory, id))]

    def _delegate(self, person: Person) -> Person | None:
        """Who stands in for somebody; never a delegate's delegate."""
        away = self._delegation(person.id)
        delegate = known(self.directory, away.delegate) if away else None
        return delegate if delegate and delegate.is_colleague else None

    @cached_property
    def _delegation(self) -> Callable[[PersonId], Delegation | None]:
        return cache(lambda id: self.directory.delegation(id, self.now))

    def shortages(self, numbers: Collection[int] | None = None) -> Iterator[Shortage]:
        """Why it could never be decided: steps, each and together, need people enough; fewest steps first.

        `numbers`: the steps to look at, if not all. Whoever isn't there any more once it comes to a later
        step is stood in for by the fallback group.
        """
        ladder, humans = self.rule.ladder, _Humans(self.policy)
        numbers = range(len(ladder)) if numbers is None else numbers
        spare, people = [humans.number(seat.person) for seat in self.spare() if not seat.stands_for], {}
        for number in numbers:
            seats = self.seats(ladder[number])
            # Who stands in for one of them has no other vote as the fallback.
            busy = {humans.number(seat.person) for seat in seats if seat.stands_for}
            own = {humans.number(seat.person) for seat in seats if not seat.stands_for}
            people[number] = own | ({*spare} - busy)
        most = 1 if self.rule.same_person_twice else len(people)
        for steps in (steps for count in range(1, most + 1) for steps in combinations(numbers, count)):
            wanted = sum(ladder[number].agree for number in steps)
            can = len(set[int]().union(*(people[number] for number in steps)))
            if can < wanted:
                yield Shortage(steps, wanted, can)

    def unfillable(self) -> str:
        """Why this could never be decided, or ''."""
        return str(next(self.shortages(), ""))

    def check_fillable(self) -> None:
        """Refuses what nobody could decide, now or in a later step."""
        if problem := self.unfillable():
            raise Refused(
                f"Nobody can decide this: {problem}. Ask your IT team to add an approver to the policy."
            )
