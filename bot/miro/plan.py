"""What is left to do, worked out from what was seen; the approver reads it, and nothing else is done."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from approvals.people import canonical
from approvals.plan import Plan, PlannedStep
from approvals.sentence import Sentence
from bot.miro.errors import Away, Trouble
from bot.miro.goals import Goal, ScimCall, Seen


class Obstacle(Exception):
    """It can't be brought about from here; the text says why and what helps."""


@dataclass(frozen=True)
class PlanStep:
    """One goal that doesn't hold yet, and the call that brings it about."""

    goal: Goal
    call: ScimCall
    hazards: tuple[Sentence, ...]
    sure: bool
    """False: what came before must have been seen, not only accepted, before this call goes out."""

    rights: tuple[str, ...] = ()
    """Admin rights that come along."""

    def stored(self) -> PlannedStep:
        """What the record keeps of it."""
        return PlannedStep(self.goal.key, self.goal.change, self.hazards, str(self.call))


@dataclass(frozen=True)
class LivePlan:
    """The goals in order against one look. `miro_id` is '' while there is no account."""

    miro_id: str
    steps: tuple[PlanStep, ...]
    already: tuple[Sentence, ...]
    user_name: str = ""
    """The account's address as Miro has it, or the one it will have; '' where it is no person's."""
    vanished: bool = False
    """Whether an earlier account isn't shown any more (`Seen.vanished`): who approves has to know."""

    def stored(self) -> Plan:
        """What the record keeps, and what the card is drawn from."""
        return Plan(
            miro_id=self.miro_id,
            user_name=self.user_name,
            steps=tuple(step.stored() for step in self.steps),
            already=self.already,
            rights=self.rights,
            vanished=self.vanished,
        )

    @property
    def rights(self) -> tuple[str, ...]:
        """Admin rights that come along, though nobody asked for them."""
        return tuple(right for step in self.steps for right in step.rights)

    @property
    def revision(self) -> str:
        """Names exactly this change: keys, hazards and the account, not the wording of names."""
        account = [self.miro_id, canonical(self.user_name), *(["vanished"] if self.vanished else [])]
        parts = [*account, *(f"{step.goal.key}|{len(step.hazards)}" for step in self.steps)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def is_same_account(self, approved: Plan) -> bool:
        """Whether it is about the account that an approved plan shows: its id, and its address.

        A plan stored before addresses were has none, and is compared by id alone.
        """
        same_id = not approved.miro_id or self.miro_id == approved.miro_id
        address = self.user_name if approved.user_name is None else approved.user_name
        return same_id and canonical(address) == canonical(self.user_name)

    def part_of(self, approved: Plan) -> bool:
        """Whether everything left was approved, for the same account under the same address.

        An account that was to be created may exist by now: the address is what was approved, and whatever
        differs from a new account is a step that wasn't.
        """
        hazards = {step.key: len(step.hazards) for step in approved.steps}
        same = self.is_same_account(approved) and (not self.vanished or approved.vanished)
        # Hazards are counted, not compared: their sentences change with somebody's name.
        return same and all(len(step.hazards) <= hazards.get(step.goal.key, -1) for step in self.steps)


def make(goals: Sequence[Goal], seen: Seen) -> LivePlan:
    """Goes through the goals in order, each from what the ones before it will have brought about.

    Raises Obstacle for the first that can't be reached, and Away for the first of which the look leaves out
    whether it holds: unknown is neither done nor to be done.
    """
    steps: list[PlanStep] = []
    already: list[Sentence] = []
    account = seen.account.id if seen.account else ""
    believed, known = seen, seen
    for goal in goals:
        if missing := goal.hidden(believed):
            raise Away(f"Miro doesn't show {missing}.", Trouble.HIDDEN)
        if goal.holds(believed):
            # What an earlier step brings along, a new account that is active say, isn't so already.
            already += [goal.change.form("state")] if goal.holds(seen) else []
            continue
        problem = goal.obstacle(believed)
        if problem:
            raise Obstacle(problem)
        # Only what this look showed counts as seen for a step; what earlier steps add is believed.
        sure = goal.sure(known) if not goal.holds(known) and known.account else True
        steps.append(PlanStep(goal, goal.call(believed), goal.hazards(believed), sure, goal.rights(believed)))
        believed = goal.after(believed)
    # Of an account that is to be created, the address it will have.
    address = believed.account.user_name if believed.account else ""
    address = seen.account.user_name if seen.account else address
    return LivePlan(account, tuple(steps), tuple(already), address, seen.vanished)


def unseen(goals: Sequence[Goal], seen: Seen) -> tuple[Goal, ...]:
    """The goals that a look doesn't show."""
    return tuple(goal for goal in goals if not goal.holds(seen))
