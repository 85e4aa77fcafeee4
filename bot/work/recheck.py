"""Whether what was approved may still be done: people and policy once more, live, before the first change."""

from approvals.decide import clock
from approvals.refusals import Refused, Unsure
from approvals.request import Request
from bot.actions import Action
from bot.context import Colleagues, Desk
from bot.miro.client import Miro
from bot.work import approvers, ending
from bot.work.check import check_ground, check_names


def check(desk: Desk, colleagues: Colleagues, miro: Miro, request: Request, command: Action) -> None:
    """Refuses what the policy forbids that came into force after the request was checked."""
    lead = "The policy doesn't allow this any more."
    if request.is_end:
        ending.check(desk, request, command)
        return check_ground(desk, command, desk.person(command.subject) if command.subject else None)
    check_names(desk, command)
    asker = desk.person(request.requester)
    ground = desk.ground(command, asker)
    approvers.look_up(desk, colleagues, miro, ground, live=True)
    try:
        desk.ground(command, asker).may_ask()
    except Unsure:
        raise
    except Refused as error:
        raise Refused(f"{lead} {asker.addressed} may not ask for it. Ask your IT team.") from error
    try:
        desk.ground(command, asker).check_length(is_asked=True)
        check_ground(desk, command, ground.case.subject)
    except Refused as error:
        raise Refused(f"{lead} {error}") from error


def left(desk: Desk, colleagues: Colleagues, request: Request) -> str:
    """That a request's requester, or the person concerned, has left since; '' if neither has."""
    if request.is_end:
        return ""
    for id in dict.fromkeys(filter(None, (request.requester, request.subject))):
        if desk.person(id).accounts:
            colleagues.look(desk.person(id))
    return clock.who_left(request, desk.table(request))


def is_approved(desk: Desk, colleagues: Colleagues, request: Request) -> bool:
    """Whether everybody who approved may still do so."""
    if request.is_end:
        return True  # with the request that it ends
    for id in {id for vote in request.votes for id in (vote.by, vote.principal)}:
        if desk.person(id).accounts:  # one who spoke through a shell may have none
            colleagues.look(desk.person(id))
    return desk.table(request).tally(request).is_settled
