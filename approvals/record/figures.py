"""Figures of the record for metrics: a few queries, each over an index or a small table."""

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.decide.streams.directories import Control
from approvals.decide.streams.reviews import REVIEW, Step
from approvals.ids import PersonId, stamp, unstamp
from approvals.people import SOURCE
from approvals.record.database import Database, among
from approvals.states import OPEN, EventType, State


class Figures:
    """Current figures of a store. All of them raise StoreTrouble."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def requests(self) -> dict[tuple[str, str], int]:
        """{(action, state): number of requests}."""
        rows = self._on.rows("SELECT action, state, count(*) AS n FROM requests GROUP BY action, state")
        return {(row["action"], row["state"]): row["n"] for row in rows}

    def open_of(self, requester: PersonId) -> int:
        """The number of open requests of a person."""
        is_open = among("state || ''", tuple(OPEN))
        sql = f"SELECT count(*) FROM requests WHERE requester = ? AND urgency >= 0 AND {is_open}"
        return int(self._on.value(sql, requester, *OPEN))

    def active_of(self, requester: PersonId) -> int:
        """The number of requests of a person in which the worker has the next step."""
        sql = "SELECT count(*) FROM requests WHERE requester = ? AND active = 1"
        return int(self._on.value(sql, requester))

    def waiting_since(self) -> datetime | None:
        """When the oldest waiting request was made; None if none waits."""
        oldest = "SELECT 'R-' || min(number) FROM requests WHERE state = ?"
        return self._time(f"SELECT at FROM ledger WHERE version = 1 AND stream = ({oldest})", State.WAITING)

    def handed_since(self) -> datetime | None:
        """When the longest open hand-over began; None if nothing is handed over."""
        # What is stopped is due again only while somebody is reminded to finish it.
        handed = "SELECT max(at) FROM ledger WHERE stream = 'R-' || number AND type = ?"
        sql = f"SELECT min(({handed})) FROM requests WHERE state = ? AND next_due IS NOT NULL"
        return self._time(sql, EventType.HANDED, State.STOPPED)

    def open_reviews(self) -> int:
        """The number of open access reviews and comparisons."""
        of_reviews = "FROM ledger WHERE stream BETWEEN ? AND ?"
        sql = f"SELECT coalesce(sum(CASE type WHEN ? THEN 1 WHEN ? THEN -1 ELSE 0 END), 0) {of_reviews}"
        return int(self._on.value(sql, Step.STARTED, Step.CLOSED, REVIEW, f"{REVIEW}~"))

    def unshown(self) -> int:
        """The number of cards, messages and pages in the outbox."""
        return int(self._on.value("SELECT count(*) FROM outbox WHERE shown < wanted"))

    def unshown_since(self) -> datetime | None:
        """Since when the oldest card, message or page in the outbox waits; None if nothing does."""
        return self._time("SELECT min(nullif(wanted_at, '')) AS at FROM outbox WHERE shown < wanted")

    def held(self) -> int:
        """Number of directories with held changes."""
        where = "stream BETWEEN ? AND ? AND type IN (?,?) ORDER BY version"
        rows = self._on.rows(
            f"SELECT stream, type FROM ledger WHERE {where}",
            SOURCE,
            f"{SOURCE}~",
            Control.HELD,
            Control.RELEASED,
        )
        last = {row["stream"]: row["type"] for row in rows}
        return [*last.values()].count(Control.HELD)

    def directory_problems(self) -> int:
        """Number of people whose directory entry can't be turned into a request."""
        return int(self._on.value("SELECT count(*) FROM directory_words WHERE problem != ''"))

    def credits(self, window: timedelta) -> int:
        """Miro's credits spent within the window of its rate limit."""
        since = stamp(self._now() - window)
        return int(self._on.value("SELECT coalesce(sum(credits), 0) FROM quota WHERE at > ?", since))

    def _time(self, sql: str, *values: object) -> datetime | None:
        at = self._on.value(sql, *values)
        return unstamp(at) if at else None
