"""Shortcuts: everything one may ask for behind one button each, and a message made into a filled form."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.actor import Who, check_standing
from approvals.people import Standing
from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.tables import Tables
from bot.cards.blocks import Block, button, section
from bot.context import Desk
from bot.slack import answers, forms, opening
from bot.slack.reply import Reply
from bot.slack.words.reading import Answer, Draft, read
from bot.slack.words.replies import sentence
from bot.slack.words.sentence import by_name, typed

log = logging.getLogger(__name__)

Body = dict[str, Any]

TITLE = "Ask for Miro Access"
WHAT = "What do you need in Miro?"
UNREAD = f"I can't tell what this message asks for. {WHAT}"
LONGEST = 1000
"""Characters of a message that are read: they travel in a modal, which carries 3000, quotes escaped."""

_TORN = re.compile(r"(?:<[^<>]*|&[a-z]{0,3})\Z")


@dataclass(frozen=True)
class Said:
    """A message that was made into a request, as Slack writes it; `author` where it is somebody else's."""

    text: str = ""
    author: str = ""

    @classmethod
    def of(cls, body: Body) -> "Said":
        """The message of a shortcut."""
        message = body.get("message", {})
        whole = cleaned(str(message.get("text") or ""))
        kept = whole if len(whole) <= LONGEST else _TORN.sub("", whole[:LONGEST])
        author = "" if message.get("bot_id") else str(message.get("user") or "")
        return cls(kept.strip(), "" if author == body["user"]["id"] else author)

    @classmethod
    def carried(cls, view: Mapping[str, Any]) -> "Said":
        """The message that a chooser carries; nothing if it carries none."""
        found = forms.carried(view)
        return cls(found.get("text", ""), found.get("author", ""))


def draft(said: Said, tables: Tables, today: date, action: type[Action] | None = None) -> Draft | Answer:
    """What a message asks for; all of it is the reason where it names none. An `action` was chosen by hand.

    "I need access" means whoever wrote it, not whoever makes a request of it.
    """
    text = typed(said.text)
    found = read(text, tables, today, action, said.author, chosen=action is not None)
    if isinstance(found, Answer):
        return found
    own = next((name for name, asked in found.action.form().items() if asked.own), None)
    meant = {own: said.author} if own and said.author and not found.who_open else {}
    return replace(found, raw=meant | found.raw, reason=found.reason or by_name(text, tables.called))


def chooser(offers: Sequence[type[Action]], lead: str, said: Said) -> Block:
    """One button for each action, with what it does and how one would write it."""
    return forms.modal("choose", TITLE, [section(lead), *map(_choice, offers)], **asdict(said))


def _choice(action: type[Action]) -> Block:
    about = action.ABOUT[:1].upper() + action.ABOUT[1:]
    pressed = button(action.TITLE, f"choose:{action.NAME}", action.NAME)
    return section(f"{about}. For example: “{action.EXAMPLE}”") | {"accessory": pressed}


class Shortcuts:
    """What Bolt calls for a shortcut and for a button of the chooser."""

    def __init__(self, desk: Desk, reply: Reply) -> None:
        self.desk, self._reply = desk, reply

    def register(self, app: App) -> None:
        """Hands every listener to Bolt."""
        app.shortcut("ask-anything")(self.anything)
        app.shortcut("make-request")(self.from_message)
        app.action(re.compile("^choose:"))(self.chosen)
        app.action("else")(self.something_else)

    def anything(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Ask for Miro Access, from anywhere in Slack."""
        ack()
        self._go_on(body, client, Said(), WHAT)

    def from_message(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Make This a Miro Request, from the menu of a message."""
        ack()
        self._go_on(body, client, Said.of(body), UNREAD)

    def chosen(self, ack: Ack, body: Body, client: WebClient) -> None:
        """A button of the chooser: its form takes the chooser's place."""
        ack()
        action = ACTIONS.get(body["actions"][0].get("value", ""))
        self._go_on(body, client, Said.carried(body.get("view", {})), WHAT, action)

    def something_else(self, ack: Ack, body: Body, client: WebClient) -> None:
        """Something Else: the other actions, filled with the same people and teams."""
        ack()
        self._go_on(body, client, Said(str(body["actions"][0].get("value") or "")), WHAT, other=True)

    def _go_on(
        self,
        body: Body,
        client: WebClient,
        said: Said,
        lead: str,
        action: type[Action] | None = None,
        *,
        other: bool = False,
    ) -> None:
        def view() -> Block:
            try:
                return self._view(self._reply.who(body), said, lead, action, other)
            except Refused as refused:
                return forms.notice(TITLE, str(refused))

        self._reply.open(body, client, view)

    def _view(self, who: Who, said: Said, lead: str, action: type[Action] | None, other: bool) -> Block:
        """The form where it is clear what is meant, else the chooser, as for `other`. Raises Refused.

        As with a command, an account that wasn't looked up yet may ask: the worker looks before others hear.
        """
        known = who.account is None or who.account.standing is not Standing.UNKNOWN
        if known and who.account and who.account.fresh(self.desk.now()):
            check_standing(who, self.desk.now())
        tables, offers = self.desk.tables(), answers.offers(self.desk, who)
        if not offers:
            raise Refused(str(answers.helped(self.desk, who)["text"]))
        if other:
            return chooser(offers, WHAT, said)
        filled = draft(said, tables, self.desk.now().date(), action)
        if isinstance(filled, Answer):
            lead = lead if filled.kind in ("help", "unclear") else f"{sentence(filled)} {WHAT}"
            return chooser(offers, lead, said)
        return opening.form(self.desk, who, filled)
