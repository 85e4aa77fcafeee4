"""The plan of a bulk: its lines' plans, each as it is shown, and their sums for the card; pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from approvals.plan import Plan, PlannedStep, read, written
from approvals.sentence import Sentence
from bot.actions.many import Line
from bot.miro.plan import LivePlan
from bot.miro.quota import LIST, POOL, WINDOW, cost

MOST_ENDS = 3
"""The most lengths of access that a card says by themselves."""
SHARE = 11
"""The members that fit in a PATCH below 500 bytes."""


@dataclass(frozen=True)
class BulkPlan(LivePlan):
    """What approvers of a bulk read. `plans`: {number of a line: its plan}; `left_out`: how many others."""

    lines: tuple[Line, ...] = ()
    plans: Mapping[int, LivePlan] = field(default_factory=dict)
    left_out: int = 0

    @property
    def rights(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(right for each in self.plans.values() for right in each.rights))

    @property
    def revision(self) -> str:
        text = json.dumps([(number, each.revision) for number, each in self.plans.items()])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def stored(self) -> Plan:
        steps = [step for each in self.plans.values() for step in each.stored().steps]
        sums: dict[str, list[PlannedStep]] = {}
        for step in steps:
            key = f"{step.change.code} {step.change.values.get('group', '')}".strip()
            sums.setdefault(key, []).append(step)
        lines = [_sum(key, some) for key, some in sums.items()]
        lines += self._later()
        already = sum(not each.stored().steps for each in self.plans.values())
        lines += [PlannedStep("already", Sentence.of("so-many-already", count=already))] if already else []
        lines += [PlannedStep("out", Sentence.of("left-out", count=self.left_out))] if self.left_out else []
        lasts = PlannedStep("lasts", Sentence.of("lasts", seconds=seconds(steps)))
        return Plan(steps=(*lines, lasts), rights=self.rights)

    def _later(self) -> list[PlannedStep]:
        """What happens by itself some days after: deletions and ends."""
        deletions, ends = Counter[int](), Counter[tuple[int, str]]()
        for line in self.lines:
            command, steps = line.command, self.plans[line.number].stored().steps
            if command.then:
                deletions[command.then[1]] += 1
            if command.days and command.ending([step.key for step in steps]):
                # Days until a last day differ by the start: the day itself is what is said.
                ends[0 if command.last_day else command.days, command.last_day] += 1
        each = [Sentence.of("ends", count=count, days=days, until=day) for (days, day), count in ends.items()]
        if len(each) > MOST_ENDS:
            each = [Sentence.of("ends", count=ends.total())]
        later = [Sentence.of("deleted-later", count=count, days=days) for days, count in deletions.items()]
        return [PlannedStep("later", sentence) for sentence in (*later, *each)]


def _sum(key: str, steps: list[PlannedStep]) -> PlannedStep:
    """One line of the card for all changes of a kind."""
    first = steps[0].change
    hazards: dict[str, Sentence] = {}
    for hazard in (hazard for step in steps for hazard in step.hazards):
        hazards[hazard.code] = Sentence(hazard.code, {**hazard.values, **_EACH} if hazard.values else {})
    change = Sentence.of("many", count=len(steps), of=first.code, group=first.values.get("group", ""))
    return PlannedStep(key, change, tuple(hazards.values()))


_EACH = {"who": "Each of them"}


def seconds(steps: list[PlannedStep]) -> int:
    """How long the calls of steps take under Miro's quota, at least."""
    credits, members = 0.0, dict[str, int]()
    for step in steps:
        method, _, path = step.call.partition(" ")
        if path.startswith("/Groups"):
            members[path] = members.get(path, 0) + 1
        elif path.startswith("/Users"):
            credits += cost(method, path)
    credits += sum(min(cost("PATCH", path) * -(-count // SHARE), LIST) for path, count in members.items())
    return int(credits / POOL * WINDOW.total_seconds())


@dataclass(frozen=True)
class Shown(LivePlan):
    """The plan of a line as it was approved."""

    plan: Plan = field(default_factory=Plan)

    @property
    def rights(self) -> tuple[str, ...]:
        return self.plan.rights

    @property
    def revision(self) -> str:
        return self.plan.revision

    def stored(self) -> Plan:
        return self.plan


def kept(plans: Mapping[int, LivePlan]) -> str:
    """The plans of lines in their stored form."""
    return json.dumps({number: [each.revision, written(each.stored())] for number, each in plans.items()})


Words = Mapping[str, str | None]
"""The words of one event."""


def approved_plans(events: Iterable[Words]) -> dict[int, Shown]:
    """{number of a line: its plan as it was shown} of the newest plan of a bulk."""
    plans = {}
    for number, (revision, stored) in json.loads(_newest(events, "line_plans")).items():
        plan = Plan(revision=revision, **read(stored))
        plans[int(number)] = Shown(plan.miro_id, (), plan.already, plan.user_name or "", plan=plan)
    return plans


def left_out(events: Iterable[Words]) -> dict[int, str]:
    """{number of a line: why it isn't in the bulk} of the newest plan."""
    return {int(number): text for number, text in json.loads(_newest(events, "left_out")).items()}


def _newest(events: Iterable[Words], key: str) -> str:
    texts = [words[key] for words in events if key in words]
    return (texts[-1] if texts else "") or "{}"
