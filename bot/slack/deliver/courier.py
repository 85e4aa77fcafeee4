"""Brings to Slack whatever is stored and not shown yet: notes, copies of cards, App Home."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from approvals.ids import PersonId, RequestId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.request import Urgency
from approvals.states import State
from bot.context import Desk
from bot.slack.api.edge import SlackClient
from bot.slack.api.pace import Pace
from bot.slack.api.token_check import TokenCheck
from bot.slack.deliver.audience import operators
from bot.slack.deliver.calls import Line, level
from bot.slack.deliver.copies import Copies, is_urgent
from bot.slack.deliver.notes import Notes
from bot.slack.deliver.publisher import Publisher
from bot.slack.deliver.returning import ask_again
from bot.slack.deliver.verdict import Verdicts

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Things sent in one step; then Slack's deliveries get their turn."""
DEFECT = timedelta(minutes=5)
"""Until something is tried again that met an error nobody foresaw."""

Key = tuple[str, ...]
Job = tuple[Key, Callable[[], None]]


@dataclass(frozen=True)
class _Wait:
    """What keeps something from being sent: none of these methods can be called now."""

    methods: frozenset[str]
    version: int
    urgent: bool


@dataclass
class Courier:
    """Sends at least once, what somebody pressed before all else. Several threads may send side by side.

    It never sleeps with something in hand. What can't go now stays in the queue, and what is behind it and
    goes by another method passes it.
    """

    desk: Desk
    client: SlackClient
    pace: Pace
    homes: Publisher = field(init=False)
    _notes: Notes = field(init=False)
    _copies: Copies = field(init=False)
    _hurried: deque[tuple[RequestId, str, str, PersonId]] = field(default_factory=deque)
    _unsaved: deque[Note] = field(default_factory=deque)
    _verdicts: Verdicts = field(init=False)
    _acted: deque[str] = field(default_factory=deque)
    _returned: deque[str] = field(default_factory=deque)
    """Who may be reached again: Slack accounts, and channels and messages, which need nothing more."""
    _in_hand: set[Key] = field(default_factory=set)
    _waits: dict[Key, _Wait] = field(default_factory=dict)
    _stuck: bool = False
    _operators: list[PersonId] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pages: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        now = self.desk.now
        self._verdicts = Verdicts(now, self.desk.store.cards, self._returned.append)
        line = Line(self.client, self.pace, self._verdicts, TokenCheck(self.client, self.pace, now))
        self.homes = Publisher(self.desk, line.call)
        self._notes, self._copies = Notes(self.desk, line), Copies(self.desk, line)

    def hurry(self, request: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Somebody clicked on this copy: it is drawn before all others, even if it was forgotten."""
        self._hurried.append((request, channel, ts, who))
        self.desk.wake()

    def acted(self, slack_id: str) -> None:
        """Somebody did something in Slack: if no message reached them, it is tried again."""
        self._acted.append(slack_id)

    def say_unsaved(self, note: Note) -> None:
        """For when the record takes nothing: said once, from memory."""
        self._unsaved.append(note)
        self.desk.wake()

    def say_what_is_unsaved(self) -> bool:
        """Says what the record couldn't take. It waits neither for the record nor for other messages."""
        while self._unsaved:
            with suppress(IndexError):  # another thread took it
                self._notes.say_once(self._unsaved.popleft())
        return False

    def step(self) -> bool:
        """Everything that can go now, for one thread; whether there was anything."""
        self.say_what_is_unsaved()
        with self._guarded(), self._pages:
            self.homes.begin()
            busy = self.homes.publish_hurried()
        busy |= self.send()
        with self._guarded(), self._pages:
            return self.homes.publish() or busy

    def publish(self) -> bool:
        """Brings App Home up to date; whether there was anything. From a thread of its own."""
        with self._guarded(), self._pages:
            self.homes.begin()
            return any([self.homes.publish_hurried(), self.homes.publish()])

    def send(self) -> bool:
        """Sends messages that can go now; whether there were any."""
        self.say_what_is_unsaved()
        with self._guarded(), self._lock:
            busy = self._look_for_operators() | self._ask_again()
        for _ in range(AT_ONCE):
            with self._guarded(), self._lock:
                job = self._next()
            if job is None:
                return busy
            busy = True
            key, act = job
            try:
                with self._guarded():
                    act()
            finally:
                with self._lock:
                    self._in_hand.discard(key)
        return busy

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What is sent and can't be noted as sent would be sent again and again."""
        if self._stuck:
            self.desk.store.once(f"courier:{self.desk.now().isoformat()}")
            self._stuck = False
        try:
            yield
        except StoreTrouble:
            self._stuck = True
            raise

    # -- what comes next ---------------------------------------------------------------------------------

    def _next(self) -> Job | None:
        """The next thing to send, in hand from now on; None if nothing can go now."""
        job = self._next_hurried() or self._next_card(Urgency.FIRST) or self._next_note() or self._next_card()
        if job:
            self._in_hand.add(job[0])
        return job

    def _next_hurried(self) -> Job | None:
        if self.pace.wait("chat.update", Urgency.FIRST):
            return None
        for pressed in list(self._hurried):
            key = ("card", pressed[0])
            if key not in self._in_hand:
                self._hurried.remove(pressed)
                return key, partial(self._draw_pressed, *pressed)
        return None

    def _next_note(self) -> Job | None:
        """In the order in which they were said, to each person one after the other."""
        for note in self.desk.store.cards.notes(AT_ONCE + len(self._waits) + len(self._in_hand)):
            key = ("note", note.channel, note.only_for)
            if key not in self._in_hand and not self._is_waiting(key, 0):
                return key, partial(self._say, key, note)
        return None

    def _next_card(self, least: int = Urgency.ORDINARY) -> Job | None:
        limit = AT_ONCE + len(self._waits) + len(self._in_hand)
        for id in self.desk.store.cards.behind(limit, least):
            key = ("card", id)
            if key in self._in_hand:
                continue
            if key not in self._waits or not self._is_waiting(key, self.desk.store.request(id).version):
                return key, partial(self._show, key, id)
        return None

    def _is_waiting(self, key: Key, version: int) -> bool:
        wait = self._waits.get(key)
        if wait is None:
            return False
        if wait.version == version and all(self.pace.wait(one, level(wait.urgent)) for one in wait.methods):
            return True
        del self._waits[key]
        return False

    def _keep(self, key: Key, methods: frozenset[str], version: int = 0, urgent: bool = False) -> None:
        """It is still to be sent, once one of these methods can be called."""
        if methods:
            with self._lock:
                self._waits[key] = _Wait(methods, version, urgent)

    # -- sending; what fails concerns nothing else ---------------------------------------------------------

    def _say(self, key: Key, note: Note) -> None:
        self._keep(key, self._notes.say(note))

    def _draw_pressed(self, id: RequestId, channel: str, ts: str, who: PersonId) -> None:
        try:
            self._copies.draw_for(id, channel, ts, who)
        except StoreTrouble:
            raise
        except Exception:
            log.exception("the copy of %s that somebody pressed couldn't be drawn", id)

    def _show(self, key: Key, id: RequestId) -> None:
        try:
            request = self.desk.store.request(id)
            self.homes.tell_owners(request)
            self._keep(key, self._copies.show(request), request.version, is_urgent(request))
        except StoreTrouble:
            raise
        except Exception:
            log.exception("%s couldn't be drawn", id)
            later = self.desk.now() + DEFECT
            self.desk.store.cards.drawn(id, self.desk.store.request(id).version, later)

    def _ask_again(self) -> bool:
        """Whether somebody who was judged unreachable was reached, or did something, and is asked again."""
        while self._acted:
            self._verdicts.acted(self._acted.popleft())
        busy = False
        while self._returned:
            who = self.desk.find(self._returned[0])
            busy |= bool(who and ask_again(self.desk, who))
            self._returned.popleft()
        return busy

    def _look_for_operators(self) -> bool:
        """Whether others look after stopped requests than before: all copies of those are redrawn."""
        found = [one.id for one in operators(self.desk)]
        if found == self._operators:
            return False
        self._operators = found
        for request in self.desk.store.requests(states=[State.STOPPED]):
            self.desk.store.cards.redraw(request.id)
        return True
