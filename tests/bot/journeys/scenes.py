"""Small builders for journeys: ask, press, and read what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from approvals.ids import RequestId
from approvals.record.outbox import Card
from approvals.request import Request
from approvals.states import OPEN, State
from bot.cards.layout import MOST_WORDS
from bot.sandbox.slack.deliveries import Reply
from bot.sandbox.slack.drawing import as_text, words
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import JSON, Message
from bot.sandbox.stage import PEOPLE, POLICY, TOKEN, Stage, stage
from tests.records import fresh

_MENTIONED = "\ue000"
NAMES = {id: f"{_MENTIONED}{name}" for id, (_, name) in PEOPLE.items()}
DECIDING = {"approve", "deny", "withdraw", "resume"}
"""Buttons that must not stand on anything settled."""


@contextmanager
def playing(folder: Path, policy: str = POLICY, **how: Any) -> Iterator[Stage]:
    """A stage; what must hold after every journey is looked at when it ends."""
    fresh(folder / "record.db")
    with stage(folder, policy, **how) as s:
        yield s
        s.slack.faults.clear()
        s.clock.pass_(timedelta(minutes=16))  # whatever waits for its next try has it now
        s.settle()
        assert s.bot.store.verify().faults == ()
        assert TOKEN not in str(s.slack.messages)
        for request in s.bot.store.requests():
            for card in s.bot.store.outbox.of(request.id):
                if not card.ended:
                    _check_card(s, request, card)


def _check_card(s: Stage, request: Request, card: Card) -> None:
    for message in s.slack.messages:
        if (message.channel, message.ts) == (card.channel, card.ts):
            assert words(as_text(message, NAMES)) <= MOST_WORDS
            assert request.state in OPEN or not DECIDING & set(buttons(message))


def ask(s: Stage, user: str, command: str, text: str = "", **fields: Any) -> RequestId:
    """Opens a form by slash command, fills in the rest, sends it, and lets the bot work."""
    opened = s.acting.command(user, command, text)
    assert opened.ok, opened
    sent = s.acting.submit(user, {**first_choices(s, user), **fields})
    assert sent.ok, sent
    assert not sent.errors, sent.errors
    s.settle()
    return newest_request(s).id


def first_choices(s: Stage, user: str) -> dict[str, str]:
    """The first of each list of choices in which nothing is chosen yet: a form isn't taken without one."""
    blocks = [one for one in s.acting.modal(user)["blocks"] if one["type"] == "input"]
    lists = {one["block_id"]: one["element"] for one in blocks if one["element"]["type"] == "radio_buttons"}
    return {
        name: element["options"][0]["value"]
        for name, element in lists.items()
        if "initial_option" not in element
    }


def day(s: Stage, days: int) -> str:
    """The day so many days from today, as a date picker sends it."""
    return f"{s.clock().date() + timedelta(days=days)}"


def refused_form(s: Stage, user: str, command: str, text: str = "", **fields: Any) -> dict[str, str]:
    """What the form shows at its fields instead of being taken."""
    assert s.acting.command(user, command, text).ok
    sent = s.acting.submit(user, {**first_choices(s, user), **fields})
    assert sent.ok, sent
    return sent.errors


def newest_request(s: Stage) -> Request:
    return s.bot.store.requests(limit=1)[0]


def request(s: Stage, id: str) -> Request:
    return s.bot.store.request(RequestId(id))


def state(s: Stage, id: str) -> State:
    return request(s, id).state


def history(s: Stage, id: str) -> list[str]:
    """What happened to a request, by the names of the record."""
    return [event.type for event in s.bot.store.events(id)]


def buttons(message: Message) -> list[str]:
    """The action ids of a message's buttons."""
    return [element["action_id"] for _, element in placed(message.blocks)]


def card(s: Stage, user: str, action: str = "approve", channel: str | None = None) -> Message:
    """The newest message that this person sees with such a button."""
    seen = s.slack.seen_by(user, channel) if channel else s.slack.dm_of(user)
    return next(one for one in reversed(seen) if action in buttons(one))


def as_it_was(message: Message) -> Message:
    """A copy of a message as it is drawn now: somebody's screen that isn't up to date."""
    return replace(message, blocks=list(message.blocks))


def has_card(s: Stage, user: str, action: str = "approve") -> bool:
    """Whether there is such a button for this person anywhere."""
    return any(action in buttons(one) for one in s.slack.seen_by(user))


def say(s: Stage, user: str, text: str, channel: str | None = None) -> Message:
    """Writes to the bot, and gives what it answers."""
    assert s.acting.say(user, text, channel).ok
    s.settle()
    return s.slack.seen_by(user)[-1]


def press(s: Stage, user: str, action: str, on: Message | None = None, value: str | None = None) -> Reply:
    """Presses a button, of the person's newest message that has it, and lets the bot work."""
    reply = s.acting.click(user, on or card(s, user, action), action, value)
    assert reply.ok, reply
    s.settle()
    return reply


def approve(s: Stage, user: str) -> None:
    press(s, user, "approve")


def deny(s: Stage, user: str, reason: str, on: Message | None = None) -> Reply:
    """Presses Deny, says why, and lets the bot work."""
    press(s, user, "deny", on)
    reply = s.acting.submit(user, {"reason": reason})
    s.settle()
    return reply


def told(s: Stage, user: str) -> list[str]:
    """Everything this person reads in the direct messages with the bot, oldest first."""
    return [read(one) for one in s.slack.dm_of(user)]


def last(s: Stage, user: str) -> str:
    """The newest message in the direct messages of this person."""
    return told(s, user)[-1]


def answer(s: Stage, user: str) -> str:
    """The newest message that this person sees anywhere."""
    return read(s.slack.seen_by(user)[-1])


def read(message: Message | JSON) -> str:
    """What stands in it, people by their names alone; who is who has tests of its own."""
    return by_name(as_text(message, NAMES))


def by_name(text: str) -> str:
    """A text without the accounts and addresses of people of the company."""
    text = text.replace(f"@{_MENTIONED}", "")
    for email, name in PEOPLE.values():
        text = text.replace(f"{name} ({email})", name)
    return text


def calls(s: Stage, *methods: str) -> list[str]:
    """Calls that reached Miro, without their queries."""
    wanted = methods or ("POST", "PATCH", "PUT", "DELETE")
    return [f"{one.method} {one.path.partition('?')[0]}" for one in s.miro.log if one.method in wanted]


def teams_of(s: Stage, email: str) -> set[str]:
    """The teams of a person in Miro, by the names people know."""
    user = s.miro.user(email)
    assert user
    return {s.miro.team(id).team_name for id in user.groups}


def wait(s: Stage, **span: float) -> None:
    """Lets time pass, and the bot do what time brings about."""
    s.clock.pass_(timedelta(**span))
    s.bot.housekeeping.tick()
    s.settle()
