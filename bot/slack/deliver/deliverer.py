"""Works through the outbox: claims the next row, delivers it, and stores the result."""

import json
import logging
import os
import socket
import threading
from collections import deque
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from typing import Any

from approvals.ids import PersonId, RequestId, SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import CARD, PAGE, Item, Note, backoff
from approvals.request import Urgency
from approvals.states import State
from bot.context import Context
from bot.ops import logs
from bot.slack.api.edge import SlackClient
from bot.slack.api.pace import Pace, Paced
from bot.slack.deliver.audience import is_colleague
from bot.slack.deliver.calls import DEFECT, GIVE_UP, Later, Line, TokenCheck, level
from bot.slack.deliver.copies import Copies, Pressed
from bot.slack.deliver.notes import Notes
from bot.slack.deliver.pages import Pages
from bot.slack.deliver.returning import ask_again
from bot.slack.deliver.verdict import Verdicts

log = logging.getLogger(__name__)

AT_ONCE, AHEAD = 5, 40
"""Rows sent in one step, after which Slack's requests get their turn; rows among which the next is chosen."""
SHARED_EVERY, ALIVE_FOR = timedelta(seconds=5), timedelta(seconds=30)
"""How often a process says that it sends, and how long it counts as one after it has last said so."""
URL_LASTS = 9
"""Tries for a `response_url`: it takes messages for half an hour."""


