"""Lanes on SQLite: which requests mustn't be worked on together, and how urgent the first of each lane is."""

from approvals.record.connections import Connections
from approvals.request import Request, is_active


class SqliteLanes:
    """Keeps `requests.rank` beside the lanes, so that a claim finds its request without a search.

    `rank` is NULL while a request isn't active, or while an older one is in one of its lanes. Else it is the
    highest urgency in its lanes: who is in the way of something urgent is as urgent.
    """

    def __init__(self, on: Connections) -> None:
        self._on = on

    def keep(self, request: Request) -> None:
        """Writes down the lanes of a request, and who is first in them now. Inside a transaction."""
        number, wanted = request.number, set(request.lanes) if is_active(request) else set()
        has = {row["key"] for row in self._on.rows("SELECT key FROM lanes WHERE number = ?", number)}
        if wanted and has == wanted:
            return
        for key in has:
            self._on.run("DELETE FROM lanes WHERE key = ? AND number = ?", key, number)
            self._on.run(
                "DELETE FROM urgent_lanes WHERE key = ? AND urgency = ? AND number = ?",
                key, request.urgency, number,
            )  # fmt: skip
        for key in wanted:
            self._on.run("INSERT INTO lanes VALUES (?,?)", key, number)
            if request.urgency:
                self._on.run("INSERT INTO urgent_lanes VALUES (?,?,?)", key, request.urgency, number)
        # Whoever was first in a lane, or is now, is one of the first two.
        first = "SELECT number FROM lanes WHERE key = ? ORDER BY number LIMIT 2"
        touched = {row["number"] for key in sorted(has | wanted) for row in self._on.rows(first, key)}
        for each in sorted({number, *touched}):
            self.rank(each)

    def rank(self, number: int) -> None:
        """Works out anew whether a request is first in its lanes, and how urgent they are."""
        self._on.run(
            """UPDATE requests SET rank = CASE WHEN active = 1 AND NOT EXISTS (
              SELECT 1 FROM lanes mine CROSS JOIN lanes older
              ON older.key = mine.key AND older.number < mine.number WHERE mine.number = requests.number
            ) THEN max(urgency, coalesce((
              SELECT max((SELECT max(urgency) FROM urgent_lanes WHERE key = mine.key))
              FROM lanes mine WHERE mine.number = requests.number), 0))
            END WHERE number = ?""",
            number,
        )
