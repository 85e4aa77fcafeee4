"""When each thing that is done again and again is due next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Timetable:
    """Kept in memory: after a start everything is due."""

    now: Callable[[], datetime]
    _next: dict[str, datetime] = field(default_factory=dict)

    def is_due(self, what: str) -> bool:
        """Whether its time has come, or nobody said when that is."""
        return what not in self._next or self.now() >= self._next[what]

    def again(self, what: str, after: timedelta) -> None:
        """Makes it due after so long."""
        self._next[what] = self.now() + after
