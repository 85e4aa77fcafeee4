"""Threads that call something again and again, and step back while Slack is sending."""

import logging
import threading
import time
from collections.abc import Callable

from approvals.record.database import StoreTrouble

log = logging.getLogger(__name__)

LONGEST_STEP = 900.0
"""Seconds. A call to Miro takes 100 at most, and a request a handful of them."""


class Traffic:
    """Whether Slack is sending right now: its three seconds come before work that can wait."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds, self._last = seconds, float("-inf")

    def heard(self, next: Callable[[], None]) -> None:
        """Notes a delivery; a middleware of Bolt's."""
        self._last = self._seconds()
        next()

    def is_busy(self) -> bool:
        """Whether there was a delivery within the last 50 ms."""
        return self._seconds() - self._last < 0.05


class Loop:
    """Calls something again and again from a thread of its own, until told to stop; `wake` makes it hurry.

    While Slack is sending it steps back, but for two seconds at most: a steady stream mustn't starve it.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        idle: float,
        traffic: Traffic,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`idle`: seconds between two steps with nothing to do; `seconds`: a clock that only runs forward."""
        self._step, self._idle, self._traffic = step, idle, traffic
        self._woken, self._ending = threading.Event(), threading.Event()
        self.name, self._seconds = name, seconds
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "Loop":
        """Begins."""
        self._thread.start()
        return self

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def end(self) -> None:
        """Lets it end after the current step; whatever it left is taken up at the next start."""
        self._ending.set()
        self._woken.set()

    def join(self, patience: float) -> None:
        """Waits until it has ended, but no longer than so many seconds."""
        self._thread.join(patience)

    def is_stuck(self) -> bool:
        """Whether its current step takes longer than any can that still moves, or its thread has ended."""
        began = self._began
        ended = not self._thread.is_alive() and not self._ending.is_set()
        return ended or (began is not None and self._seconds() - began > LONGEST_STEP)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            self._step_back()
            self._began = self._seconds()
            try:
                busy = self._step()
            except StoreTrouble as error:
                log.error("%s", error)
                busy = False
            except Exception:
                # A defect in one step mustn't end the thread: the next request is somebody else's.
                log.exception("%s met an error it doesn't know; it goes on", self._thread.name)
                busy = False
            self._began = None
            if not busy:
                self._woken.wait(self._idle)

    def _step_back(self) -> None:
        for _ in range(100):
            if not self._traffic.is_busy() or self._ending.wait(0.02):
                return
