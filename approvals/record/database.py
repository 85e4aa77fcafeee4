"""The port to a database: what every record needs of it, and the errors that it answers with."""

import threading
from collections import deque
from dataclasses import dataclass, field


class StoreTrouble(Exception):
    """The record can't be read or written; the text says what it means and what to do.

    StoreTrouble
     ├─ Overtaken     somebody was first; look again
     ├─ ClaimLost     the lease ran out and another worker has the request
     └─ WrongRecord   the file is of a newer program, damaged, or not a record at all
    """


class Overtaken(StoreTrouble):
    """The request has moved on since it was read."""


class ClaimLost(StoreTrouble):
    """Another worker holds the request now; what this one was about to write isn't written."""


class WrongRecord(StoreTrouble):
    """This program mustn't open this file."""


class Turns:
    """A lock that is handed on in the order in which it was asked for; `threading.Lock` has no order."""

    def __init__(self) -> None:
        self._lock, self._queue, self._taken = threading.Lock(), deque[threading.Lock](), False

    def take(self, patience: float = -1) -> bool:
        """Waits for one's turn, for so many seconds at most (-1: without end); whether it came."""
        mine = threading.Lock()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine.acquire()
            self._queue.append(mine)
        if mine.acquire(timeout=patience):
            return True
        with self._lock:
            # Handed on in the last moment: then it is no longer in the queue.
            if mine not in self._queue:
                return True
            self._queue.remove(mine)
        return False

    def hand_on(self) -> None:
        """The next in the queue, if there is one."""
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False

    def is_awaited(self) -> bool:
        """Whether somebody is in the queue."""
        return bool(self._queue)


@dataclass
class Batch:
    """Parts of several threads that are committed together, or not at all."""

    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    """Why none of it was committed."""
