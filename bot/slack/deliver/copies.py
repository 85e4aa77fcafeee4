"""Draws every copy of a card until it shows the newest state, and posts those that are missing."""

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.ids import BOT, PersonId, RequestId
from approvals.people import Account, Person
from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.outbox import Card, Note
from approvals.request import Draft, Request, Urgency
from approvals.sentence import Sentence, body, words
from approvals.states import EventType, State
from bot.cards.blocks import Message, message
from bot.cards.named import mark, plainly
from bot.cards.request import CHANNELS, draw
from bot.cards.scene import Scene, capital
from bot.cards.waiting import turn
from bot.context import Desk
from bot.slack.api.pace import Paced
from bot.slack.deliver.audience import SPARED, Key, audience, helpers, operators, seen_as
from bot.slack.deliver.calls import Later, Line, Unreachable

log = logging.getLogger(__name__)

REMINDERS = ("reminder", "channel-reminder")
ASKING = ("approver", "channel")
"""Roles whose card asks somebody to decide."""
NEEDED = (*ASKING, *REMINDERS, "operator", "stuck")
"""Roles whose card somebody has to act on; that nobody else is messaged mustn't keep them from a verdict."""
GIVE_UP = 103
"""Refusals after which a message that stands there isn't redrawn any more: about a day, as for a note."""
SAID_AFTER = 3
"""Refusals after which operators read that somebody can't be reached so far."""


def is_urgent(request: Request) -> bool:
    """Whether the cards of a request may take the calls that are kept for what is urgent."""
    return request.urgency >= Urgency.FIRST


