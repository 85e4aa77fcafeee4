"""Decisions and messages of people about a request: each function returns the events, or raises Refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.asking import routed, same_step, voted
from approvals.decide.basis import Table
from approvals.decide.clock import next_reminder, reminded
from approvals.decide.deadlines import NUDGE
from approvals.decide.eligible import check_acting, check_open, check_secret, seat
from approvals.decide.tally import Route
from approvals.decide.too_late import ago, answered_late, not_stopped, settled
from approvals.ids import PersonId, stamp
from approvals.people import Person, listed
from approvals.refusals import Outdated, Refused, Settled
from approvals.request import PAUSED, Draft, Request, Vote
from approvals.sentence import Sentence, body, lines, words
from approvals.states import OPEN, EventType, State

LONGEST_QUESTION = 300


# -- votes, and what becomes of a request --------------------------------------------------------------------


def approve(request: Request, actor: Actor, revision: str, table: Table) -> list[Draft]:
    """A yes to exactly this revision of the plan."""
    taken = seat(request, actor, table)
    if revision != request.plan.revision:
        raise Outdated("The change is different now, so your click did nothing. Read the updated card.")
    table.ground(request).check_length(is_asked=True)
    asking = request.asking
    given = (asking.step, taken.stands_for, asking.level, taken.is_fallback)
    vote = Vote(actor.person.id, table.now, revision, actor.shell, *given)
    drafts = [actor.decision(EventType.VOTED, vote_body(vote))]
    after = replace(request, asking=replace(asking, votes=(*asking.votes, vote)))
    route = table.tally(after)
    if route.is_settled:
        return [*drafts, Draft(EventType.APPROVED, actor.person.id, {"revision": revision}, actor.signed)]
    return [*drafts, *_next_step(after, route, table)]


def vote_body(vote: Vote) -> dict[str, object]:
    """A vote in its stored form, without defaults."""
    more = {"step": vote.step, "stands_for": vote.stands_for, "level": vote.level}
    given = {key: value for key, value in {**more, "fallback": vote.is_fallback}.items() if value}
    return {"revision": vote.revision, **given}


def _next_step(request: Request, route: Route, table: Table) -> list[Draft]:
    """Reroutes if the vote completed its step or used up a seat."""
    asked = {id for id, _ in request.asking.approvers}
    left = {seat.person.id for seat in route.approvers}
    if same_step(request, route) and left <= asked and asked - left <= voted(request):
        return []
    return [routed(request, table, "next step", level=0 if route.step != request.asking.step else None)]


def deny(request: Request, actor: Actor, reason: str, table: Table) -> list[Draft]:
    """A no, with the reason for the requester. One is enough, also from a person who has approved."""
    seat(request, actor, table, again=True)
    if not reason.strip():
        raise Refused("Give a reason: the requester reads it.")
    return [actor.decision(EventType.DENIED, {}, text=reason.strip())]


def withdraw(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """The requester withdraws; a stopped request can be closed as it is, also by an operator."""
    check_secret(request, actor, table)
    if request.state is State.WORKING:
        raise Refused(f"{request.id} is in progress and can't be withdrawn anymore.")
    if request.state is State.DONE:
        raise Settled(
            f"{request.id} is done, so it can't be withdrawn. To undo what can be undone: undo {request.id}."
        )
    if request.state not in OPEN:
        raise settled(request, table.directory, table.now, actor.person)
    _check_owner(request, actor, table, "withdraw")
    signed = dict(actor.signed)
    if stop := request.outcome:
        signed["lines"] = lines({"done": stop.done, "others": stop.others, "left": stop.left})
    return [Draft(EventType.WITHDRAWN, actor.person.id, {}, signed)]


def postpone(request: Request, actor: Actor, start: datetime, table: Table) -> list[Draft]:
    """The requester or an operator moves the start. Never to an earlier time than was approved."""
    check_secret(request, actor, table)
    _check_owner(request, actor, table, "move the start of")
    if not request.is_scheduled or request.starts_at is None:
        raise Refused(f"{request.id} has no start that can be moved. Nothing has changed.")
    if start <= request.starts_at:
        raise Refused("A start can only be moved to a later time. For an earlier one, send a new request.")
    return [Draft(EventType.SCHEDULED, actor.person.id, {"start_at": stamp(start)}, actor.signed)]


def pause(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """The requester or an operator pauses an approved bulk, until one of them continues it."""
    _check_owner(request, actor, table, "pause")
    if request.state is not State.APPROVED or request.is_paused:
        raise Refused(f"{request.id} isn't being carried out, so it can't be paused.")
    return [_holding(actor, Sentence.of(PAUSED, person=actor.person.id))]


def go_on(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """The requester or an operator continues what was paused."""
    _check_owner(request, actor, table, "continue")
    if not request.is_paused:
        raise Refused(f"{request.id} isn't paused.")
    return [_holding(actor, Sentence.of("continued", person=actor.person.id), next_try_at=stamp(table.now))]


def _holding(actor: Actor, sentence: Sentence, **more: str) -> Draft:
    return Draft(
        EventType.HELD, actor.person.id, body(text=sentence) | more, words(text=sentence) | actor.signed
    )


def _check_owner(request: Request, actor: Actor, table: Table, verb: str) -> None:
    mine = table.policy.acts_as(actor.person, table.directory.person(request.requester))
    if mine and request.is_end and not table.is_confidential:
        raise Refused(
            f"{request.id} ends access given for a limited time. To keep it longer, ask for it again."
        )
    if not (mine and request.state is not State.STOPPED) and not is_operator(table.policy, actor.person):
        raise Refused(f"Only the requester or an operator can {verb} {request.id}.")
    check_acting(actor, table, is_own=mine)


def resume(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """An operator resumes a stopped request with what was approved."""
    check_operated(request, actor, table, "resume")
    return [Draft(EventType.RESUMED, actor.person.id, {}, actor.signed)]


def check_ends(request: Request, actor: Actor, table: Table) -> None:
    """Raises Refused unless this person may end access early: its requester or person, or an operator."""
    check_secret(request, actor, table)
    ids = filter(None, (request.requester, request.subject))
    mine = any(table.policy.acts_as(actor.person, table.directory.person(id)) for id in ids)
    if not mine and not is_operator(table.policy, actor.person):
        raise Refused(f"Only the requester, the person concerned or an operator can end {request.id}.")
    if request.state is not State.DONE or request.ending.ends_at is None:
        raise Refused(f"{request.id} has no end date, or has ended. Nothing has changed.")
    check_acting(actor, table, is_own=mine)


def check_operated(request: Request, actor: Actor, table: Table, verb: str) -> None:
    """Raises Refused unless this is an operator who may act on a stopped request."""
    check_secret(request, actor, table)
    # First, because the state of a confidential request is secret.
    if not is_operator(table.policy, actor.person):
        what = "They have been told." if request.state is State.STOPPED else "Nothing has changed."
        raise Refused(f"Only an operator can {verb} {request.id}. {what}")
    if request.state is not State.STOPPED:
        raise not_stopped(request, verb)
    check_acting(actor, table)


# -- messages ------------------------------------------------------------------------------------------------


def question(request: Request, actor: Actor, text: str, table: Table) -> list[Draft]:
    """The event of an approver's question; the request stays open."""
    seat(request, actor, table, again=True)
    if not text.strip():
        raise Refused("Write your question.")
    if table.directory.person(request.requester).source:
        raise Refused("A directory requested this and can't answer. Ask the person who looks after it.")
    if request.asking.questions and not request.asking.questions[-1].answer:
        raise Refused(f"A question about {request.id} is already open. Wait for the answer.")
    return [_message(EventType.QUESTIONED, actor, text)]


