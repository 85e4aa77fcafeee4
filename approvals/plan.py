"""What will change, as the record keeps it: the one place where a plan is written as JSON and read again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from approvals.ids import RequestId


@dataclass(frozen=True)
class PlannedStep:
    """One change, with the call that makes it."""

    key: str
    text: str = ""
    aim: str = ""
    did: str = ""
    detail: str = ""
    hazards: int = 0
    call: str = ""


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
    already: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()  # admin rights that come along
    gives: tuple[str, ...] = ()  # keys of what the request answers for, and takes back at its end
    warnings: tuple[str, ...] = ()
    vanished: bool = False  # an earlier account isn't shown any more
    again: bool = False  # another plan was approved before
    anew: bool = False  # it was approved before
    prolongs: RequestId | None = None  # whose end it moves


NO_PLAN = Plan()
_NOT_WRITTEN = ("revision", "round", "planned_at")
"""What the event says itself."""
_JSON_NAMES = {"prolongs": "goes_on"}


def written(plan: Plan) -> str:
    """The plan as JSON; what is as usual isn't said."""
    values = {
        _JSON_NAMES.get(field.name, field.name): getattr(plan, field.name)
        for field in fields(plan)
        if field.name not in _NOT_WRITTEN and getattr(plan, field.name) != getattr(NO_PLAN, field.name)
    }
    if plan.steps:
        values["steps"] = [asdict(step) for step in plan.steps]
    return json.dumps(values, ensure_ascii=False)


def read(text: str) -> dict[str, Any]:
    """The fields of a plan from JSON, of any format; none of text that isn't kept any more ('')."""
    stored: Mapping[str, Any] = json.loads(text) if text else {}
    return {
        **{name: tuple(stored.get(name, ())) for name in ("already", "rights", "gives", "warnings")},
        **{name: stored.get(name, False) for name in ("vanished", "again", "anew")},
        "miro_id": stored.get("miro_id") or "",
        "user_name": stored.get("user_name"),
        "prolongs": stored.get("goes_on"),
        "steps": tuple(map(_step, stored.get("steps", ()))),
    }


def _step(stored: Mapping[str, Any]) -> PlannedStep:
    """A step; an older one has a card's sentence alone."""
    known = {field.name: stored[field.name] for field in fields(PlannedStep) if field.name in stored}
    return PlannedStep(**{"key": "", "aim": stored.get("text", ""), **known})
