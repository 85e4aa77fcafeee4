"""What a request came to: the changes it made by its own calls, what is left, and why it stopped.

Nothing but its own changes is reported as done, and nothing else is revoked at its end.
"""

from collections import Counter
from collections.abc import Sequence

from approvals.request import Request
from approvals.sentence import Sentence
from approvals.states import EventType
from bot.actions import Action
from bot.context import Desk
from bot.miro.goals import Goal, Seen

Lines = dict[str, list[Sentence]]
"""`done`: by the request's own calls; `others`: holds, not as far as known by them; `left`: doesn't hold."""

REMEDIES = {
    # By Miro's README that is said of the last admin of a team as well.
    "any account in organization": "remedy-both-admins",
    "at least one admin": "remedy-team-admin",
    "limit reached": "remedy-license",
    "not whitelisted": "remedy-domain",
    "not unique": "remedy-guest",
    "no valid resources": "remedy-still-there",
    "no resource": "remedy-still-there",
    "inactive": "remedy-reactivate",
    "last admin": "remedy-admin",
}
"""A part of Miro's refusal, in lower case, and what helps. Some refusals can't be foreseen through SCIM."""


class Stopped(Exception):
    """It can't go on by itself. `remedy`: the code of what an operator does before pressing Resume."""

    def __init__(self, text: Sentence, remedy: str) -> None:
        super().__init__(text.code)
        self.text, self.remedy = text, Sentence(remedy)


def refused(words: str) -> Stopped:
    """Miro refused a call; `words` are Miro's own."""
    remedy = next((code for part, code in REMEDIES.items() if part in words.casefold()), "remedy-look")
    return Stopped(Sentence.of("miro-said", words=words), remedy)


def own_calls(desk: Desk, request: Request) -> dict[str, bool]:
    """By the code of a goal: whether a call for it was accepted, or may have been, which nobody learned.

    What was refused, or never taken, isn't there.
    """
    open_calls, accepted = Counter[str](), set[str]()
    for event in desk.store.events(request.id):
        if event.type == EventType.TRYING:
            open_calls[event.body["step"]] += 1
        elif event.type == EventType.ANSWERED and not event.body.get("unclear"):
            open_calls[event.body["step"]] -= 1
            accepted |= {event.body["step"]} if event.body["accepted"] else set()
    return dict.fromkeys(+open_calls, False) | dict.fromkeys(accepted, True)


def own_changes(desk: Desk, request: Request, command: Action) -> tuple[Lines, list[str]]:
    """Of a request that is done: what is said of its own steps, and the keys of the goals it answers for.

    What held already when its turn came isn't its own, nor is it to be revoked at its end. What it may have
    brought about is revoked, and not claimed.
    """
    calls, by_key = own_calls(desk, request), {goal.key: goal for goal in command.goals(desk.facts)}
    prolongs = request.plan.prolongs
    before = desk.store.request(prolongs).plan.gives if prolongs else ()
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.steps:
        goal = by_key.get(step.key)
        if step.key == f"stay {prolongs}" or (goal and calls.get(goal.code)):
            lines["done"].append(step.change.form("did"))
        elif goal and goal.code in calls:
            lines["others"].append(goal.change.form("unsure"))
    gave = {key for key, goal in by_key.items() if goal.code in calls}.union(before)
    return lines, [key for key in request.plan.gives if key in gave]


def progress(desk: Desk, request: Request, goals: Sequence[Goal], seen: Seen | None) -> Lines:
    """What of a plan is done and what is left by the last look; all is left where nobody could look."""
    calls, by_key = own_calls(desk, request), {goal.key: goal for goal in goals}
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.steps:
        goal = by_key.get(step.key)
        if goal is None or seen is None or not goal.holds(seen):  # an end that is moved is no goal
            lines["left"].append(step.change.form("aim"))
        elif calls.get(goal.code):
            lines["done"].append(step.change.form("did"))
        else:
            lines["others"].append(goal.change.form("unsure" if goal.code in calls else "state"))
    return lines
