"""Draws every copy of a card until it shows the newest state, and posts those that are missing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from approvals.ids import BOT, PersonId, RequestId
from approvals.people import Person
from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.outbox import Card, Item, Note, digest
from approvals.request import Draft, Request, Urgency
from approvals.sentence import Sentence, body, words
from approvals.states import EventType, State
from bot.cards.blocks import Message, as_text, message
from bot.cards.catalogue import VERSION
from bot.cards.named import mark, plainly
from bot.cards.request import CHANNELS, draw
from bot.cards.scene import Scene, capital
from bot.cards.waiting import turn
from bot.context import CONFIDENTIAL, Desk
from bot.slack.api.pace import Paced
from bot.slack.deliver.audience import SPARED, Key, audience, helpers, operators, owners, seen_as
from bot.slack.deliver.calls import DEFECT, GIVE_UP, Later, Line, Unreachable

log = logging.getLogger(__name__)

REMINDERS = ("reminder", "channel-reminder")
ASKING = ("approver", "channel")
"""Roles whose card asks somebody to decide."""
NEEDED = (*ASKING, *REMINDERS, "operator", "stuck")
"""Roles whose card somebody has to act on; that nobody else is messaged mustn't keep them from a verdict."""
SAID_AFTER = 3
"""Refusals after which operators read that somebody can't be reached so far."""


@dataclass(frozen=True)
class Pressed:
    """A row of the outbox that goes before all others, since somebody clicked; on which copy, and who."""

    kind: str
    key: str
    channel: str
    ts: str
    who: PersonId


def _read(said: Mapping[str, Any], message: Message) -> str:
    return str(said.get("plain") or as_text(message.get("blocks", ())) or message["text"])


