"""Ask a Question, Answer and Remind: what people say to each other about a request while it waits."""

import logging
from collections.abc import Callable
from typing import Any

from approvals.decide import decide
from approvals.decide.actor import Who
from approvals.ids import RequestId
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State
from bot.cards.handles import Decision
from bot.cards.scene import shortened
from bot.context import Desk, numbered

log = logging.getLogger(__name__)

Body = dict[str, Any]

GONE = "This request no longer exists. Nothing has changed."
ANSWERED = "This question was answered already. Nothing has changed."


def nudge(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """A reminder by whoever asked, or asked for the same later. Raises Refused."""
    followers = [*desk.store.followers(request.id).values()]
    return decide.nudge(request, who, desk.table(request), followers)


def reminded(desk: Desk, id: RequestId) -> str:
    """Whom a reminder goes to."""
    names = [desk.person(id).addressed for id in desk.store.request(id).asking.notified]
    return f"I'm reminding {shortened(names) if names else 'those who can decide'} of {id}."


def remind(desk: Desk, who: Who, text: str, may_see: Callable[[Desk, Request, Who], None]) -> str:
    """/miro remind R-42, also by the number of a request that was joined to another. Raises Refused."""
    if not text:
        raise Refused("Which request? For example: /miro remind R-42.")
    try:
        id = numbered(text)
    except ValueError:
        raise Refused(f"There is no request {text[:20]}. Write /miro remind R-42.") from None
    try:
        request = desk.store.request(id)
        may_see(desk, request, who)
        first = request.because_of if request.state is State.JOINED and request.because_of else id
        desk.decide(first, lambda request: nudge(desk, request, who))
    except KeyError:
        raise Refused(f"You have no request {id}.") from None
    desk.wake()
    return reminded(desk, first)


def asking(desk: Desk, text: str) -> Decision:
    """An approver's question."""

    def asks(request: Request, who: Who) -> list[Draft]:
        return decide.question(request, who, text, desk.table(request))

    return asks


def replying(desk: Desk, number: str, text: str) -> Decision:
    """The answer to a question, by its number from 1."""

    def replies(request: Request, who: Who) -> list[Draft]:
        drafts = decide.reply(request, who, text, desk.table(request))
        if number != str(len(request.asking.questions)):
            raise Refused(ANSWERED)  # the form, or the card, is of an older question
        return drafts

    return replies
