"""Brings cards and notes to Slack: whatever is stored and not shown yet is sent, until it is."""

import hashlib
import json
import logging
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from approvals.ids import BOT, PersonId, RequestId
from approvals.people import Account
from approvals.request import Draft, Request
from approvals.states import State, What
from approvals.store import Card, Note, Overtaken, StoreTrouble
from bot.desk import Desk
from bot.slack.audience import SPARED, Key, audience, helpers, operators, seen_as
from bot.slack.blocks import Message
from bot.slack.calls import Later, Unreachable, call
from bot.slack.cards import CHANNELS, draw
from bot.slack.publisher import Publisher
from bot.slack.scene import Scene
from bot.slack.waiting import turn

log = logging.getLogger(__name__)

GIVE_UP = 12
"""Tries for a note; with growing gaps about six hours."""


REMINDERS = ("reminder", "channel-reminder")


@dataclass
class Courier:
    """Posts at least once, and draws every copy until it shows the newest state."""

    desk: Desk
    client: WebClient
    homes: Publisher = field(init=False)
    _hurried: deque[tuple[RequestId, str, str, PersonId]] = field(default_factory=deque)
    _unsaved: deque[Note] = field(default_factory=deque)
    _stuck: bool = False
    _operators: list[PersonId] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.homes = Publisher(self.desk, self._call)

    def hurry(self, request: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Somebody clicked on this copy: it is drawn before all others, even if it was forgotten."""
        self._hurried.append((request, channel, ts, who))
        self.desk.wake()

    def say_unsaved(self, note: Note) -> None:
        """For when the record takes nothing: said once, from memory."""
        self._unsaved.append(note)
        self.desk.wake()

    def step(self) -> bool:
        """Sends what is due; whether there was anything. One at a time a process."""
        with self._lock:
            while self._unsaved:
                self._post_unsaved(self._unsaved.popleft())
            if self._stuck:
                # What is sent and can't be noted as sent would be sent again and again.
                self.desk.store.once(f"courier:{self.desk.now().isoformat()}")
                self._stuck = False
            try:
                return self._send_due()
            except StoreTrouble:
                self._stuck = True
                raise

    def _send_due(self) -> bool:
        busy = self._look_for_operators()
        self.homes.begin()
        busy |= self._send_hurried()
        for note in self.desk.store.cards.notes(20):
            busy = True
            self._say(note)
        for id in self.desk.store.cards.behind(20):
            busy = True
            self._send_hurried()
            self._show_safely(id)
        return self.homes.publish() or busy

    def _send_hurried(self) -> bool:
        """What somebody pressed waits for nothing else; whether there was anything."""
        busy = bool(self._hurried)
        while self._hurried:
            self._draw_first(*self._hurried.popleft())
        return self.homes.publish_hurried() or busy

    def _look_for_operators(self) -> bool:
        """Whether others look after stopped requests than before: all copies of those are redrawn."""
        found = [one.id for one in operators(self.desk)]
        if found == self._operators:
            return False
        self._operators = found
        for request in self.desk.store.requests(states=[State.STOPPED]):
            self.desk.store.cards.redraw(request.id)
        return True

    def _show_safely(self, id: RequestId) -> None:
        """One drawing that fails mustn't keep all others from being brought."""
        try:
            self._show(id)
        except StoreTrouble:
            raise
        except Exception:
            log.exception("%s couldn't be drawn", id)
            later = self.desk.now() + timedelta(minutes=5)
            self.desk.store.cards.drawn(id, self.desk.store.request(id).version, later)

    # -- notes -----------------------------------------------------------------------------------------

    def _post_note(self, note: Note) -> None:
        if note.channel.startswith("http"):
            self._replace(note)
        elif note.only_for:
            self._call("chat_postEphemeral", channel=note.channel, user=note.only_for, **note.message)
        else:
            if note.channel == self.desk.policy.tell:
                self._refuse_shared(note.channel)
            self._post(note.channel, note.message)

    def _replace(self, note: Note) -> None:
        """Puts a message in the place of one that was pressed (Slack lets it for 30 minutes)."""
        try:
            hook = WebhookClient(note.channel, timeout=15, retry_handlers=[])
            said = hook.send_dict({**note.message, "replace_original": True})
        except (SlackClientError, OSError) as error:
            raise Later(1) from error
        if said.status_code == 429 or said.status_code >= 500:
            raise Later(float(said.headers.get("Retry-After", 1)))
        if said.status_code != 200:
            raise Unreachable(f"status {said.status_code}")

    def _post_unsaved(self, note: Note) -> None:
        try:
            self._post_note(note)
        except (Unreachable, Later) as error:
            log.warning("a note that couldn't be stored couldn't be delivered either: %s", error)

    def _say(self, note: Note) -> None:
        try:
            self._post_note(note)
        except Unreachable as error:
            log.warning("a note couldn't be delivered: %s", error)
            if note.only_for:  # somebody who isn't in the channel, say: then directly
                self.desk.store.cards.say(Note(note.only_for, note.message))
        except Later as later:
            if note.tries < GIVE_UP:
                wait = max(later.seconds, 2.0**note.tries * 5)
                self.desk.store.cards.said(note, self.desk.now() + timedelta(seconds=wait))
                return
            log.warning("a note was given up after %s tries", note.tries)
        self.desk.store.cards.said(note)

    # -- cards -----------------------------------------------------------------------------------------

    def _draw_first(self, id: RequestId, channel: str, ts: str, who: PersonId) -> None:
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
            self._call("chat_update", channel=channel, ts=ts, **message)
        except (Unreachable, Later) as error:
            log.info("a forgotten copy of %s couldn't be redrawn: %s", id, error)

    def _show(self, id: RequestId) -> None:
        """Brings every copy of a request up to date, and posts those that are missing."""
        request = self.desk.store.request(id)
        self.homes.tell_owners(request)
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
            self._call("chat_update", channel=card.channel, ts=card.ts, **message)
            return card.channel, card.ts
        to = card.address if card.role in CHANNELS else self._account(PersonId(card.address)).slack_id
        if card.role in CHANNELS:
            self._refuse_shared(to)
        said = self._post(to, message)
        return str(said["channel"]), str(said["ts"])

    def _account(self, id: PersonId) -> Account:
        account = self.desk.person(id).account
        if account is None:
            raise Unreachable("no Slack account is known")
        return account

    def _refuse_shared(self, channel: str) -> None:
        """A channel shared with another organization would show names and reasons to strangers."""
        try:
            said = self._call("conversations_info", channel=channel)
        except Later as error:
            if error.code == "missing_scope":
                raise Unreachable("I may not look whether the channel is shared (channels:read)") from error
            raise
        if said["channel"].get("is_ext_shared"):
            raise Unreachable("the channel is shared with another organization")

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

    # -- the edge --------------------------------------------------------------------------------------

    def _post(self, to: str, message: Message) -> dict[str, Any]:
        """A new message; a link that somebody typed isn't unfolded."""
        return self._call("chat_postMessage", channel=to, unfurl_links=False, unfurl_media=False, **message)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        """One Web API call. Raises Unreachable or Later."""
        return call(self.client, method, **params)