@dataclass
class Copies:
    """Every message that draws a request, wherever it stands."""

    desk: Desk
    line: Line

    def show(self, item: Item, pressed: Pressed | None = None) -> frozenset[str]:
        """Brings every copy of a request up to date, and posts those that are missing; one that fails keeps
        no other from it. What was pressed comes first, even if it was forgotten.

        Returns the methods that can't be called now, for which some of them wait. Raises Later.
        """
        outbox, request = self.desk.store.outbox, self.desk.store.request(RequestId(item.key))
        if pressed and self.desk.readable(request):
            self._draw_pressed(request, pressed)
        if item.shown >= item.wanted:
            outbox.release(item)
            return frozenset()
        outbox.changed(one.id for one in owners(self.desk, request))  # the record knows whom else it concerns
        if not self.desk.readable(request):
            log.warning("%s can't be drawn: its action or its details aren't known here", request.id)
            outbox.done(item)
            return frozenset()
        known = {(card.role, card.address, card.round): card for card in outbox.of(request.id)}
        later: list[Later] = []
        waits: set[str] = set()
        for key in dict.fromkeys([*known, *self._wanted(request, known)]):
            card = known.get(key) or Card(request.id, *key)
            if card.ended:
                continue
            outbox.renew(item)
            try:
                self._bring(request, card, request.urgency >= Urgency.FIRST)
            except Paced as paced:
                waits.add(paced.method)
            except Later as error:
                later.append(error)
            except StoreTrouble:
                raise
            except Exception:
                log.exception("%s: the %s card couldn't be drawn", request.id, card.role)
                later.append(Later(DEFECT))
        if waits:
            return frozenset(waits)
        for follower in self.desk.store.followers(request.id):
            outbox.redraw(follower)  # they read of this one how far it is
        if later:
            raise min(later, key=lambda error: error.after(item.tries))
        outbox.done(item)
        return frozenset()

    def _draw_pressed(self, request: Request, pressed: Pressed) -> None:
        card = self.desk.store.outbox.at(pressed.channel, pressed.ts)
        try:
            if card and card.request == request.id:
                self._bring(request, card, urgent=True)
            else:
                self._draw_forgotten(request, pressed)
        except StoreTrouble:
            raise
        except (Paced, Later, Unreachable) as error:
            log.info("the copy of %s that was pressed waits: %s", request.id, error)
            self.desk.store.outbox.redraw(request.id)
        except Exception:
            log.exception("the copy of %s that somebody pressed couldn't be drawn", request.id)

    def _draw_forgotten(self, request: Request, pressed: Pressed) -> None:
        # A copy that was posted twice, or restored: nobody's card, drawn for who pressed it. Direct messages
        # begin with D; where others read along, it is the channel's.
        key: Key = ("channel", "", turn(request, None))
        if pressed.channel.startswith("D"):
            key = seen_as(self.desk, request, self.desk.person(pressed.who))
        elif request.action in CONFIDENTIAL:
            return
        message = draw(key[0], self._scene(request, Card(request.id, *key)))
        self.line.call("chat_update", urgent=True, channel=pressed.channel, ts=pressed.ts, **message)

    def _wanted(self, request: Request, known: dict[Key, Card]) -> list[Key]:
        """Whoever has to have a message; nobody is reminded in the moment in which they are asked."""
        keys = audience(self.desk, request, known)
        there = {key for key, card in known.items() if card.ts}
        late = {key[1] for key in keys if key[0] in ("approver", "channel") and key not in there}
        early = [key for key in keys if key[0] in REMINDERS and key[1] in late]
        for key in early:
            self.desk.store.outbox.put(Card(request.id, *key, ended=SPARED))
        return [key for key in keys if key not in early]

    def _bring(self, request: Request, card: Card, urgent: bool = False) -> None:
        """One copy. Raises Later, Paced."""
        message = draw(card.role, self._scene(request, card))
        drawn = digest(message)
        if drawn == card.drawn:
            return
        try:
            sent = self._send(card, message, urgent)
        except Unreachable as error:
            self._end(request, card, str(error))
        except Later as later:
            if card.ts and later.refusals >= GIVE_UP:
                self._end(request, card, later.code)
                return
            if later.refusals >= SAID_AFTER and card.role in NEEDED and not card.ts:
                text = f"Slack refuses my messages to {self._named(card)} ({later.code}). I go on trying."
                self._tell_operators(request, card, text, self.desk.person(request.requester))
            if later.tried and not card.ts:
                self.desk.store.outbox.put(card)  # it may have got there: who it was for reads how it ended
            raise
        else:
            self.desk.store.outbox.put(replace(sent, drawn=drawn, catalogue=VERSION))

    def _named(self, card: Card) -> str:
        """To whom a card goes, in a sentence that is drawn at once: a mark holds only while this runs."""
        return "the channel" if card.role in CHANNELS else mark(self.desk.person(PersonId(card.address)))

    def _tell_operators(self, request: Request, card: Card, text: str, *instead: Person) -> None:
        """Once a day for each who can't be reached, and never somebody of whom the request is a secret.

        `instead`: who is told where there is no operator for it.
        """
        if not self.desk.store.once(f"unreached:{card.address}:{plainly(text)}:{self.desk.now().date()}"):
            return
        able = [one for one in operators(self.desk) if not self.desk.is_secret_from(one, request)]
        for person in [one for one in able if one.id != card.address] or instead:
            if person.account:
                self.desk.store.outbox.say(Note(person.account.slack_id, message(f"{request.id}: {text}")))

    def _send(self, card: Card, message: Message, urgent: bool) -> Card:
        """The card with where it lies, and with what its reader has before them."""
        if card.ts:
            said = self.line.call("chat_update", urgent=urgent, channel=card.channel, ts=card.ts, **message)
            return replace(card, text=_read(said, message))
        to = self._recipient(card.role, card.address)
        if not to:
            raise Unreachable("no Slack account is known")
        if card.role in CHANNELS:
            self.line.refuse_shared(to)
        said = self.line.post(to, message)
        return replace(card, channel=str(said["channel"]), ts=str(said["ts"]), text=_read(said, message))

    def _recipient(self, role: str, address: str) -> str:
        """The channel or account that a card goes to, '' where none is known."""
        if role in CHANNELS:
            return address
        account = self.desk.person(PersonId(address)).account
        return account.slack_id if account else ""

    def _end(self, request: Request, card: Card, why: str) -> None:
        """Somebody can't be reached: written down, and said to whoever waits."""
        log.warning("%s: the %s card couldn't be delivered: %s", request.id, card.role, why)
        self.desk.store.outbox.put(replace(card, ended=why))
        name = self._named(card)
        if card.role in ASKING and not card.ts:
            self._tell_operators(request, card, f"{capital(name)} can't be reached in Slack ({why}).")
        # Whoever had the message and deleted it was reached.
        said = {} if card.ts else {"text": Sentence.of("unreachable", person=card.address)}
        if said and card.role in CHANNELS:
            said = {"text": Sentence.of("unreachable-channel")}
        who = {"who": card.address} if said and card.role in ("approver", "reminder") else {}
        values = {"role": card.role, **who, **body(**said)}
        draft = Draft(EventType.UNREACHED, BOT, values, {"why": why, **words(**said)})
        while True:
            try:
                self.desk.store.append(self.desk.store.request(request.id), [draft])
            except Overtaken:
                continue  # somebody has to be asked instead, whatever came in between
            return

    def _scene(self, request: Request, card: Card) -> Scene:
        viewer = (
            None if card.role in CHANNELS or not card.address else self.desk.person(PersonId(card.address))
        )
        zone = (viewer.account.zone if viewer.account else "") or "UTC" if viewer else ""
        command, facts, now = self.desk.command(request), self.desk.facts, self.desk.now()
        helped = request.state is not State.STOPPED or bool(helpers(self.desk, request))
        joined = request.because_of if request.state is State.JOINED else None
        first = self.desk.store.request(joined) if joined else None
        unasked = (
            card.role == "requester" and request.state is State.WAITING and self._has_asked_nobody(request)
        )
        return Scene(
            request, command, facts, self.desk.person, viewer, zone, now, card.round, helped, first, unasked
        )

    def _has_asked_nobody(self, request: Request) -> bool:
        """Whether every message that asks was refused, for good or again and again."""
        known = {
            (card.role, card.address, card.round): card for card in self.desk.store.outbox.of(request.id)
        }
        asked = [key for key in audience(self.desk, request, known) if key[0] in ASKING]
        if not asked:
            return any(card.role in ASKING and card.ended not in ("", SPARED) for card in known.values())
        if any(key in known and known[key].ts for key in asked):
            return False
        return all(self.line.refusals(self._recipient(*key[:2])) >= SAID_AFTER for key in asked)
