"""What the policy says of one action, or of some asks of it: who may ask, the steps, and the times; pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from approvals.policy.entries import Anyone

GROUP_CONDITIONS = ("requester_group", "subject_group")
"""Conditions whose value is an entry of a list."""
TEAMS = ("team", "leaving")
"""Conditions whose values are names of teams."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: object) -> timedelta:
    """'30m', '18h' or '3d' as a span of time. Raises ValueError."""
    match = re.fullmatch(r"([1-9]\d{0,3})([mhd])", str(text))
    if not match:
        raise ValueError('write a time like "30m", "18h" or "3d", with a number from 1 to 9999')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _span_or_never(text: object) -> timedelta | None:
    return None if text == "never" else span(text)


def working_hours(text: object) -> tuple[time, time] | None:
    """'09:00-18:00' as opening and closing, '' as None. Raises ValueError."""
    clock = "((?:[01][0-9]|2[0-3]):[0-5][0-9])"
    match = re.fullmatch(f"{clock}-{clock}", str(text))
    if text and not (match and match[1] < match[2]):
        raise ValueError('write working hours like "09:00-18:00"')
    return (time.fromisoformat(match[1]), time.fromisoformat(match[2])) if match else None


def _days(text: object) -> int:
    """'7d' as a number of days. Raises ValueError."""
    match = re.fullmatch(r"([1-9]\d{0,2})d", str(text))
    if not match or int(match[1]) > 366:
        raise ValueError('write a number of days like "7d", 366 at most')
    return int(match[1])


Span = Annotated[timedelta, BeforeValidator(span)]
Days = Annotated[int, BeforeValidator(_days)]


class Part(BaseModel):
    """A table of the policy: nothing it doesn't know, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Escalation(Part):
    """Who may decide as well when nobody has for so long."""

    after: Span
    to: tuple[str, ...] = Field(min_length=1)


Escalations = Annotated[
    tuple[Escalation, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, dict) else value),
    AfterValidator(lambda several: tuple(sorted(several, key=lambda escalation: escalation.after))),
]
"""One table may stand for a list. However they are written: whoever comes sooner is asked sooner."""


class Step(Part):
    """One group that has to agree before the next is asked."""

    approvers: tuple[str, ...] = Field(min_length=1)
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    escalate: Escalations = ()

    def entries(self, level: int | None = None) -> tuple[str, ...]:
        """Who may decide it after so many escalations; None: after all."""
        return (*self.approvers, *(entry for escalation in self.escalate[:level] for entry in escalation.to))


class Rule(Part):
    """What holds for one action, or for those asks of it that meet its conditions."""

    when: Mapping[str, str | int | tuple[str, ...]] = {}
    ask: tuple[str, ...] = ()
    for_others: tuple[str, ...] = ()
    approval: bool = Field(default=True, strict=True)
    approvers: tuple[str, ...] = ()
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    steps: tuple[Step, ...] = Field(default=(), max_length=5)
    same_person_twice: bool = Field(default=False, strict=True)
    escalate: Escalations = ()
    fallback: tuple[str, ...] = ()
    expires: Span = timedelta(days=3)
    remind: Annotated[timedelta | None, BeforeValidator(_span_or_never)] = None
    longest: Days | None = None
    """The most days for which this can be asked; None: it may have no end."""
    proposed: Days | None = None
    """What the form proposes."""
    rules: tuple["Rule", ...] = ()

    @property
    def ladder(self) -> tuple[Step, ...]:
        """The steps in order; none where no approval is needed."""
        if not self.approval:
            return ()
        if self.steps:
            return tuple(
                step if step.escalate else step.model_copy(update={"escalate": self.escalate})
                for step in self.steps
            )
        return (Step.model_construct(approvers=self.approvers, agree=self.agree, escalate=self.escalate),)

    @property
    def first_reminder(self) -> timedelta | None:
        """How long nobody is reminded: as the rule says, else a third of the time there is; None is never."""
        return self.remind if "remind" in self.model_fields_set else self.expires / 3

    def on(self, base: "Rule") -> "Rule":
        """This rule on top of the action's own: what it doesn't say is as there."""
        own = self.model_fields_set - {"rules"}
        kept = {name: getattr(base, name) for name in base.model_fields_set - own - {"rules", "when"}}
        if "approvers" in own:
            kept.pop("steps", None)
        if "steps" in own:
            kept = {name: value for name, value in kept.items() if name not in ("approvers", "agree")}
        if own & {"approvers", "steps"}:
            kept.pop("approval", None)
        return self.model_copy(update=kept)

    def everybody(self) -> Iterator[str]:
        """Every entry that may decide under this rule, whenever that is."""
        for step in self.ladder:
            yield from step.entries()
        yield from self.fallback

    def askers(self) -> tuple[str, ...]:
        """Every entry that says who may ask, for themselves or for others."""
        return (*self.ask, *self.for_others)

    def group_conditions(self) -> list[str]:
        """Every entry that a condition names."""
        return [str(value) for key, value in self.when.items() if key in GROUP_CONDITIONS]


def strictest(rules: Sequence[Rule]) -> Rule | None:
    """The rule that is at least as strict as each of the others; None where they can't be compared."""
    return next((rule for rule in rules if all(_is_as_strict(rule, other) for other in rules)), None)


def _is_as_strict(rule: Rule, other: Rule) -> bool:
    """Whether who may ask by `rule`, for how long and with whose votes, would get it by `other` as well."""
    asks = _within(rule.ask, other.ask) and _within(rule.for_others, other.for_others)
    ends = other.longest is None or (rule.longest is not None and rule.longest <= other.longest)
    return asks and ends and _decides(rule, other)


def _decides(rule: Rule, other: Rule) -> bool:
    """Whether the votes that `rule` wants hold those that `other` wants: each of its steps, in this order."""
    if not other.ladder:
        return True
    if rule.same_person_twice and not other.same_person_twice and len(other.ladder) > 1:
        return False
    if not _within(rule.fallback, other.fallback):
        return False
    steps = iter(rule.ladder)
    return all(any(_is_part(step, wanted) for step in steps) for wanted in other.ladder)


def _is_part(step: Step, wanted: Step) -> bool:
    may_decide = _within(step.approvers, wanted.approvers) and _within(step.entries(), wanted.entries())
    return step.agree >= wanted.agree and may_decide


def _within(entries: Collection[str], others: Collection[str]) -> bool:
    return Anyone.word in others or set(entries) <= set(others)
