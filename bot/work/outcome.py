"""What a request came to: the changes it made by its own calls, what is left, and why it stopped.

Nothing but its own changes is reported as done, and nothing else is revoked at its end.
"""

from collections import Counter
from collections.abc import Sequence

from approvals.request import Request
from approvals.states import EventType
from bot.actions import Action
from bot.context import Desk
from bot.miro.goals import Goal, Seen

Lines = dict[str, list[str]]
"""`done`: by the request's own calls; `others`: holds, not as far as known by them; `left`: doesn't hold."""

ONLY_WHAT_IS_LEFT = "then press Resume. I'll do only what's left."

REMEDIES = (
    # By Miro's README that is said of the last admin of a team as well.
    ("any account in organization", "Make somebody else Company Admin, and admin of that team, in Miro"),
    ("at least one admin", "Make somebody else admin of that team in Miro"),
    ("limit reached", "Free a license in Miro, or buy one"),
    ("not whitelisted", "Allow this domain in Miro's company settings"),
    ("not unique", "Look in Miro whether the person is a guest or belongs to another organization"),
    ("no valid resources", "Look whether the person and the team are still in Miro"),
    ("no resource", "Look whether the person and the team are still in Miro"),
    ("inactive", "Reactivate the account in Miro"),
    ("last admin", "Make somebody else Company Admin"),
)
"""A part of Miro's refusal, in lower case, and what helps. Some refusals can't be foreseen through SCIM."""


class Stopped(Exception):
    """It can't go on by itself. `remedy` is what an operator does before pressing Resume."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text, self.remedy = text, remedy


def unknown_action(name: object) -> Stopped:
    """Another version of the program asked for it."""
    return Stopped(f"I don't know the action {name}.", "Install the version that asked for it")


def refused(words: str) -> Stopped:
    """Miro refused a call; `words` are Miro's own."""
    remedy = next((text for part, text in REMEDIES if part in words.casefold()), "Look into it in Miro")
    return Stopped(f'Miro said: "{words}"', f"{remedy}, {ONLY_WHAT_IS_LEFT}")


def never_answered(aim: str, tries: int, last_answer: str) -> Stopped:
    """One call was sent as often as it may be, and its outcome is still unknown.

    `aim`: the goal's; `last_answer`: a sentence with the space after it, or ''.
    """
    text = f"{last_answer}I tried {tries} times to {aim} and never learned whether it worked."
    return Stopped(text, f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}")


def never_shown(aim: str) -> Stopped:
    """Miro accepted a call, and looks don't show what it was to bring about."""
    text = f"Miro accepted my call to {aim}, but doesn't show it."
    return Stopped(text, f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}")


def left_halfway(sentence: str) -> Stopped:
    """Somebody has left (`sentence`, without its full stop) after the first call: an operator decides."""
    remedy = "Press Leave as It Is, unless it is to be done all the same"
    return Stopped(f"{sentence}, after it had begun.", remedy)


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


def unsure(goal: Goal) -> str:
    """What holds of a goal whose call was never answered: its own doing, or somebody else's."""
    return f"{goal.words.state} (I can't tell whether by my call)"


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
            lines["done"].append(step.did)
        elif goal and goal.code in calls:
            lines["others"].append(unsure(goal))
    gave = {key for key, goal in by_key.items() if goal.code in calls}.union(before)
    return lines, [key for key in request.plan.gives if key in gave]


def progress(desk: Desk, request: Request, goals: Sequence[Goal], seen: Seen | None) -> Lines:
    """What of a plan is done and what is left by the last look; all is left where nobody could look."""
    calls, by_key = own_calls(desk, request), {goal.key: goal for goal in goals}
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.steps:
        goal = by_key.get(step.key)
        if goal is None or seen is None or not goal.holds(seen):  # an end that is moved is no goal
            lines["left"].append(step.aim)
        elif calls.get(goal.code):
            lines["done"].append(step.did)
        else:
            lines["others"].append(unsure(goal) if goal.code in calls else goal.words.state)
    return lines
