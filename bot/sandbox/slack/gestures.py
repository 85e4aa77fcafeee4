"""People acting in Slack: each gesture sends a signed request to the bot and acts on its answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox.slack import payloads, views
from bot.sandbox.slack.deliveries import Delivery, Line, Reply
from bot.sandbox.slack.inputs import NotPossible, filled, missing, placed
from bot.sandbox.slack.limits import options_of, problems
from bot.sandbox.slack.records import JSON, Message, Refused
from bot.sandbox.slack.response_urls import spoken
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.typed import as_slack_sends


class Gestures(Line):
    """One method per thing people do in Slack; safe to use from several threads."""

    def __init__(
        self,
        slack: SlackState,
        bot_url: str,
        *,
        patience: float = 10.0,
        wall_clock: Callable[[], float] = time.time,
    ):
        super().__init__(bot_url, slack.signing_secret, patience, wall_clock)
        self.slack = slack

    # -- typing

    def command(self, user: str, command: str, text: str = "", *, channel: str | None = None) -> Reply:
        """Types a slash command, by default in the direct messages with the bot."""
        place = channel or self.slack.direct(user).id
        form = payloads.slash_command(self.slack, user, place, command, as_slack_sends(text))
        reply = self.send(Delivery.of_form(form))
        answer = {"text": reply.body} if isinstance(reply.body, str) else reply.body
        if not reply.ok or not answer:
            return reply
        try:
            spoken(self.slack, user, place, answer)
        except Refused as refused:
            return replace(reply, problem=_words(refused))
        return reply

    def say(self, user: str, text: str, channel: str | None = None, *, thread_ts: str | None = None) -> Reply:
        """Writes to the bot: directly, or in a channel, where the message mentions it."""
        mention = f"<@{self.slack.bot_user}>"
        if channel and mention not in text:
            text = f"{mention} {text}"
        place = channel or self.slack.direct(user).id
        message = self.write(user, text, place, thread_ts=thread_ts)
        return self.event(payloads.words_said(self.slack, message), place)

    def drop(self, user: str, name: str, content: bytes, text: str = "", **more: Any) -> Reply:
        """Sends a file to the bot; `more`: other fields of the file, in place of the true ones."""
        place = self.slack.direct(user).id
        path = f"/files-pri/T01-F{self.slack.number():08x}/{name}"
        self.slack.files[path] = content
        file = {"id": path.split("-")[-1][:9], "name": name, "size": len(content), "is_external": False}
        file |= {"mode": "hosted", "url_private": f"{self.slack.base}{path}", **more}
        said = payloads.words_said(self.slack, self.write(user, text, place))
        return self.event(said | {"subtype": "file_share", "upload": True, "files": [file]}, place)

    def write(self, user: str, text: str, channel: str, *, thread_ts: str | None = None) -> Message:
        """Writes a message of which the bot gets no event; a message shortcut can make it a request."""
        blocks = payloads.typed_blocks(text)
        return self.slack.add_message(channel, user, as_slack_sends(text), blocks, thread_ts=thread_ts)

    def open_home(self, user: str) -> Reply:
        return self.event(payloads.home_opened(self.slack, user))

    def event(self, happened: JSON, channel: str | None = None) -> Reply:
        """Sends any event in Slack's envelope."""
        return self.send(Delivery.of_event(payloads.event(self.slack, happened, channel)))

    def shortcut(self, user: str, callback_id: str) -> Reply:
        return self._interact(payloads.shortcut(self.slack, user, callback_id))

    def message_shortcut(self, user: str, callback_id: str, message: Message) -> Reply:
        return self._interact(payloads.message_shortcut(self.slack, user, callback_id, message))

    # -- clicking

    def click(
        self,
        user: str,
        place: Message | JSON | None,
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
    ) -> Reply:
        """Presses a button, or chooses `value` in a menu, of a message, a view, or (None) the newest modal.

        Where several buttons share an action_id, `value` or `block_id` picks one; the value sent is always
        the button's own. `place` may be an outdated copy of a message.
        """
        shown = self.modal(user) if place is None else place
        blocks = shown.blocks if isinstance(shown, Message) else shown["blocks"]
        block, element = _pressable(blocks, action_id, value, block_id)
        held = self._held(user, shown, block, element, value)
        action = payloads.pressed(self.slack, block, element, held)
        if isinstance(shown, Message):
            return self._interact(payloads.action_in_message(self.slack, user, shown, action))
        return self._interact(payloads.action_in_view(self.slack, user, shown, action))

    def suggest(self, user: str, view: JSON | None, action_id: str, typed: str) -> list[JSON]:
        """Types in a menu whose options come from the bot; returns those options."""
        shown = view or self.modal(user)
        block, element = _pressable(shown["blocks"], action_id)
        if len(typed) < element.get("min_query_length", 3):
            raise NotPossible(f"Slack asks from {element.get('min_query_length', 3)} characters on")
        ids = (block["block_id"], element["action_id"])
        reply = self._interact(payloads.suggestion(self.slack, user, shown, *ids, typed))
        if not reply.ok or problems("options", reply.body):
            raise NotPossible(f"no choices: {reply}")
        return options_of(reply.body)

    # -- modals

    def modal(self, user: str) -> JSON:
        """The newest modal that this person has open."""
        stack = self.slack.views.get(user)
        if not stack:
            raise NotPossible(f"{user} has no modal open")
        return stack[-1]

    def fill(self, user: str, values: Mapping[str, Any], view: JSON | None = None) -> JSON:
        """Fills fields, named by block_id or action_id, without submitting; returns the view."""
        shown = view or self.modal(user)
        for name, value in values.items():
            self._put(user, shown, *_field(shown["blocks"], name), value)
        return shown

    def submit(
        self,
        user: str,
        values: Mapping[str, Any] | None = None,
        view: JSON | None = None,
        *,
        complete: bool = True,
    ) -> Reply:
        """Fills the form and submits it; the answer changes the person's modals.

        Fields that aren't named keep their values. Slack doesn't send a form with empty required fields;
        `complete=False` sends it even so, as local-slack does.
        """
        shown = self.fill(user, values or {}, view)
        if not shown.get("submit"):
            raise NotPossible("this modal has nothing to send")
        lacking = missing(shown["blocks"], self.slack.typed[shown["id"]])
        if complete and lacking:
            raise NotPossible(f"Slack doesn't send a form without {', '.join(lacking)}")
        reply = self._interact(payloads.view_submission(self.slack, user, shown))
        if not reply.ok:
            return reply
        try:
            self._carry_out(user, shown, reply)
        except Refused as refused:
            return replace(reply, problem=_words(refused))
        return reply

    def close(self, user: str) -> Reply | None:
        """Cancels the newest modal; the bot is sent this only with `notify_on_close`."""
        shown = self.modal(user)
        payload = payloads.view_closed(self.slack, user, shown)
        views.closed(self.slack, shown["id"])
        return self._interact(payload) if shown["notify_on_close"] else None

    def _carry_out(self, user: str, shown: JSON, reply: Reply) -> None:
        answer = reply.body if isinstance(reply.body, dict) else {}
        match answer.get("response_action"):
            case None:
                views.closed(self.slack, shown["id"])
            case "clear":
                self.slack.views[user] = []
            case "update":
                views.updated(self.slack, shown["id"], answer.get("view"))
            case "push":
                views.pushed(self.slack, user, answer.get("view"))
            case "errors":
                _at_inputs(shown, reply.errors)
            case other:
                raise Refused("invalid_response_action", found=other)

    def _interact(self, payload: JSON) -> Reply:
        return self.send(Delivery.of_interaction(payload))

    def _held(self, user: str, shown: Message | JSON, block: JSON, element: JSON, value: Any) -> JSON:
        """The element's value after the click; fields of a view keep it."""
        if element["type"] == "button":
            return {}
        if element["type"] == "overflow":
            return filled({**element, "type": "static_select"}, value) | {"type": "overflow"}
        if isinstance(shown, Message):
            return filled(element, value)
        return self._put(user, shown, block, element, value)

    def _put(self, user: str, shown: JSON, block: JSON, element: JSON, value: Any) -> JSON:
        if "external" in element["type"] and isinstance(value, str):
            offered = self.suggest(user, shown, element["action_id"], value)
            held = filled({**element, "options": offered}, [value] if "multi" in element["type"] else value)
        else:
            held = filled(element, value)
        with self.slack.lock:
            self.slack.typed[shown["id"]][block["block_id"]][element["action_id"]] = held
        return held


