"""Who may decide a request now, under one policy: steps, people away or gone, the fallback; pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations

from approvals.decide.case import Approver, Route, reached
from approvals.decide.reading import Reading
from approvals.ids import PersonId
from approvals.people import Delegation, Person, listed
from approvals.policy.model import Step
from approvals.refusals import Refused
from approvals.request import Request, Vote


@dataclass(frozen=True)
class Ground(Reading):
    """Who may decide by one policy, counting the votes there are and stepping over whoever can't."""

    def tally(self, request: Request) -> Route:
        """How far the votes reach, each in the step it was given for, and who may decide the next step.

        All of them are for what is to be done now: another plan is asked anew, without votes.
        """
        ladder, before = self.rule.ladder, list[Vote]()
        for number, step in enumerate(ladder):
            seated: list[Vote] = []
            for vote in request.votes:
                is_next = vote.step == number and len(seated) < step.agree
                if is_next and self._counts(vote, step, seated, before):
                    seated.append(vote)
            if len(seated) < step.agree:
                level = request.level if number == request.step else 0
                voted = [*seated, *([] if self.rule.same_person_twice else before)]
                need = step.agree - len(seated)
                found, notes = self._seats(step, level, need, request.lost, voted)
                return Route(number, len(ladder), step.agree, need, found, notes)
            before += seated
        return Route(len(ladder), len(ladder), 0, is_settled=True)

    def confirming(self, request: Request) -> Route:
        """Who says once more that it may be done, where the votes would do: everybody with a seat in the last
        step, voters too; where nobody's approval is needed, everybody who was asked."""
        ladder, has_votes = self.rule.ladder, bool(request.votes)
        if not ladder:
            found, notes = self._asked(request), request.notes
            found = found if reached(found) else (*found, *self._spare(found, request.lost))
            return Route(request.step, request.steps, request.agree, 1, found, notes, confirms=has_votes)
        last = len(ladder) - 1
        level = request.level if last == request.step else 0
        found, notes = self._seats(ladder[last], level, 1, request.lost, ())
        return Route(last, len(ladder), ladder[last].agree, 1, found, notes, confirms=has_votes)

    def _asked(self, request: Request) -> tuple[Approver, ...]:
        """Those who were asked and those who voted, as far as they may decide at all."""
        told, whose, lost = request.told, request.stand_ins, request.lost
        asked = {vote.by: "" for vote in request.votes} | dict(request.approvers)
        people = [(self._person(id), why) for id, why in asked.items()]
        return tuple(
            Approver(one, why, one.id in told, whose.get(one.id), is_lost=one.id in lost)
            for one, why in people
            if one and one.is_colleague and not self.bars(one)
        )

    def _counts(self, vote: Vote, step: Step, seated: Sequence[Vote], before: Sequence[Vote]) -> bool:
        """Whether a vote still counts: its seat is there today as well, and who gave it has no other vote."""
        if vote.shell and not self.policy.command_line_decides:
            return False
        voter, principal = self._person(vote.by), self._person(vote.principal)
        if voter is None or principal is None:
            return False
        if any(self.bars(one) or not one.is_colleague for one in (voter, principal)):
            return False
        twice = [] if self.rule.same_person_twice else before
        if any(self._overlap(vote, other) for other in (*seated, *twice)):
            return False
        entries = [*_entries(step, vote.level), *(self.fallback if vote.is_fallback else ())]
        named = [one.person for one in self.named(entries) if one.person]
        # Whom a list names: what was once seen of somebody gives no say, it only takes one.
        return any(self.policy.acts_as(one, principal) for one in named)

    def _seats(
        self, step: Step, level: int, need: int, lost: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[str, ...]]:
        """Who may decide a step now; the fallback group as well, where those can't be enough."""
        found, notes = self._seated(_entries(step, level), lost, voted)
        notes = (*notes, *self._asked_later(found, step, level))
        if reached(found) >= need:
            return found, notes
        spare = self._spare(found, lost, voted)
        if spare:
            names = listed([one.person.addressed for one in spare][:3])
            notes = (*notes, f"{names} {'was' if len(spare) == 1 else 'were'} asked instead.")
        return (*found, *spare), notes

    def _spare(
        self, found: Sequence[Approver], lost: Collection[PersonId], voted: Sequence[Vote] = ()
    ) -> tuple[Approver, ...]:
        """The fallback group, but for who has a seat already."""
        return tuple(
            one
            for one in self.backup(lost, voted)
            if not any(self.policy.is_same(one.person, other.person) for other in found)
        )

    def _asked_later(self, found: Sequence[Approver], step: Step, level: int) -> Iterator[str]:
        """Who may decide only because nobody had answered."""
        first = [one.person for one in self.named(step.approvers) if one.person] if level else []
        more = [one for one in found if not any(one.person.is_(other) for other in first)] if level else []
        names = listed([one.person.addressed for one in more if not one.stands_for][:3])
        if names:
            yield f"Nobody answered in time, so {names} may decide as well."

    @property
    def fallback(self) -> tuple[str, ...]:
        """Who decides what nobody else can."""
        return self.rule.fallback or self.policy.fallback

    def _seated(
        self, entries: Iterable[str], lost: Collection[PersonId] = (), voted: Sequence[Vote] = ()
    ) -> tuple[tuple[Approver, ...], tuple[str, ...]]:
        """Whoever of a list may decide, those who stand in for them, and why others were stepped over."""
        found: list[Approver] = []
        notes: list[str] = []
        for named in self.named(entries):
            person = named.person
            if person is None or not person.is_colleague:
                notes.append(f"{person.addressed if person else named.entry} can't decide any more.")
            elif not self._is_out(person, voted, found):
                is_lost = person.id in lost
                if is_lost:
                    notes.append(f"I can't reach {person.addressed} in Slack.")
                told = named.told and not is_lost
                found.append(Approver(person, named.because, told, is_lost=is_lost))
            elif named.told:
                # Who stands in two entries is told, if one of them says so.
                found = [
                    replace(one, told=not one.is_lost) if self.policy.is_same(one.person, person) else one
                    for one in found
                ]
        for one in tuple(found):
            stand_in = self._stand_in(one.person, voted, found)
            if stand_in:
                is_lost = stand_in.person.id in lost
                # A delegate who can't be reached leaves it with the one who is away.
                found[found.index(one)] = replace(one, told=one.told and is_lost)
                told = (one.told or one.is_lost) and not is_lost
                found.append(replace(stand_in, told=told, is_lost=is_lost))
        return tuple(found), tuple(dict.fromkeys(notes))

    def _is_out(self, person: Person, voted: Sequence[Vote], found: Sequence[Approver]) -> bool:
        """Whether somebody has no seat: barred, seated already, or with a vote already."""
        taken = any(self.policy.is_same(person, one.person) for one in found)
        return taken or self.bars(person) or any(self._is_by(vote, person) for vote in voted)

    def _stand_in(self, person: Person, voted: Sequence[Vote], found: Sequence[Approver]) -> Approver | None:
        """The delegate of somebody who is away; never a delegate's delegate."""
        away = self._delegation(person.id)
        other = self._person(away.delegate) if away else None
        if other is None or not other.is_colleague or self._is_out(other, voted, found):
            return None
        return Approver(other, f"{person.addressed} is away and you stand in", stands_for=person.id)

    @cached_property
    def _delegation(self) -> Callable[[PersonId], Delegation | None]:
        return cache(lambda id: self.directory.delegation(id, self.now))

    def _is_by(self, vote: Vote, person: Person) -> bool:
        """Whether a vote is somebody's own, or was given in their place."""
        return any(self.policy.is_same(one, person) for one in self._behind(vote))

    def _overlap(self, vote: Vote, other: Vote) -> bool:
        """Whether two votes are one human's, who may have been two rows when they were given."""
        return any(self._is_by(other, one) for one in self._behind(vote))

    def _behind(self, vote: Vote) -> list[Person]:
        """Who gave a vote, and in whose place."""
        return [one for one in (self._person(vote.by), self._person(vote.principal)) if one]

    def _person(self, id: PersonId) -> Person | None:
        try:
            return self.directory.person(id)
        except KeyError:
            return None

    def unfillable(self) -> str:
        """Why this could never be decided, or '': every step, and all together, need people enough.

        Whoever isn't there any more once it comes to a later step is stood in for by the fallback group.
        """
        ladder, spare = self.rule.ladder, self._humans(self.backup())
        people = [self._with_spare(self.seats(step), spare) for step in ladder]
        for count in range(1, 2 if self.rule.same_person_twice else len(ladder) + 1):
            for chosen in combinations(range(len(ladder)), count):
                wanted = sum(ladder[number].agree for number in chosen)
                can = len(set().union(*(people[number] for number in chosen)))
                if can < wanted:
                    return f"{wanted} must agree and {can} can"
        return ""

    def _with_spare(self, seats: Sequence[Approver], spare: set[int]) -> set[int]:
        """Everybody with a vote; who stands in for one of them has no other as the fallback."""
        busy = {self._number(one.person) for one in seats if one.stands_for}
        return self._humans(seats) | (spare - busy)

    def _humans(self, some: Iterable[Approver]) -> set[int]:
        """Who has a vote of their own, and each human once, however many rows there are of them."""
        return {self._number(one.person) for one in some if not one.stands_for}

    @cached_property
    def _number(self) -> Callable[[Person], int]:
        """One number for each human, as far as somebody has but one vote."""
        met: list[Person] = []

        def number(person: Person) -> int:
            known = next((n for n, one in enumerate(met) if self.policy.is_same(one, person)), len(met))
            if known == len(met):
                met.append(person)
            return known

        return number

    def check_fillable(self) -> None:
        """Refuses what nobody could decide, now or in a later step."""
        problem = self.unfillable()
        if problem:
            raise Refused(
                f"Nobody can decide this: {problem}. Ask your IT team to add an approver to the policy."
            )

    def seats(self, step: Step, votes: Sequence[Vote] = (), level: int = 0) -> tuple[Approver, ...]:
        """Who may decide a step when nobody has voted in it yet; `votes` are those of earlier steps."""
        voted = () if self.rule.same_person_twice else votes
        return self._seats(step, level, step.agree, (), voted)[0]

    def backup(self, lost: Collection[PersonId] = (), voted: Sequence[Vote] = ()) -> tuple[Approver, ...]:
        """Who decides what nobody else can any more."""
        found = self._seated(self.fallback, lost, voted)[0]
        because = "nobody else can decide it"
        return tuple(replace(one, is_fallback=True, because=one.because or because) for one in found)


def _entries(step: Step, level: int) -> tuple[str, ...]:
    return (*step.approvers, *(entry for one in step.escalate[:level] for entry in one.to))
