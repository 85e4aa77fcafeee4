"""The table of the pages that people opened, on SQLite: which of them aren't drawn as they should be."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from approvals.clocks import due_spans, put_off
from approvals.ids import PersonId, SlackId, stamp, unstamp
from approvals.record.connections import Connections
from approvals.record.pages import OPENED_WITHIN, Home
from approvals.record.relations import SAME, number_of

_AGAIN = "wanted = wanted + 1, tries = 0, next_try_at = NULL"


def _home(row: sqlite3.Row) -> Home:
    noticed = unstamp(row["noticed_at"]) if row["noticed_at"] else None
    return Home(
        SlackId(row["slack_id"]), row["wanted"], row["drawn"], row["notice"], noticed, row["tries"]
    )  # fmt: skip


class SqliteHomes:
    """Pages by Slack account. One that changes while it is drawn is behind again."""

    def __init__(self, on: Connections, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def opened(self, slack_id: SlackId, drawn: str = "") -> None:
        """Somebody opens it, and sees what `drawn` says; it is looked at once more."""
        now = stamp(self._now())
        with self._on.writing():
            self._on.run(
                "INSERT INTO homes VALUES (?,?,1,0,?,'',NULL,0,NULL) ON CONFLICT (slack_id)"
                f" DO UPDATE SET opened_at = ?, drawn = ?, {_AGAIN}",
                slack_id, now, drawn, now, drawn,
            )  # fmt: skip

    def tell(self, slack_id: SlackId, notice: str) -> None:
        """Has a sentence put on somebody's page: the answer to what they pressed there."""
        now = stamp(self._now())
        with self._on.writing():
            self._on.run(
                "INSERT INTO homes VALUES (?,?,1,0,'',?,?,0,NULL) ON CONFLICT (slack_id)"
                f" DO UPDATE SET notice = ?, noticed_at = ?, {_AGAIN}",
                slack_id, now, notice, now, notice, now,
            )  # fmt: skip

    def get(self, slack_id: SlackId) -> Home | None:
        """Somebody's page, if they opened it."""
        row = self._on.row("SELECT * FROM homes WHERE slack_id = ?", slack_id)
        return _home(row) if row else None

    def changed(self, people: Iterable[PersonId]) -> None:
        """Something changed that may stand on the pages of these people, on all their accounts.

        Pages that nobody opened lately stay as they are: else all of them would be behind for good.
        """
        numbers = [number_of(id) for id in people]
        with self._on.writing():
            self._on.run(
                f"UPDATE homes SET {_AGAIN} WHERE slack_id IN (SELECT slack_id FROM accounts"
                f" WHERE person IN ({SAME} WHERE a.number IN ({','.join('?' * len(numbers))})))"
                " AND opened_at >= ?",
                *numbers, stamp(self._now() - OPENED_WITHIN),
            )  # fmt: skip

    def behind(self, limit: int, since: datetime) -> Sequence[Home]:
        """Pages that aren't drawn as they should be, of those who opened theirs since a time."""
        rows: list[sqlite3.Row] = []
        for span in due_spans(self._now()):
            rows += self._on.rows(
                "SELECT * FROM homes WHERE shown < wanted AND coalesce(next_try_at, '') BETWEEN ? AND ?"
                " AND opened_at >= ? ORDER BY coalesce(next_try_at, ''), noticed_at DESC LIMIT ?",
                *span, stamp(since), limit - len(rows),
            )  # fmt: skip
        return [_home(row) for row in rows]

    def shown(self, home: Home, drawn: str, retry_at: datetime | None = None) -> None:
        """This version is drawn, or is to be tried again at a time.

        What was on its way while somebody opened the page may have come before or after: it counts as
        unknown what they see.
        """
        with self._on.writing():
            if retry_at:
                self._on.run(
                    "UPDATE homes SET tries = tries + 1, next_try_at = ? WHERE slack_id = ? AND wanted = ?",
                    put_off(retry_at, self._now()), home.slack_id, home.version,
                )  # fmt: skip
            else:
                self._on.run(
                    "UPDATE homes SET drawn = CASE WHEN wanted = ? THEN ? ELSE '' END, shown = ?, tries = 0"
                    " WHERE slack_id = ?",
                    home.version, drawn, home.version, home.slack_id,
                )  # fmt: skip

    def forget(self, slack_id: SlackId) -> None:
        """Nobody can be shown this page any more."""
        with self._on.writing():
            self._on.run("DELETE FROM homes WHERE slack_id = ?", slack_id)