def _pressable(
    blocks: list[JSON], action_id: str, value: Any = None, block_id: str | None = None
) -> tuple[JSON, JSON]:
    fitting = [
        (block, element)
        for block, element in placed(blocks)
        if element["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    if len(fitting) > 1 or (fitting and fitting[0][1]["type"] == "button" and value is not None):
        fitting = [each for each in fitting if each[1].get("value") == value]
    if len(fitting) != 1:
        there = [(element["action_id"], element.get("value")) for _, element in placed(blocks)]
        raise NotPossible(f"{len(fitting)} elements {action_id!r} (value {value!r}) among {there}")
    return fitting[0]


def _field(blocks: list[JSON], name: str) -> tuple[JSON, JSON]:
    named = [each for each in placed(blocks) if name in (each[0]["block_id"], each[1]["action_id"])]
    named = [each for each in named if each[0]["block_id"] == name] or named
    if len(named) != 1:
        there = [(block["block_id"], element["action_id"]) for block, element in placed(blocks)]
        raise NotPossible(f"{len(named)} fields {name!r} among {there}")
    return named[0]


def _at_inputs(shown: JSON, errors: Mapping[str, str]) -> None:
    """Slack shows "We had some trouble connecting" for an error that isn't at an input block."""
    inputs = {block["block_id"] for block in shown["blocks"] if block["type"] == "input"}
    astray = sorted(set(errors) - inputs)
    if astray or not errors:
        raise Refused("trouble_connecting", response_metadata={"messages": astray})


def _words(refused: Refused) -> str:
    more = refused.answer.get("response_metadata", {}).get("messages", [])
    return ": ".join([refused.answer["error"], *more])
