"""The outbox: cards, notes and pages that are in Slack, or still have to get there."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from approvals.clocks import due_spans, put_off
from approvals.ids import PersonId, RequestId, SlackId, stamp, unstamp
from approvals.record.database import Database, Row, among
from approvals.record.people.reading import SAME, number_of
from approvals.request import Urgency


@dataclass(frozen=True)
class Card:
    """A Slack message that draws a request. `address` is a person, or a channel for role `channel`."""

    request: RequestId
    role: str
    address: str
    round: int = 0
    channel: str = ""
    ts: str = ""
    drawn: str = ""
    tries: int = 0
    next_try_at: datetime | None = None
    ended: str = ""


@dataclass(frozen=True)
class Note:
    """One message that isn't a card. With `only_for`, it is seen by that account alone, in `channel`."""

    channel: str
    message: dict[str, Any]
    only_for: str = ""
    id: int = 0
    tries: int = 0


def _card(row: Row) -> Card:
    due = unstamp(row["next_try_at"]) if row["next_try_at"] else None
    return Card(
        RequestId(row["request"]), row["role"], row["address"], row["round"], row["channel"], row["ts"],
        row["drawn"], row["tries"], due, row["ended"],
    )  # fmt: skip


class Cards:
    """Cards and notes; whatever the bot wants to say is stored before it is sent."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
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
                "INSERT INTO cards VALUES (?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT (request, role, address, round) DO UPDATE SET channel = excluded.channel,"
                " ts = excluded.ts, drawn = excluded.drawn, tries = excluded.tries,"
                " next_try_at = excluded.next_try_at, ended = excluded.ended",
                card.request, card.role, card.address, card.round, card.channel, card.ts, card.drawn,
                card.tries, due, card.ended,
            )  # fmt: skip

    def behind(self, limit: int, least: int = Urgency.ORDINARY) -> Sequence[RequestId]:
        """Requests whose newest version isn't drawn everywhere: urgent, then settled, then by due time.

        `least`: only what is at least so urgent.
        """
        rows: list[Row] = []
        for urgency, settled, span in product(
            range(Urgency.FIRST, least - 1, -1), (1, 0), due_spans(self._now())
        ):
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
        rows: list[Row] = []
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
        """The message is sent (or given up), or is to be tried again, after as many tries as it says."""
        with self._on.writing():
            if retry_at is None:
                self._on.run("DELETE FROM notes WHERE id = ?", note.id)
            else:
                self._on.run(
                    "UPDATE notes SET tries = ?, next_try_at = ? WHERE id = ?",
                    note.tries, put_off(retry_at, self._now()), note.id,
                )  # fmt: skip

    def refusals(self) -> str:
        """What `keep_refusals` was given last, '' for nothing yet."""
        row = self._on.row("SELECT value FROM meta WHERE key = 'refusals'")
        return str(row["value"]) if row else ""

    def keep_refusals(self, text: str) -> None:
        """Keeps what is known of recipients that Slack refuses; with several processes, of the last one."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO meta VALUES ('refusals', ?) ON CONFLICT (key) DO UPDATE SET value = ?",
                text,
                text,
            )


OPENED_WITHIN = timedelta(days=30)
"""Whoever didn't open their page for so long isn't published to; opening it draws it anew."""


@dataclass(frozen=True)
class Home:
    """The page of one account. `version` counts the reasons to draw it again; `drawn` is a digest."""

    slack_id: SlackId
    version: int
    drawn: str = ""
    notice: str = ""
    noticed_at: datetime | None = None
    tries: int = 0


_AGAIN = "wanted = homes.wanted + 1, tries = 0, next_try_at = NULL"


def _home(row: Row) -> Home:
    noticed = unstamp(row["noticed_at"]) if row["noticed_at"] else None
    return Home(
        SlackId(row["slack_id"]), row["wanted"], row["drawn"], row["notice"], noticed, row["tries"]
    )  # fmt: skip


class Homes:
    """Pages by Slack account. One that changes while it is drawn is behind again."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
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
        whose = among("a.number", numbers)
        with self._on.writing():
            self._on.run(
                f"UPDATE homes SET {_AGAIN} WHERE slack_id IN (SELECT slack_id FROM accounts"
                f" WHERE person IN ({SAME} WHERE {whose}))"
                " AND opened_at >= ?",
                *numbers, stamp(self._now() - OPENED_WITHIN),
            )  # fmt: skip

    def behind(self, limit: int, since: datetime) -> Sequence[Home]:
        """Pages that aren't drawn as they should be, of those who opened theirs since a time."""
        rows: list[Row] = []
        for span in due_spans(self._now()):
            rows += self._on.rows(
                "SELECT * FROM homes WHERE shown < wanted AND coalesce(next_try_at, '') BETWEEN ? AND ?"
                " AND opened_at >= ?"
                " ORDER BY coalesce(next_try_at, ''), coalesce(noticed_at, '') DESC LIMIT ?",
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
