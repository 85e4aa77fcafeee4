"""Shortcuts: a chooser with one button for each action, and a message turned into a filled form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.decide.actor import Actor, check_standing
from approvals.people import Standing
from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.tables import Tables
from bot.cards.blocks import Block, button, section
from bot.slack import answers, forms, opening
from bot.slack.reply import Body, Listener
from bot.slack.words.reading import Answer, Draft, read
from bot.slack.words.replies import sentence
from bot.slack.words.sentence import by_name, typed

TITLE = "Ask for Miro Access"
WHAT = "What do you need in Miro?"
UNREAD = f"I can't tell what this message asks for. {WHAT}"
LONGEST = 1000
"""The most characters of a message that are read: a modal carries 3000, with quotes escaped."""

_TORN = re.compile(r"(?:<[^<>]*|&[a-z]{0,3})\Z")


@dataclass(frozen=True)
class Source:
    """A message turned into a request, in Slack's form; `author`: its author, '' if it is one's own."""

    text: str = ""
    author: str = ""

    @classmethod
    def of(cls, body: Body) -> "Source":
        """The message of a shortcut."""
        message = body.get("message", {})
        whole = cleaned(str(message.get("text") or ""))
        kept = whole if len(whole) <= LONGEST else _TORN.sub("", whole[:LONGEST])
        author = "" if message.get("bot_id") else str(message.get("user") or "")
        return cls(kept.strip(), "" if author == body["user"]["id"] else author)

    @classmethod
    def carried(cls, view: Mapping[str, Any]) -> "Source":
        """The message carried by a chooser, empty if there is none."""
        values = forms.carried(view)
        return cls(values.get("text", ""), values.get("author", ""))


def draft(source: Source, tables: Tables, today: date, action: type[Action] | None = None) -> Draft | Answer:
    """What a message asks for; without a reason, the whole text is the reason. `action`: chosen by hand.

    "I need access" means the author of the message, not the person who uses the shortcut.
    """
    text = typed(source.text)
    reading = read(text, tables, today, action, source.author, chosen=action is not None)
    if isinstance(reading, Answer):
        return reading
    own = next((name for name, asked in reading.action.form().items() if asked.own), None)
    meant = {own: source.author} if own and source.author and not reading.who_open else {}
    return replace(reading, raw=meant | reading.raw, reason=reading.reason or by_name(text, tables.called))


def chooser(offers: Sequence[type[Action]], lead: str, source: Source) -> Block:
    """A modal with a button for each action, its description and an example."""
    return forms.modal("choose", TITLE, [section(lead), *map(_choice, offers)], **asdict(source))


def _choice(action: type[Action]) -> Block:
    about = action.ABOUT[:1].upper() + action.ABOUT[1:]
    pressed = button(action.TITLE, f"choose:{action.NAME}", action.NAME)
    return section(f"{about}. For example: “{action.EXAMPLE}”") | {"accessory": pressed}


class Shortcuts(Listener):
    """The listeners of shortcuts and of the chooser's buttons."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.shortcut("ask-anything")(self.anything)
        app.shortcut("make-request")(self.from_message)
        app.action(re.compile("^choose:"))(self.chosen)
        app.action("else")(self.something_else)

    def anything(self, body: Body, client: WebClient) -> None:
        """Ask for Miro Access, from anywhere in Slack."""
        self._go_on(body, client, Source())

    def from_message(self, body: Body, client: WebClient) -> None:
        """Make This a Miro Request, from the menu of a message."""
        self._go_on(body, client, Source.of(body), UNREAD)

    def chosen(self, body: Body, client: WebClient) -> None:
        """A button of the chooser: its form takes the chooser's place."""
        action = ACTIONS.get(body["actions"][0].get("value", ""))
        self._go_on(body, client, Source.carried(body.get("view", {})), action=action)

    def something_else(self, body: Body, client: WebClient) -> None:
        """Something Else: the other actions, filled with the same people and teams."""
        self._go_on(body, client, Source(str(body["actions"][0].get("value") or "")), other=True)

    def _go_on(self, body: Body, client: WebClient, source: Source, lead: str = WHAT, **how: Any) -> None:
        try:
            view = self._view(self.who(body), source, lead, **how)
        except Refused as refused:
            view = forms.notice(TITLE, str(refused))
        self.open(body, client, view)

    def _view(
        self, actor: Actor, source: Source, lead: str, action: type[Action] | None = None, other: bool = False
    ) -> Block:
        """The form if the action is clear, else (and with `other`) the chooser. Raises Refused.

        As with commands, an account that wasn't looked up yet may ask: the worker checks it first.
        """
        now, account, offers = self.context.now(), actor.account, answers.offers(self.context, actor)
        if account and account.standing is not Standing.UNKNOWN and account.fresh(now):
            check_standing(actor, now)
        if not offers:
            raise Refused(str(answers.helped(self.context, actor)["text"]))
        if other:
            return chooser(offers, WHAT, source)
        filled = draft(source, self.context.tables(), now.date(), action)
        if isinstance(filled, Answer):
            lead = lead if filled.kind in ("help", "unclear") else f"{sentence(filled)} {WHAT}"
            return chooser(offers, lead, source)
        return opening.form(self.context, actor, filled)
