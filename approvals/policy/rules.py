"""A rule of the policy for an action: who may ask, the steps, and the time limits; pure."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import time, timedelta
from functools import cache, cached_property, partial
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from approvals.policy.entries import Anyone

T = TypeVar("T")

GROUP_CONDITIONS = ("requester_group", "subject_group")
"""Conditions whose values are entries of people."""
TEAMS = ("team", "leaving")
"""Conditions whose values are team names."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: object) -> timedelta:
    """'30m', '18h' or '3d' as a timedelta. Raises ValueError."""
    match = re.fullmatch(r"([1-9]\d{0,3})([mhd])", str(text))
    if not match:
        raise ValueError('write a time like "30m", "18h" or "3d", with a number from 1 to 9999')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def working_hours(text: object) -> tuple[time, time] | None:
    """'09:00-18:00' as (start, end), '' as None. Raises ValueError."""
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
    """A table of the policy: refuses unknown keys, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy without cached values, which may depend on what is updated."""
        copy = super().model_copy(update=update, deep=deep)
        for name in vars(copy).keys() - type(self).model_fields.keys():
            del vars(copy)[name]
        return copy


def cached(function: Callable[[Any, str], T]) -> "cached_property[Callable[[str], T]]":
    """A method of a Part whose results are kept with it."""
    return cached_property(lambda part: cache(partial(function, part)))


class Escalation(Part):
    """People who may also decide when nobody has for so long."""

    after: Span
    to: tuple[str, ...] = Field(min_length=1)


Escalations = Annotated[
    tuple[Escalation, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, dict) else value),
    AfterValidator(lambda several: tuple(sorted(several, key=lambda escalation: escalation.after))),
]
"""Escalations sorted by time; a single table counts as a list."""


class Step(Part):
    """A group of people and the votes needed before the next step is asked."""

    approvers: tuple[str, ...] = Field(min_length=1)
    agree: int = Field(default=1, ge=1, le=20, strict=True)
    escalate: Escalations = ()

    def entries(self, level: int | None = None) -> tuple[str, ...]:
        """The entries that may decide after so many escalations; None: after all."""
        return (*self.approvers, *(entry for escalation in self.escalate[:level] for entry in escalation.to))


class Rule(Part):
    """The rule of an action, or of its requests that meet the conditions."""

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
    remind: Annotated[
        timedelta | None, BeforeValidator(lambda text: None if text == "never" else span(text))
    ] = None
    longest: Days | None = None
    """The most days that can be asked for; None: no end needed."""
    proposed: Days | None = None
    """The days that the form proposes."""
    delete_after: Days | None = None
    """The days after which an account that was deactivated is deleted, unless the request says otherwise."""
    rules: tuple["Rule", ...] = ()

    @cached_property
    def ladder(self) -> tuple[Step, ...]:
        """The steps in order; empty if no approval is needed."""
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
        """The time until the first reminder, by default a third of the time limit; None: never."""
        return self.remind if "remind" in self.model_fields_set else self.expires / 3

    def on(self, base: "Rule") -> "Rule":
        """This rule, with missing values from the action's own table."""
        own = self.model_fields_set - {"rules"}
        left = own | {"rules", "when"}
        left |= {"steps"} if "approvers" in own else set()
        left |= {"approvers", "agree"} if "steps" in own else set()
        left |= {"approval"} if own & {"approvers", "steps"} else set()
        return self.model_copy(update={name: getattr(base, name) for name in base.model_fields_set - left})

    def everybody(self) -> Iterator[str]:
        """All entries that may decide under this rule, at any time."""
        for step in self.ladder:
            yield from step.entries()
        yield from self.fallback

    def askers(self) -> tuple[str, ...]:
        """All entries of who may ask, for themselves or for others."""
        return (*self.ask, *self.for_others)

    def group_conditions(self) -> list[str]:
        """All entries of people in conditions."""
        return [str(value) for key, value in self.when.items() if key in GROUP_CONDITIONS]


def strictest(rules: Sequence[Rule]) -> Rule | None:
    """The rule that is at least as strict as all others; None if they can't be compared."""
    return next((rule for rule in rules if all(_is_as_strict(rule, other) for other in rules)), None)


def _is_as_strict(rule: Rule, other: Rule) -> bool:
    """Whether everything allowed and approved by `rule` would be by `other` as well."""
    asks = _within(rule.ask, other.ask) and _within(rule.for_others, other.for_others)
    ends = other.longest is None or (rule.longest is not None and rule.longest <= other.longest)
    return asks and ends and _decides(rule, other)


def _decides(rule: Rule, other: Rule) -> bool:
    """Whether the votes for `rule` include those for `other`: all its steps, in order."""
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
