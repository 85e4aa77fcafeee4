"""Messages about an open request: a question, its answer, a reminder sent by hand."""

from collections.abc import Sequence

from approvals.decide.actor import Who, check_standing
from approvals.decide.basis import Table
from approvals.decide.clock import reminded
from approvals.decide.deadlines import may_nudge_at
from approvals.decide.eligible import check_known, check_open, check_secret, seat
from approvals.decide.too_late import ago, answered_late
from approvals.ids import PersonId
from approvals.people import listed
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import EventType, State

LONGEST_QUESTION = 300


def question(request: Request, who: Who, text: str, table: Table, confidential: bool) -> list[Draft]:
    """The event of an approver's question; the request stays open."""
    seat(request, who, table, confidential, again=True)
    if not text.strip():
        raise Refused("Write your question.")
    if table.directory.person(request.requester).source:
        raise Refused("A directory asked this and can't answer. Ask the person who looks after it.")
    if request.asking.questions and not request.asking.questions[-1].answer:
        raise Refused(f"A question about {request.id} is already open. Wait for the answer.")
    words = {"text": text.strip()[:LONGEST_QUESTION], **who.signed}
    return [Draft(EventType.QUESTIONED, who.person.id, words=words)]


def reply(request: Request, who: Who, text: str, table: Table) -> list[Draft]:
    """The event of the requester's answer to the open question."""
    check_known(request)
    check_secret(request, who, table)
    if request.state is not State.WAITING:
        raise answered_late(request)
    check_open(request, who, table)
    if not table.policy.acts_as(who.person, table.directory.person(request.requester)):
        raise Refused(f"Only the requester of {request.id} can answer.")
    check_standing(who, table.now)
    if not request.asking.questions or request.asking.questions[-1].answer:
        raise Refused(f"There's no open question about {request.id}.")
    if not text.strip():
        raise Refused("Write an answer.")
    words = {"text": text.strip()[:LONGEST_QUESTION], **who.signed}
    return [Draft(EventType.REPLIED, who.person.id, words=words)]


def nudge(request: Request, who: Who, table: Table, followers: Sequence[PersonId] = ()) -> list[Draft]:
    """The event of a reminder sent by the requester or somebody who joined: one in four hours."""
    check_secret(request, who, table)
    check_open(request, who, table)
    mine = [table.directory.person(id) for id in (request.requester, *followers)]
    if not any(table.policy.acts_as(who.person, person) for person in mine):
        raise Refused(f"Only the requester of {request.id} can send a reminder.")
    check_standing(who, table.now)
    if not request.asking.notified:
        raise Refused(
            f"Nobody can decide {request.id} right now, so I have nobody to remind. "
            "The operators have been notified."
        )
    since, from_ = request.deadlines.asked_last_at, may_nudge_at(request)
    if since and from_ and table.now < from_:
        names = listed([table.directory.person(id).addressed for id in request.asking.notified][:3], "and")
        again = ago(from_ - table.now)
        raise Refused(f"I asked {names} {ago(table.now - since)} ago. You can remind in {again}.")
    return [reminded(request, table, who.person.id, who.signed)]
