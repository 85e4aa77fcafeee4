"""Seats (who may decide a step now), and whether all steps can be filled: one engine for any directory.

The directories: the file alone (`policy check`; together with a record, `policy who`), the record (ask and
click), and the record after everybody was looked up again (before the first change in Miro).
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
    """A person who may decide; the reason completes "You're asked because …"."""

    person: Person
    because: Sentence
    notified: bool = True
    stands_for: PersonId | None = None
    is_fallback: bool = False
    is_unreachable: bool = False
    """Whether messages can't reach them: they may decide, but don't count as available."""

    @property
    def principal(self) -> PersonId:
        """The person it counts for: a delegate votes for the person who is away."""
        return self.stands_for or self.person.id


def reachable(seats: Iterable[Approver]) -> int:
    """The number of votes they can give; a delegate and the person who is away share one."""
    return len({seat.principal for seat in seats if not seat.is_unreachable})


Steps = tuple[int, ...]
"""Indexes of steps in a rule's ladder."""


class Shortage(NamedTuple):
    """Steps that together need more votes than they have people."""

    steps: Steps
    wanted: int
    can: int

    def __str__(self) -> str:
        return f"{self.wanted} must approve, and only {self.can} can"


@dataclass
class _Humans:
    """Numbers humans: all rows of one human get the same number."""

    policy: Policy
    _people: list[Person] = field(default_factory=list)
    _by_key: dict[str, list[int]] = field(default_factory=dict)

    def _keys(self, person: Person) -> set[str]:
        return self.policy.names({*person.keys, *person.today, person.id})

    def find(self, person: Person) -> int | None:
        """The number of the human, or None; only people who share a key can be the same."""
        near = {number for key in self._keys(person) for number in self._by_key.get(key, ())}
        return next((n for n in sorted(near) if self.policy.is_same(self._people[n], person)), None)

    def number(self, person: Person) -> int:
        """The number of the human, a new one if necessary."""
        if (number := self.find(person)) is not None:
            return number
        for key in self._keys(person):
            self._by_key.setdefault(key, []).append(len(self._people))
        self._people.append(person)
        return len(self._people) - 1


@dataclass(frozen=True)
class Seats(Reading):
    """Who may decide by one policy: skips those who can't, adds delegates and the fallback group."""

    @property
    def fallback(self) -> tuple[str, ...]:
        """The entries that decide what nobody else can."""
        return self.rule.fallback or self.policy.fallback

    def seats(self, step: Step, votes: Sequence[Vote] = (), level: int = 0) -> tuple[Approver, ...]:
        """Who may decide a step without votes of its own yet; `votes`: those of earlier steps."""
        voted = () if self.rule.same_person_twice else votes
        return self.seats_for(step, level, step.agree, (), voted)[0]

    def seats_for(
        self, step: Step, level: int, need: int, unreachable: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[Sentence, ...]]:
        """(who may decide a step after so many escalations, notes on skipped people).

        Includes the fallback group if the others can't give `need` votes. People who `voted` have no seat.
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
        """The members of the fallback group who don't have a seat yet."""
        because, taken = Sentence("because-fallback"), _Humans(self.policy)
        for seat in seats:
            taken.number(seat.person)
        people = self._seated(self.fallback, unreachable, voted)[0]
        # Who sits here as a delegate has no seat as fallback, so none that a delegate could take either.
        void = {seat.person.id for seat in people if taken.find(seat.person) is not None}
        return tuple(
            replace(seat, is_fallback=True, because=seat.because or because)
            for seat in people
            if not void & {seat.person.id, seat.principal}
        )

    def _seated(
        self, entries: Iterable[str], unreachable: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[Sentence, ...]]:
        """(everybody of a list who may decide, delegates included; notes on skipped people)."""
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
                new = Approver(person, named.because, False, is_unreachable=is_unreachable)
                seat = seats.setdefault(number, new)
                # A person in two entries is notified if one of them says so.
                is_notified = seat.notified or named.notified
                seats[number] = replace(seat, notified=is_notified and not seat.is_unreachable)
        for number, seat in tuple(seats.items()):
            delegate = self._delegate(seat.person)
            if delegate is None or self._is_out(delegate, voted) or humans.find(delegate) is not None:
                continue
            is_unreachable = delegate.id in unreachable
            because = Sentence.of("because-delegate", who=seat.person.addressed)
            # If the delegate is unreachable, the person who is away is notified.
            seats[number] = replace(seat, notified=seat.notified and is_unreachable)
            is_notified = (seat.notified or seat.is_unreachable) and not is_unreachable
            seats[humans.number(delegate)] = Approver(
                delegate, because, is_notified, seat.person.id, is_unreachable=is_unreachable
            )
        return tuple(seats.values()), tuple(note for n, note in enumerate(notes) if note not in notes[:n])

    def _is_out(self, person: Person, voted: Sequence[Vote]) -> bool:
        """Whether a person has no seat: excluded, or has already voted."""
        return self.excludes(person) or any(self.is_by(vote, person) for vote in voted)

    def is_by(self, vote: Vote, person: Person) -> bool:
        """Whether a vote is a person's own, or a delegate's for them."""
        return any(self.policy.is_same(other, person) for other in self.behind(vote))

    def behind(self, vote: Vote) -> list[Person]:
        """The person who voted, and the one they stood in for."""
        return [person for id in (vote.by, vote.principal) if (person := known(self.directory, id))]

    def _delegate(self, person: Person) -> Person | None:
        """A person's delegate; never a delegate's delegate."""
        away = self._delegation(person.id)
        delegate = known(self.directory, away.delegate) if away else None
        return delegate if delegate and delegate.is_colleague else None

    @cached_property
    def _delegation(self) -> Callable[[PersonId], Delegation | None]:
        return cache(lambda id: self.directory.delegation(id, self.now))

    def shortages(self, numbers: Collection[int] | None = None) -> Iterator[Shortage]:
        """The sets of steps, smallest first, that together have too few people, so can't be decided.

        `numbers`: the indexes of steps to check, by default all. The fallback group counts for each of them.
        """
        ladder, humans = self.rule.ladder, _Humans(self.policy)
        numbers = range(len(ladder)) if numbers is None else numbers
        spare, people = [humans.number(seat.person) for seat in self.spare() if not seat.stands_for], {}
        for number in numbers:
            seats = self.seats(ladder[number])
            # A delegate of one of them doesn't get a second vote as fallback.
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
        """Why this can never be decided, or ''."""
        return str(next(self.shortages(), ""))

    def check_fillable(self) -> None:
        """Raises Refused if nobody can decide it, now or in a later step."""
        if problem := self.unfillable():
            raise Refused(
                f"Nobody can decide this: {problem}. Ask your IT team to add an approver to the policy."
            )
