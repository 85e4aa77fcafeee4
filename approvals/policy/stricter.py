"""Whether one rule of a policy lets nothing through that another wouldn't; pure."""

from collections.abc import Collection, Sequence

from approvals.policy.model import ANYONE, Rule, Step


def strictest(rules: Sequence[Rule]) -> Rule | None:
    """The rule that is at least as strict as each of the others; None where they can't be compared."""
    return next((one for one in rules if all(is_as_strict(one, other) for other in rules)), None)


def is_as_strict(one: Rule, other: Rule) -> bool:
    """Whether who may ask by `one`, for how long and with whose votes, would get it by `other` as well."""
    asks = _within(one.ask, other.ask) and _within(one.for_others, other.for_others)
    ends = other.longest is None or (one.longest is not None and one.longest <= other.longest)
    return asks and ends and _decides(one, other)


def _decides(one: Rule, other: Rule) -> bool:
    """Whether the votes that `one` wants hold those that `other` wants: each of its steps, in this order."""
    if not other.ladder:
        return True
    if one.same_person_twice and not other.same_person_twice and len(other.ladder) > 1:
        return False
    if not _within(one.fallback, other.fallback):
        return False
    steps = iter(one.ladder)
    return all(any(_is_part(step, wanted) for step in steps) for wanted in other.ladder)


def _is_part(step: Step, wanted: Step) -> bool:
    later = [entry for escalation in step.escalate for entry in escalation.to]
    allowed = [entry for escalation in wanted.escalate for entry in escalation.to]
    may_decide = _within(step.approvers, wanted.approvers)
    return step.agree >= wanted.agree and may_decide and _within(later, [*wanted.approvers, *allowed])


def _within(some: Collection[str], others: Collection[str]) -> bool:
    return ANYONE in others or set(some) <= set(others)
