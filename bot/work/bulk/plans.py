"""The plan of a bulk: its lines' plans, each as it is shown, and their sums for the card; pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping

from approvals.plan import Plan, PlannedStep, read, written
from approvals.sentence import Sentence
from bot.actions.many import Line
from bot.miro.quota import LIST, POOL, WINDOW, cost

MOST_ENDS = 3
"""The most lengths of access that a card says by themselves."""
SHARE = 11
"""The members that fit in a PATCH below 500 bytes."""


def summed(lines: Iterable[Line], plans: Mapping[int, Plan], out: Mapping[int, str]) -> Plan:
    """What approvers of a bulk read. `plans`: {number of a line: its plan}; `out`: {number: why not}."""
    steps = [step for each in plans.values() for step in each.steps]
    sums: dict[str, list[PlannedStep]] = {}
    for step in steps:
        key = f"{step.change.code} {step.change.values.get('group', '')}".strip()
        sums.setdefault(key, []).append(step)
    planned = [_sum(key, some) for key, some in sums.items()]
    planned += _later(lines, plans)
    already = sum(not each.steps for each in plans.values())
    planned += [PlannedStep("already", Sentence.of("so-many-already", count=already))] if already else []
    if out:
        number, why = next(iter(out.items()))
        first = Sentence.verbatim(f"Line {number}: {why}")
        planned.append(PlannedStep("out", Sentence.of("left-out", count=len(out)), (first,)))
    planned.append(PlannedStep("lasts", Sentence.of("lasts", seconds=seconds(steps))))
    revisions = json.dumps([(number, each.revision) for number, each in plans.items()])
    revision = hashlib.sha256(revisions.encode()).hexdigest()[:12]
    rights = tuple(dict.fromkeys(right for each in plans.values() for right in each.rights))
    return Plan(revision=revision, steps=tuple(planned), rights=rights)


def _later(lines: Iterable[Line], plans: Mapping[int, Plan]) -> list[PlannedStep]:
    """What happens by itself some days after: deletions and ends."""
    deletions, ends = Counter[int](), Counter[tuple[int, str]]()
    for line in lines:
        command, steps = line.command, plans[line.number].steps
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


_EACH = {"who": "Each person"}


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


def kept(plans: Mapping[int, Plan]) -> str:
    """The plans of lines in their stored form."""
    return json.dumps({number: [each.revision, written(each)] for number, each in plans.items()})


Words = Mapping[str, str | None]
"""The words of one event."""


def approved_plans(events: Iterable[Words]) -> dict[int, Plan]:
    """{number of a line: its plan as it was shown} of the newest plan of a bulk."""
    plans = json.loads(_newest(events, "line_plans")).items()
    return {int(number): Plan(revision=revision, **read(stored)) for number, (revision, stored) in plans}


def stored(problems: Mapping[int, str]) -> dict[str, str]:
    """The words of an event with {number of a line: why it isn't in the bulk}."""
    return {"left_out": json.dumps(problems, ensure_ascii=False)}


def left_out(events: Iterable[Words]) -> dict[int, str]:
    """{number of a line: why it isn't in the bulk} of the newest plan."""
    return {int(number): text for number, text in json.loads(_newest(events, "left_out")).items()}


def _newest(events: Iterable[Words], key: str) -> str:
    texts = [words[key] for words in events if key in words]
    return (texts[-1] if texts else "") or "{}"
