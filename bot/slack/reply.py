"""Who acted in Slack, and a sentence back to where they look, also when nothing can be stored."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from slack_bolt import BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.decide.actor import Actor, Reading
from approvals.ids import RequestId, SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Card, Note
from approvals.refusals import Refused
from approvals.request import Request
from bot.actions.fill import Problems
from bot.cards.blocks import Block, message, read_of
from bot.cards.catalogue import VERSION
from bot.cards.handles import Decision, Handle
from bot.context import Context, SlackAway
from bot.slack import answers, forms
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.deliver.home import At, is_home

log = logging.getLogger(__name__)

Body = dict[str, Any]

GONE = "This request no longer exists. Nothing has changed."


def reading(actor: Actor, view: Block, request: str) -> Actor:
    """Somebody who decides in a view, with what it says of the request."""
    text = read_of(request, view.get("blocks", ()))
    return replace(actor, reading=Reading(text, VERSION)) if text else actor


class Listener:
    """What every listener needs of the one who acted. A listener raises what it refuses: `failed` says it."""

    def __init__(self, context: Context, deliverer: Deliverer) -> None:
        self.context, self.deliverer = context, deliverer

    def who(self, body: Body) -> Actor:
        """The person of a verified payload; what Slack says of the account was looked up before."""
        user = body.get("user")
        slack_id = SlackId(user["id"] if isinstance(user, dict) else body.get("user_id") or str(user))
        self.deliverer.acted(slack_id)
        self.context.store.people.expect(entries=[slack_id])
        return self.deliverer.pages.who(slack_id)

    def decider(self, body: Body, request: RequestId) -> Actor:
        """The same, with what they read before they decided: the card as it was sent, or a part of a view."""
        box, actor = body.get("container", {}), self.who(body)
        card = self.context.store.outbox.at(box.get("channel_id", ""), box.get("message_ts", ""))
        if card is None:
            return reading(actor, body.get("view", {}), request)
        is_kept = card.request == request and card.text
        return replace(actor, reading=Reading(card.text, card.catalogue)) if is_kept else actor

    def take_over(self, place: Mapping[str, str], request: Request, text: str) -> None:
        """A reviewed message loses its buttons: it becomes the requester's card, or else says `text`."""
        channel, ts = place.get("channel_id", ""), place.get("message_ts", "")
        cards = self.context.store.outbox
        if not channel.startswith("D") or place.get("thread_ts"):  # a reply has no thread of its own
            if place.get("response_url"):
                cards.say(Note(place["response_url"], message(text)))
        elif cards.at(channel, ts) is None:
            cards.put(Card(request.id, "requester", request.requester, 0, channel, ts))

    # -- the request that is meant -------------------------------------------------------------------------

    def request_of(self, handle: Handle) -> Request:
        """The request with a number. Raises Refused."""
        try:
            return self.context.store.request(handle.id)
        except KeyError:
            raise Refused(GONE) from None

    def taken(self, handle: Handle, decision: Decision, who: Callable[[], Actor], receipt: str) -> bool:
        """Decides in one transaction; False if it was taken before. Raises Refused, StoreTrouble."""
        decide = handle.on_its_request(decision)
        try:
            return self.context.decide(handle.id, lambda request: decide(request, who()), receipt) is not None
        except KeyError:
            raise Refused(GONE) from None
        finally:
            self.context.wake()

    def redraw(self, body: Body) -> None:
        """Redraws the clicked copy first; an unknown copy is drawn for readers who may see the request.

        An unknown copy of another request with this number loses its buttons: it doesn't show what the
        record holds.
        """
        pressed = body.get("actions", [{}])[0]
        if is_home(body) or pressed.get("action_id", "").startswith("pass-on:"):
            return  # drawn with the answer; and a line that is passed on is no card
        carried = forms.carried(body.get("view", {}))
        handle = Handle.read(carried.get("request") or pressed.get("value"))
        box = body.get("container") or carried
        channel, ts = box.get("channel_id", ""), box.get("message_ts", "")
        try:
            actor, card = self.who(body), self.context.store.outbox.at(channel, ts)
            if card is None:
                request = self.request_of(handle)
                if why := handle.stranger(request):
                    where = body.get("response_url") or box.get("response_url")
                    if ts and where and not handle.is_old:
                        self.say(Note(where, message(why)))
                    return
                answers.may_see(self.context, request, actor)
        except (Refused, StoreTrouble):
            return
        if ts:
            self.deliverer.hurry(card.request if card else handle.id, channel, ts, actor.person.id)
        else:  # a form opened in App Home
            self.deliverer.hurry_page(SlackId(body["user"]["id"]))

    # -- what they read ------------------------------------------------------------------------------------

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
            self.context.store.outbox.tell(slack_id, text)
        except StoreTrouble:
            self.deliverer.say_unsaved(Note(slack_id, message(text)))
        self.deliverer.hurry_page(slack_id)

    def open(self, body: Body, client: WebClient, view: Block) -> None:
        """Opens a modal, or puts it in the place of the one that was pressed. Raises Refused."""
        pressed = body.get("view", {})
        try:
            if pressed.get("type") == "modal":
                client.views_update(view_id=pressed["id"], hash=pressed.get("hash"), view=view)
            else:
                client.views_open(trigger_id=body["trigger_id"], view=view)
        except (SlackClientError, OSError) as error:
            # Pressed twice: the first press has put its form there, and somebody may be filling it in.
            if isinstance(error, SlackApiError) and error.response.get("error") == "hash_conflict":
                return
            log.warning("a form couldn't be opened: %s", error)
            raise Refused("Slack couldn't open the form. Please try again.") from error

    def say(self, note: Note) -> None:
        """Queues a note, in memory while the record can't be written."""
        try:
            self.context.store.outbox.say(note)
        except StoreTrouble:
            self.deliverer.say_unsaved(note)
        self.context.wake()

    def failed(self, error: Exception, body: Body) -> BoltResponse:
        """Whatever a listener raises, as a sentence for the one who acted; the log has the rest."""
        text, answer, kind = self._sentence(error, body), dict[str, Any](), body.get("type")
        if body.get("command"):
            answer = message(text) | {"response_type": "ephemeral"}
        elif kind == "view_submission":
            answer = _in_the_form(body["view"], error if isinstance(error, Problems) else text)
        elif kind in ("block_actions", "shortcut", "message_action"):
            self.answer(body, text)
        elif body.get("event", {}).get("type") in ("message", "app_mention"):
            self.deliverer.say_unsaved(Note(body["event"]["user"], message(text)))
        if isinstance(error, Refused | StoreTrouble) and kind in ("block_actions", "view_submission"):
            self.redraw(body)
        headers: dict[str, str | Sequence[str]] = {"Content-Type": "application/json"} if answer else {}
        return BoltResponse(status=200, body=answer or "", headers=headers)

    def _sentence(self, error: Exception, body: Body) -> str:
        if isinstance(error, Refused | Problems):
            return str(error)
        if isinstance(error, StoreTrouble | SlackAway):
            log.warning("a listener could do nothing: %s", error)
            return str(error) if isinstance(error, StoreTrouble) else f"{error}. Nothing has changed."
        reference = sha256(json.dumps(body, default=str).encode()).hexdigest()[:8]
        log.error("a listener met an error that it doesn't know (%s)", reference, exc_info=error)
        return f"Something went wrong on my side. Nothing has changed. Please try again. ({reference})"


def _in_the_form(view: dict[str, Any], why: str | Problems) -> dict[str, Any]:
    """What is wrong at its fields, a sentence at the reason or the last one, so that what was typed stays; in
    place of a form without fields."""
    fields = [block["block_id"] for block in view.get("blocks", ()) if block["type"] == "input"]
    if isinstance(why, Problems):
        return {"response_action": "errors", "errors": forms.at_fields(why, view)}
    if fields:
        place = "reason" if "reason" in fields else fields[-1]
        return {"response_action": "errors", "errors": {place: why}}
    title = str(view.get("title", {}).get("text", "Miro"))
    return {"response_action": "update", "view": forms.notice(title, why)}
