"""Makes the plan: the remaining changes after a look. Approvers read it, and nothing else is done."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from approvals.people import canonical
from approvals.plan import Plan, PlannedStep
from approvals.sentence import Sentence
from bot.miro.errors import Away, Trouble
from bot.miro.goals import Goal, ScimCall, Seen


class Obstacle(Exception):
    """A goal can't be reached from here; the text says why, with the remedy."""


@dataclass(frozen=True)
class PlanStep:
    """One goal that doesn't hold yet, and the call that reaches it."""

    goal: Goal
    call: ScimCall
    hazards: tuple[Sentence, ...]
    sure: bool
    """False: a look must have verified the previous calls before this one is sent."""

    rights: tuple[str, ...] = ()
    """Admin rights that it also grants."""
    before: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> PlannedStep:
        """Its stored form."""
        return PlannedStep(self.goal.key, self.goal.change, self.hazards, str(self.call), self.before)


@dataclass(frozen=True)
class LivePlan:
    """The goals in order, compared with one look. `miro_id` is '' while there is no account."""

    miro_id: str
    steps: tuple[PlanStep, ...]
    already: tuple[Sentence, ...]
    user_name: str = ""
    """The account's current or future address in Miro; '' if the plan isn't about a person."""
    vanished: bool = False
    """Whether an earlier account isn't shown any more (`Seen.vanished`): approvers have to know."""
    known: tuple[Sentence, ...] = ()
    """What else Miro shows of the person, or that it doesn't."""
    groups: frozenset[str] = frozenset()
    """The ids of the account's groups."""

    def stored(self) -> Plan:
        """The stored form, from which cards are drawn."""
        names = ("revision", "miro_id", "user_name", "already", "rights", "vanished", "known")
        same = {name: getattr(self, name) for name in names}
        return Plan(steps=tuple(step.stored() for step in self.steps), **same)

    @property
    def rights(self) -> tuple[str, ...]:
        """Admin rights that it also grants, without being asked."""
        return tuple(right for step in self.steps for right in step.rights)

    @property
    def revision(self) -> str:
        """Names exactly this change: keys, hazards and the account, not the wording of names."""
        account = [self.miro_id, canonical(self.user_name), *(["vanished"] if self.vanished else [])]
        parts = [*account, *(f"{step.goal.key}|{_weight(step.hazards)}" for step in self.steps)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def with_hazard(self, kind: type[Goal], code: str) -> "LivePlan":
        """The plan with one more hazard of the steps of one kind of goal."""
        more = (Sentence(code),)
        steps = (
            replace(step, hazards=(*step.hazards, *more)) if isinstance(step.goal, kind) else step
            for step in self.steps
        )
        return replace(self, steps=tuple(steps))

    def is_same_account(self, approved: Plan) -> bool:
        """Whether it is about the account of an approved plan, by id and address.

        A plan from before addresses were stored is compared by id only.
        """
        same_id = not approved.miro_id or self.miro_id == approved.miro_id
        address = self.user_name if approved.user_name is None else approved.user_name
        return same_id and canonical(address) == canonical(self.user_name)

    def part_of(self, approved: Plan) -> bool:
        """Whether all remaining steps were approved, for the same account with the same address.

        An account that was to be created may exist by now: the address was approved, and any difference from
        a new account is a step that wasn't.
        """
        hazards = {step.key: _weight(step.hazards) for step in approved.steps}
        same = self.is_same_account(approved) and (not self.vanished or approved.vanished)
        # Hazards are counted, not compared: their sentences contain names, which may change.
        return same and all(_weight(step.hazards) <= hazards.get(step.goal.key, -1) for step in self.steps)


def _weight(hazards: Sequence[Sentence]) -> int:
    """The number of hazards; one about members of a group weighs as much as they are many."""
    return sum(hazard.values.get("members", 1) for hazard in hazards)


def make(goals: Sequence[Goal], seen: Seen, *, is_partial: bool = False) -> LivePlan:
    """The plan for the goals in order, each compared with the state expected after the previous ones.

    Raises Obstacle for the first goal that can't be reached, unless `is_partial` and something comes before
    it, and Away for the first that the look doesn't show enough to check.
    """
    steps: list[PlanStep] = []
    already: list[Sentence] = []
    account = seen.account.id if seen.account else ""
    believed, known = seen, seen
    for goal in goals:
        if missing := goal.hidden(believed):
            raise Away(f"Miro doesn't show {missing}.", Trouble.HIDDEN)
        if goal.holds(believed):
            # A side effect of an earlier step (a new account is active) doesn't hold already.
            already += [goal.change.form("state")] if goal.holds(seen) and goal.is_visible else []
            continue
        problem = goal.obstacle(believed)
        if problem and is_partial and steps:
            break
        if problem:
            raise Obstacle(problem)
        # For a step only this look counts as verified; effects of earlier steps are expected.
        sure = goal.sure(known) if not goal.holds(known) and known.account else True
        rights, before = goal.rights(believed), goal.before(believed)
        steps.append(PlanStep(goal, goal.call(believed), goal.hazards(believed), sure, rights, before))
        believed = goal.after(believed)
    # For an account to be created, its future address.
    address = believed.account.user_name if believed.account else ""
    address = seen.account.user_name if seen.account else address
    groups = seen.account.group_ids if seen.account else frozenset[str]()
    return LivePlan(account, tuple(steps), tuple(already), address, seen.vanished, groups=groups)
