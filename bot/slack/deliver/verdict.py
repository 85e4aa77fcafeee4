"""Whether a refusal of Slack's is about one recipient: only if others are reached by the same method."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TRIES = 3
"""Refusals after which somebody counts as unreachable, if others are reached."""
LONGEST = timedelta(minutes=1)
FARTHEST = 900.0
MOST = 1000
"""Recipients that are kept track of."""


@dataclass
class _Case:
    tries: int = 0
    due: datetime | None = None
    is_busy: bool = False
    reached: set[str] = field(default_factory=set)
    """Others whom the method reached since the first refusal, and whom it hasn't refused since."""


class Verdicts:
    """Refusals by method and recipient. They are in memory: after a restart it takes a few tries anew.

    An error counts against a recipient only if the same method reached another one between the first refusal
    and the last. In a fault that befalls everybody nobody is reached, and who was is refused as well: then
    nobody is judged.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._cases: dict[tuple[str, str], _Case] = {}

    def wait(self, method: str, recipient: str) -> float:
        """Seconds until a recipient that was refused is tried again, 0 for now."""
        with self._lock:
            case = self._cases.get((method, recipient))
            left = (case.due - self._now()).total_seconds() if case and case.due else 0.0
            # Further away it is because the clock was set back.
            return left if 0 < left <= FARTHEST else 0.0

    def busy(self, method: str, recipient: str, seconds: float) -> None:
        """Slack had no time for it. A second time others come first: it may be the channel that has none."""
        with self._lock:
            case = self._cases.setdefault((method, recipient), _Case())
            case.due = self._now() + timedelta(seconds=seconds + (1 if case.is_busy else 0))
            case.is_busy = True

    def reached(self, method: str, recipient: str) -> None:
        """Slack took a message for this recipient."""
        with self._lock:
            self._cases.pop((method, recipient), None)
            for (other, _), case in self._cases.items():
                if other == method and len(case.reached) < 9:
                    case.reached.add(recipient)

    def is_close(self, method: str, recipient: str) -> bool:
        """Whether the next refusal may make the recipient unreachable."""
        with self._lock:
            case = self._cases.get((method, recipient))
            return bool(case and case.tries + 1 >= TRIES and case.reached)

    def refused(self, method: str, recipient: str) -> bool:
        """Slack refused one; whether that makes the recipient unreachable."""
        with self._lock:
            for (other, whose), case in self._cases.items():
                if other == method and whose != recipient:
                    case.reached.discard(recipient)
            case = self._cases.setdefault((method, recipient), _Case())
            if len(self._cases) > MOST:
                self._cases.pop(next(iter(self._cases)))
            case.tries += 1
            case.due = self._now() + min(timedelta(seconds=2**case.tries), LONGEST)
            return case.tries >= TRIES and bool(case.reached)
