"""Who may decide, and what a decision does: values in, events or a refusal out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.cases import Approver, Route
from approvals.deadlines import due, level, may_nudge_at, reminder
from approvals.ids import PersonId, stamp
from approvals.people import listed
from approvals.policy import Policy
from approvals.refusals import Outdated, Refused, Settled
from approvals.request import Draft, Request, Vote
from approvals.settled import ago, not_stopped, settled
from approvals.states import OPEN, State, What
from approvals.table import Table, routed
from approvals.who import Who, check_standing, is_operator

LONGEST_QUESTION = 300


def _may_decide(
    request: Request, who: Who, table: Table, confidential: bool, again: bool = False
) -> Approver:
    """The seat somebody decides from; `again` lets those decide who have voted. Raises Refused."""
    _check_shell(who, table.in_force, table.asked)
    check_standing(who, table.now)
    if who.person.is_(table.directory.person(request.requester)):
        raise Refused("You asked for this, so somebody else has to decide.")
    if request.subject and who.person.is_(table.directory.person(request.subject)):
        raise Refused("This is about you, so somebody else has to decide.")
    entitled = _seats(request, table)
    found = next((one for one in entitled if who.person.is_(one.person)), None)
    if found:
        return found
    if again and any(who.person.is_(table.directory.person(vote.by)) for vote in request.votes):
        return Approver(who.person, "")
    _check_first_vote(request, who, table)
    if not entitled and request.state is not State.WAITING:
        raise Refused(f"{request.id} isn't open for a decision. Nothing has changed.")
    if not entitled:
        raise Refused(
            f"Nobody can decide {request.id} any more: the policy or its people changed. Ask your IT team."
        )
    others = "the people I asked" if confidential else listed([o.person.called for o in entitled], "or")
    raise Refused(f"Only {others} can decide {request.id}. Nothing has changed.")


def _seats(request: Request, table: Table) -> Sequence[Approver]:
    """Who may decide now; of a request that is settled, who could have."""
    if request.state is State.WAITING:
        return table.route(request).approvers
    people = table.directory
    asked = [Approver(people.person(id), why) for id, why in request.approvers]
    return [*asked, *(Approver(people.person(vote.by), "") for vote in request.votes)]


def _check_first_vote(request: Request, who: Who, table: Table) -> None:
    """One person counts once, and so does the one they stand in for."""
    for vote in request.votes:
        by, whose = table.directory.person(vote.by), table.directory.person(vote.principal)
        if who.person.is_(by):
            raise Refused(f"You approved {request.id} already. It waits for somebody else.")
        if who.person.is_(whose):
            raise Refused(f"{by.called} approved {request.id} for you already. It waits for somebody else.")


def _check_known(request: Request) -> None:
    if request.untouchable:
        raise Refused(f"{request.id} was written by a newer version of me, so I leave it alone.")


def _check_open(request: Request, who: Who, table: Table) -> None:
    _check_known(request)
    if request.state is not State.WAITING:
        raise settled(request, table.directory, table.now, who.person)
    if _is_over(request, table):
        raise Settled(
            f"The time for {request.id} is over, so it ends without an answer. Nothing has changed."
        )


def _is_over(request: Request, table: Table) -> bool:
    """Whether its time is over, also where the worker hasn't come to ending it yet."""
    return request.expires_at is not None and table.now >= request.expires_at


def _check(request: Request, who: Who, table: Table, confidential: bool, again: bool = False) -> Approver:
    """The seat somebody decides an open request from. Raises Refused."""
    if confidential:
        # Even who decided, and when, is not for everybody.
        _check_known(request)
        _may_decide(request, who, table, confidential, again=True)
    _check_open(request, who, table)
    return _may_decide(request, who, table, confidential, again)


def approve(request: Request, who: Who, revision: str, table: Table, confidential: bool) -> list[Draft]:
    """A yes to exactly one revision of what will change."""
    seat = _check(request, who, table, confidential)
    if revision != request.revision:
        raise Outdated("What will change is different now, so your click did nothing. Read the new card.")
    table.check_length(request)
    vote = _vote(request, who, seat, table.now)
    drafts = [Draft(What.VOTED, who.person.id, _said(vote), who.signed)]
    after = replace(request, votes=(*request.votes, vote))
    route = table.route(after)
    if route.is_settled:
        return [*drafts, Draft(What.APPROVED, who.person.id, {"revision": revision}, who.signed)]
    return [*drafts, *_next_step(after, route, table)]


