"""Decisions: each function returns the events, or raises Refused."""

from dataclasses import replace
from datetime import datetime

from approvals.decide.actor import Who, check_standing, is_operator
from approvals.decide.asking import routed, same_step, voted
from approvals.decide.basis import Table
from approvals.decide.eligible import check_known, check_secret, check_shell, seat
from approvals.decide.tally import Route
from approvals.decide.too_late import not_stopped, settled
from approvals.ids import stamp
from approvals.refusals import Outdated, Refused
from approvals.request import PAUSED, Draft, Request, Vote
from approvals.sentence import Sentence, body, lines, words
from approvals.states import OPEN, EventType, State


def approve(request: Request, who: Who, revision: str, table: Table, confidential: bool) -> list[Draft]:
    """A yes to exactly this revision of the plan."""
    taken = seat(request, who, table, confidential)
    if revision != request.plan.revision:
        raise Outdated("The change is different now, so your click did nothing. Read the updated card.")
    table.ground(request).check_length(is_asked=True)
    asking = request.asking
    given = (asking.step, taken.stands_for, asking.level, taken.is_fallback)
    vote = Vote(who.person.id, table.now, revision, who.shell, *given)
    drafts = [who.decision(EventType.VOTED, vote_body(vote))]
    after = replace(request, asking=replace(asking, votes=(*asking.votes, vote)))
    route = table.tally(after)
    if route.is_settled:
        return [*drafts, Draft(EventType.APPROVED, who.person.id, {"revision": revision}, who.signed)]
    return [*drafts, *_next_step(after, route, table)]


def vote_body(vote: Vote) -> dict[str, object]:
    """A vote in its stored form, without defaults."""
    more = {
        "step": vote.step,
        "stands_for": vote.stands_for,
        "level": vote.level,
        "fallback": vote.is_fallback,
    }
    return {"revision": vote.revision, **{key: value for key, value in more.items() if value}}


def _next_step(request: Request, route: Route, table: Table) -> list[Draft]:
    """Reroutes if the vote completed its step or used up a seat."""
    asked = {id for id, _ in request.asking.approvers}
    left = {seat.person.id for seat in route.approvers}
    if same_step(request, route) and left <= asked and asked - left <= voted(request):
        return []
    return [routed(request, table, "next step", level=0 if route.step != request.asking.step else None)]


def deny(request: Request, who: Who, reason: str, table: Table, confidential: bool) -> list[Draft]:
    """A no, with the reason for the requester. One is enough, also from a person who has approved."""
    seat(request, who, table, confidential, again=True)
    if not reason.strip():
        raise Refused("Give a reason: the requester reads it.")
    return [who.decision(EventType.DENIED, {}, text=reason.strip())]


def withdraw(request: Request, who: Who, table: Table) -> list[Draft]:
    """The requester withdraws; a stopped request can be closed as it is, also by an operator."""
    check_known(request)
    check_secret(request, who, table)
    if request.state not in OPEN or request.state is State.WORKING:
        if request.state is State.WORKING:
            raise Refused(f"{request.id} is in progress and can't be withdrawn anymore.")
        raise settled(request, table.directory, table.now, who.person)
    _check_owner(request, who, table, "withdraw")
    signed = dict(who.signed)
    if stop := request.outcome:
        signed["lines"] = lines({"done": stop.done, "others": stop.others, "left": stop.left})
    return [Draft(EventType.WITHDRAWN, who.person.id, {}, signed)]


def postpone(request: Request, who: Who, start: datetime, table: Table) -> list[Draft]:
    """The requester or an operator moves the start. Never to an earlier time than was approved."""
    check_known(request)
    check_secret(request, who, table)
    _check_owner(request, who, table, "move the start of")
    if not request.is_scheduled or request.starts_at is None:
        raise Refused(f"{request.id} has no start that can be moved. Nothing has changed.")
    if start <= request.starts_at:
        raise Refused("A start can only be moved to a later time. For an earlier one, send a new request.")
    return [Draft(EventType.SCHEDULED, who.person.id, {"start_at": stamp(start)}, who.signed)]


def pause(request: Request, who: Who, table: Table) -> list[Draft]:
    """The requester or an operator pauses an approved bulk, until one of them continues it."""
    _check_owner(request, who, table, "pause")
    if request.state is not State.APPROVED or request.is_paused:
        raise Refused(f"{request.id} isn't being carried out, so it can't be paused.")
    return [_holding(who, Sentence.of(PAUSED, person=who.person.id))]


def go_on(request: Request, who: Who, table: Table) -> list[Draft]:
    """The requester or an operator continues what was paused."""
    _check_owner(request, who, table, "continue")
    if not request.is_paused:
        raise Refused(f"{request.id} isn't paused.")
    return [_holding(who, Sentence.of("continued", person=who.person.id), next_try_at=stamp(table.now))]


def _holding(who: Who, sentence: Sentence, **more: str) -> Draft:
    return Draft(EventType.HELD, who.person.id, body(text=sentence) | more, words(text=sentence) | who.signed)


def _check_owner(request: Request, who: Who, table: Table, verb: str) -> None:
    mine = table.policy.acts_as(who.person, table.directory.person(request.requester))
    if mine and request.is_end and not table.is_confidential:
        raise Refused(
            f"{request.id} ends what was approved for some days only. To keep it longer, ask for it again."
        )
    if not (mine and request.state is not State.STOPPED) and not is_operator(table.policy, who.person):
        raise Refused(f"Only the requester or an operator can {verb} {request.id}.")
    check_standing(who, table.now)
    if not mine:
        check_shell(who, table.policy)


def resume(request: Request, who: Who, table: Table) -> list[Draft]:
    """An operator resumes a stopped request with what was approved."""
    check_operated(request, who, table, "resume")
    return [Draft(EventType.RESUMED, who.person.id, {}, who.signed)]


def check_ends(request: Request, who: Who, table: Table) -> None:
    """Raises Refused unless this person may end access early: its requester or person, or an operator."""
    check_known(request)
    check_secret(request, who, table)
    ids = filter(None, (request.requester, request.subject))
    mine = any(table.policy.acts_as(who.person, table.directory.person(id)) for id in ids)
    if not mine and not is_operator(table.policy, who.person):
        raise Refused(f"Only the requester, the person concerned or an operator can end {request.id}.")
    if request.state is not State.DONE or request.ending.ends_at is None:
        raise Refused(f"{request.id} has no end date, or has ended. Nothing has changed.")
    check_standing(who, table.now)
    if not mine:
        check_shell(who, table.policy)


def check_operated(request: Request, who: Who, table: Table, verb: str) -> None:
    """Raises Refused unless this is an operator who may act on a stopped request."""
    check_known(request)
    check_secret(request, who, table)
    # First, because the state of a confidential request is secret.
    if not is_operator(table.policy, who.person):
        what = "They have been told." if request.state is State.STOPPED else "Nothing has changed."
        raise Refused(f"Only an operator can {verb} {request.id}. {what}")
    if request.state is not State.STOPPED:
        raise not_stopped(request, verb)
    check_standing(who, table.now)
    check_shell(who, table.policy)
