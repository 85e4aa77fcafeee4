"""Checks people and policy once more, live, before the first change of an approved request."""

from collections.abc import Iterable

from approvals.decide import clock
from approvals.ids import PersonId
from approvals.refusals import Refused, Unsure
from approvals.request import Request
from approvals.sentence import Sentence
from bot.actions import Action
from bot.context import Colleagues, Desk
from bot.miro.client import Miro
from bot.work import approvers
from bot.work.check import check_ground, check_names
from bot.work.later import ending


def check(desk: Desk, colleagues: Colleagues, miro: Miro, request: Request, command: Action) -> None:
    """Raises Refused for what a policy forbids that came into force after the check."""
    if request.is_end:
        ending.check(desk, request, command)
        subject = desk.person(command.subject) if command.subject else None
        return check_ground(desk, command, subject, desk.person(request.requester))
    check_names(desk, request, command)
    requester, lead = desk.person(request.requester), "The policy no longer allows this."
    if requester.source and desk.pushed and not desk.pushed.wants(request):
        raise Refused(f"{requester.called} says something else by now, so nothing was changed.")
    approvers.look_up(desk, colleagues, miro, desk.ground(command, requester), live=True)
    ground = desk.ground(command, requester)
    try:
        ground.may_ask()
    except Unsure:
        raise
    except Refused as error:
        raise Refused(f"{lead} {requester.addressed} can't request it. Ask your IT team.") from error
    try:
        ground.check_length(is_asked=True)
        check_ground(desk, command, ground.case.subject, requester)
    except Refused as error:
        raise Refused(f"{lead} {error}") from error


def left(desk: Desk, colleagues: Colleagues, request: Request) -> Sentence | None:
    """The sentence that the requester or the person concerned has left since, or None."""
    if request.is_end:
        return None
    # Slack would take hours for thousands: of the people of a bulk, what was seen within a day counts.
    whom = (request.requester, None if request.together else request.subject)
    _look_up(desk, colleagues, filter(None, whom))
    return clock.who_left(request, desk.table(request))


def is_approved(desk: Desk, colleagues: Colleagues, request: Request) -> bool:
    """Whether all approvers may still approve; a revocation was approved with the access."""
    if request.is_end:
        return True
    _look_up(desk, colleagues, (id for vote in request.asking.votes for id in (vote.by, vote.principal)))
    return desk.table(request).tally(request).is_settled


def _look_up(desk: Desk, colleagues: Colleagues, ids: Iterable[PersonId]) -> None:
    """Looks up the people who have an account; from a shell people can act without one."""
    desk.store.forget()  # cached people may be old after slow calls to Miro
    for id in dict.fromkeys(ids):
        if desk.person(id).accounts:
            colleagues.look(desk.person(id))
