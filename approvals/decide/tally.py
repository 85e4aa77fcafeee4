"""Counts the votes of a request under a policy, and finds who may give the next; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.people import known
from approvals.policy.rules import Step
from approvals.policy.seats import Approver, Seats, reachable
from approvals.request import Asking, Request, Vote
from approvals.sentence import NOTHING, Sentence


@dataclass(frozen=True)
class Route:
    """The state of the votes under a policy: the step, who may decide it, and notes on skipped people."""

    step: int
    steps: int
    agree: int
    need: int = 0
    """The votes missing in this step."""
    approvers: tuple[Approver, ...] = ()
    notes: tuple[Sentence, ...] = ()
    is_settled: bool = False
    confirms: bool = False
    """Whether the votes suffice by now, and one person has to confirm."""

    @property
    def is_stuck(self) -> bool:
        """Whether there are too few people for the current step."""
        return not self.is_settled and reachable(self.approvers) < self.need


@dataclass(frozen=True)
class Ground(Seats):
    """A policy applied to one request, votes included."""

    def tally(self, request: Request) -> Route:
        """The current step by the votes, each counted in the step it was given for, and who may decide it.

        All votes are for the current plan: another plan starts without votes.
        """
        ladder, before = self.rule.ladder, list[Vote]()
        for number, step in enumerate(ladder):
            counted: list[Vote] = []
            for vote in request.asking.votes:
                is_next = vote.step == number and len(counted) < step.agree
                if is_next and self._counts(vote, step, counted, before):
                    counted.append(vote)
            if len(counted) < step.agree:
                level = request.asking.level if number == request.asking.step else 0
                voted = [*counted, *([] if self.rule.same_person_twice else before)]
                need = step.agree - len(counted)
                seats, notes = self.seats_for(step, level, need, request.asking.unreachable, voted)
                return Route(number, len(ladder), step.agree, need, seats, notes)
            before += counted
        return Route(len(ladder), len(ladder), 0, is_settled=True)

    def confirming(self, request: Request) -> Route:
        """The people who may confirm if the votes suffice: everybody with a seat in the last step, voters
        included; if no approval is needed, everybody who was asked."""
        ladder, asking = self.rule.ladder, request.asking
        has_votes, unreachable = bool(asking.votes), asking.unreachable
        if not ladder:
            asked = self._asked(asking)
            seats = asked if reachable(asked) else (*asked, *self.spare(asked, unreachable))
            standing = (asking.step, asking.steps, asking.agree, 1)
            return Route(*standing, seats, asking.notes, confirms=has_votes)
        last = len(ladder) - 1
        level = asking.level if last == asking.step else 0
        seats, notes = self.seats_for(ladder[last], level, 1, unreachable, ())
        return Route(last, len(ladder), ladder[last].agree, 1, seats, notes, confirms=has_votes)

    def _asked(self, asking: Asking) -> tuple[Approver, ...]:
        """The people who were asked or voted, as far as they may decide at all."""
        seats = []
        for id, because in ({vote.by: NOTHING for vote in asking.votes} | dict(asking.approvers)).items():
            person, stands_for = known(self.directory, id), asking.stand_ins.get(id)
            is_notified, is_unreachable = id in asking.notified, id in asking.unreachable
            if person and person.is_colleague and not self.excludes(person):
                seats.append(Approver(person, because, is_notified, stands_for, False, is_unreachable))
        return tuple(seats)

    def _counts(self, vote: Vote, step: Step, counted: Sequence[Vote], before: Sequence[Vote]) -> bool:
        """Whether a vote still counts: its seat still exists, and the voter has no other vote."""
        if vote.shell and not self.policy.command_line_decides:
            return False
        people = self.behind(vote)
        if len(people) < 2 or any(self.excludes(person) or not person.is_colleague for person in people):
            return False
        others = [*counted, *([] if self.rule.same_person_twice else before)]
        # One human may have been two rows when the votes were given.
        if any(self.is_by(other, person) for other in others for person in people):
            return False
        entries = [*step.entries(vote.level), *(self.fallback if vote.is_fallback else ())]
        # Only people named in the list: past addresses exclude a person, but never make them eligible.
        named = [named.person for named in self.named(entries) if named.person]
        return any(self.policy.acts_as(person, people[-1]) for person in named)
