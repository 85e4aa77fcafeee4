"""Works off the outbox: claims what goes next, has it brought to Slack, and notes what came of it."""

import logging
import os
import socket
import threading
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from approvals.ids import PersonId, RequestId, SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import CARD, PAGE, Item, Note, backoff
from approvals.request import Urgency
from approvals.states import State
from bot.context import Desk
from bot.ops import logs
from bot.slack.api.edge import SlackClient
from bot.slack.api.pace import Pace, Paced
from bot.slack.api.token_check import TokenCheck
from bot.slack.deliver.audience import is_colleague
from bot.slack.deliver.calls import DEFECT, GIVE_UP, Later, Line, level
from bot.slack.deliver.copies import Copies, Pressed
from bot.slack.deliver.notes import Notes
from bot.slack.deliver.pages import Pages
from bot.slack.deliver.returning import ask_again
from bot.slack.deliver.verdict import Verdicts

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Things sent in one step; then Slack's deliveries get their turn."""
URL_LASTS = 9
"""Tries for a `response_url`: it takes messages for half an hour."""


@dataclass
class Deliverer:
    """Any number of threads and processes may send side by side.

    It never sleeps with something in hand. What can't go now stays in the queue, and what is behind it and
    goes by another method passes it.
    """

    desk: Desk
    client: SlackClient
    pace: Pace
    pages: Pages = field(init=False)
    _verdicts: Verdicts = field(init=False)
    _notes: Notes = field(init=False)
    _copies: Copies = field(init=False)
    _hurried: deque[Pressed] = field(default_factory=deque)
    _unsaved: deque[Note] = field(default_factory=deque)
    _acted: deque[str] = field(default_factory=deque)
    _returned: deque[str] = field(default_factory=deque)
    """Who may be reached again: Slack accounts, and channels and messages, which need nothing more."""
    _waits: dict[tuple[str, str], tuple[frozenset[str], int]] = field(default_factory=dict)
    """By place, what keeps something from being sent: none of these methods can be called now."""
    _unnoted: deque[Item] = field(default_factory=deque)
    """What was in hand when the record took nothing."""
    _able: frozenset[PersonId] = frozenset()
    _operators: frozenset[PersonId] = frozenset()
    _looked_after: tuple[Any, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        now, self._outbox = self.desk.now, self.desk.store.outbox
        self._verdicts = Verdicts(now, self._outbox, self._returned.append)
        line = Line(self.client, self.pace, self._verdicts, TokenCheck(self.client, self.pace, now))
        self._notes, self._copies = Notes(self.desk, line), Copies(self.desk, line)
        self.pages = Pages(self.desk, line)
        self._owner = f"{socket.gethostname()}/{os.getpid()}/outbox"

    def hurry(self, request: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Somebody clicked on this copy: it is drawn before all others, even if it was forgotten."""
        self._hurry(Pressed(CARD, request, channel, ts, who))

    def hurry_page(self, slack_id: SlackId) -> None:
        """Somebody pressed something on this page: it is drawn before everything else."""
        self._hurry(Pressed(PAGE, slack_id, "", "", PersonId("")))

    def _hurry(self, pressed: Pressed) -> None:
        self._hurried.append(pressed)
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
        while True:
            try:
                note = self._unsaved.popleft()
            except IndexError:
                return False
            self._notes.say_once(note)

    def send(self) -> bool:
        """Sends what can go now, for one thread; whether there was anything."""
        self.say_what_is_unsaved()
        with self._lock, self.desk.store.unit():
            busy = self._look_around()
        for _ in range(AT_ONCE):
            with self._lock:
                item, pressed = self._next()
            if item is None:
                return busy
            busy = True
            with logs.about(item.key) if item.kind == CARD else nullcontext():
                self._deliver(item, pressed)
        return busy

    # -- what comes next ---------------------------------------------------------------------------------

    def _next(self) -> tuple[Item | None, Pressed | None]:
        """The next thing to send, claimed; and what was pressed, if that is why."""
        for pressed in list(self._hurried):
            item = self._outbox.find(pressed.kind, pressed.key)
            if item and not (self._outbox.is_free(item) and self._may_be_drawn(pressed)):
                continue
            claimed = item and self._outbox.claim(item, self._owner)
            self._hurried.remove(pressed)
            if claimed:
                return claimed, pressed
        # Those that wait, and those in hand, may come first.
        limit = 2 * AT_ONCE + len(self._waits)
        return self._outbox.next(self._owner, limit, self._may_go), None

    def _may_be_drawn(self, pressed: Pressed) -> bool:
        return pressed.kind == PAGE or not self.pace.wait("chat.update", Urgency.FIRST)

    def _may_go(self, item: Item) -> bool:
        methods, wanted = self._waits.get(item.place, (frozenset(), 0))
        if wanted == item.wanted and all(self.pace.wait(method, level(item.is_first)) for method in methods):
            return False
        self._waits.pop(item.place, None)
        return True

    # -- sending; what fails concerns nothing else ---------------------------------------------------------

    def _deliver(self, item: Item, pressed: Pressed | None) -> None:
        try:
            with self.desk.store.unit():
                waits = self._bring(item, pressed)
        except Paced as paced:
            waits = frozenset((paced.method,))
        except Later as later:
            return self._put_off(item, later)
        except StoreTrouble:
            self._unnoted.append(item)
            raise
        except Exception:
            log.exception("%s %s met an error that I don't know", item.kind, item.key)
            return self._put_off(item, Later(DEFECT))
        if waits:
            with self._lock:
                self._waits[item.place] = waits, item.wanted
            self._outbox.release(item)
        return None

    def _bring(self, item: Item, pressed: Pressed | None) -> frozenset[str]:
        """Shows it, and notes that. Returns the methods that can't be called now, for which it waits."""
        if item.kind == CARD:
            return self._copies.show(item, pressed)
        if item.kind == PAGE:
            self.pages.publish(item)
        else:
            self._notes.say(item)
        return frozenset()

    def _put_off(self, item: Item, later: Later) -> None:
        most = URL_LASTS if item.key.startswith("http") else GIVE_UP
        if item.kind != CARD and later.tried and item.tries >= most:
            log.warning("a %s was given up after %s tries", item.kind, item.tries)
            self._outbox.done(item)
        else:
            self._outbox.retry(item, later.after(item.tries), later.tried)

    # -- what follows from what others did -----------------------------------------------------------------

    def _look_around(self) -> bool:
        """Whether there is something new to show, or to ask again."""
        while self._unnoted:
            self._outbox.retry(self._unnoted[0], backoff(self._unnoted[0].tries))
            self._unnoted.popleft()
        with self.desk.store.unit():
            busy = self._look_for_operators()
        return self._ask_again() or busy

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
        """Whether others look after stopped requests than before: all copies of those are redrawn.

        On their pages operators see what stopped, what nobody can decide, and who has admin rights.
        """
        store, found = self.desk.store, self.desk.operators()
        everybody = frozenset(one.id for one in found)
        seen = (everybody, store.groups.admins_seen_at(), *store.finding.in_trouble())
        if seen != self._looked_after:
            self._outbox.changed(everybody | self._operators)
            self._looked_after, self._operators = seen, everybody
        able = frozenset(one.id for one in found if is_colleague(one))
        if able == self._able:
            return False
        self._able = able
        for request in store.requests(states=[State.STOPPED]):
            self._outbox.redraw(request.id)
        return True
