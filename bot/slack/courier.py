"""Brings to Slack whatever is stored and not shown yet: notes, copies of cards, App Home."""

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from slack_sdk import WebClient

from approvals.ids import PersonId, RequestId
from approvals.states import State
from approvals.store import Note, StoreTrouble
from bot.desk import Desk
from bot.slack.audience import operators
from bot.slack.calls import Line
from bot.slack.copies import Copies
from bot.slack.notes import Notes
from bot.slack.publisher import Publisher

log = logging.getLogger(__name__)


@dataclass
class Courier:
    """Sends at least once, what somebody pressed before all else."""

    desk: Desk
    client: WebClient
    homes: Publisher = field(init=False)
    _notes: Notes = field(init=False)
    _copies: Copies = field(init=False)
    _hurried: deque[tuple[RequestId, str, str, PersonId]] = field(default_factory=deque)
    _unsaved: deque[Note] = field(default_factory=deque)
    _stuck: bool = False
    _operators: list[PersonId] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        line = Line(self.client)
        self.homes = Publisher(self.desk, line.call)
        self._notes, self._copies = Notes(self.desk, line), Copies(self.desk, line)

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
                self._notes.say_once(self._unsaved.popleft())
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
            self._notes.say(note)
        for id in self.desk.store.cards.behind(20):
            busy = True
            self._send_hurried()
            self._show_safely(id)
        return self.homes.publish() or busy

    def _send_hurried(self) -> bool:
        """What somebody pressed waits for nothing else; whether there was anything."""
        busy = bool(self._hurried)
        while self._hurried:
            self._copies.draw_for(*self._hurried.popleft())
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
            request = self.desk.store.request(id)
            self.homes.tell_owners(request)
            self._copies.show(request)
        except StoreTrouble:
            raise
        except Exception:
            log.exception("%s couldn't be drawn", id)
            later = self.desk.now() + timedelta(minutes=5)
            self.desk.store.cards.drawn(id, self.desk.store.request(id).version, later)
