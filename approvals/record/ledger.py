"""The append-only ledger on SQLite: entries in a chain, and beside them the words that may be forgotten."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from approvals.ids import PersonId, RequestId, stamp, unstamp
from approvals.record.chain import GENESIS, Anchor, Entry, Sealed, digest
from approvals.record.connections import Connections
from approvals.request import FORMATS, Draft, Event

POLICY, IN_FORCE, TEAMS_MEANT = "policy", "policy-in-force", "policy-teams"
"""The stream that tells which policy was in force from when, and which groups its names of teams mean."""

Words = dict[str, tuple[str, str]]
"""By their keys, each with its salt."""
_COLUMNS = ("seq", "stream", "version", "type", "format", "at", "by", "body", "prev", "hash")


class SqliteLedger:
    """Entries of requests, and of the policy; nothing here knows what they mean."""

    def __init__(self, on: Connections, now: Callable[[], datetime], salt: Callable[[], str]) -> None:
        self._on, self._now, self._salt = on, now, salt

    def write(self, stream: str, version: int, draft: Draft) -> Event:
        """Appends one entry; the caller is in a transaction."""
        seq, prev = self._end()
        words = {key: text for key, text in draft.words.items() if text}
        digests = self._keep(seq, words)
        body = {**draft.body, **({"words": digests} if digests else {})}
        written = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        format = FORMATS.get(draft.type, 1)
        entry = Entry(seq, stream, version, draft.type, format, stamp(self._now()), draft.by, written, prev)
        self._on.run(
            "INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?,?,?)",
            seq, stream, version, entry.type, format, entry.at, entry.by, written, prev, entry.sealed(),
        )  # fmt: skip
        at = unstamp(entry.at)
        return Event(seq, RequestId(stream), version, entry.type, format, at, draft.by, body, words)

    def _end(self) -> tuple[int, str]:
        last = self._on.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        return (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)

    def _keep(self, seq: int, words: Mapping[str, str]) -> dict[str, str]:
        """Puts personal words into the side table; their digests, by the same keys."""
        kept = [(seq, key, self._salt(), text) for key, text in words.items()]
        self._on.run_each("INSERT INTO words VALUES (?,?,?,?)", kept)
        return {key: digest(salt, text) for _, key, salt, text in kept}

    def events(self, stream: str | None = None) -> Iterable[Event]:
        """The entries of one stream, or all, oldest first."""
        if stream is None:
            for row in self._on.rows("SELECT * FROM ledger ORDER BY seq"):
                yield self._event(row, self._words(row["seq"]))
            return
        words = self._of(stream)
        for row in self._on.rows("SELECT * FROM ledger WHERE stream = ? ORDER BY seq", stream):
            yield self._event(row, words[row["seq"]])

    def _of(self, stream: str) -> Mapping[int, Words]:
        """The words of one stream by entry, in one query: most of what is read is one request."""
        found: dict[int, Words] = defaultdict(dict)
        for row in self._on.rows(
            "SELECT w.* FROM ledger l JOIN words w ON w.seq = l.seq WHERE l.stream = ?", stream
        ):
            found[row["seq"]][row["key"]] = (row["salt"], row["text"])
        return found

    @staticmethod
    def _event(row: sqlite3.Row, known: Words) -> Event:
        body = json.loads(row["body"])
        words = {key: known[key][1] if key in known else None for key in body.get("words", {})}
        return Event(
            row["seq"], RequestId(row["stream"]), row["version"], row["type"], row["format"],
            unstamp(row["at"]), PersonId(row["by"]), body, words,
        )  # fmt: skip

    def words(self, seq: int) -> dict[str, str]:
        """The words of one entry that are still kept."""
        return {key: text for key, (_, text) in self._words(seq).items()}

    def _words(self, seq: int) -> Words:
        rows = self._on.rows("SELECT key, salt, text FROM words WHERE seq = ?", seq)
        return {row["key"]: (row["salt"], row["text"]) for row in rows}

    def sealed(self, stream: str | None = None) -> Iterable[Sealed]:
        """The entries of one stream, or all, as they are stored."""
        where, values = ("WHERE stream = ?", (stream,)) if stream is not None else ("", ())
        for row in self._on.rows(f"SELECT * FROM ledger {where} ORDER BY seq", *values):
            yield Sealed(Entry(*(row[name] for name in _COLUMNS)), self._words(row["seq"]))

    def head(self) -> Anchor:
        """How long the record is now, and how it ends."""
        row = self._on.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        return Anchor(row["seq"], row["hash"]) if row else Anchor(0, GENESIS)
