"""What the bot does with a click, a command, a form or a message: check, one transaction, ack.

`views.open`, and `views.publish` when App Home is opened, are the only Slack calls made here; everything
else is stored, and the courier brings it.
"""

import json
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals import decide
from approvals.ids import RequestId, SlackId
from approvals.people import Standing
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.store import Card, Note, StoreTrouble
from approvals.who import Who, is_operator
from bot.asking import asked
from bot.desk import Desk
from bot.lifecycle import ACTIONS, Action
from bot.lifecycle.fill import Problems
from bot.slack import answers, forms, phrases
from bot.slack.away import Away
from bot.slack.blocks import message
from bot.slack.bulk import Bulk
from bot.slack.courier import Courier
from bot.slack.home import is_home
from bot.slack.marks import by_name, typed
from bot.slack.scene import Scene
from bot.slack.shortcuts import NOT_FOR_YOU, Shortcuts
from bot.slack.talk import Talk

log = logging.getLogger(__name__)

Body = dict[str, Any]


_DID = {
    "approve": "You approved {id}.",
    "withdraw": "{id} is withdrawn.",
    "resume": "{id} goes on with what is left.",
}
"""Said in App Home, where no card shows what became of a click."""


def _place(body: Body) -> dict[str, str]:
    """Where the message stands that was pressed, and the address by which Slack lets it be replaced."""
    box = body.get("container", {})
    found = {name: box.get(name) for name in ("channel_id", "message_ts")}
    found["response_url"] = body.get("response_url")
    return {name: value for name, value in found.items() if value}


