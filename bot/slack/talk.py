"""Ask a Question, Answer and Remind: what people say to each other about a request while it waits."""

from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.refusals import Refused
from approvals.request import Draft, Request
from bot.cards.handles import Decision
from bot.cards.scene import shortened
from bot.context import Context

ANSWERED = "This question was answered already. Nothing has changed."


def nudge(context: Context, request: Request, actor: Actor) -> list[Draft]:
    """A reminder by whoever asked, or asked for the same later. Raises Refused."""
    followers = [*context.store.followers(request.id).values()]
    return decide.nudge(request, actor, context.table(request), followers)


def reminded(context: Context, id: RequestId) -> str:
    """Whom a reminder goes to."""
    names = [context.person(id).addressed for id in context.store.request(id).asking.notified]
    return f"I'm reminding {shortened(names) if names else 'those who can decide'} of {id}."


def asking(context: Context, text: str) -> Decision:
    """An approver's question."""
    return lambda request, actor: decide.question(request, actor, text, context.table(request))


def replying(context: Context, number: str, text: str) -> Decision:
    """The answer to a question, by its number from 1."""

    def replies(request: Request, actor: Actor) -> list[Draft]:
        drafts = decide.reply(request, actor, text, context.table(request))
        if number != str(len(request.asking.questions)):
            raise Refused(ANSWERED)  # the form, or the card, is of an older question
        return drafts

    return replies
