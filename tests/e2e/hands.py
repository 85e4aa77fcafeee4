"""People's hands in either Slack: the same gestures for local-slack and for our own workspace."""

import re
from typing import Any, Protocol

from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.local_slack import BOT_USER
from bot.sandbox.slack.workspace import Workspace
from tests.bot.journeys.scenes import NAMES, by_name
from tests.e2e.process import BotProcess, until
from tests.local_slack import People

JSON = dict[str, Any]


class Hands(Protocol):
    """What the people of a journey do, and read."""

    def at(self, bot: BotProcess) -> None:
        """From now on it is this process that hears them."""

    def command(self, user: str, command: str, text: str = "") -> None:
        """Types a slash command, after which a form is open."""

    def send(self, user: str, **typed: str) -> dict[str, str]:
        """Types into the open form and sends it; the errors it then shows, by field."""

    def form(self, user: str) -> JSON:
        """The newest modal."""

    def press(self, user: str, action: str, value: str = "") -> None:
        """Presses a button of the newest direct message that has it, with a value that begins like this."""

    def say(self, user: str, text: str) -> None:
        """Writes to the bot."""

    def home(self, user: str) -> JSON:
        """Opens the Home tab; what is published there by then."""

    def press_home(self, user: str, action: str, value: str = "") -> None:
        """Presses a button of the Home tab, with a value that begins like this."""

    def messages(self, user: str) -> list[JSON]:
        """What the bot wrote to somebody directly, as `text` and `blocks`, oldest first."""


class InLocalSlack:
    """Hands in local-slack, whatever way the bot hears of it."""

    def __init__(self, people: People) -> None:
        self.people = people

    def at(self, bot: BotProcess) -> None:
        """Nothing to do: the bot comes to local-slack, or local-slack knows where it is."""

    def command(self, user: str, command: str, text: str = "") -> None:
        self.people.command(user, command, text)

    def send(self, user: str, **typed: str) -> dict[str, str]:
        return self.people.submit_view(user, {name: {"value": text} for name, text in typed.items()})

    def form(self, user: str) -> JSON:
        return self.people.views()[-1]

    def press(self, user: str, action: str, value: str = "") -> None:
        message, whole = newest(self.messages(user), action, value)
        self.people.interact(user, message, action, whole)

    def say(self, user: str, text: str) -> None:
        self.people.say(user, text)

    def home(self, user: str) -> JSON:
        self.people.open_home(user)
        return until(lambda: self._published(user))

    def press_home(self, user: str, action: str, value: str = "") -> None:
        _, whole = newest([self.people.home(user)], action, value)
        self.people.click_home(user, action, whole)

    def _published(self, user: str) -> JSON | None:
        try:
            return self.people.home(user)
        except KeyError:
            return None

    def messages(self, user: str) -> list[JSON]:
        return [one for one in self.people.dm_of(user) if one["user"] == BOT_USER]


class InOurWorkspace:
    """Hands in the workspace of the sandbox, which sends signed HTTP requests."""

    def __init__(self, slack: Workspace) -> None:
        self.slack = slack
        self.acting = Gestures(slack, "http://127.0.0.1:9")

    def at(self, bot: BotProcess) -> None:
        self.acting = Gestures(self.slack, bot.url)

    def command(self, user: str, command: str, text: str = "") -> None:
        self.acting.command(user, command, text)

    def send(self, user: str, **typed: str) -> dict[str, str]:
        # As local-slack does it: a form with empty fields isn't held back.
        return self.acting.submit(user, typed, complete=False).errors

    def form(self, user: str) -> JSON:
        return self.acting.modal(user)

    def press(self, user: str, action: str, value: str = "") -> None:
        found, whole = newest(self.messages(user), action, value)
        message = next(one for one in self.slack.dm_of(user) if one.ts == found["ts"])
        self.acting.click(user, message, action, whole)

    def say(self, user: str, text: str) -> None:
        self.acting.say(user, text)

    def home(self, user: str) -> JSON:
        self.acting.open_home(user)
        return until(lambda: self.slack.homes.get(user))

    def press_home(self, user: str, action: str, value: str = "") -> None:
        home, whole = newest([self.slack.homes[user]], action, value)
        self.acting.click(user, home, action, whole)

    def messages(self, user: str) -> list[JSON]:
        seen = [one for one in self.slack.dm_of(user) if one.user == BOT_USER]
        return [{"ts": one.ts, "text": one.text, "blocks": one.blocks} for one in seen]


def ask(hands: Hands, user: str, command: str, text: str, **typed: str) -> str:
    """Types a command, sends the form that opens, and gives the number of the request."""
    hands.command(user, command, text)
    assert hands.send(user, **typed) == {}
    return sent(hands, user)


def sent(hands: Hands, user: str) -> str:
    """The number that a form shows once it is saved."""
    said = as_text(hands.form(user))
    found = re.search(r"Sent: (R-\d+)\.", said)
    assert found, said
    return found[1]


def decide(hands: Hands, user: str, action: str, request: str) -> None:
    """Waits for the card of a request and presses a button on it."""
    until(lambda: has_button(hands.messages(user), action, request))
    hands.press(user, action, request)


def told(hands: Hands, user: str, *words: str) -> str:
    """Waits until somebody reads a direct message with all these words in it, and gives it."""

    def heard() -> str | None:
        return next((text for text in reads(hands, user) if all(word in text for word in words)), None)

    return until(heard)


def reads(hands: Hands, user: str) -> list[str]:
    """What somebody reads in the direct messages with the bot, oldest first; people by their names."""
    texts = (
        as_text(message, NAMES) if message.get("blocks") else message["text"]
        for message in hands.messages(user)
    )
    return [by_name(text) for text in texts]


def has_button(messages: list[JSON], action: str, value: str = "") -> bool:
    """Whether there is such a button on any of the messages."""
    return any(_pressed(message, action, value) is not None for message in messages)


def newest(messages: list[JSON], action: str, value: str = "") -> tuple[JSON, str]:
    """The newest message with such a button, and what the button sends."""
    for message in reversed(messages):
        whole = _pressed(message, action, value)
        if whole is not None:
            return message, whole
    raise AssertionError(f"no {action} {value} in {[one.get('text', 'Home') for one in messages]}")


def _pressed(message: JSON, action: str, value: str) -> str | None:
    for _, element in placed(message.get("blocks") or []):
        sends = str(element.get("value", ""))
        # A decision names the request and, after a colon, the state of things that was read.
        if element.get("action_id") == action and value in ("", sends.partition(":")[0]):
            return sends
    return None
