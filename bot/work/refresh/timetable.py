"""When each thing that is done again and again is due next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.clocks import SKEW


@dataclass
class Timetable:
    """Kept in memory: after a start everything is due, and what was put off by a clock that was ahead."""

    now: Callable[[], datetime]
    _next: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """Since when each waits, and until when."""

    def is_due(self, what: str) -> bool:
        """Whether its time has come, or nobody said when that is."""
        since, until = self._next.get(what, (self.now(), self.now()))
        return not since - SKEW <= self.now() < until

    def again(self, what: str, after: timedelta) -> None:
        """Makes it due after so long."""
        now = self.now()
        self._next[what] = now, now + after
