"""The plan of a request, and its stored form: the only place that writes and reads its JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from approvals.ids import RequestId
from approvals.sentence import VERBATIM, Sentence, as_json


@dataclass(frozen=True)
class PlannedStep:
    """One change, with the call that makes it."""

    key: str
    change: Sentence
    hazards: tuple[Sentence, ...] = ()
    call: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    """What the look showed of what it changes, to undo it: {"department": "IT"}, {"rights": [...]}."""

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """The approver's sentences: the change, and its hazards."""
        return (self.change.form("todo"), *self.hazards)

    @property
    def stored(self) -> dict[str, Any]:
        """The form for JSON."""
        before = {"before": dict(self.before)} if self.before else {}
        return {"key": self.key, "change": self.change, "hazards": self.hazards, "call": self.call, **before}


@dataclass(frozen=True)
class Plan:
    """The changes that were or are to be approved, and what else an approver has to know.

    `miro_id` is '' while there is no account; `user_name` is None in a plan from before addresses were kept.
    """

    revision: str = ""  # '' before there is a plan
    round: int = 0  # how often a plan was made
    planned_at: datetime | None = None  # when people were first asked about this revision
    miro_id: str = ""
    user_name: str | None = None
    steps: tuple[PlannedStep, ...] = ()
    already: tuple[Sentence, ...] = ()
    rights: tuple[str, ...] = ()  # admin rights that come along
    gives: tuple[str, ...] = ()  # keys of the changes that the request takes back at its end
    warnings: tuple[Sentence, ...] = ()
    known: tuple[Sentence, ...] = ()  # what else Miro shows of the person, or that it doesn't
    vanished: bool = False  # an earlier account isn't shown any more
    again: bool = False  # another plan was approved before
    anew: bool = False  # it was approved before
    prolongs: RequestId | None = None  # the request whose end it moves


NO_PLAN = Plan()
_NOT_WRITTEN = ("revision", "round", "planned_at")
"""Fields with values of their own in the event."""
_SAID = ("already", "warnings", "known")
_FORMS = {"text": "todo", "aim": "aim", "did": "did", "detail": "detail"}
"""{text of a step in an older plan: the form of a change it stands for}."""
_JSON_NAMES = {"prolongs": "goes_on"}


def written(plan: Plan) -> str:
    """The plan as JSON, without fields that have their default."""
    given = {name: value for name, value in vars(plan).items() if value != getattr(NO_PLAN, name)}
    return as_json({_JSON_NAMES.get(name, name): given[name] for name in given if name not in _NOT_WRITTEN})


def read(text: str) -> dict[str, Any]:
    """{field: value} of a plan from JSON of any format; the defaults for text that was deleted ('')."""
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


def step(stored: Mapping[str, Any]) -> PlannedStep:
    """A step. An older one has texts; the first, in the oldest the only one, includes its hazards."""
    key, call = stored.get("key", ""), stored.get("call", "")
    if "change" in stored:
        hazards = tuple(map(Sentence.read, stored["hazards"]))
        return PlannedStep(key, Sentence.read(stored["change"]), hazards, call, stored.get("before", {}))
    texts = {form: stored.get(name, "") for name, form in _FORMS.items()}
    change = Sentence(VERBATIM, texts | {"aim": texts["aim"] or texts["todo"]})
    return PlannedStep(key, change, (Sentence.verbatim(""),) * stored.get("hazards", 0), call)
