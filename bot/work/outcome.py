"""The outcome of a request: its own changes, what is left, and why it stopped.

Only its own changes are reported as done, and revoked at its end.
"""

from collections import Counter
from collections.abc import Sequence

from approvals.plan import PlannedStep
from approvals.request import Request
from approvals.sentence import Sentence
from approvals.states import EventType
from bot.actions import Action
from bot.context import Desk
from bot.miro.goals import Goal, Seen

Lines = dict[str, list[Sentence]]
"""`done`: by the request's own calls; `others`: holds, but not known to be by them; `left`: doesn't hold."""

REMEDIES = {
    # By Miro's README this message is also used for the last admin of a team.
    "any account in organization": "remedy-both-admins",
    "at least one admin": "remedy-team-admin",
    "limit reached": "remedy-license",
    "not whitelisted": "remedy-domain",
    "group name": "remedy-name",
    "not unique": "remedy-guest",
    "method is not allowed": "remedy-model",
    "no valid resources": "remedy-still-there",
    "no resource": "remedy-still-there",
    "inactive": "remedy-reactivate",
    "last admin": "remedy-admin",
}
"""{part of Miro's refusal, lower case: code of the remedy}, for refusals that SCIM can't foresee."""


class Stopped(Exception):
    """The request can't go on. `remedy`: the code of what an operator has to do before Resume."""

    def __init__(self, text: Sentence, remedy: str) -> None:
        super().__init__(text.code)
        self.text, self.remedy = text, Sentence(remedy, text.values)


def refused(words: str, team: str | None = None, is_rest: bool = False) -> Stopped:
    """The Stopped for a call that Miro refused; `words`: Miro's message, `team`: the one to join or leave."""
    otherwise = "remedy-rest" if is_rest else "remedy-look"
    remedy = next((code for part, code in REMEDIES.items() if part in words.casefold()), otherwise)
    return Stopped(Sentence.of("miro-said", words=words, team=team), remedy)


def own_calls(desk: Desk, request: Request) -> dict[str, bool]:
    """{code of a goal: True if its call was accepted, False if the outcome is unknown}.

    Goals whose calls were refused, or never reached Miro, aren't included.
    """
    open_calls, accepted = Counter[str](), set[str]()
    for event in desk.store.events(request.id):
        if event.type == EventType.TRYING:
            open_calls[event.body["step"]] += 1
        elif event.type == EventType.ANSWERED and not event.body.get("unclear"):
            open_calls[event.body["step"]] -= 1
            accepted |= {event.body["step"]} if event.body["accepted"] else set()
    return dict.fromkeys(+open_calls, False) | dict.fromkeys(accepted, True)


def own_changes(desk: Desk, request: Request, command: Action, seen: Seen) -> tuple[Lines, list[str]]:
    """(lines about the steps of a done request, keys of the goals to revoke at its end).

    Goals that already held before its call aren't its own and aren't revoked, unless they were handed over to
    a person. Calls with an unknown outcome
    are revoked, but not reported as done.
    """
    calls, by_key = own_calls(desk, request), {goal.key: goal for goal in command.goals(desk.facts)}
    prolongs = request.plan.prolongs
    before = desk.store.request(prolongs).plan.gives if prolongs else ()
    by_hand = {step.key for step in request.plan.steps if step.change.form("aim") in request.hand_over.left}
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.steps:
        goal = by_key.get(step.key)
        if goal and not goal.is_visible:
            _add_unseen(lines, step, calls.get(goal.code), step.key in by_hand)
        elif goal and calls.get(goal.code) and not goal.holds(seen):
            lines["others"].append(step.change.form("accepted"))
        elif step.key == f"stay {prolongs}" or (goal and calls.get(goal.code)):
            lines["done"].append(step.change.form("did"))
        elif goal and goal.code in calls:
            lines["others"].append(goal.change.form("unsure"))
        elif goal and step.key in by_hand and goal.is_visible:
            lines["others"].append(goal.change.form("state"))
        elif goal and not goal.holds(seen):
            lines["left"].append(step.change.form("aim"))
    gave = {key for key, goal in by_key.items() if goal.code in calls or key in by_hand}.union(before)
    return lines, [key for key in request.plan.gives if key in gave]


def progress(desk: Desk, request: Request, goals: Sequence[Goal], seen: Seen | None) -> Lines:
    """The lines about a plan's steps by the last look; without a look all are left."""
    calls, by_key = own_calls(desk, request), {goal.key: goal for goal in goals}
    lines: Lines = {"done": [], "others": [], "left": []}
    for step in request.plan.steps:
        goal = by_key.get(step.key)
        if goal and not goal.is_visible:
            _add_unseen(lines, step, calls.get(goal.code))
        elif goal is None or seen is None or not goal.holds(seen):  # a moved end has no goal
            lines["left"].append(step.change.form("aim"))
        elif calls.get(goal.code):
            lines["done"].append(step.change.form("did"))
        else:
            lines["others"].append(goal.change.form("unsure" if goal.code in calls else "state"))
    return lines


def _add_unseen(lines: Lines, step: PlannedStep, accepted: bool | None, by_hand: bool = False) -> None:
    """The line about a change that no look shows: only Miro's answer, or a person, tells of it."""
    unseen = "sent" if accepted else "reported" if by_hand else "unheard"
    is_left = accepted is None and not by_hand
    lines["left" if is_left else "others"].append(step.change.form("aim" if is_left else unseen))