class Deliverer:
    """Any number of threads and processes may send concurrently.

    It never sleeps while it has claimed a row. A row that can't go now stays in the queue, and rows for other
    methods overtake it.
    """

    def __init__(self, context: Context, client: SlackClient, pace: Pace) -> None:
        self.context, self.client, self.pace, self._outbox = context, client, pace, context.store.outbox
        self._hurried, self._unsaved, self._acted = deque[Pressed](), deque[Note](), deque[str]()
        # Recipients that may be reachable again: Slack accounts (channels and messages are ignored).
        self._returned = deque[str]()
        # By place, what keeps something from being sent: none of these methods can be called now.
        self._waits = dict[tuple[str, str], tuple[frozenset[str], int]]()
        self._unnoted = deque[Item]()  # claimed rows whose result couldn't be stored
        self._able, self._operators = frozenset[PersonId](), frozenset[PersonId]()
        self._looked_after: tuple[Any, ...] = ()
        self._shared_at: datetime | None = None
        self._lock = threading.Lock()
        self._verdicts = Verdicts(context.now, context.store.database, self._returned.append)
        line = Line(client, pace, self._verdicts, TokenCheck(client, pace, context.now))
        self._notes, self._copies, self.pages = (
            Notes(context, line),
            Copies(context, line),
            Pages(context, line),
        )
        self._owner = f"{socket.gethostname()}/{os.getpid()}/outbox"

    def hurry(self, request: RequestId, channel: str, ts: str, who: PersonId) -> None:
        """Redraws this copy first, because of a click, even if it is unknown."""
        self._hurried.append(Pressed(CARD, request, channel, ts, who))
        self.context.wake()

    def hurry_page(self, slack_id: SlackId) -> None:
        """Redraws this page first, because of a click."""
        self._hurried.append(Pressed(PAGE, slack_id, "", "", PersonId("")))
        self.context.wake()

    def acted(self, slack_id: str) -> None:
        """Notes that a person acted in Slack: if they were unreachable, messages are retried."""
        self._acted.append(slack_id)

    def say_unsaved(self, note: Note) -> None:
        """Queues a note in memory, for one try, while the record can't be written."""
        self._unsaved.append(note)
        self.context.wake()

    def say_what_is_unsaved(self) -> bool:
        """Sends notes queued in memory, without waiting for the record; returns whether there are more."""
        with suppress(IndexError):
            while True:
                self._notes.say_once(self._unsaved.popleft())
        return False

    def send(self) -> bool:
        """Sends rows that can go now, in this thread; returns whether there may be more to do."""
        self.say_what_is_unsaved()
        for count in range(AT_ONCE):
            with self._lock:
                item, pressed = self._next()
            if item is None:
                return bool(count) or self._look_around()
            with logs.about(item.key) if item.kind == CARD else nullcontext():
                self._deliver(item, pressed)
        self._look_around()
        return True

    # -- what comes next ---------------------------------------------------------------------------------

    def _next(self) -> tuple[Item | None, Pressed | None]:
        """(the next row, claimed; the click, if that is the reason)."""
        self._share_pace()
        for pressed in list(self._hurried):
            if pressed.kind == CARD and self.pace.wait("chat.update", Urgency.FIRST):
                continue
            item = self._outbox.find(pressed.kind, pressed.key)
            if item and not self._outbox.is_free(item):
                continue
            claimed = item and self._outbox.claim(item, self._owner)
            self._hurried.remove(pressed)
            if claimed:
                return claimed, pressed
        # Waiting and claimed rows may be among the first.
        limit = AHEAD + len(self._waits)
        return self._outbox.next(self._owner, limit, self._may_go), None

    def _share_pace(self) -> None:
        """Counts the processes that send, and takes one share of Slack's limits."""
        now = self.context.now()
        if self._shared_at is None or abs(now - self._shared_at) >= SHARED_EVERY:
            self._shared_at = now
            notes = self._outbox.senders(self._owner, json.dumps(self.pace.refused()), now + ALIVE_FOR)
            self.pace.share([json.loads(note) for note in notes])

    def _may_go(self, item: Item) -> bool:
        methods, wanted = self._waits.get(item.place, (frozenset(), 0))
        if wanted == item.wanted and all(self.pace.wait(method, level(item.is_first)) for method in methods):
            return False
        self._waits.pop(item.place, None)
        return True

    # -- sending; what fails concerns nothing else ---------------------------------------------------------

    def _deliver(self, item: Item, pressed: Pressed | None) -> None:
        waits = frozenset[str]()
        try:
            with self.context.store.unit():
                if item.kind == CARD:
                    waits = self._copies.show(item, pressed)
                elif item.kind == PAGE:
                    self.pages.publish(item)
                else:
                    self._notes.say(item)
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

    def _put_off(self, item: Item, later: Later) -> None:
        most = URL_LASTS if item.key.startswith("http") else GIVE_UP
        if item.kind != CARD and later.tried and item.tries >= most:
            log.warning("a %s was given up after %s tries", item.kind, item.tries)
            self._outbox.done(item)
        else:
            self._outbox.retry(item, later.after(item.tries), later.tried)

    # -- what follows from what others did -----------------------------------------------------------------

    def _look_around(self) -> bool:
        """Whether there is something new to show, or somebody to ask again."""
        with self._lock, self.context.store.unit():
            while self._unnoted:
                self._outbox.retry(self._unnoted[0], backoff(self._unnoted[0].tries))
                self._unnoted.popleft()
            return self._look_for_operators() | self._ask_again()

    def _ask_again(self) -> bool:
        """Asks people again who were unreachable and were reached or acted; returns whether any."""
        while self._acted:
            self._verdicts.acted(self._acted.popleft())
        busy = False
        while self._returned:
            who = self.context.find(self._returned[0])
            busy |= bool(who and ask_again(self.context, who))
            self._returned.popleft()
        return busy

    def _look_for_operators(self) -> bool:
        """Redraws stopped requests if the operators have changed; returns whether there is anything new.

        Operators' pages show stopped and undecidable requests and admins, so they are redrawn as well.
        """
        store, people = self.context.store, self.context.operators()
        everybody = frozenset(person.id for person in people)
        seen = (everybody, store.groups.seen_at("admins"), *store.finding.in_trouble())
        able = frozenset(person.id for person in people if is_colleague(person))
        is_new = (seen, able) != (self._looked_after, self._able)
        if seen != self._looked_after:
            self._outbox.changed(everybody | self._operators)
            self._looked_after, self._operators = seen, everybody
        if able != self._able:
            self._able = able
            for request in store.requests(states=[State.STOPPED]):
                self._outbox.redraw(request.id)
        return is_new
