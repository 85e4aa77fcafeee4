"""The SCIM calls of each action, read from the sandbox's log."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.ids import RequestId
from approvals.states import State
from bot.sandbox.miro.service import Exchange
from bot.sandbox.stage import Stage, stage
from tests.bench.table import Row
from tests.campaigns.kill import ask
from tests.campaigns.shapes import SHAPES, Shape

HEAD = (
    "Action", "looks before asking", "looks after approval", "writes", "last look", "further calls, and why",
)  # fmt: skip


def _returned(scene: Stage) -> None:
    person = scene.bot.people.find("U0JO")
    assert person
    scene.bot.store.people.learn(person.id, miro_id="3074457345618999999")


AGAIN = Shape(
    "request-access, deleted before",
    "request-access",
    "U0SAM",
    {"person": "U0JO", "teams": "Engineering"},
    _returned,
)


@dataclass(frozen=True)
class Calls:
    """One request's calls; a look is `GET /Users?filter=userName eq …`, or `GET /Groups/{id}` of a group."""

    shape: Shape
    before: int
    after: int
    writes: int
    facts: int
    """Facts that differed when it was approved."""
    last: int
    further: Sequence[str]

    @property
    def met(self) -> bool:
        """One look, one look, one write a fact, one look; all else is named."""
        named = not any("no reason known" in one for one in self.further)
        return (self.before, self.after, self.last) == (1, 1, 1) and self.writes == self.facts and named

    def cells(self) -> list[str]:
        """As they stand in the table."""
        numbers = map(str, (self.before, self.after, self.writes, self.last))
        return [self.shape.name, *numbers, "; ".join(self.further) or "none"]


def measured() -> list[Calls]:
    """Every shape, once: the sandbox answers the same each time."""
    return [_of(shape) for shape in (*SHAPES, AGAIN)]


def row(calls: Sequence[Calls]) -> Row:
    """All of them in one line."""
    good, whole = sum(one.met for one in calls), len(calls)
    looks = max(one.before + one.after + one.last for one in calls)
    text = f"{good} of {whole} shapes so; at most {looks} looks, and as many writes as facts that differ"
    figure = "1 look before asking; after approval 1 look, 1 write a fact, 1 look; all else named"
    return Row("SCIM calls a request (table below)", text, figure, good == whole)


def _of(shape: Shape) -> Calls:
    with TemporaryDirectory() as folder, stage(Path(folder)) as scene:
        shape.furnish(scene)
        ask(scene, shape)
        scene.settle()
        before = _taken(scene)
        facts = _approve(scene)
        scene.settle()
        assert scene.bot.store.request(RequestId("R-1")).state is State.DONE
        return _counted(shape, before, _taken(scene), facts)


def _approve(scene: Stage) -> int:
    store, context = scene.bot.store, scene.bot.context
    request = store.request(RequestId("R-1"))
    person = context.person(request.asking.approvers[0][0])
    actor = Actor(person, person.account)
    store.append(request, approve(request, actor, request.plan.revision, context.table(request)))
    return len(request.plan.steps)


def _taken(scene: Stage) -> list[Exchange]:
    log = list(scene.miro.log)
    scene.miro.log.clear()
    return log


def _counted(shape: Shape, before: list[Exchange], after: list[Exchange], facts: int) -> Calls:
    writes = [number for number, call in enumerate(after) if call.method != "GET"]
    parts = after[: writes[0]], after[writes[0] : writes[-1]], after[writes[-1] + 1 :]
    between = [call for call in parts[1] if call.method == "GET"]
    further = Counter(_why(call) for call in [*before, *parts[0], *parts[2]] if not _is_look(call))
    further += Counter(_why_between(after, call) for call in between)
    return Calls(
        shape,
        before=sum(map(_is_look, before)),
        after=sum(map(_is_look, parts[0])),
        writes=len(writes),
        facts=facts,
        last=sum(map(_is_look, parts[2])),
        further=[f"{count} × {why}" for why, count in further.items()],
    )


def _is_look(call: Exchange) -> bool:
    return "filter=userName eq" in call.path or call.path.startswith("/Groups/")


def _why(call: Exchange) -> str:
    if "filter=active eq true" in call.path:
        return "list of active accounts: is there another Company Admin, if this one is demoted?"
    if re.match(r"/Users/\d+", call.path):
        return "GET /Users/{id}: the account known from before isn't found by its address"
    return f"GET {call.path.partition('?')[0]}: no reason known"


def _why_between(after: list[Exchange], call: Exchange) -> str:
    """A look between two writes has its reason in the one that follows."""
    following = next(one for one in after[after.index(call) :] if one.method != "GET")
    operation = following.body["Operations"][0] if following.body else {}
    if _is_look(call) and operation.get("op") == "Remove" and operation["path"].startswith("members["):
        return "look before leaving the only team: the new one must have been seen"
    return f"look between two writes, before {following.method} {following.path}: no reason known"
