"""A record in which years have passed: rows as the store writes them, filled in at one go.

Nothing here goes through the ledger; it is for how long looking something up takes, not for what comes of it.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.ids import stamp
from approvals.record.store import Store
from tests.approvals.scene import on_sqlite

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
PEOPLE = """
INSERT INTO people (number, email, miro_id) SELECT i, 'p' || i || '@example.com', 'M' || i FROM n;
INSERT INTO accounts (slack_id, person, standing, checked_at) SELECT 'U' || i, i, 'colleague', :now FROM n;
INSERT INTO outbox (kind, key, shown, urgency, body) SELECT 'page', 'U' || i, :shown, 0, '{}' FROM n
"""
"""As many people; `shown`: whether their pages are drawn (1) or not (0)."""
REQUESTS = """
INSERT INTO requests (number, version, state, action, requester, subject, next_due, active, owner, attempt,
  lease_until) SELECT i, 2, :state, 'make-admin', 'P-' || (i % 50 + 1),
  iif(:group, NULL, 'P-' || (i % 50 + 1)), :due, :active, :owner, 1, :lease FROM n;
INSERT INTO outbox (kind, key, shown, urgency, next_try_at, body) SELECT 'card', 'R-' || i, :drawn,
  :state IN ('done', 'denied'), coalesce(:show_at, ''), '' FROM n;
INSERT INTO lanes SELECT 'person:P-' || (i % 50 + 1), '4', i FROM n WHERE :active;
INSERT INTO found_by SELECT 'by:P-' || (i % 50 + 1), i FROM n WHERE :state NOT IN ('done', 'denied');
INSERT INTO messages SELECT 'R-' || i, 'requester', 'P-1', 0, 'D1', i || '.0', '', '', '', 0 FROM n
"""
RANKED = """
UPDATE requests SET rank = urgency WHERE active = 1 AND NOT EXISTS (SELECT 1 FROM lanes mine JOIN lanes older
  ON older.key = mine.key AND older.number < mine.number WHERE mine.number = requests.number)
"""
"""Of those with work to do the first in each lane, which may be claimed."""
NOTES = """
INSERT INTO outbox (kind, key, urgency, tries, next_try_at, body) SELECT 'note', 'C1  ' || i, 4, 1, :due, '{}'
  FROM n
"""


class Crowd:
    """Fills a record, from the numbers it has on."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self._now = store, now
        self._db: sqlite3.Connection = on_sqlite(store).db.conn
        self._last = 0

    def people(self, count: int, *, shown: bool = True) -> "Crowd":
        """So many people, each with an account and a page."""
        self._fill(PEOPLE, {"first": 1, "last": count, "shown": int(shown)})
        return self

    def requests(
        self,
        count: int,
        state: str = "done",
        *,
        active: bool = False,
        drawn: bool = True,
        of_a_group: bool = False,
        show_in: timedelta | None = None,
        due_in: timedelta | None = None,
        owner: str | None = None,
        lease: timedelta | None = None,
    ) -> "Crowd":
        """So many requests in one state; with an owner, they are claimed."""

        def at(span: timedelta | None) -> str | None:
            return None if span is None else stamp(self._now + span)

        given = {"state": state, "active": int(active), "drawn": int(drawn), "owner": owner}
        given["group"] = int(of_a_group)
        times = {"due": at(due_in), "show_at": at(show_in), "lease": at(lease)}
        self._fill(REQUESTS, {"first": self._last + 1, "last": self._last + count, **given, **times})
        self._last += count
        if active:
            self._db.execute(RANKED)
            self._db.commit()
        return self

    def notes(self, count: int, due_in: timedelta) -> "Crowd":
        """So many messages that are to be tried again after a time."""
        self._fill(NOTES, {"first": 1, "last": count, "due": stamp(self._now + due_in)})
        return self

    def _fill(self, script: str, values: dict[str, object]) -> None:
        for statement in script.split(";"):
            insert, select = statement.strip().split("SELECT", 1)
            self._db.execute(f"{insert} {NUMBERS} SELECT {select}", {**values, "now": stamp(self._now)})
        self._db.commit()


def effort(store: Store, call: Callable[[], object]) -> int:
    """How many steps SQLite's machine takes for a call: the same in every run, on every computer."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connections = on_sqlite(store)._all
    for one in connections:
        one.set_progress_handler(count, 1)
    call()
    for one in connections:
        one.set_progress_handler(None, 1)
    return steps
