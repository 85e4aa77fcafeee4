"""The tables of cards and notes on SQLite: what is in Slack, and what still has to get there."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import product

from approvals.clocks import due_spans, put_off
from approvals.ids import RequestId, stamp, unstamp
from approvals.record.connections import Connections
from approvals.record.contract import Card, Note


def _card(row: sqlite3.Row) -> Card:
    due = unstamp(row["next_try_at"]) if row["next_try_at"] else None
    return Card(
        RequestId(row["request"]), row["role"], row["address"], row["round"], row["channel"], row["ts"],
        row["drawn"], row["tries"], due, row["ended"],
    )  # fmt: skip


class SqliteCards:
    """Cards and notes; whatever the bot wants to say is stored before it is sent."""

    def __init__(self, on: Connections, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def of(self, request: RequestId) -> Sequence[Card]:
        """All cards of a request."""
        rows = self._on.rows("SELECT * FROM cards WHERE request = ? ORDER BY round, role, address", request)
        return [_card(row) for row in rows]

    def put(self, card: Card) -> None:
        """Writes a card down, by (request, role, address, round)."""
        due = stamp(card.next_try_at) if card.next_try_at else None
        with self._on.writing():
            self._on.run(
                "INSERT OR REPLACE INTO cards VALUES (?,?,?,?,?,?,?,?,?,?)",
                card.request, card.role, card.address, card.round, card.channel, card.ts, card.drawn,
                card.tries, due, card.ended,
            )  # fmt: skip

    def behind(self, limit: int) -> Sequence[RequestId]:
        """Requests whose newest version isn't drawn everywhere: urgent, then settled, then by due time."""
        rows: list[sqlite3.Row] = []
        for urgency, settled, span in product((2, 1, 0), (1, 0), due_spans(self._now())):
            # Each in the order of its index, so that nothing is read that isn't wanted.
            rows += self._on.rows(
                "SELECT number FROM requests WHERE shown < version AND urgency = ? AND settled = ?"
                " AND coalesce(show_at, '') BETWEEN ? AND ? ORDER BY coalesce(show_at, ''), number LIMIT ?",
                urgency, settled, *span, limit - len(rows),
            )  # fmt: skip
        return [RequestId(f"R-{row['number']}") for row in rows]

    def drawn(self, request: RequestId, version: int, retry_at: datetime | None) -> None:
        """Everything of this version is drawn, or is to be tried again at a time."""
        number = int(request.removeprefix("R-"))
        with self._on.writing():
            if retry_at is None:
                self._on.run(
                    "UPDATE requests SET shown = ?, show_at = NULL WHERE number = ?", version, number
                )
            else:
                self._on.run(
                    "UPDATE requests SET show_at = ? WHERE number = ? AND version = ?",
                    put_off(retry_at, self._now()), number, version,
                )  # fmt: skip

    def at(self, channel: str, ts: str) -> Card | None:
        """The card that is this message."""
        row = self._on.row("SELECT * FROM cards WHERE channel = ? AND ts = ?", channel, ts)
        return _card(row) if row else None

    def redraw(self, request: RequestId) -> None:
        """Has every copy of a request drawn again."""
        with self._on.writing():
            self._on.run(
                "UPDATE requests SET shown = 0, show_at = NULL WHERE number = ?",
                int(request.removeprefix("R-")),
            )

    def say(self, note: Note) -> None:
        """Puts a message on its way."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO notes (channel, message, only_for, tries, next_try_at) VALUES (?,?,?,?,'')",
                note.channel, json.dumps(note.message), note.only_for, note.tries,
            )  # fmt: skip

    def notes(self, limit: int) -> Sequence[Note]:
        """Messages whose time has come, new ones in the order in which they were said."""
        rows: list[sqlite3.Row] = []
        for span in due_spans(self._now()):
            rows += self._on.rows(
                "SELECT * FROM notes WHERE next_try_at BETWEEN ? AND ? ORDER BY next_try_at, id LIMIT ?",
                *span, limit - len(rows),
            )  # fmt: skip
        return [
            Note(row["channel"], json.loads(row["message"]), row["only_for"], row["id"], row["tries"])
            for row in rows
        ]

    def said(self, note: Note, retry_at: datetime | None = None) -> None:
        """The message is sent (or given up), or is to be tried again."""
        with self._on.writing():
            if retry_at is None:
                self._on.run("DELETE FROM notes WHERE id = ?", note.id)
            else:
                self._on.run(
                    "UPDATE notes SET tries = tries + 1, next_try_at = ? WHERE id = ?",
                    put_off(retry_at, self._now()),
                    note.id,
                )
