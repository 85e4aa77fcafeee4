"""The buttons of cards: Approve, Deny, Withdraw, Resume, Details; each decides in one transaction."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.decide import decide
from approvals.ids import SlackId
from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Request
from bot.cards.blocks import Block, message
from bot.cards.handles import Decision, Handle, place
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import answers, forms
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.deliver.home import is_home
from bot.slack.lists.pasted import Lists
from bot.slack.reply import Reply
from bot.slack.talk import GONE, asking, nudge, reminded, replying
from bot.work.ask import handed, postponed
from bot.work.bulk import control
from bot.work.later.ending import end_now

Body = dict[str, Any]

log = logging.getLogger(__name__)

FORMS = re.compile("^(deny|question|answer|start|hand-over)$")
"""Buttons that open a form, and the form behind each."""
_DID = {
    "approve": "You approved {id}.",
    "withdraw": "{id} is withdrawn.",
    "keep": "{id} is withdrawn. The account isn't deleted.",
    "resume": "{id} continues with what's left.",
    "take-back": "{id} is back with the operators.",
    "report": "I'm checking in Miro whether {id} is done.",
    "pause": "{id} is paused.",
    "continue": "{id} continues.",
}
"""{button: sentence shown in App Home}, where no card shows the result of a click."""


class Clicks:
    """The listeners of these buttons, and of the form behind Deny."""

    def __init__(self, desk: Desk, deliverer: Deliverer, reply: Reply) -> None:
        self.desk, self.deliverer, self._reply = desk, deliverer, reply
        self._lists = Lists(desk, reply)

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action(re.compile("^(approve|withdraw|keep|resume|take-back|report|pause|continue)$"))(
            self.clicked
        )
        app.view(FORMS)(self.form_sent)
        app.action(FORMS)(self.form_pressed)
        app.action("remind")(self.remind_pressed)
        app.action("undo")(self.undo_pressed)
        app.action("end-now")(self.end_pressed)
        app.action("details")(self.details_pressed)
        self._lists.register(app)

    def clicked(self, ack: Ack, body: Body) -> None:
        """Approve, Withdraw, Resume, Take Back or I've Done It."""
        handle, action = Handle.pressed(body), body["actions"][0]["action_id"]
        table = self.desk.table
        what: dict[str, Decision] = {
            "approve": lambda request, who: self.desk.approval(request, who, handle.revision),
            "withdraw": lambda request, who: decide.withdraw(request, who, table(request)),
            "keep": lambda request, who: decide.withdraw(request, who, table(request)),
            "resume": lambda request, who: decide.resume(request, who, table(request)),
            "take-back": lambda request, who: decide.take_back(request, who, table(request)),
            "report": lambda request, who: decide.report(request, who, table(request)),
            "pause": lambda request, who: control.pause(self.desk, request, who),
            "continue": lambda request, who: control.go_on(self.desk, request, who),
        }
        text = self.decide(body, handle, handle.on_its_plan(what[action]))
        if not text and is_home(body):
            text = _DID[action].format(id=handle.id)
        if text:
            self._reply.answer(body, text)
        ack()

    def decide(self, body: Body, handle: Handle, decision: Decision) -> str:
        """Decides in one transaction; returns the sentence of a refusal, or ''."""
        try:
            decide, who = handle.on_its_request(decision), partial(self._reply.decider, body, handle.id)
            receipt = f"click:{body.get('trigger_id')}"
            self.desk.decide(handle.id, lambda request: decide(request, who()), receipt)
        except (Refused, StoreTrouble) as error:
            return str(error)
        except KeyError:
            return GONE
        finally:
            self.redraw(body, handle)
        return ""

    def redraw(self, body: Body, handle: Handle) -> None:
        """Redraws the clicked copy first; an unknown copy is drawn for readers who may see the request.

        An unknown copy of another request with this number loses its buttons: it doesn't show what the
        record holds.
        """
        if is_home(body):
            return  # drawn with the answer
        box = body.get("container", {})
        channel, ts = box.get("channel_id", ""), box.get("message_ts", "")
        try:
            who, card = self._reply.who(body), self.desk.store.outbox.at(channel, ts)
            if card is None:
                request = self.desk.store.request(handle.id)
                if why := handle.stranger(request):
                    if ts and not handle.is_old:
                        self._take_buttons(body, why)
                    return
                answers.may_see(self.desk, request, who)
        except (KeyError, Refused, StoreTrouble):
            return
        if ts:
            self.deliverer.hurry(card.request if card else handle.id, channel, ts, who.person.id)
        else:  # a form opened in App Home
            self.deliverer.hurry_page(SlackId(body["user"]["id"]))

    def _take_buttons(self, body: Body, why: str) -> None:
        """Replaces the pressed message, by the `response_url` of the click or form."""
        where = body.get("response_url") or body.get("container", {}).get("response_url")
        if where:
            self._reply.say(Note(where, message(why)))

    def remind_pressed(self, ack: Ack, body: Body) -> None:
        """Remind: one more reminder for those who were asked."""
        handle = Handle.pressed(body)
        text = self.decide(body, handle, lambda request, who: nudge(self.desk, request, who))
        self._reply.answer(body, text or reminded(self.desk, handle.id))
        ack()

    def undo_pressed(self, ack: Ack, body: Body) -> None:
        """Undo: asks for what takes the changes back."""

        receipt = f"click:{body.get('trigger_id')}"
        self._follows(
            ack, body, lambda request: answers.undone(self.desk, request, self._reply.who(body), receipt)
        )

    def end_pressed(self, ack: Ack, body: Body) -> None:
        """End Now: access for some days is revoked before its last day."""

        def ended(request: Request) -> str:
            try:
                end_now(self.desk, request, self._reply.who(body))
            except Overtaken:
                return f"{request.id} ends already. Nothing left to do."
            return f"{request.id} ends now. I'll tell you once it's removed."

        self._follows(ack, body, ended)

    def _follows(self, ack: Ack, body: Body, act: Callable[[Request], str]) -> None:
        """A press that makes another request; `act` returns the answer, or raises Refused or StoreTrouble."""
        handle = Handle.pressed(body)
        try:
            request = self.desk.store.request(handle.id)
            handle.check(request)
            text = act(request)
        except (Refused, StoreTrouble) as error:
            text = str(error)
        except KeyError:
            text = GONE
        self.redraw(body, handle)
        self._reply.answer(body, text)
        ack()
        self.desk.wake()

    def form_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Buttons with a form open it, if what it is for would be taken."""
        ack()
        handle, action = Handle.pressed(body), body["actions"][0]["action_id"]
        try:
            request = self.desk.store.request(handle.id)
            trial, who = "to be said", self._reply.who(body)
            if action == "hand-over":
                handle.check(request)
                decide.check_operated(request, who, self.desk.table(request), "hand over")
            else:
                if request.starts_at:
                    trial = str(int(request.starts_at.timestamp()) + 60)
                self._written(action, handle, trial)(request, who)
            client.views_open(trigger_id=body["trigger_id"], view=self._form(action, request, place(body)))
        except (Refused, StoreTrouble) as error:
            self.redraw(body, handle)
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, GONE)
        except (SlackClientError, OSError) as error:
            log.warning("a form couldn't be opened: %s", error)
            self._reply.answer(body, "Slack couldn't open the form. Please try again.")

    def form_sent(self, ack: Ack, body: Body) -> None:
        """One of these forms was submitted; it carries the handle, and the card that was clicked."""
        view = body["view"]
        carried, text = forms.carried(view), forms.reason_of(view)
        handle = Handle.read(carried.get("request"))
        pressed = {**body, "trigger_id": view["id"], "container": carried}
        refusal = self.decide(pressed, handle, self._written(view["callback_id"], handle, text))
        if refusal:
            ack(response_action="errors", errors={"reason": refusal})
        else:
            ack()
        self.desk.wake()

    def _written(self, action: str, handle: Handle, text: str) -> Decision:
        """What one of these forms decides."""
        if action == "start":
            return handle.on_its_request(lambda request, who: postponed(self.desk, request, who, text))
        if action == "hand-over":
            return handle.on_its_request(lambda request, who: handed(self.desk, request, who, text))
        if action == "answer":
            return handle.on_its_request(replying(self.desk, handle.question, text))
        return handle.on_its_plan(self._denying(text) if action == "deny" else asking(self.desk, text))

    def _form(self, action: str, request: Request, where: dict[str, str]) -> Block:
        if action == "deny":
            return forms.denial(request, where)
        if action == "question":
            return forms.question(request, where)
        if action in ("start", "hand-over"):
            return (forms.later_start if action == "start" else forms.hand_over)(request, where)
        asker = mark(self.desk.person(request.asking.questions[-1].by))
        return forms.reply(request, len(request.asking.questions), asker, where)

    def _denying(self, reason: str) -> Decision:
        return lambda request, who: decide.deny(request, who, reason, self.desk.table(request))

    def details_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Details shows what doesn't fit on a card, to those who have the card."""
        ack()
        handle = Handle.pressed(body)
        try:
            request, who = self.desk.store.request(handle.id), self._reply.who(body)
            if not handle.is_old:  # reading is safe, so cards of an older program still show details
                handle.check(request)
            answers.may_see(self.desk, request, who)
            client.views_open(trigger_id=body["trigger_id"], view=self._lists.details(request, who))
        except Refused as error:
            self.redraw(body, handle)
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, GONE)
        except (SlackClientError, OSError):
            self._reply.answer(body, "Slack couldn't open the details. Please try again.")
