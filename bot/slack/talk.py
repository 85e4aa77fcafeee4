"""Ask a Question, Answer and Remind: what people say to each other about a request while it waits."""

from approvals.decide import decide
from approvals.decide.actor import Who
from approvals.ids import RequestId
from approvals.refusals import Refused
from approvals.request import Draft, Request
from bot.cards.handles import Decision
from bot.cards.scene import shortened
from bot.context import Desk

ANSWERED = "This question was answered already. Nothing has changed."


def nudge(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """A reminder by whoever asked, or asked for the same later. Raises Refused."""
    followers = [*desk.store.followers(request.id).values()]
    return decide.nudge(request, who, desk.table(request), followers)


def reminded(desk: Desk, id: RequestId) -> str:
    """Whom a reminder goes to."""
    names = [desk.person(id).addressed for id in desk.store.request(id).asking.notified]
    return f"I'm reminding {shortened(names) if names else 'those who can decide'} of {id}."


def asking(desk: Desk, text: str) -> Decision:
    """An approver's question."""
    return lambda request, who: decide.question(request, who, text, desk.table(request))


def replying(desk: Desk, number: str, text: str) -> Decision:
    """The answer to a question, by its number from 1."""

    def replies(request: Request, who: Who) -> list[Draft]:
        drafts = decide.reply(request, who, text, desk.table(request))
        if number != str(len(request.asking.questions)):
            raise Refused(ANSWERED)  # the form, or the card, is of an older question
        return drafts

    return replies
