"""Shortcuts: everything one may ask for behind one button each, and a message made into a filled form."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.decide.actor import Who, check_standing, is_operator
from approvals.people import Standing
from approvals.refusals import Refused
from approvals.text import cleaned
from bot.actions import ACTIONS, Action
from bot.actions.tables import Tables
from bot.cards.blocks import Block, button, plain, section
from bot.context import Desk
from bot.slack import answers, forms
from bot.slack.words.drafts import rule_of
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
    return {
        "type": "modal",
        "callback_id": "choose",
        "private_metadata": json.dumps(asdict(said), ensure_ascii=False),
        "title": plain(TITLE, 24),
        "close": plain("Cancel", 24),
        "blocks": [section(lead), *(_choice(action) for action in offers)],
    }


def _choice(action: type[Action]) -> Block:
    about = action.ABOUT[:1].upper() + action.ABOUT[1:]
    pressed = button(action.TITLE, f"choose:{action.NAME}", action.NAME)
    return section(f"{about}. For example: “{action.EXAMPLE}”") | {"accessory": pressed}


class Shortcuts:
    """What Bolt calls for a shortcut and for a button of the chooser."""

    def __init__(self, desk: Desk, who: Callable[[Body], Who], answer: Callable[[Body, str], None]) -> None:
        self.desk, self._who, self._answer = desk, who, answer

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
        try:
            view = self._view(self._who(body), said, lead, action, other)
        except Refused as refused:
            view = forms.notice(TITLE, str(refused))
        try:
            self._show(body, client, view)
        except (SlackClientError, OSError) as error:
            log.warning("a form couldn't be opened: %s", error)
            self._answer(body, "Slack couldn't open the form. Please try again.")

    def _view(self, who: Who, said: Said, lead: str, action: type[Action] | None, other: bool) -> Block:
        """The form where it is clear what is meant, else the chooser, as for `other`. Raises Refused.

        As with a command, an account that wasn't looked up yet may ask: the worker looks before others hear.
        """
        known = who.account is None or who.account.standing is not Standing.UNKNOWN
        if known and who.account and who.account.fresh(self.desk.now()):
            check_standing(who, self.desk.now())
        tables, offers = self.desk.tables(), answers.offers(self.desk, who)
        operator = is_operator(self.desk.policy, who.person)
        if not offers:
            raise Refused(str(answers.helped(self.desk, who)["text"]))
        if other:
            return chooser(offers, WHAT, said)
        filled = draft(said, tables, self.desk.now().date(), action)
        if isinstance(filled, Answer):
            lead = lead if filled.kind in ("help", "unclear") else f"{sentence(filled)} {WHAT}"
            return chooser(offers, lead, said)
        if known and filled.action not in offers:
            raise Refused(answers.NOT_FOR_YOU)
        form = forms.form(filled, tables, operator, rule_of(self.desk, filled, who.person))
        # The message isn't the bot's to change: nothing of it is carried on.
        return form | {"private_metadata": "{}"}

    @staticmethod
    def _show(body: Body, client: WebClient, view: Block) -> None:
        """Opens a modal, or changes the one that was pressed, so that closing it leaves none behind."""
        if "view" not in body:
            client.views_open(trigger_id=body["trigger_id"], view=view)
            return
        shown = body["view"]
        try:
            client.views_update(view_id=shown["id"], hash=shown.get("hash"), view=view)
        except SlackApiError as error:
            # Pressed twice: the first press has put its form there, and somebody may be filling it in.
            if error.response.get("error") != "hash_conflict":
                raise