def _vote(request: Request, who: Who, seat: Approver, now: datetime) -> Vote:
    return Vote(
        who.person.id,
        now,
        request.revision,
        who.shell,
        request.step,
        seat.stands_for,
        request.level,
        seat.is_fallback,
    )


def _said(vote: Vote) -> dict[str, object]:
    """A vote as the record keeps it: what is as usual isn't said."""
    body: dict[str, object] = {"revision": vote.revision}
    more = {
        "step": vote.step,
        "stands_for": vote.stands_for,
        "level": vote.level,
        "fallback": vote.is_fallback,
    }
    return body | {key: value for key, value in more.items() if value}


def _next_step(request: Request, route: Route, table: Table) -> list[Draft]:
    """Asks others, where a vote was the last of its step or took somebody's seat."""
    asked = {id for id, _ in request.approvers}
    left = {one.person.id for one in route.approvers}
    if (
        _same_step(request, route)
        and not route.is_stuck
        and left <= asked
        and asked - left <= _voted(request)
    ):
        return []
    return [routed(request, table, "next step", level=0 if route.step != request.step else None)]


def _same_step(request: Request, route: Route) -> bool:
    """Whether a route asks for what the cards say: the step, and how many votes it lacks."""
    return route.step == request.step and route.need == request.missing


def _voted(request: Request) -> set[PersonId]:
    """Everybody with a vote of their own, or given in their place: their seat is expected to be empty."""
    return {id for vote in request.votes for id in (vote.by, vote.principal)}


def deny(request: Request, who: Who, reason: str, table: Table, confidential: bool) -> list[Draft]:
    """A no, with the reason the requester reads. One is enough, also of somebody who said yes."""
    _check(request, who, table, confidential, again=True)
    if not reason.strip():
        raise Refused("Say why, so that the requester knows what to do next.")
    return [Draft(What.DENIED, who.person.id, {}, {"text": reason.strip(), **who.signed})]


def question(request: Request, who: Who, text: str, table: Table, confidential: bool) -> list[Draft]:
    """Something an approver wants to know first; the request stays open."""
    _check(request, who, table, confidential, again=True)
    if not text.strip():
        raise Refused("Write your question, so that it can be answered.")
    if request.questions and not request.questions[-1].answer:
        raise Refused(f"A question about {request.id} is open already. Wait for its answer.")
    words = {"text": text.strip()[:LONGEST_QUESTION], **who.signed}
    return [Draft(What.QUESTIONED, who.person.id, words=words)]


def reply(request: Request, who: Who, text: str, table: Table) -> list[Draft]:
    """The requester's answer to the open question."""
    _check_open(request, who, table)
    if not who.person.is_(table.directory.person(request.requester)):
        raise Refused(f"Only who asked for {request.id} can answer.")
    check_standing(who, table.now)
    if not request.questions or request.questions[-1].answer:
        raise Refused(f"No question about {request.id} is open. Nothing has changed.")
    if not text.strip():
        raise Refused("Write an answer.")
    words = {"text": text.strip()[:LONGEST_QUESTION], **who.signed}
    return [Draft(What.REPLIED, who.person.id, words=words)]


def nudge(request: Request, who: Who, table: Table, followers: Sequence[PersonId] = ()) -> list[Draft]:
    """A reminder that the requester, or somebody who joined, sends by hand: one in four hours."""
    _check_open(request, who, table)
    mine = [table.directory.person(id) for id in (request.requester, *followers)]
    if not any(who.person.is_(one) for one in mine):
        raise Refused(f"Only who asked for {request.id} can remind.")
    check_standing(who, table.now)
    if not request.told:
        raise Refused(
            f"Nobody can decide {request.id} right now, so I have nobody to remind. "
            "The operators have been told."
        )
    since, from_ = request.asked_last_at, may_nudge_at(request)
    if since and from_ and table.now < from_:
        names = listed([table.directory.person(id).called for id in request.told][:3], "and")
        again = ago(table.now, from_)
        raise Refused(f"I asked {names} {ago(since, table.now)} ago. You can remind in {again}.")
    return [_reminded(request, table, who.person.id, who.signed)]


