"""Removes what the record holds about somebody, and texts of old requests; the chain keeps their digests."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from approvals.decide.actor import Actor
from approvals.decide.streams.forgetting import FORGOTTEN, STRUCTURED
from approvals.ids import RequestId, stamp
from approvals.people import Person, canonical
from approvals.record.chain import Ledger
from approvals.record.database import Database, among
from approvals.record.people.people import People
from approvals.record.people.reading import number_of
from approvals.request import Draft
from approvals.splits import PEOPLE
from approvals.states import OPEN

AT_ONCE = 200
"""Requests whose texts are removed in one transaction."""


def _about(ids: Sequence[str]) -> str:
    """The condition of requests by or about these people; it takes their ids twice."""
    return f"({among('requester', ids)} OR {among('subject', ids)})"


class Forgetting:
    """Deletes words; on a server the role needs that right (`db migrate --may-forget`)."""

    def __init__(self, on: Database, ledger: Ledger, people: People) -> None:
        self._on, self._ledger, self._people = on, ledger, people

    def pending(self, rows: Sequence[Person]) -> list[RequestId]:
        """Requests by or about these people that are open, or give access that ends later."""
        ids = [person.id for person in rows]
        is_due = f"({among('state', OPEN)} OR next_due IS NOT NULL) ORDER BY number"
        sql = f"SELECT number FROM requests WHERE {_about(ids)} AND {is_due}"
        return [RequestId(f"R-{row['number']}") for row in self._on.rows(sql, *ids, *ids, *OPEN)]

    def person(self, rows: Sequence[Person], actor: Actor) -> int:
        """Removes all that names a human with these rows; returns how many words of the record."""
        with self._on.writing():
            words = defaultdict[str, list[int]](list)
            pairs = [*self._words(rows)]
            for seq, key in pairs:
                words[key].append(seq)
            self._on.run_each("DELETE FROM words WHERE seq = ? AND key = ?", pairs)
            self._clear(rows)
            self._people.forget(rows, self._ledger.salt())
            body = {"people": [person.id for person in rows], "removed": words}
            self._ledger.add(PEOPLE, Draft(FORGOTTEN, actor.person.id, body, actor.signed))
        return len(pairs)

    def _words(self, rows: Sequence[Person]) -> Iterator[tuple[int, str]]:
        """(entry, key) of each word by or about them, or that names them."""
        ids, mentions = [person.id for person in rows], self._mentions(rows)
        asked = self._on.rows(f"SELECT number FROM requests WHERE {_about(ids)}", *ids, *ids)
        streams = {f"R-{row['number']}" for row in asked}
        for seq, key, text, by, stream in self._on.each(
            "SELECT w.seq, w.key, w.text, l.by, l.stream FROM words w JOIN ledger l ON l.seq = w.seq"
        ):
            # The numbered words are people in an access review, whoever began it.
            is_own = not (key in STRUCTURED or key.isdigit()) and (by in ids or stream in streams)
            if is_own or mentions.search(canonical(text)):
                yield seq, key

    def _mentions(self, rows: Sequence[Person]) -> re.Pattern[str]:
        """Finds their addresses, accounts and full names, unless somebody else has the same name."""
        texts = {key.removeprefix("miro:") for person in rows for key in person.keys if key[:2] != "P-"}
        for name in {person.name for person in rows if " " in person.name}:
            others = self._people.named([name]).get(name.casefold(), [])
            texts |= {name} if all(other.is_linked(rows[0]) for other in others) else set()
        pattern = "|".join(sorted(re.escape(canonical(text)) for text in texts)) or "(?!)"
        return re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w-])")

    def _clear(self, rows: Sequence[Person]) -> None:
        """Removes them from the tables, but for the numbers by which the record names them."""
        numbers = [number_of(person.id) for person in rows]
        accounts = [account.slack_id for person in rows for account in person.accounts]
        emails = [key for person in rows for key in person.keys if "@" in key]
        mentions = self._mentions(rows)
        empty = "email = '', name = '', given = '', family = '', miro_id = ''"
        self._on.run(f"UPDATE people SET {empty} WHERE {among('number', numbers)}", *numbers)
        for table, column, values in (
            ("accounts", "person", numbers),
            ("managers", "person", numbers),
            ("managers", "boss", numbers),
            ("user_groups", "slack_id", accounts),
            ("members", "email", emails),
            ("admins", "email", emails),
            ("directory_words", "person", [person.id for person in rows]),
        ):
            self._on.run(f"DELETE FROM {table} WHERE {among(column, values)}", *values)
        for item in self._on.rows("SELECT id, key, body FROM outbox"):
            body = json.dumps(json.loads(item["body"] or "{}"), ensure_ascii=False)
            if mentions.search(canonical(f"{item['key']} {body}")):
                self._on.run("DELETE FROM outbox WHERE id = ?", item["id"])
        self._clear_directories(mentions)
        for card in self._on.rows("SELECT DISTINCT request, text FROM messages WHERE text != ''"):
            if mentions.search(canonical(card["text"])):
                self._on.run("UPDATE messages SET text = '' WHERE request = ? AND text = ?", *card)

    def _clear_directories(self, mentions: re.Pattern[str]) -> None:
        """Empties what directories said of them, if by now they are inactive there or deleted.

        The rows stay: the number of the newest change must never be given again.
        """
        empty = "name = '', external_id = '', body = '{}'"
        gone = "deleted_at = coalesce(nullif(deleted_at, ''), changed_at)"
        for row in self._on.rows("SELECT id, body, deleted_at FROM directory_entries WHERE kind = 'User'"):
            body = json.loads(row["body"])
            is_gone = row["deleted_at"] or body.get("active") is False
            if is_gone and mentions.search(canonical(json.dumps(body, ensure_ascii=False))):
                self._on.run(f"UPDATE directory_entries SET {empty}, {gone} WHERE id = ?", row["id"])
                self._on.run("DELETE FROM directory_members WHERE member_id = ?", row["id"])
                self._on.run("DELETE FROM directory_words WHERE entry = ?", row["id"])

    def old(self, before: datetime) -> list[str]:
        """Requests that ended before a time, for good, and still have texts."""
        words = "SELECT 1 FROM ledger e JOIN words w ON w.seq = e.seq WHERE e.stream = l.stream"
        sql = f"""SELECT l.stream FROM requests r JOIN ledger l ON l.stream = 'R-' || r.number
            AND l.version = r.version WHERE NOT {among("r.state", OPEN)} AND r.next_due IS NULL AND l.at < ?
            AND EXISTS ({words} AND NOT {among("w.key", STRUCTURED)}) ORDER BY r.number"""
        return [row["stream"] for row in self._on.rows(sql, *OPEN, stamp(before), *STRUCTURED)]

    def texts(self, before: datetime) -> int:
        """Removes the texts of requests that ended before a time; returns of how many."""
        streams = self.old(before)
        for at in range(0, len(streams), AT_ONCE):
            some = streams[at : at + AT_ONCE]
            entries = f"SELECT seq FROM ledger WHERE {among('stream', some)}"
            sql = f"DELETE FROM words WHERE NOT {among('key', STRUCTURED)} AND seq IN ({entries})"
            with self._on.writing():
                self._on.run(sql, *STRUCTURED, *some)
                self._on.run(f"UPDATE messages SET text = '' WHERE {among('request', some)}", *some)
                self._ledger.add(PEOPLE, Draft(FORGOTTEN, body={"requests": some}))
        return len(streams)
