"""Draws every copy of a card until it shows the newest state, and posts those that are missing."""

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.ids import BOT, PersonId, RequestId
from approvals.people import Account
from approvals.request import Draft, Request
from approvals.states import State, What
from approvals.store import Card, Overtaken
from bot.desk import Desk
from bot.slack.audience import SPARED, Key, audience, helpers, seen_as
from bot.slack.blocks import Message
from bot.slack.calls import Later, Line, Unreachable
from bot.slack.cards import CHANNELS, draw
from bot.slack.scene import Scene
from bot.slack.waiting import turn

log = logging.getLogger(__name__)

REMINDERS = ("reminder", "channel-reminder")


@dataclass
class Copies:
    """Every message that draws a request, wherever it stands."""

    desk: Desk
    line: Line

    def draw_for(self, id: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Draws the copy that somebody pressed, even if it was forgotten."""
        request = self.desk.store.request(id)
        card = self.desk.store.cards.at(channel, ts)
        if card:
            self._bring(request, card)
            return
        # A copy that was posted twice, or restored: nobody's card, drawn for who pressed it. Direct messages
        # begin with D; where others read along, it is the channel's.
        key: Key = ("channel", "", turn(request, None))
        if channel.startswith("D"):
            key = seen_as(self.desk, request, self.desk.person(who))
        elif self.desk.command(request).CONFIDENTIAL:
            return
        try:
            message = draw(key[0], self._scene(request, Card(id, *key)))
            self.line.call("chat_update", channel=channel, ts=ts, **message)
        except (Unreachable, Later) as error:
            log.info("a forgotten copy of %s couldn't be redrawn: %s", id, error)

    def show(self, request: Request) -> None:
        """Brings every copy of a request up to date, and posts those that are missing."""
        id = request.id
        if not self.desk.readable(request):
            log.warning("%s can't be drawn: its action or its details aren't known here", id)
            self.desk.store.cards.drawn(id, request.version, None)
            return
        known = {(card.role, card.address, card.round): card for card in self.desk.store.cards.of(id)}
        retry: list[datetime] = []
        for key in dict.fromkeys([*known, *self._wanted(request, known)]):
            card = known.get(key) or Card(id, *key)
            if not card.ended:
                due = self._bring(request, card)
                retry += [due] if due else []
        for one in self.desk.store.followers(id):
            self.desk.store.cards.redraw(one.id)  # they read of this one how far it is
        self.desk.store.cards.drawn(id, request.version, min(retry, default=None))

    def _wanted(self, request: Request, known: dict[Key, Card]) -> list[Key]:
        """Whoever has to have a message; nobody is reminded in the moment in which they are asked."""
        keys = audience(self.desk, request, known)
        there = {key for key, card in known.items() if card.ts}
        late = {key[1] for key in keys if key[0] in ("approver", "channel") and key not in there}
        early = [key for key in keys if key[0] in REMINDERS and key[1] in late]
        for key in early:
            self.desk.store.cards.put(Card(request.id, *key, ended=SPARED))
        return [key for key in keys if key not in early]

    def _bring(self, request: Request, card: Card) -> datetime | None:
        """One copy; when to try again, if it couldn't be brought."""
        message = draw(card.role, self._scene(request, card))
        drawn = hashlib.sha256(json.dumps(message).encode()).hexdigest()[:16]
        if drawn == card.drawn:
            return None
        try:
            channel, ts = self._send(card, message)
        except Unreachable as error:
            self._end(request, card, str(error))
            return None
        except Later as later:
            wait = max(later.seconds, min(2.0 ** min(card.tries, 12) * 2, 900))
            due = self.desk.now() + timedelta(seconds=wait)
            self.desk.store.cards.put(replace(card, tries=card.tries + 1, next_try_at=due))
            return due
        self.desk.store.cards.put(
            replace(card, channel=channel, ts=ts, drawn=drawn, tries=0, next_try_at=None)
        )
        return None

    def _send(self, card: Card, message: Message) -> tuple[str, str]:
        if card.ts:
            self.line.call("chat_update", channel=card.channel, ts=card.ts, **message)
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
        name = "the channel" if card.role in CHANNELS else self.desk.person(PersonId(card.address)).called
        # Whoever had the message and deleted it was reached.
        text = "" if card.ts else f"I can't reach {name} in Slack."
        who = {"who": card.address} if text and card.role in ("approver", "reminder") else {}
        draft = Draft(What.UNREACHED, BOT, {"role": card.role, **who}, {"text": text, "why": why})
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
        return Scene(request, command, facts, self.desk.person, viewer, zone, now, card.round, helped, first)
