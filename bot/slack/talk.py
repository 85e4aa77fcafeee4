"""Ask a Question, Answer and Remind: what people say to each other about a request while it waits."""

import logging
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.decide import conversation
from approvals.decide.actor import Who
from approvals.ids import RequestId
from approvals.record.database import StoreTrouble
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State
from bot.cards.blocks import Block
from bot.cards.handles import Decision, Handle, place
from bot.cards.named import mark
from bot.cards.scene import shortened
from bot.context import CONFIDENTIAL, Desk, numbered
from bot.slack import forms

log = logging.getLogger(__name__)

Body = dict[str, Any]

GONE = "This request no longer exists. Nothing has changed."
ANSWERED = "This question was answered already. Nothing has changed."


def nudge(desk: Desk, request: Request, who: Who) -> list[Draft]:
    """A reminder by whoever asked, or asked for the same later. Raises Refused."""
    followers = [*desk.store.followers(request.id).values()]
    return conversation.nudge(request, who, desk.table(request), followers)


def reminded(desk: Desk, id: RequestId) -> str:
    """Whom a reminder goes to."""
    told = [desk.person(one).addressed for one in desk.store.request(id).asking.notified]
    return f"I'm reminding {shortened(told) if told else 'whoever can decide'} of {id}."


def remind(desk: Desk, who: Who, text: str, may_see: Callable[[Desk, Request, Who], None]) -> str:
    """/miro remind R-42, also by the number of a request that was joined to another. Raises Refused."""
    if not text:
        raise Refused("Which request? For example: /miro remind R-42.")
    try:
        id = numbered(text)
    except ValueError:
        raise Refused(f"I know no request {text[:20]}. Write /miro remind R-42.") from None
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
        secret = request.action in CONFIDENTIAL
        return conversation.question(request, who, text, desk.table(request), secret)

    return asks


def replying(desk: Desk, number: str, text: str) -> Decision:
    """The answer to a question, by its number from 1."""

    def replies(request: Request, who: Who) -> list[Draft]:
        drafts = conversation.reply(request, who, text, desk.table(request))
        if number != str(len(request.asking.questions)):
            raise Refused(ANSWERED)  # the form, or the card, is of an older question
        return drafts

    return replies


class Talk:
    """What Bolt calls for these buttons and their forms."""

    def __init__(
        self,
        desk: Desk,
        who: Callable[[Body], Who],
        answer: Callable[[Body, str], None],
        take: Callable[[Body, Handle, Decision], str],
        redraw: Callable[[Body, Handle], None],
    ) -> None:
        self.desk, self._who, self._answer = desk, who, answer
        self._take, self._redraw = take, redraw

    def register(self, app: App) -> None:
        """Hands every listener to Bolt."""
        app.action("remind")(self.remind_pressed)
        app.action("question")(self.question_pressed)
        app.view("question")(self.questioned)
        app.action("answer")(self.answer_pressed)
        app.view("answer")(self.answered)

    def remind_pressed(self, ack: Ack, body: Body) -> None:
        """Remind: one more message to those who were asked."""
        handle = Handle.pressed(body)
        text = self._take(body, handle, lambda request, who: nudge(self.desk, request, who))
        self._answer(body, text or reminded(self.desk, handle.id))
        ack()

    # -- a question --------------------------------------------------------------------------------------

    def question_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Ask a Question opens a form, for those who may decide."""
        ack()
        handle, where = Handle.pressed(body), place(body)
        tried = handle.on_its_plan(asking(self.desk, "to be said"))
        self._open(body, client, handle, tried, lambda one: forms.question(one, where))

    def questioned(self, ack: Ack, body: Body) -> None:
        """The question was sent; the requester hears of it."""
        carried, text = forms.carried(body["view"]), forms.read(body["view"]).get("reason", "")
        handle = Handle.read(carried.get("request"))
        self._sent(ack, body, carried, handle, handle.on_its_plan(asking(self.desk, text)))

    # -- its answer --------------------------------------------------------------------------------------

    def answer_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Answer opens a form with the question."""
        ack()
        handle, where = Handle.pressed(body), place(body)

        def view(request: Request) -> Block:
            asker = mark(self.desk.person(request.asking.questions[-1].by))
            return forms.reply(request, len(request.asking.questions), asker, where)

        self._open(body, client, handle, replying(self.desk, handle.question, "to be said"), view)

    def answered(self, ack: Ack, body: Body) -> None:
        """The answer was sent; every card shows it."""
        carried, text = forms.carried(body["view"]), forms.read(body["view"]).get("reason", "")
        handle = Handle.read(carried.get("request"))
        self._sent(ack, body, carried, handle, replying(self.desk, handle.question, text))

    # -- both --------------------------------------------------------------------------------------------

    def _open(
        self, body: Body, client: WebClient, handle: Handle, tried: Decision, view: Callable[[Request], Block]
    ) -> None:
        """Opens a form, if what it is for would be taken; else says why not."""
        try:
            request = self.desk.store.request(handle.id)
            handle.on_its_request(tried)(request, self._who(body))
            client.views_open(trigger_id=body["trigger_id"], view=view(request))
        except (Refused, StoreTrouble) as error:
            self._redraw(body, handle)
            self._answer(body, str(error))
        except KeyError:
            self._answer(body, GONE)
        except (SlackClientError, OSError) as error:
            log.warning("a form couldn't be opened: %s", error)
            self._answer(body, "Slack couldn't open the form. Please try again.")

    def _sent(self, ack: Ack, body: Body, carried: dict[str, str], handle: Handle, said: Decision) -> None:
        """Takes what a form says; what is refused stands at its field."""
        view = body["view"]
        pressed = {**body, "trigger_id": view["id"], "container": carried}
        text = self._take(pressed, handle, said)
        if text:
            ack(response_action="errors", errors={"reason": text})
        else:
            ack()
        self.desk.wake()
