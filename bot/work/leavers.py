"""After an offboarding: what the leaver asked for, or others for the leaver, is closed, never carried out."""

from approvals.ids import PersonId
from approvals.request import Draft, Request
from approvals.states import State, What
from bot.context import Desk

TEXT = "What it needs isn't there any more, so it ends."
"""Says nothing of the offboarding: whoever left reads it too."""
_NOT_BEGUN = (State.CHECKING, State.WAITING, State.APPROVED)


def close_others(desk: Desk, done: Request) -> None:
    """Ends what wasn't begun, asked by or about the person; what was asked since was meant so.

    The caller is in the transaction that says the account is closed.
    """
    if done.subject is None or not desk.command(done).CLOSES:
        return
    for other in desk.store.requests(person=done.subject, states=_NOT_BEGUN):
        asked_it_since = other.asked_at > (done.approved_at or done.asked_at) and not _is_by(
            desk, other, done.subject
        )
        if not other.untouchable and not asked_it_since:
            desk.store.append(other, [Draft(What.WITHDRAWN, words={"text": TEXT})])


def _is_by(desk: Desk, request: Request, id: PersonId) -> bool:
    return desk.person(request.requester).is_(desk.person(id))
