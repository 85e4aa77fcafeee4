"""Threads that repeat a step, and yield while Slack is sending."""

import logging
import threading
import time
from collections.abc import Callable

from approvals.record.database import StoreTrouble

log = logging.getLogger(__name__)

LONGEST_STEP = 900.0
"""In seconds. A call to Miro takes at most 100, and a request a handful of calls."""


class Traffic:
    """Whether Slack is sending right now: answering within three seconds precedes other work."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds, self._last = seconds, float("-inf")

    def heard(self) -> None:
        """Notes that a request of Slack's came or was answered."""
        self._last = self._seconds()

    def is_busy(self) -> bool:
        """Whether a request came or was answered within the last 50 ms."""
        return self._seconds() - self._last < 0.05


class Loop:
    """Repeats a step in a thread of its own until `end`; `wake` cuts a pause short.

    While Slack is sending it pauses, for at most three seconds, so that a steady stream doesn't starve it.
    """

    def __init__(self, name: str, step: Callable[[], bool], idle: float, traffic: Traffic) -> None:
        """`idle`: seconds of pause after a step with nothing to do."""
        self._step, self._idle, self._traffic = step, idle, traffic
        self._woken, self._ending = threading.Event(), threading.Event()
        self.name = name
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> "Loop":
        """Starts the thread."""
        self._thread.start()
        return self

    def wake(self) -> None:
        """Says that there may be something to do."""
        self._woken.set()

    def end(self) -> None:
        """Stops after the current step; the next start continues the work."""
        self._ending.set()
        self._woken.set()

    def join(self, patience: float) -> None:
        """Waits at most `patience` seconds until it has ended."""
        self._thread.join(patience)

    def is_stuck(self) -> bool:
        """Whether its current step takes longer than LONGEST_STEP, or its thread has ended."""
        began = self._began
        ended = not self._thread.is_alive() and not self._ending.is_set()
        return ended or (began is not None and time.monotonic() - began > LONGEST_STEP)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            self._step_back()
            self._began = time.monotonic()
            try:
                busy = self._step()
            except StoreTrouble as error:
                log.error("%s", error)
                busy = False
            except Exception:
                # A defect in one step must not end the thread: other requests still work.
                log.exception("%s met an error it doesn't know; it goes on", self._thread.name)
                busy = False
            self._began = None
            if not busy:
                self._woken.wait(self._idle)

    def _step_back(self) -> None:
        for _ in range(60):
            if not self._traffic.is_busy() or self._ending.wait(0.05):
                return
