"""Steps thought through one after the other: whoever has agreed in one isn't asked in a later one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from approvals.decide.case import Approver
from approvals.decide.seats import Ground
from approvals.ids import PersonId
from approvals.people import listed
from approvals.policy.model import Step
from approvals.request import Vote

DEPENDS = "Whoever has agreed in an earlier step isn't asked again in a later one."


@dataclass(frozen=True)
class Rung:
    """One step: who would decide it, who might in the end, and who would if nobody had agreed before."""

    number: int
    step: Step
    seats: tuple[Approver, ...]
    anybody: tuple[Approver, ...]
    """Whoever comes later because nobody answers is among them."""
    at_first: tuple[Approver, ...]

    @property
    def gone(self) -> list[Approver]:
        """Who isn't asked, for having agreed before."""
        left = {one.person.id for one in self.seats}
        return [one for one in self.at_first if not one.stands_for and one.person.id not in left]

    @property
    def sure(self) -> set[PersonId]:
        """Whose vote it can't do without."""
        votes = {one.principal for one in self.anybody}
        return votes if len(votes) == self.step.agree else set()

    def note(self) -> str:
        """Why it isn't decided by whom the policy names; '' where it is."""
        if not self.gone:
            return ""
        has, isnt = ("has", "isn't") if len(self.gone) == 1 else ("have", "aren't")
        names = listed([one.person.addressed for one in self.gone])
        return f"{names} {has} agreed before step {self.number}, so {isnt} asked again there.{self._spare()}"

    def _spare(self) -> str:
        if not any(one.is_fallback for one in self.seats):
            return ""
        return f" The fallback decides {'it' if all(one.is_fallback for one in self.seats) else 'as well'}."


def climbed(ground: Ground) -> Iterator[Rung]:
    """The steps in order, each after those whose votes the ones before it can't do without."""
    votes: list[Vote] = []
    for number, step in enumerate(ground.rule.ladder, 1):
        levels = [ground.seats(step, votes, level) for level in range(len(step.escalate) + 1)]
        anybody = tuple(one for seats in levels for one in seats)
        rung = Rung(number, step, levels[0], anybody, ground.seats(step))
        yield rung
        votes += [Vote(one.person.id, ground.now, "") for one in anybody if one.person.id in rung.sure]


def met_again(ground: Ground, rungs: Sequence[Rung]) -> Iterator[str]:
    """What it does to later steps that one person counts once over all of them."""
    yield from filter(None, (rung.note() for rung in rungs))
    if not ground.rule.same_person_twice and any(_depends(ground, rungs, rung) for rung in rungs):
        yield DEPENDS


def _depends(ground: Ground, rungs: Sequence[Rung], rung: Rung) -> bool:
    """Whether somebody who may decide a step may have agreed in an earlier one."""
    earlier = [one.person for other in rungs if other.number < rung.number for one in other.anybody]
    return any(ground.policy.is_same(one.person, other) for one in rung.anybody for other in earlier)
