"""After an offboarding: what the leaver asked for, or others for the leaver, is closed, never carried out."""

from approvals.request import Draft, Request
from approvals.states import State, What
from bot.desk import Desk

TEXT = "What it needs isn't there any more, so it ends."
"""Says nothing of the offboarding: whoever left reads it too."""
_UNDECIDED = (State.CHECKING, State.WAITING)


def close_others(desk: Desk, done: Request) -> None:
    """Ends undecided requests by or about the person; one that reopens the account was meant so.

    The caller is in the transaction that says the account is closed.
    """
    if done.subject is None or not desk.command(done).CLOSES:
        return
    for other in desk.store.requests(person=done.subject, states=_UNDECIDED):
        asked_it_since = (
            other.asked_at > (done.approved_at or done.asked_at) and other.requester != done.subject
        )
        if not other.untouchable and not asked_it_since:
            desk.store.append(other, [Draft(What.WITHDRAWN, words={"text": TEXT})])