class Listeners:
    """Everything Bolt calls."""

    def __init__(self, desk: Desk, courier: Courier) -> None:
        self.desk, self.courier = desk, courier

    def register(self, app: App) -> None:
        """Hands every listener to Bolt; the form comes first, because most wait for it."""
        app.view(re.compile("^ask:"))(self.submitted)
        app.view("deny")(self.denied)
        app.action(re.compile("^(approve|withdraw|resume)$"))(self.clicked)
        app.action("deny")(self.deny_pressed)
        app.action("details")(self.details_pressed)
        app.action(re.compile("^(open:.*|again|review)$"))(self.open_pressed)
        app.action("cancel")(self.cancelled)
        app.action(re.compile("^(visit|value)$"))(self.ignored)
        app.options("value")(self.suggested)
        Shortcuts(self.desk, self._who, self._answer).register(app)
        Talk(self.desk, self._who, self._answer, self._decide).register(app)
        Away(self.desk, self._who, self._answer).register(app)
        Bulk(self.desk, self._who, self._answer).register(app)
        app.command("/miro")(self.miro)
        for action in ACTIONS.values():
            if action.SLASH:
                app.command(f"/{action.SLASH}")(self.command)
        app.event("app_mention")(self.said)
        app.event("message")(self.said)
        app.event("app_home_opened")(self.home)
        app.error(self.failed)

    # -- who -------------------------------------------------------------------------------------------

    def _who(self, body: Body) -> Who:
        """The person of a verified payload; what Slack says of the account was looked up before."""
        user = body.get("user")
        slack_id = SlackId(user["id"] if isinstance(user, dict) else body.get("user_id") or str(user))
        person = self.desk.store.people.meet(slack_id=slack_id)
        account = next((one for one in person.accounts if one.slack_id == slack_id), None)
        return Who(person, account)

    # -- asking ----------------------------------------------------------------------------------------

    def submitted(self, ack: Ack, body: Body) -> None:
        """A form was sent: every problem at its field, or the request is saved."""
        view = body["view"]
        action = ACTIONS.get(view["callback_id"].removeprefix("ask:"))
        if action is None:
            text = "I don't know this form any more. Please ask again: /miro help."
            ack(response_action="errors", errors={"reason": text})
            return
        raw = forms.read(view)
        try:
            with self.desk.store.writing():
                who = self._who(body)
                request = asked(self.desk, action, raw, raw.pop("reason", ""), who, f"view:{view['id']}")
                self._take_over(forms.carried(view), request, who)
        except Problems as problems:
            ack(response_action="errors", errors=answers.at_fields(problems, view))
        except (Refused, StoreTrouble) as error:
            ack(response_action="errors", errors={"reason": str(error)})
        else:
            self.desk.wake()
            ack(response_action="update", view=forms.sent(answers.sent(self.desk, request, who)))

    def _take_over(self, place: dict[str, str], request: Request, who: Who) -> None:
        """The reviewed message loses its buttons: a direct one becomes the requester's card."""
        channel, ts = place.get("channel_id", ""), place.get("message_ts", "")
        cards = self.desk.store.cards
        if not channel.startswith("D"):
            if place.get("response_url"):
                cards.say(Note(place["response_url"], message(answers.sent(self.desk, request, who))))
        elif cards.at(channel, ts) is None:
            cards.put(Card(request.id, "requester", request.requester, 0, channel, ts))

    def command(self, ack: Ack, body: Body, client: WebClient) -> None:
        """/miro-access and its like: opens the form, filled in as far as the text says."""
        action = next(one for one in ACTIONS.values() if f"/{one.SLASH}" == body["command"])
        ack(**self._meant(typed(body.get("text", "")), body, client, action))

    def _meant(
        self, text: str, body: Body, client: WebClient, action: type[Action] | None = None
    ) -> dict[str, Any]:
        """Opens the form that a text asks for; what to say where there is none."""
        who, tables = self._who(body), self.desk.tables()
        found = phrases.read(text, tables, action, is_operator(self.desk.policy, who.person))
        if found is None:
            return answers.helped(self.desk, who, by_name(text, tables.called))
        if isinstance(found, phrases.Advice):
            return message(found.text) | {"response_type": "ephemeral"}
        if action not in (None, found.action) and not self._may_ask(who, found.action):
            told = f"I read this as a wish to {found.action.ABOUT}. {NOT_FOR_YOU}"
            return message(told) | {"response_type": "ephemeral"}
        return self._open(found, body, client)

    def _may_ask(self, who: Who, action: type[Action]) -> bool:
        """Whether somebody may ask for it; whoever wasn't looked up yet may, until the worker has looked."""
        unknown = who.account is not None and who.account.standing is Standing.UNKNOWN
        return unknown or action in answers.offers(self.desk, who)

    def _open(
        self, draft: phrases.Draft, body: Body, client: WebClient, place: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Opens a form; what to say where that isn't possible."""
        who = self._who(body)
        try:
            answers.check_offered(self.desk, draft.action)
            view = forms.form(draft, self.desk.tables(), is_operator(self.desk.policy, who.person))
            carrying = {"private_metadata": json.dumps(place or {})}
            client.views_open(trigger_id=body["trigger_id"], view=view | carrying)
        except Refused as error:
            return message(str(error)) | {"response_type": "ephemeral"}
        except (SlackClientError, OSError) as error:
            log.warning("a form couldn't be opened: %s", error)
            return message("Slack didn't let me open the form. Please try once more.") | {
                "response_type": "ephemeral"
            }
        return {}

    def miro(self, ack: Ack, body: Body, client: WebClient) -> None:
        """/miro: help, whoami, status, withdraw, or an action in plain words."""
        text = typed(body.get("text", "")).strip()
        word, _, rest = text.partition(" ")
        if word in answers.VERBS:
            # Only `away` is about somebody: the others say again what was typed, and so name people.
            rest = rest.strip() if word == "away" else by_name(rest.strip(), self.desk.tables().called)
            ack(**answers.VERBS[word](self.desk, self._who(body), rest))
        elif word in ACTIONS:
            ack(**self._meant(rest, body, client, ACTIONS[word]))
        else:
            ack(**self._meant(text, body, client))

    def said(self, ack: Ack, event: Body, body: Body, context: BoltContext) -> None:
        """A message to the bot: one sentence and a button, for its writer's eyes only."""
        ack()
        if event.get("bot_id") or event.get("subtype") or not event.get("user"):
            return
        if event.get("type") == "message" and event.get("channel_type") != "im":
            return  # a mention comes as an event of its own as well
        who = self._who({"user_id": event["user"]})
        text = typed(event.get("text", ""), context.bot_user_id or "").strip()
        only_for = "" if event.get("channel_type") == "im" else event["user"]
        with self.desk.store.writing():
            if self.desk.store.once(f"event:{body.get('event_id', event.get('ts'))}"):
                note = Note(event["channel"], answers.understood(self.desk, who, text), only_for)
                self.desk.store.cards.say(note)
        self.desk.wake()

    def open_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """A button that opens a form: of the help, of a reviewed message, or Ask Again."""
        pressed = body["actions"][0]
        draft = answers.draft_of(self.desk, self._who(body), pressed)
        ack()
        place = _place(body) if pressed["action_id"] == "review" else None
        said = message("That was too long ago. Please ask again.")
        if draft:
            said = self._open(draft, body, client, place)
        if said:
            self._answer(body, str(said["text"]))

    def suggested(self, ack: Ack, payload: Body) -> None:
        """Teams while somebody types, where there are more than a select can hold."""
        ack(options=forms.suggestions(payload.get("value") or "", self.desk.tables()))

    def cancelled(self, ack: Ack, body: Body) -> None:
        """Cancel under a reviewed message takes its buttons away."""
        ack()
        if body.get("response_url"):
            self._say(Note(body["response_url"], message("Cancelled. Nothing was asked for.")))

    def ignored(self, ack: Ack) -> None:
        """A button that does nothing here: a link."""
        ack()

    # -- deciding --------------------------------------------------------------------------------------

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
        text = self._decide(body, RequestId(id), what[pressed["action_id"]])
        if not text and is_home(body):
            text = _DID[pressed["action_id"]].format(id=id)
        if text:
            self._answer(body, text)
        ack()

    def _decide(self, body: Body, id: RequestId, decision: Callable[[Request, Who], list[Draft]]) -> str:
        """Takes a decision in one transaction; the sentence for whom it was refused, or ''."""
        try:
            # Before the transaction: whoever is refused here for not being known yet has to be looked up.
            who = self._who(body)
            with self.desk.store.writing():
                if not self.desk.store.once(f"click:{body.get('trigger_id')}"):
                    return ""
                request = self.desk.store.request(id)
                self.desk.store.append(request, decision(request, who))
        except (Refused, StoreTrouble) as error:
            return str(error)
        except KeyError:
            return "I don't know this request any more. Nothing has changed."
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
            who, card = self._who(body), self.desk.store.cards.at(channel, ts)
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
            decide.deny(request, self._who(body), "to be said", table, secret)
            client.views_open(trigger_id=body["trigger_id"], view=forms.denial(request, _place(body)))
        except (Refused, StoreTrouble) as error:
            self._redraw(body, RequestId(id))
            self._answer(body, str(error))
        except KeyError:
            self._answer(body, "I don't know this request any more. Nothing has changed.")
        except (SlackClientError, OSError):
            self._answer(body, "Slack didn't let me open the form. Please press Deny once more.")

    def denied(self, ack: Ack, body: Body) -> None:
        """The reason of a denial was sent. The form carries an id, and which card Deny was pressed on."""
        view = body["view"]
        carried, reason = forms.carried(view), forms.read(view).get("reason", "")

        def no(request: Request, who: Who) -> list[Draft]:
            secret = self.desk.command(request).CONFIDENTIAL
            return decide.deny(request, who, reason, self.desk.table(request), secret)

        pressed = {**body, "trigger_id": view["id"], "container": carried}
        text = self._decide(pressed, RequestId(carried.get("request", "")), no)
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
            request, who = self.desk.store.request(RequestId(id)), self._who(body)
            answers.may_see(self.desk, request, who)
            client.views_open(trigger_id=body["trigger_id"], view=forms.details(self._scene(request, who)))
        except Refused as error:
            self._answer(body, str(error))
        except KeyError:
            self._answer(body, "I don't know this request any more.")
        except (SlackClientError, OSError):
            self._answer(body, "Slack didn't let me open the details. Please press once more.")

    def _scene(self, request: Request, who: Who) -> Scene:
        zone = who.account.zone if who.account else ""
        command = self.desk.command(request)
        return Scene(
            request, command, self.desk.facts, self.desk.person, who.person, zone or "UTC", self.desk.now()
        )

    def _answer(self, body: Body, text: str) -> None:
        """A sentence for the one who clicked, where they look; also when nothing can be stored."""
        box = body.get("container", {})
        user = body["user"]["id"]
        if is_home(body):
            self._answer_at_home(SlackId(user), text)
            return
        channel, only_for = (box["channel_id"], user) if box.get("channel_id") else (user, "")
        self._say(Note(channel, message(text), only_for))

    def _answer_at_home(self, slack_id: SlackId, text: str) -> None:
        try:
            self.desk.store.homes.tell(slack_id, text)
        except StoreTrouble:
            self.courier.say_unsaved(Note(slack_id, message(text)))
        self.courier.homes.hurry(slack_id)

    def _say(self, note: Note) -> None:
        try:
            self.desk.store.cards.say(note)
        except StoreTrouble:
            self.courier.say_unsaved(note)
        self.desk.wake()

    def failed(self, error: Exception, body: Body) -> BoltResponse:
        """Whatever a listener didn't foresee: one sentence for the one who acted; the log has the rest."""
        log.error("a listener met an error that it doesn't know", exc_info=error)
        text = "Something went wrong inside me. Nothing has changed; please try once more."
        if isinstance(error, StoreTrouble):
            text = str(error)
        said: dict[str, Any] = {}
        if body.get("command"):
            said = message(text) | {"response_type": "ephemeral"}
        elif body.get("type") == "view_submission":
            said = {"response_action": "errors", "errors": {"reason": text}}
        elif body.get("type") in ("block_actions", "shortcut", "message_action"):
            self._answer(body, text)
        elif body.get("event", {}).get("type") in ("message", "app_mention"):
            self.courier.say_unsaved(Note(body["event"]["user"], message(text)))
        headers: dict[str, str | Sequence[str]] = {"Content-Type": "application/json"} if said else {}
        return BoltResponse(status=200, body=said or "", headers=headers)

    def home(self, ack: Ack, event: Body, client: WebClient) -> None:
        """App Home is opened: drawn at once, the one other call of Slack that a listener makes."""
        ack()
        if event.get("tab", "home") == "home":
            who = self._who({"user_id": event["user"]})
            self.courier.homes.opened(client, who, SlackId(event["user"]))
