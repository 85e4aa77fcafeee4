"""What the bot does with a command, a form, a message or App Home: check, one transaction, ack.

`views.open`, and `views.publish` when App Home is opened, are the only Slack calls made here; everything
else is stored, and the deliverer brings it.
"""

import json
import logging
import re
from typing import Any

from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.decide.actor import Who, is_operator
from approvals.ids import SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Card, Note
from approvals.refusals import Outdated, Refused
from approvals.request import Request
from bot.actions import ACTIONS, Action
from bot.actions.fill import Problems
from bot.cards.blocks import Block, message
from bot.cards.handles import Handle, place
from bot.context import Desk
from bot.slack import answers, forms, sent, team_options
from bot.slack.away import Away
from bot.slack.bulk import Bulk
from bot.slack.clicks import Clicks
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.reply import Reply
from bot.slack.shortcuts import Shortcuts
from bot.slack.talk import Talk
from bot.slack.words import drafts, replies
from bot.slack.words.reading import Answer, Draft, read
from bot.slack.words.sentence import by_name, typed
from bot.work.ask import asked

log = logging.getLogger(__name__)

Body = dict[str, Any]


class Listeners:
    """Everything Bolt calls."""

    def __init__(self, desk: Desk, deliverer: Deliverer) -> None:
        self.desk, self.deliverer = desk, deliverer
        self._reply = Reply(desk, deliverer)
        self._clicks = Clicks(desk, deliverer, self._reply)

    def register(self, app: App) -> None:
        """Hands every listener to Bolt; the form comes first, because most wait for it."""
        app.view(re.compile("^ask:"))(self.submitted)
        self._clicks.register(app)
        app.action(re.compile("^(open:.*|again|review)$"))(self.open_pressed)
        app.action(re.compile("^(visit|value|cancel)$"))(self.ignored)
        app.options("value")(self.suggested)
        who, answer = self._reply.who, self._reply.answer
        Shortcuts(self.desk, who, answer).register(app)
        Talk(self.desk, who, answer, self._clicks.decide, self._clicks.redraw).register(app)
        Away(self.desk, who, answer).register(app)
        Bulk(self.desk, who, answer).register(app)
        app.command("/miro")(self.miro)
        for action in ACTIONS.values():
            if action.SLASH:
                app.command(f"/{action.SLASH}")(self.command)
        app.event("app_mention")(self.said)
        app.event("message")(self.said)
        app.event("app_home_opened")(self.home)
        app.error(self._reply.failed)

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
        carried = forms.carried(view)
        draft = drafts.unfolded(carried.get("draft", ""))
        key = f"view:{view['id']}" + (f":{len(draft.others)}" if draft else "")
        try:
            if draft and draft.who_open and not raw.get("person"):
                raise Problems({"person": "Choose whom this is for. It may be you."})
            with self.desk.store.writing():
                who = self._reply.who(body)
                request = asked(self.desk, action, raw, raw.pop("reason", ""), who, key)
                self._take_over(carried, request)
        except Problems as problems:
            ack(response_action="errors", errors=sent.at_fields(problems, view))
        except (Refused, StoreTrouble) as error:
            ack(response_action="errors", errors={"reason": str(error)})
        else:
            self.desk.wake()
            further = drafts.following(draft) if draft else None
            ack(
                response_action="update",
                view=self._form(further, who, {}) if further else forms.sent(sent.sent(request)),
            )

    def _take_over(self, place: dict[str, str], request: Request) -> None:
        """The reviewed message loses its buttons: a direct one becomes the requester's card."""
        channel, ts = place.get("channel_id", ""), place.get("message_ts", "")
        cards = self.desk.store.outbox
        if not channel.startswith("D"):
            if place.get("response_url"):
                cards.say(Note(place["response_url"], message(sent.sent(request))))
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
        who, tables = self._reply.who(body), self.desk.tables()
        found = read(text, tables, self.desk.now().date(), action, body["user_id"])
        if isinstance(found, Answer):
            said = replies.reply(self.desk, who, found, by_name(text, tables.called), action)
            return said | {"response_type": "ephemeral"}
        try:
            answers.check_offered(self.desk, who, found.action)
        except Refused as error:
            told = str(error) if action is found.action else f"{answers.read_as(found.action)} {error}"
            return message(told) | {"response_type": "ephemeral"}
        return self._open(found, body, client)

    def _open(
        self, draft: Draft, body: Body, client: WebClient, place: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Opens a form; what to say where that isn't possible."""
        who = self._reply.who(body)
        try:
            answers.check_offered(self.desk, who, draft.action)
            client.views_open(trigger_id=body["trigger_id"], view=self._form(draft, who, place or {}))
        except Refused as error:
            return message(str(error)) | {"response_type": "ephemeral"}
        except (SlackClientError, OSError) as error:
            log.warning("a form couldn't be opened: %s", error)
            return message("Slack couldn't open the form. Please try again.") | {"response_type": "ephemeral"}
        return {}

    def _form(self, draft: Draft, who: Who, place: dict[str, str]) -> Block:
        """A form; it carries its draft where others follow, or where it has to be said whom it is for."""
        operator = is_operator(self.desk.policy, who.person)
        rule = drafts.rule_of(self.desk, draft, who.person)
        box = place | ({"draft": drafts.folded(draft)} if draft.others or draft.who_open else {})
        view = forms.form(draft, self.desk.tables(), operator, rule)
        return view | {"private_metadata": json.dumps(box, ensure_ascii=False)}

    def miro(self, ack: Ack, body: Body, client: WebClient) -> None:
        """/miro: help, whoami, status, withdraw, or an action in plain words."""
        text = typed(body.get("text", "")).strip()
        word, _, rest = text.partition(" ")
        word = word.casefold()
        if word in answers.VERBS:
            # Only `away` is about somebody: the others say again what was typed, and so name people.
            rest = rest.strip() if word == "away" else by_name(rest.strip(), self.desk.tables().called)
            ack(**answers.VERBS[word](self.desk, self._reply.who(body), rest))
        elif word in ACTIONS:
            ack(**self._meant(rest, body, client, ACTIONS[word]))
        else:
            ack(**self._meant(text, body, client))

    def said(self, ack: Ack, event: Body, context: BoltContext) -> None:
        """A message to the bot: one sentence and a button, for its writer's eyes only, in its thread."""
        ack()
        if not _is_meant(event):
            return
        who = self._reply.who({"user_id": event["user"]})
        only_for = "" if event["channel"].startswith("D") else event["user"]
        with self.desk.store.writing():
            # Not by event_id: a mention in a direct message comes as two events.
            if self.desk.store.once(f"said:{event['channel']}:{event['ts']}"):
                text, bot = event.get("text", ""), context.bot_user_id or ""
                answer = drafts.understood(self.desk, who, text, bot)
                thread = {"thread_ts": event["thread_ts"]} if event.get("thread_ts") else {}
                self.desk.store.outbox.say(Note(event["channel"], {**answer, **thread}, only_for))
        self.desk.wake()

    def open_pressed(self, ack: Ack, body: Body, client: WebClient) -> None:
        """A button that opens a form: of the help, of a reviewed message, or Ask Again."""
        pressed = body["actions"][0]
        ack()
        try:
            draft = drafts.draft_of(self.desk, self._reply.who(body), pressed)
        except Outdated as error:
            self._clicks.redraw(body, Handle.pressed(body))
            self._reply.answer(body, str(error))
            return
        box = place(body) if pressed["action_id"] == "review" else None
        said = message("That was too long ago. Please ask again.")
        if draft:
            said = self._open(draft, body, client, box)
        if said:
            self._reply.answer(body, str(said["text"]))

    def suggested(self, ack: Ack, payload: Body) -> None:
        """Teams while somebody types, where there are more than a select can hold."""
        ack(options=team_options.suggestions(payload.get("value") or "", self.desk.tables()))

    def ignored(self, ack: Ack) -> None:
        """A button that does nothing here: a link, or one of an older drawing."""
        ack()

    def home(self, ack: Ack, event: Body, client: WebClient) -> None:
        """App Home is opened: drawn at once, the one other call of Slack that a listener makes."""
        ack()
        if event.get("tab", "home") == "home":
            who = self._reply.who({"user_id": event["user"]})
            self.deliverer.pages.opened(client, who, SlackId(event["user"]))


_FROM_PEOPLE = {"", "file_share", "thread_broadcast", "me_message"}
"""Subtypes of what somebody writes; the others are edits, deletions, joins and messages of bots
(docs.slack.dev/reference/events/message)."""


def _is_meant(event: Body) -> bool:
    """Whether a person says this to the bot: in a direct message, or by a mention anywhere."""
    if event.get("bot_id") or not event.get("user") or event.get("hidden"):
        return False
    if event.get("subtype", "") not in _FROM_PEOPLE:
        return False
    # In a channel only the mention counts, which comes as an event of its own beside the message.
    return event["type"] == "app_mention" or event.get("channel_type") == "im"
