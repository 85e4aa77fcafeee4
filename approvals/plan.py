"""What will change, as the record keeps it: the one place where a plan is written as JSON and read again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from approvals.ids import RequestId
from approvals.sentence import VERBATIM, Sentence


@dataclass(frozen=True)
class PlannedStep:
    """One change, with the call that makes it."""

    key: str
    change: Sentence
    hazards: tuple[Sentence, ...] = ()
    call: str = ""

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """What the approver reads: the change, and its hazards."""
        return (self.change.form("todo"), *self.hazards)


@dataclass(frozen=True)
class Plan:
    """The changes that were or are to be approved, and what an approver has to know beside them.

    `miro_id` is '' while there is no account; `user_name` None in a plan from before addresses were kept.
    """

    revision: str = ""  # '' before there is a plan
    round: int = 0  # how often a plan was made
    planned_at: datetime | None = None  # when people were asked about this revision first
    miro_id: str = ""
    user_name: str | None = None
    steps: tuple[PlannedStep, ...] = ()
    already: tuple[Sentence, ...] = ()
    rights: tuple[str, ...] = ()  # admin rights that come along
    gives: tuple[str, ...] = ()  # keys of what the request answers for, and takes back at its end
    warnings: tuple[Sentence, ...] = ()
    vanished: bool = False  # an earlier account isn't shown any more
    again: bool = False  # another plan was approved before
    anew: bool = False  # it was approved before
    prolongs: RequestId | None = None  # whose end it moves


NO_PLAN = Plan()
_NOT_WRITTEN = ("revision", "round", "planned_at")
"""What the event says itself."""
_SAID = ("already", "warnings")
_FORMS = {"text": "todo", "aim": "aim", "did": "did", "detail": "detail"}
"""The texts of a step in an older plan, by the forms of a change that they are."""
_JSON_NAMES = {"prolongs": "goes_on"}


def written(plan: Plan) -> str:
    """The plan as JSON; what is as usual isn't said."""
    values = {
        _JSON_NAMES.get(field.name, field.name): getattr(plan, field.name)
        for field in fields(plan)
        if field.name not in _NOT_WRITTEN and getattr(plan, field.name) != getattr(NO_PLAN, field.name)
    }
    values |= {name: [one.stored for one in getattr(plan, name)] for name in _SAID if name in values}
    if plan.steps:
        values["steps"] = [_stored(one) for one in plan.steps]
    return json.dumps(values, ensure_ascii=False)


def read(text: str) -> dict[str, Any]:
    """The fields of a plan from JSON, of any format; none of text that isn't kept any more ('')."""
    stored: Mapping[str, Any] = json.loads(text) if text else {}
    return {
        **{name: tuple(stored.get(name, ())) for name in ("rights", "gives")},
        **{name: tuple(map(Sentence.read, stored.get(name, ()))) for name in _SAID},
        **{name: stored.get(name, False) for name in ("vanished", "again", "anew")},
        "miro_id": stored.get("miro_id") or "",
        "user_name": stored.get("user_name"),
        "prolongs": stored.get("goes_on"),
        "steps": tuple(map(step, stored.get("steps", ()))),
    }


def _stored(one: PlannedStep) -> dict[str, Any]:
    hazards = [hazard.stored for hazard in one.hazards]
    return {"key": one.key, "change": one.change.stored, "hazards": hazards, "call": one.call}


def step(stored: Mapping[str, Any]) -> PlannedStep:
    """A step. An older one has texts, of which the first holds its hazards; the oldest has that alone."""
    key, call = stored.get("key", ""), stored.get("call", "")
    if "change" in stored:
        return PlannedStep(
            key, Sentence.read(stored["change"]), tuple(map(Sentence.read, stored["hazards"])), call
        )
    texts = {form: stored.get(name, "") for name, form in _FORMS.items()}
    change = Sentence(VERBATIM, texts | {"aim": texts["aim"] or texts["todo"]})
    return PlannedStep(key, change, (Sentence.verbatim(""),) * stored.get("hazards", 0), call)
