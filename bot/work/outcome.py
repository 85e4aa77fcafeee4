"""The outcome of a request: its own changes, what is left, and why it stopped.

Only its own changes are reported as done, and revoked at its end.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from approvals.plan import Plan
from approvals.request import Request
from approvals.sentence import Sentence
from approvals.states import EventType
from bot.actions import Action
from bot.context import Context
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


def own_calls(context: Context, request: Request) -> dict[str, bool]:
    """{code of a goal: True if its call was accepted, False if the outcome is unknown}.

    Goals whose calls were refused, or never reached Miro, aren't included.
    """
    open_calls, accepted = Counter[str](), set[str]()
    for event in context.store.events(request.id):
        if event.type == EventType.TRYING:
            open_calls[event.body["step"]] += 1
        elif event.type == EventType.ANSWERED and not event.body.get("unclear"):
            open_calls[event.body["step"]] -= 1
            accepted |= {event.body["step"]} if event.body["accepted"] else set()
    return dict.fromkeys(+open_calls, False) | dict.fromkeys(accepted, True)


def own_changes(context: Context, request: Request, command: Action, seen: Seen) -> tuple[Lines, list[str]]:
    """(lines about the steps of a done request, keys of the goals to revoke at its end).

    Goals that already held before its call aren't its own and aren't revoked, unless they were handed over to
    a person. Calls with an unknown outcome are revoked, but not reported as done.
    """
    calls, goals, plan = own_calls(context, request), command.goals(context.facts), request.plan
    before = context.store.request(plan.prolongs).plan.gives if plan.prolongs else ()
    by_hand = {step.key for step in plan.steps if step.change.form("aim") in request.hand_over.left}
    gave = {goal.key for goal in goals if goal.code in calls or goal.key in by_hand}.union(before)
    lines = _lines(plan, goals, calls, seen, by_hand, is_done=True)
    return lines, [key for key in plan.gives if key in gave]


def progress(context: Context, request: Request, goals: Sequence[Goal], seen: Seen | None) -> Lines:
    """The lines about a plan's steps by the last look; without a look all are left."""
    return _lines(request.plan, goals, own_calls(context, request), seen)


def _lines(
    plan: Plan, goals: Sequence[Goal], calls: Mapping[str, bool], seen: Seen | None,
    by_hand: Collection[str] = (), is_done: bool = False,
) -> Lines:  # fmt: skip
    lines: Lines = {"done": [], "others": [], "left": []}
    by_key = {goal.key: goal for goal in goals}
    for step in plan.steps:
        goal = by_key.get(step.key)
        accepted = calls.get(goal.code) if goal else None
        holds = bool(goal and seen and goal.holds(seen))
        is_unshown = goal and seen and not holds and accepted is not None and goal.unshown(seen)
        if goal is None:  # a moved end
            form = "aim" if not is_done else "did" if step.key == f"stay {plan.prolongs}" else ""
        elif not goal.is_visible or (is_unshown and not (is_done and accepted)):
            # Only Miro's answer, or a person, tells of it.
            unheard = "reported" if step.key in by_hand else "aim" if accepted is None else "unheard"
            form = "sent" if accepted else unheard
        elif not (is_done or holds):
            form = "aim"
        elif accepted:
            form = "did" if holds else "accepted"
        elif accepted is False:
            form = "unsure" if holds else "aim"
        elif is_done and step.key not in by_hand:
            form = "" if holds else "aim"
        else:
            form = "state"
        if form:
            lines[{"did": "done", "aim": "left"}.get(form, "others")].append(step.change.form(form))
    return lines