def _reminded(
    request: Request, table: Table, by: PersonId | None = None, words: dict[str, str] | None = None
) -> Draft:
    gap = timedelta(seconds=request.remind_gap)
    at = reminder(table.now, gap, request.reminded + 1, table.in_force) if gap else None
    body = {"remind_at": stamp(at)} if at else {}
    return Draft(What.REMINDED, by, body, words or {}) if by else Draft(What.REMINDED, body=body)


def lapse(request: Request, table: Table) -> list[Draft]:
    """What time brings about now: one thing at a time, and nothing where it isn't time."""
    what = due(request, table.now)
    if what is What.EXPIRED:
        return [Draft(What.EXPIRED)]
    if what is What.ROUTED:
        reached = level(request, table.now)
        why = "escalated" if reached > request.level else "not reachable"
        return [routed(request, table, why, level=max(reached, request.level))]
    if what is What.ENDING:
        return [Draft(What.ENDING)]
    return [_reminded(request, table)] if what is What.REMINDED else []


def review(request: Request, table: Table) -> list[Draft]:
    """Looks whether those who were asked can still decide; asks others, where that has changed."""
    if request.untouchable or request.state is not State.WAITING or _is_over(request, table):
        return []
    ended = left(request, table)
    if ended:
        return ended
    route = table.route(request)
    if route.is_settled:
        return [Draft(What.APPROVED, body={"revision": request.revision})]
    asked, seated = {id for id, _ in request.approvers}, {one.person.id for one in route.approvers}
    same = _same_step(request, route) and route.is_stuck == request.is_stuck
    if same and asked ^ seated <= _voted(request):
        return []
    return [routed(request, table, "people or policy changed")]


def left(request: Request, table: Table) -> list[Draft]:
    """Ends what somebody who has left asked for, or is a guest now, and what is of no use to a leaver."""
    text, subject = "", table.directory.person(request.subject) if request.subject else None
    requester = table.directory.person(request.requester)
    if requester.has_left:
        text = "Whoever asked for it has left the company, so it ends."
    elif requester.is_outside:
        text = "Whoever asked for it is no colleague with a full Slack account any more, so it ends."
    elif subject and subject.has_left and not table.is_for_leavers:
        text = f"{subject.called} has left the company, so it ends."
    return [Draft(What.WITHDRAWN, words={"text": text})] if text else []


def withdraw(request: Request, who: Who, table: Table) -> list[Draft]:
    """The requester takes it back; a stopped one is left as it is, by an operator too."""
    _check_known(request)
    if request.state not in OPEN or request.state is State.WORKING:
        if request.state is State.WORKING:
            raise Refused(f"{request.id} is being carried out right now. It can't be taken back any more.")
        raise settled(request, table.directory, table.now, who.person)
    mine = who.person.is_(table.directory.person(request.requester))
    operates = is_operator(table.in_force, who.person)
    if not (mine and request.state is not State.STOPPED) and not operates:
        raise Refused(f"Only who asked for {request.id}, or an operator, can withdraw it.")
    check_standing(who, table.now)
    if not mine:
        _check_shell(who, table.in_force)
    words = {"lines": _lines(request)} if request.outcome else {}
    return [Draft(What.WITHDRAWN, who.person.id, {}, {**words, **who.signed})]


def resume(request: Request, who: Who, table: Table) -> list[Draft]:
    """An operator lets a stopped request go on with what was approved."""
    _check_known(request)
    # First: how a confidential request stands is not for everybody.
    if not is_operator(table.in_force, who.person):
        told = "They have been told." if request.state is State.STOPPED else "Nothing has changed."
        raise Refused(f"Only an operator can resume {request.id}. {told}")
    if request.state is not State.STOPPED:
        raise not_stopped(request)
    check_standing(who, table.now)
    _check_shell(who, table.in_force)
    return [Draft(What.RESUMED, who.person.id, {}, who.signed)]


def _check_shell(who: Who, *policies: Policy) -> None:
    if who.shell and not all(policy.command_line_decides for policy in policies):
        raise Refused(
            "The policy doesn't let a command line decide (command_line_decides). Nothing has changed."
        )


def _lines(request: Request) -> str:
    assert request.outcome
    return json.dumps({"done": request.outcome.done, "left": request.outcome.left})
