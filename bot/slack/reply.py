"""Who acted in Slack, and a sentence back to where they look, also when nothing can be stored."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from slack_bolt import BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.decide.actor import Reading, Who
from approvals.ids import RequestId, SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from bot.cards.blocks import Block, message, read_of
from bot.cards.catalogue import VERSION
from bot.context import Desk, SlackAway
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.deliver.home import At, is_home
from bot.slack.forms import notice

log = logging.getLogger(__name__)

Body = dict[str, Any]


def reading(who: Who, view: Block, request: str) -> Who:
    """Somebody who decides in a view, with what it says of the request."""
    text = read_of(request, view.get("blocks", ()))
    return replace(who, reading=Reading(text, VERSION)) if text else who


class Reply:
    """What every listener needs of the one who acted."""

    def __init__(self, desk: Desk, deliverer: Deliverer) -> None:
        self.desk, self.deliverer = desk, deliverer

    def who(self, body: Body) -> Who:
        """The person of a verified payload; what Slack says of the account was looked up before."""
        user = body.get("user")
        slack_id = SlackId(user["id"] if isinstance(user, dict) else body.get("user_id") or str(user))
        self.deliverer.acted(slack_id)
        self.desk.store.people.expect(entries=[slack_id])
        person = self.desk.store.people.meet(slack_id=slack_id)
        account = next((account for account in person.accounts if account.slack_id == slack_id), None)
        return Who(person, account)

    def decider(self, body: Body, request: RequestId) -> Who:
        """The same, with what they read before they decided: the card as it was sent, or a part of a view."""
        box, who = body.get("container", {}), self.who(body)
        card = self.desk.store.outbox.at(box.get("channel_id", ""), box.get("message_ts", ""))
        if card is None:
            return reading(who, body.get("view", {}), request)
        is_kept = card.request == request and card.text
        return replace(who, reading=Reading(card.text, card.catalogue)) if is_kept else who

    def answer(self, body: Body, text: str) -> None:
        """A sentence for the one who clicked, where they look; also when nothing can be stored."""
        box = body.get("container", {})
        user = body["user"]["id"]
        if is_home(body):
            self.at_home(SlackId(user), text)
            return
        channel, only_for = (box["channel_id"], user) if box.get("channel_id") else (user, "")
        thread = {"thread_ts": box["thread_ts"]} if box.get("thread_ts") else {}
        self.say(Note(channel, message(text) | thread, only_for))

    def at_home(self, slack_id: SlackId, text: str = "", at: At | None = None) -> None:
        """Draws somebody's App Home with a sentence on it; `at`: the list to show there."""
        if at is not None:
            self.deliverer.pages.at[slack_id] = at
        try:
            self.desk.store.outbox.tell(slack_id, text)
        except StoreTrouble:
            self.deliverer.say_unsaved(Note(slack_id, message(text)))
        self.deliverer.hurry_page(slack_id)

    def open(self, body: Body, client: WebClient, view: Callable[[], Block]) -> None:
        """Shows a modal; whoever pressed reads why it can't be shown."""
        if text := self.opened(body, client, view):
            self.answer(body, text)

    def opened(self, body: Body, client: WebClient, view: Callable[[], Block]) -> str:
        """Opens a modal, or puts it in the place of the one that was pressed; returns why not, or ''.

        `view` may raise Refused.
        """
        try:
            drawn, pressed = view(), body.get("view", {})
            if pressed.get("type") == "modal":
                client.views_update(view_id=pressed["id"], hash=pressed.get("hash"), view=drawn)
            else:
                client.views_open(trigger_id=body["trigger_id"], view=drawn)
        except Refused as error:
            return str(error)
        except (SlackClientError, OSError) as error:
            # Pressed twice: the first press has put its form there, and somebody may be filling it in.
            if isinstance(error, SlackApiError) and error.response.get("error") == "hash_conflict":
                return ""
            log.warning("a form couldn't be opened: %s", error)
            return "Slack couldn't open the form. Please try again."
        return ""

    def say(self, note: Note) -> None:
        try:
            self.desk.store.outbox.say(note)
        except StoreTrouble:
            self.deliverer.say_unsaved(note)
        self.desk.wake()

    def failed(self, error: Exception, body: Body) -> BoltResponse:
        """Whatever a listener let through: one sentence for the one who acted; the log has the rest."""
        if isinstance(error, StoreTrouble | SlackAway):
            text = str(error) if isinstance(error, StoreTrouble) else f"{error}. Nothing has changed."
            log.warning("a listener could do nothing: %s", error)
        else:
            reference = sha256(json.dumps(body, default=str).encode()).hexdigest()[:8]
            text = f"Something went wrong on my side. Nothing has changed. Please try again. ({reference})"
            log.error("a listener met an error that it doesn't know (%s)", reference, exc_info=error)
        answer: dict[str, Any] = {}
        if body.get("command"):
            answer = message(text) | {"response_type": "ephemeral"}
        elif body.get("type") == "view_submission":
            answer = _in_the_form(body["view"], text)
        elif body.get("type") in ("block_actions", "shortcut", "message_action"):
            self.answer(body, text)
        elif body.get("event", {}).get("type") in ("message", "app_mention"):
            self.deliverer.say_unsaved(Note(body["event"]["user"], message(text)))
        headers: dict[str, str | Sequence[str]] = {"Content-Type": "application/json"} if answer else {}
        return BoltResponse(status=200, body=answer or "", headers=headers)


def _in_the_form(view: dict[str, Any], text: str) -> dict[str, Any]:
    """A sentence at the last field, so that what was typed stays; in place of a form without fields."""
    fields = [block["block_id"] for block in view.get("blocks", ()) if block["type"] == "input"]
    if fields:
        return {"response_action": "errors", "errors": {fields[-1]: text}}
    title = str(view.get("title", {}).get("text", "Miro"))
    return {"response_action": "update", "view": notice(title, text)}
