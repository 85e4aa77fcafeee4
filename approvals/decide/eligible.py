"""Whether a person may decide a request now, and from which seat; raises Refused with the reason if not."""

from collections.abc import Sequence

from approvals.decide.actor import Actor, check_standing
from approvals.decide.basis import Table
from approvals.decide.too_late import settled
from approvals.people import listed
from approvals.policy.model import Policy
from approvals.policy.seats import Approver
from approvals.refusals import Refused, Settled
from approvals.request import Request
from approvals.sentence import NOTHING
from approvals.states import State


def check_known(request: Request) -> None:
    """Raises Refused for a request that this version can't read completely."""
    if request.untouchable:
        raise Refused(
            f"{request.id} was written by a newer version of the bot. Ask your IT team to update it."
        )


def check_shell(actor: Actor, policy: Policy) -> None:
    """Raises Refused for a decision from a shell, unless the policy allows it."""
    if actor.shell and not policy.command_line_decides:
        raise Refused(
            "The policy doesn't allow decisions on the command line (command_line_decides). Decide in Slack."
        )


def check_acting(actor: Actor, table: Table, is_own: bool = False) -> None:
    """Raises Refused if this person may do nothing now through this account, or from this shell.

    `is_own`: it is their own request, which the policy lets them change from a shell.
    """
    check_standing(actor, table.now)
    if not is_own:
        check_shell(actor, table.policy)


def check_secret(request: Request, actor: Actor, table: Table) -> None:
    """Raises Refused for the subject of a confidential request, as if there were none; as `check_known`."""
    if table.is_secret_from(actor.person, request):
        raise Refused(f"You have no request {request.id}.")
    check_known(request)


_LINKED = (
    " An address or account of theirs was linked to yours. If you are two people, an operator can record it "
    "with `miro-bot people split`."
)


def check_own(request: Request, actor: Actor, table: Table) -> None:
    """Raises Refused for the requesters and the person concerned, under any account or address ever seen."""
    people = table.directory
    sides = {
        "You requested this, so someone else has to decide.": [request.requester],
        "This is about you, so someone else has to decide.": [request.subject] if request.subject else [],
        "You requested the same, so someone else has to decide.": table.followers,
        "This would give you teams, so someone else has to decide.": table.heirs,
    }
    for text, ids in sides.items():
        same = [person for person in map(people.person, ids) if table.policy.is_same(actor.person, person)]
        if same:
            is_plain = any(table.policy.acts_as(actor.person, person) for person in same)
            raise Refused(text if is_plain else text + _LINKED)


def check_open(request: Request, actor: Actor, table: Table) -> None:
    """Raises Settled or Refused if it isn't waiting any more; the text says who was first."""
    if request.state is not State.WAITING:
        raise settled(request, table.directory, table.now, actor.person)
    if is_over(request, table):
        raise Settled(f"{request.id} has expired without an answer. Nothing has changed.")


def is_over(request: Request, table: Table) -> bool:
    """Whether it has expired, also if the worker hasn't ended it yet."""
    return request.deadlines.expires_at is not None and table.now >= request.deadlines.expires_at


def seat(request: Request, actor: Actor, table: Table, again: bool = False) -> Approver:
    """The seat of a person who decides an open request. Raises Refused."""
    check_secret(request, actor, table)
    if table.is_confidential:
        # Even who decided, and when, is not for everybody.
        _may_decide(request, actor, table, again=True)
    check_open(request, actor, table)
    return _may_decide(request, actor, table, again)


def _may_decide(request: Request, actor: Actor, table: Table, again: bool) -> Approver:
    """The seat of a person; `again` also allows people who have voted. Raises Refused."""
    check_acting(actor, table)
    check_own(request, actor, table)
    entitled = _seats(request, table)
    if own := next((seat for seat in entitled if actor.person.is_(seat.person)), None):
        return own
    if again and any(actor.person.is_(table.directory.person(vote.by)) for vote in request.asking.votes):
        return Approver(actor.person, NOTHING)
    _check_first_vote(request, actor, table)
    if not entitled and request.state is State.CHECKING:
        raise Refused(f"I'm still checking {request.id}. Approvers are asked once I know what will change.")
    if not entitled and request.state is not State.WAITING:
        raise Refused(f"{request.id} isn't open for a decision. Nothing has changed.")
    if not entitled:
        raise Refused(
            f"Nobody can decide {request.id} anymore: the policy or its people changed. Ask your IT team."
        )
    others = listed((seat.person.addressed for seat in entitled), "or")
    if table.is_confidential:
        others = "the people I asked"
    raise Refused(f"Only {others} can decide {request.id}. Nothing has changed.")


def _seats(request: Request, table: Table) -> Sequence[Approver]:
    """The people who may decide now, or could have decided a settled request."""
    if request.state is State.WAITING:
        return table.route(request).approvers
    people = table.directory
    asked = [Approver(people.person(id), why) for id, why in request.asking.approvers]
    return [*asked, *(Approver(people.person(vote.by), NOTHING) for vote in request.asking.votes)]


def _check_first_vote(request: Request, actor: Actor, table: Table) -> None:
    """Raises Refused for a second vote of a person, or of the person they stand in for."""
    for vote in request.asking.votes:
        by, whose = table.directory.person(vote.by), table.directory.person(vote.principal)
        if table.policy.is_same(actor.person, by):
            raise Refused(f"You already approved {request.id}. It's waiting for someone else.")
        if table.policy.is_same(actor.person, whose):
            raise Refused(
                f"{by.addressed} already approved {request.id} for you. It's waiting for someone else."
            )