@dataclass
class Copies:
    """Every message that draws a request, wherever it stands."""

    desk: Desk
    line: Line

    def draw_for(self, id: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Draws the copy that somebody pressed, even if it was forgotten."""
        request = self.desk.store.request(id)
        card = self.desk.store.cards.at(channel, ts)
        try:
            if card:
                self._bring(request, card, urgent=True)
            else:
                self._draw_forgotten(request, channel, ts, who)
        except Paced as paced:
            log.info("the copy of %s that was pressed waits: %s", id, paced)
            self.desk.store.cards.redraw(id)

    def _draw_forgotten(self, request: Request, channel: str, ts: str, who: PersonId) -> None:
        # A copy that was posted twice, or restored: nobody's card, drawn for who pressed it. Direct messages
        # begin with D; where others read along, it is the channel's.
        key: Key = ("channel", "", turn(request, None))
        if channel.startswith("D"):
            key = seen_as(self.desk, request, self.desk.person(who))
        elif self.desk.command(request).CONFIDENTIAL:
            return
        try:
            message = draw(key[0], self._scene(request, Card(request.id, *key)))
            self.line.call("chat_update", urgent=True, channel=channel, ts=ts, **message)
        except (Unreachable, Later) as error:
            log.info("a forgotten copy of %s couldn't be redrawn: %s", request.id, error)

    def show(self, request: Request) -> frozenset[str]:
        """Brings every copy of a request up to date, and posts those that are missing.

        Returns the methods that can't be called now, for which some of them wait.
        """
        id = request.id
        if not self.desk.readable(request):
            log.warning("%s can't be drawn: its action or its details aren't known here", id)
            self.desk.store.cards.drawn(id, request.version, None)
            return frozenset()
        known = {(card.role, card.address, card.round): card for card in self.desk.store.cards.of(id)}
        retry: list[datetime] = []
        waits: set[str] = set()
        for key in dict.fromkeys([*known, *self._wanted(request, known)]):
            card = known.get(key) or Card(id, *key)
            if not card.ended:
                try:
                    due = self._bring_safely(request, card)
                except Paced as paced:
                    waits.add(paced.method)
                    continue
                retry += [due] if due else []
        if waits:
            return frozenset(waits)
        for follower in self.desk.store.followers(id):
            self.desk.store.cards.redraw(follower)  # they read of this one how far it is
        self.desk.store.cards.drawn(id, request.version, min(retry, default=None))
        return frozenset()

    def _bring_safely(self, request: Request, card: Card) -> datetime | None:
        """One copy that can't be drawn mustn't keep the others from being brought."""
        try:
            return self._bring(request, card, is_urgent(request))
        except (StoreTrouble, Paced):
            raise
        except Exception:
            log.exception("%s: the %s card couldn't be drawn", request.id, card.role)
            return self._put_off(card, 300)

    def _wanted(self, request: Request, known: dict[Key, Card]) -> list[Key]:
        """Whoever has to have a message; nobody is reminded in the moment in which they are asked."""
        keys = audience(self.desk, request, known)
        there = {key for key, card in known.items() if card.ts}
        late = {key[1] for key in keys if key[0] in ("approver", "channel") and key not in there}
        early = [key for key in keys if key[0] in REMINDERS and key[1] in late]
        for key in early:
            self.desk.store.cards.put(Card(request.id, *key, ended=SPARED))
        return [key for key in keys if key not in early]

    def _bring(self, request: Request, card: Card, urgent: bool = False) -> datetime | None:
        """One copy; when to try again, if it couldn't be brought. Raises Paced."""
        message = draw(card.role, self._scene(request, card))
        drawn = hashlib.sha256(json.dumps(message).encode()).hexdigest()[:16]
        if drawn == card.drawn:
            return None
        try:
            channel, ts = self._send(card, message, urgent)
        except Unreachable as error:
            self._end(request, card, str(error))
            return None
        except Later as later:
            return self._try_later(request, card, later)
        self.desk.store.cards.put(
            replace(card, channel=channel, ts=ts, drawn=drawn, tries=0, next_try_at=None)
        )
        return None

    def _try_later(self, request: Request, card: Card, later: Later) -> datetime | None:
        if not later.tried:
            return self.desk.now() + timedelta(seconds=later.seconds)
        if later.refused and card.ts and card.tries >= GIVE_UP:
            self._end(request, card, later.code)
            return None
        due = self._put_off(card, max(later.seconds, min(2.0 ** min(card.tries, 12) * 2, 900)))
        if later.refused and card.tries + 1 == SAID_AFTER and card.role in NEEDED and not card.ts:
            text = f"Slack refuses my messages to {self._named(card)} ({later.code}). I go on trying."
            if not self._tell_operators(request, card, text):
                self._say(self.desk.person(request.requester), request, text)
            self.desk.store.cards.redraw(request.id)  # who asked reads that nobody was reached yet
        return due

    def _put_off(self, card: Card, seconds: float) -> datetime:
        due = self.desk.now() + timedelta(seconds=seconds)
        self.desk.store.cards.put(replace(card, tries=card.tries + 1, next_try_at=due))
        return due

    def _named(self, card: Card) -> str:
        """To whom a card goes, in a sentence that is drawn at once: a mark holds only while this runs."""
        return "the channel" if card.role in CHANNELS else mark(self.desk.person(PersonId(card.address)))

    def _tell_operators(self, request: Request, card: Card, text: str) -> bool:
        """Whether there are any; once a day for each who can't be reached, and never somebody of whom the
        request is a secret."""
        some = [
            one
            for one in operators(self.desk)
            if one.id != card.address and not self.desk.is_secret_from(one, request)
        ]
        if self.desk.store.once(f"unreached:{card.address}:{plainly(text)}:{self.desk.now().date()}"):
            for person in some:
                self._say(person, request, text)
        return bool(some)

    def _say(self, person: Person, request: Request, text: str) -> None:
        if person.account:
            self.desk.store.cards.say(Note(person.account.slack_id, message(f"{request.id}: {text}")))

    def _send(self, card: Card, message: Message, urgent: bool) -> tuple[str, str]:
        if card.ts:
            self.line.call("chat_update", urgent=urgent, channel=card.channel, ts=card.ts, **message)
            return card.channel, card.ts
        to = card.address if card.role in CHANNELS else self._account(PersonId(card.address)).slack_id
        if card.role in CHANNELS:
            self.line.refuse_shared(to)
        said = self.line.post(to, message)
        return str(said["channel"]), str(said["ts"])

    def _account(self, id: PersonId) -> Account:
        account = self.desk.person(id).account
        if account is None:
            raise Unreachable("no Slack account is known")
        return account

    def _end(self, request: Request, card: Card, why: str) -> None:
        """Somebody can't be reached: written down, and said to whoever waits."""
        log.warning("%s: the %s card couldn't be delivered: %s", request.id, card.role, why)
        self.desk.store.cards.put(replace(card, ended=why, next_try_at=None))
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
        known = {(card.role, card.address, card.round): card for card in self.desk.store.cards.of(request.id)}
        asked = [known.get(key) for key in audience(self.desk, request, known) if key[0] in ASKING]
        if not asked:
            return any(card.role in ASKING and card.ended not in ("", SPARED) for card in known.values())
        return all(card and not card.ts and card.tries >= SAID_AFTER for card in asked)
