"""The thread that follows directories: notices that a push is over, holds it, or asks for what it changes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.decide.streams.directories import Hold
from approvals.states import State
from bot.context import Context
from bot.directory.asking import together
from bot.directory.asking.differences import failures
from bot.directory.asking.requests import Push, announce, ask, looked, note_problems, take_back
from bot.directory.asking.under_way import bulks, unmade
from bot.directory.store import Directories, EntryId

QUIET, LONGEST_PUSH = timedelta(seconds=20), timedelta(minutes=5)
"""A push is judged as a whole: once nothing has come for so long, or at the latest after so long."""
AGAIN, IDLE = timedelta(minutes=1), timedelta(minutes=10)
"""When words are compared again though nothing was said: a team may be there. IDLE: if nothing is left."""
AT_ONCE = 12
"""Requests of one directory in work at a time: what people ask meanwhile comes next, not after thousands."""


@dataclass
class Feeder:
    """Makes the requests of all directories, a few at a time. One for each process."""

    context: Context
    _looked: dict[str, tuple[object, datetime]] = field(default_factory=dict)
    """{directory: (what its push was compared with, when to compare again)}."""
    _queue: dict[str, tuple[Push, list[EntryId]]] = field(default_factory=dict)
    """{directory: (its push, who is left to be asked for, last first)}."""
    _since: dict[str, datetime] = field(default_factory=dict)
    """{directory: when it began what isn't compared yet}."""

    def step(self) -> bool:
        """Asks for some people; returns whether there was anybody."""
        if self.context.practice or self.context.store.groups.seen_at("members") is None:
            return False  # a request made in practice would stay practice, and the word be lost
        with self.context.store.unit():
            return any([self._step(name) for name in self.context.policy.directory])

    def _step(self, name: str) -> bool:
        hold = self.context.store.hold(name)
        if hold.is_paused:
            return False
        if self._is_due(name, hold):
            self._queue[name] = self._judged(name, hold)
        push, left = self._queue.get(name, (None, []))
        if push is None or not left:
            return False
        if some := together.suited(push, left):
            together.ask(push, some)
            left[:] = [id for id in left if id not in {*some}]
            return True
        room = AT_ONCE - self.context.store.figures.active_of(push.source.id)
        for id in [left.pop() for _ in range(min(room, len(left)))]:
            ask(push, id)
        self.context.wake()
        return room > 0

    def _judged(self, name: str, hold: Hold) -> tuple[Push, list[EntryId]]:
        """(what a directory wants, who is asked for now, last first)."""
        push = looked(self.context, name)
        note_problems(push)
        announce(push, hold)
        if push.new:
            take_back(push)
        together.ask_left_out(push)
        if self.context.pushed:
            self.context.pushed.failed[name] = len(failures(push))
        mine = bulks(self.context, push.source.id, State.CHECKING, State.APPROVED)
        busy = {person for person, _ in unmade(self.context, mine)}
        if not (busy or push.new):
            self._looked[name] = self._looked[name][0], self.context.now() + IDLE
        return push, [id for id in push.to_ask if push.row(id).person not in busy][::-1]

    def _is_due(self, name: str, hold: Hold) -> bool:
        """Whether a push is over, or something else changed what it means."""
        now, directories = self.context.now(), Directories(self.context.store.database, self.context.now)
        basis = (directories.sequence(), self.context.policies.hash, hold.version)
        before, at = self._looked.get(name, (None, now))
        if before == basis and at - IDLE <= now < at:  # unless the clock was ahead
            return False
        since = self._since.setdefault(name, now)
        newest = directories.heard_at(name)
        if newest and now - newest < QUIET and now - since < LONGEST_PUSH:
            return False
        self._since.pop(name)
        self._looked[name] = basis, now + AGAIN
        return True