def reply(request: Request, actor: Actor, text: str, table: Table) -> list[Draft]:
    """The event of the requester's answer to the open question."""
    check_secret(request, actor, table)
    if request.state is not State.WAITING:
        raise answered_late(request)
    check_open(request, actor, table)
    if not table.policy.acts_as(actor.person, table.directory.person(request.requester)):
        raise Refused(f"Only the requester of {request.id} can answer.")
    check_standing(actor, table.now)
    if not request.asking.questions or request.asking.questions[-1].answer:
        raise Refused(f"There's no open question about {request.id}.")
    if not text.strip():
        raise Refused("Write an answer.")
    return [_message(EventType.REPLIED, actor, text)]


def _message(what: EventType, actor: Actor, text: str) -> Draft:
    return Draft(what, actor.person.id, words={"text": text.strip()[:LONGEST_QUESTION], **actor.signed})


def nudge(request: Request, actor: Actor, table: Table, followers: Sequence[PersonId] = ()) -> list[Draft]:
    """The event of a reminder sent by the requester or somebody who joined: one in four hours."""
    check_secret(request, actor, table)
    check_open(request, actor, table)
    mine = [table.directory.person(id) for id in (request.requester, *followers)]
    if not any(table.policy.acts_as(actor.person, person) for person in mine):
        raise Refused(f"Only the requester of {request.id} can send a reminder.")
    check_standing(actor, table.now)
    if not request.asking.notified:
        raise Refused(
            f"Nobody can decide {request.id} right now, so I have nobody to remind. "
            "The operators have been notified."
        )
    since = request.deadlines.asked_last_at
    if since and table.now < since + NUDGE:
        names = listed([table.directory.person(id).addressed for id in request.asking.notified][:3])
        again = ago(since + NUDGE - table.now)
        raise Refused(f"I asked {names} {ago(table.now - since)} ago. Remind again in {again}.")
    return [reminded(request, table, actor.person.id, actor.signed)]


# -- handing over a stopped request, to be finished by hand --------------------------------------------------


def hand_over(request: Request, actor: Actor, to: Person, table: Table) -> list[Draft]:
    """An operator hands a stopped request to a colleague, who replaces an earlier one."""
    check_operated(request, actor, table, "hand over")
    subject = table.directory.person(request.subject) if request.subject else None
    if subject and table.policy.is_same(to, subject):
        raise Refused("It's about this person, so someone else has to finish it. Choose another colleague.")
    if not to.is_colleague:
        raise Refused(f"{to.addressed} can't be asked here. Choose a colleague with a full Slack account.")
    if request.hand_over.to and to.is_(table.directory.person(request.hand_over.to)):
        raise Refused(f"{to.addressed} is already asked to finish {request.id}.")
    signed = {**actor.signed, "to": to.sealed(to.account)}
    return [Draft(EventType.HANDED, actor.person.id, {"to": to.id, **next_reminder(table)}, signed)]


def take_back(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """An operator takes it back from the person it was handed to."""
    check_operated(request, actor, table, "take back")
    if request.hand_over.to is None:
        raise Refused(f"{request.id} isn't handed over to anybody. Nothing has changed.")
    return [Draft(EventType.HANDED, actor.person.id, {}, actor.signed)]


def report(request: Request, actor: Actor, table: Table) -> list[Draft]:
    """The named person says that it's done by hand; the next look verifies it."""
    check_secret(request, actor, table)
    to = table.directory.person(request.hand_over.to) if request.hand_over.to else None
    if to is None or not actor.person.is_(to):
        raise Refused(f"{request.id} isn't handed over to you. Nothing has changed.")
    if request.state is not State.STOPPED:
        raise not_stopped(request, "finish by hand")
    check_acting(actor, table)
    return [Draft(EventType.REPORTED, actor.person.id, next_reminder(table), actor.signed)]
