"""What a click on a card's buttons does: Approve, Deny, Withdraw, Resume, Details; one transaction each."""

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals import decide
from approvals.ids import RequestId, SlackId
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.store import StoreTrouble
from approvals.who import Who
from bot.desk import Desk
from bot.slack import answers, forms
from bot.slack.courier import Courier
from bot.slack.home import is_home
from bot.slack.reply import Reply, place
from bot.slack.scene import Scene
from bot.slack.talk import GONE

Body = dict[str, Any]

_DID = {
    "approve": "You approved {id}.",
    "withdraw": "{id} is withdrawn.",
    "resume": "{id} goes on with what is left.",
}
"""Said in App Home, where no card shows what became of a click."""


class Clicks:
    """What Bolt calls for these buttons, and for the form behind Deny."""

    def __init__(self, desk: Desk, courier: Courier, reply: Reply) -> None:
        self.desk, self.courier, self._reply = desk, courier, reply

    def register(self, app: App) -> None:
        """Hands every listener to Bolt."""
        app.view("deny")(self.denied)
        app.action(re.compile("^(approve|withdraw|resume)$"))(self.clicked)
        app.action("deny")(self.deny_pressed)
        app.action("details")(self.details_pressed)

    def clicked(self, ack: Ack, body: Body) -> None:
        """Approve, Withdraw or Resume."""
        pressed = body["actions"][0]
        id, _, revision = pressed.get("value", "").partition(":")
        what: dict[str, Callable[[Request, Who], list[Draft]]] = {
            "approve": lambda request, who: decide.approve(
                request, who, revision, self.desk.table(request), self.desk.command(request).CONFIDENTIAL
            ),
            "withdraw": lambda request, who: decide.withdraw(request, who, self.desk.table(request)),
            "resume": lambda request, who: decide.resume(request, who, self.desk.table(request)),
        }
        text = self.decide(body, RequestId(id), what[pressed["action_id"]])
        if not text and is_home(body):
            text = _DID[pressed["action_id"]].format(id=id)
        if text:
            self._reply.answer(body, text)
        ack()

    def decide(self, body: Body, id: RequestId, decision: Callable[[Request, Who], list[Draft]]) -> str:
        """Takes a decision in one transaction; the sentence for whom it was refused, or ''."""
        try:
            # Before the transaction: whoever is refused here for not being known yet has to be looked up.
            who = self._reply.who(body)
            with self.desk.store.writing():
                if not self.desk.store.once(f"click:{body.get('trigger_id')}"):
                    return ""
                request = self.desk.store.request(id)
                self.desk.store.append(request, decision(request, who))
        except (Refused, StoreTrouble) as error:
            return str(error)
        except KeyError:
            return GONE
        finally:
            self._redraw(body, id)
        return ""

    def _redraw(self, body: Body, id: RequestId) -> None:
        """The clicker's own copy first; a copy that was forgotten is drawn for those who may see it."""
        if is_home(body):
            return  # the answer draws it
        box = body.get("container", {})
        channel, ts = box.get("channel_id", ""), box.get("message_ts", "")
        try:
            who, card = self._reply.who(body), self.desk.store.cards.at(channel, ts)
            if card is None:
                answers.may_see(self.desk, self.desk.store.request(id), who)
        except (KeyError, Refused, StoreTrouble):
            return
        if ts:
            self.courier.hurry(card.request if card else id, channel, ts, who.person.id)
        else:  # a form that was opened in App Home
            self.courier.homes.hurry(SlackId(body["user"]["id"]))

    def deny_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Deny asks for a reason first."""
        ack()
        id = body["actions"][0].get("value", "").partition(":")[0]
        try:
            request = self.desk.store.request(RequestId(id))
            table, secret = self.desk.table(request), self.desk.command(request).CONFIDENTIAL
            decide.deny(request, self._reply.who(body), "to be said", table, secret)
            client.views_open(trigger_id=body["trigger_id"], view=forms.denial(request, place(body)))
        except (Refused, StoreTrouble) as error:
            self._redraw(body, RequestId(id))
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, GONE)
        except (SlackClientError, OSError):
            self._reply.answer(body, "Slack didn't let me open the form. Please press Deny once more.")

    def denied(self, ack: Ack, body: Body) -> None:
        """The reason of a denial was sent. The form carries an id, and which card Deny was pressed on."""
        view = body["view"]
        carried, reason = forms.carried(view), forms.read(view).get("reason", "")

        def no(request: Request, who: Who) -> list[Draft]:
            secret = self.desk.command(request).CONFIDENTIAL
            return decide.deny(request, who, reason, self.desk.table(request), secret)

        pressed = {**body, "trigger_id": view["id"], "container": carried}
        text = self.decide(pressed, RequestId(carried.get("request", "")), no)
        if text:
            ack(response_action="errors", errors={"reason": text})
        else:
            ack()
        self.desk.wake()

    def details_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Everything that doesn't fit on a card, for those who have the card."""
        ack()
        id = body["actions"][0].get("value", "").partition(":")[0]
        try:
            request, who = self.desk.store.request(RequestId(id)), self._reply.who(body)
            answers.may_see(self.desk, request, who)
            client.views_open(trigger_id=body["trigger_id"], view=forms.details(self._scene(request, who)))
        except Refused as error:
            self._reply.answer(body, str(error))
        except KeyError:
            self._reply.answer(body, "I don't know this request any more.")
        except (SlackClientError, OSError):
            self._reply.answer(body, "Slack didn't let me open the details. Please press once more.")

    def _scene(self, request: Request, who: Who) -> Scene:
        zone = who.account.zone if who.account else ""
        command = self.desk.command(request)
        return Scene(
            request, command, self.desk.facts, self.desk.person, who.person, zone or "UTC", self.desk.now()
        )
