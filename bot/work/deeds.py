"""Which changes a request made itself, by its own calls: nothing else is claimed as done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from approvals.request import Request
from approvals.states import What
from bot.context import Desk
from bot.miro.goals import Goal, Seen
from bot.work.stops import as_part

Lines = dict[str, list[str]]
"""`done`: by the request's own calls; `others`: holds without them; `left`: doesn't hold."""


def own(desk: Desk, request: Request) -> Counter[str]:
    """How often a call for each step took effect, as far as anybody can tell, by the goal's code.

    A call of which nobody learned what came of it may have; one that Miro refused did nothing.
    """
    sent = Counter[str]()
    for event in desk.store.events(request.id):
        if event.type == What.TRYING:
            sent[event.body["step"]] += 1
        elif event.type == What.ANSWERED and not (event.body["accepted"] or event.body.get("unclear")):
            sent[event.body["step"]] -= 1
    return +sent


def so_far(desk: Desk, request: Request, goals: Sequence[Goal], seen: Seen) -> Lines:
    """What of a plan is done, what holds because of somebody else, and what is left, by the last look."""
    sent, known = own(desk, request), {goal.key: goal for goal in goals}
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.get("steps", []):
        goal = known.get(step["key"])
        if goal is None or not goal.holds(seen):  # an end that is moved is no goal: it moves last
            lines["left"].append(aim(step))
        elif goal.code in sent:
            lines["done"].append(step["did"])
        else:
            lines["others"].append(goal.words.state)
    return lines


def unseen(request: Request) -> Lines:
    """The same where nobody can look."""
    return {"done": [], "others": [], "left": [aim(step) for step in request.plan.get("steps", [])]}


def aim(step: Mapping[str, Any]) -> str:
    """What a step is to do, as a part of a sentence; older plans don't have it of its own."""
    return str(step.get("aim") or as_part(step["text"]))
