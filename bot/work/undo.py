"""Undo: a request's own changes are taken back by requests of their own (`because_of`).

Each is asked, approved and planned against Miro like any other, so what was changed meanwhile is seen.
"""

from collections.abc import Sequence
from dataclasses import replace

from approvals.decide import decide
from approvals.decide.actor import Actor, is_operator
from approvals.ids import GroupId
from approvals.plan import PlannedStep, read
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import OPEN, EventType, State
from bot.actions import ACTIONS
from bot.actions.fill import Problems
from bot.actions.many import Bulk
from bot.actions.undo import undoing
from bot.context import Context
from bot.miro.goals import Goal, Seen
from bot.work.ask import asked
from bot.work.bulk.reading import prepared
from bot.work.outcome import own_calls


def undo(
    context: Context, request: Request, actor: Actor, reason: str = "", receipt: str = ""
) -> tuple[list[Request], list[str]]:
    """(requests that undo another, in order; why others are refused). Open ones are returned, not repeated.

    A stopped request is closed as incomplete, as Resume would bring about again what is undone. Raises
    Refused and StoreTrouble.
    """
    if context.is_secret_from(actor.person, request):
        raise Refused(f"There's no request {request.id}.")
    is_mine = context.policy.acts_as(actor.person, context.person(request.requester))
    if not is_mine and not is_operator(context.policy, actor.person):
        raise Refused(f"Only the requester or an operator can undo {request.id}.")
    if request.untouchable or request.state not in (State.DONE, State.STOPPED, State.WITHDRAWN):
        cure = " Withdraw it instead." if request.state in OPEN and request.state is not State.WORKING else ""
        raise Refused(f"{request.id} isn't done, so there's nothing to undo.{cure}")
    # The person concerned reads it: of an offboarding that stopped they know nothing.
    secret = context.command(request).CONFIDENTIAL
    reason = reason or ("Restores what was before." if secret else f"Undoes {request.id}.")
    with context.store.writing():
        asked_already = [
            each for each in context.store.because_of(request.id) if not (each.is_end or each.line)
        ]
        if asked_already:
            return asked_already, []
        if request.action == Bulk.NAME:
            return [_undo_bulk(context, request, actor, reason, receipt)], []
        ways = undoing(own_steps(context, request), changed_address(context, request))
        wanted = [(action, raw) for action, raw in ways if context.policy.rule(action)]
        if not wanted:
            raise Refused(f"{request.id} changed nothing that I can undo.")
        if request.state is State.STOPPED:
            context.store.append(request, decide.withdraw(request, actor, context.table(request)))
        requests, refusals = list[Request](), list[str]()
        for number, (action, raw) in enumerate(wanted):
            part = receipt and f"{receipt}:{number}"
            try:
                requests.append(asked(context, ACTIONS[action], raw, reason, actor, part, request.id))
            except (Refused, Problems) as error:
                texts = error.fields.values() if isinstance(error, Problems) else [str(error)]
                refusals.append(f"{ACTIONS[action].TITLE}: {' '.join(texts)}")
        if not requests:
            raise Refused(" ".join(refusals))
        return requests, refusals


def _undo_bulk(context: Context, bulk: Request, actor: Actor, reason: str, receipt: str) -> Request:
    """The bulk that undoes another; which lines it has is seen when it is checked."""
    made = context.store.each(context.store.lines_in(bulk.id, list(State)))
    if not any(request.may_have_changed for request in made):
        raise Refused(f"{bulk.id} changed nothing that I can undo.")
    command = context.command(bulk)
    assert isinstance(command, Bulk)
    lines = [replace(line, undoes="") for line in command.lines]
    undoing = context.store.ask(*prepared(context, actor, lines, reason, receipt, undoes=bulk.id))
    for id in [*context.store.lines_in(bulk.id, [State.STOPPED]), bulk.id]:
        if (stopped := context.store.request(id)).state is State.STOPPED:
            context.store.append(stopped, decide.withdraw(stopped, actor, context.table(stopped)))
    return undoing


def check_unchanged(context: Context, request: Request, goals: Sequence[Goal], seen: Seen) -> None:
    """Raises Refused if something that a request undoes was changed to a third state meanwhile."""
    try:
        id = request.undoes if request.line else request.because_of
        cause = context.store.request(id) if id else None
        own = {goal.code: goal for goal in context.command(cause).goals(context.facts)} if cause else {}
    except KeyError:  # an access review, or a team that is gone
        return
    if own and seen.members:
        raise Refused(
            "The group has members now, so I left it as it is. "
            f"To delete it anyway, use /miro {request.action}."
        )
    for goal in goals:
        brought = own.get(goal.code)
        if cause and brought and not brought.holds(seen) and not goal.holds(seen):
            why = f"Someone changed this again after {cause.id}, so I left it as it is."
            raise Refused(f"{why} To {goal.words.aim} anyway, use /miro {request.action}.")


def own_steps(context: Context, request: Request) -> list[PlannedStep]:
    """The steps of all its plans whose calls Miro accepted, or whose outcome is unknown.

    A security name that somebody changed again stays.
    """
    plans = [event for event in context.store.events(request.id) if event.type == EventType.PLANNED]
    steps = [step for event in plans for step in read(event.words.get("plan") or "")["steps"]]
    calls = own_calls(context, request)
    own = {step.key: step for step in reversed(steps) if _code(step) in calls}
    return [step for step in reversed(own.values()) if not _is_renamed(context, step)]


def _code(step: PlannedStep) -> str:
    """The code of the goal of a step, by which its calls are recorded."""
    if step.change.code == "set":
        return " ".join(("attributes", *sorted(step.change.values["attributes"])))
    return "account" if step.change.code == "create" else step.key


def _is_renamed(context: Context, step: PlannedStep) -> bool:
    if step.change.code != "rename":
        return False
    group = context.store.groups.get(GroupId(step.key.split()[1]))
    return group is None or group.security_name != step.change.values["name"]


def changed_address(context: Context, request: Request) -> str:
    """The address of the account that was changed."""
    return request.plan.user_name or (context.person(request.subject).email if request.subject else "")
