"""The buttons of cards: Approve, Deny, Withdraw, Resume, Details; each decides in one transaction."""

import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.decide import decide
from approvals.decide.actor import Who
from approvals.ids import SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Draft, Request
from bot.cards.blocks import message
from bot.cards.handles import Decision, Handle, place
from bot.cards.scene import Scene
from bot.context import CONFIDENTIAL, Desk
from bot.slack import answers, forms
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.deliver.home import is_home
from bot.slack.reply import Reply
from bot.slack.talk import GONE

Body = dict[str, Any]

_DID = {
    "approve": "You approved {id}.",
    "withdraw": "{id} is withdrawn.",
    "resume": "{id} continues with what's left.",
}
"""{button: sentence shown in App Home}, where no card shows the result of a click."""


class Clicks:
    """The listeners of these buttons, and of the form behind Deny."""

    def __init__(self, desk: Desk, deliverer: Deliverer, reply: Reply) -> None:
        self.desk, self.deliverer, self._reply = desk, deliverer, reply

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.view("deny")(self.denied)
        app.action(re.compile("^(approve|withdraw|resume)$"))(self.clicked)
        app.action("deny")(self.deny_pressed)
        app.action("details")(self.details_pressed)

    def clicked(self, ack: Ack, body: Body) -> None:
        """Approve, Withdraw or Resume."""
        handle, action = Handle.pressed(body), body["actions"][0]["action_id"]
        table = self.desk.table
        what: dict[str, Decision] = {
            "approve": lambda request, who: self.desk.approval(request, who, handle.revision),
            "withdraw": lambda request, who: decide.withdraw(request, who, table(request)),
            "resume": lambda request, who: decide.resume(request, who, table(request)),
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
            who = self._reply.decider(body, handle.id)
            decide = handle.on_its_request(decision)
            self.desk.decide(
                handle.id, lambda request: decide(request, who), f"click:{body.get('trigger_id')}"
            )
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

    def deny_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Deny asks for a reason first."""
        ack()
        handle = Handle.pressed(body)
        try:
            request = self.desk.store.request(handle.id)
            handle.on_its_plan(self._denying("to be said"))(request, self._reply.who(body))
            client.views_open(trigger_id=body["trigger_id"], view=forms.denial(request, place(body)))
        except (Refused, StoreTrouble) as error:
            self.redraw(body, handle)
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, GONE)
        except (SlackClientError, OSError):
            self._reply.answer(body, "Slack couldn't open the form. Please press Deny again.")

    def denied(self, ack: Ack, body: Body) -> None:
        """The form of Deny was submitted; it carries the handle, and the card that was clicked."""
        view = body["view"]
        carried, reason = forms.carried(view), forms.reason_of(view)
        handle = Handle.read(carried.get("request"))
        pressed = {**body, "trigger_id": view["id"], "container": carried}
        text = self.decide(pressed, handle, handle.on_its_plan(self._denying(reason)))
        if text:
            ack(response_action="errors", errors={"reason": text})
        else:
            ack()
        self.desk.wake()

    def _denying(self, reason: str) -> Decision:
        def no(request: Request, who: Who) -> list[Draft]:
            secret = request.action in CONFIDENTIAL
            return decide.deny(request, who, reason, self.desk.table(request), secret)

        return no

    def details_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Details shows what doesn't fit on a card, to those who have the card."""
        ack()
        handle = Handle.pressed(body)
        try:
            request, who = self.desk.store.request(handle.id), self._reply.who(body)
            if not handle.is_old:  # reading is safe, so cards of an older program still show details
                handle.check(request)
            answers.may_see(self.desk, request, who)
            client.views_open(trigger_id=body["trigger_id"], view=forms.details(self._scene(request, who)))
        except Refused as error:
            self.redraw(body, handle)
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, "This request no longer exists.")
        except (SlackClientError, OSError):
            self._reply.answer(body, "Slack couldn't open the details. Please try again.")

    def _scene(self, request: Request, who: Who) -> Scene:
        zone = who.account.zone if who.account else ""
        command = self.desk.command(request)
        return Scene(request, command, self.desk.facts, self.desk.person, who.person, zone or "UTC")
