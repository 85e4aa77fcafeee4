"""The append-only ledger on SQLite: entries in a chain, and beside them the words that may be forgotten."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from approvals.chain import GENESIS, Anchor, Entry, digest, faults
from approvals.connections import Connections
from approvals.ids import PersonId, RequestId, stamp, unstamp
from approvals.request import FORMATS, Draft, Event

_COLUMNS = ("seq", "stream", "version", "type", "format", "at", "by", "body", "prev", "hash")


def _seals(body: str) -> list[tuple[str, str]]:
    """The digests of an entry's words; none where the body was edited into nonsense."""
    try:
        return [(key, str(seal)) for key, seal in json.loads(body).get("words", {}).items()]
    except (ValueError, AttributeError):
        return []


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
        where, values = ("WHERE stream = ?", (stream,)) if stream is not None else ("", ())
        for row in self._on.rows(f"SELECT * FROM ledger {where} ORDER BY seq", *values):
            yield self._event(row)

    def _event(self, row: sqlite3.Row) -> Event:
        body = json.loads(row["body"])
        known = dict(self._words(row["seq"])) if body.get("words") else {}
        words = {key: known.get(key, (None, None))[1] for key in body.get("words", {})}
        return Event(
            row["seq"], RequestId(row["stream"]), row["version"], row["type"], row["format"],
            unstamp(row["at"]), PersonId(row["by"]), body, words,
        )  # fmt: skip

    def _words(self, seq: int) -> list[tuple[str, tuple[str | None, str | None]]]:
        rows = self._on.rows("SELECT key, salt, text FROM words WHERE seq = ?", seq)
        return [(row["key"], (row["salt"], row["text"])) for row in rows]

    def head(self) -> Anchor:
        """How long the record is now, and how it ends."""
        row = self._on.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        return Anchor(row["seq"], row["hash"]) if row else Anchor(0, GENESIS)

    def verify(self, anchors: Sequence[Anchor] = ()) -> tuple[Anchor, int, list[str]]:
        """Walks the chain and the words: where it ends, how many words were forgotten, and every fault."""
        rows = self._on.rows("SELECT * FROM ledger ORDER BY seq")
        end, found = faults((Entry(*(row[name] for name in _COLUMNS)) for row in rows), anchors)
        forgotten = 0
        for row in rows:
            known = dict(self._words(row["seq"]))
            for key, seal in _seals(row["body"]):
                salt, text = known.pop(key, (None, None))
                forgotten += text is None
                if text is not None and digest(salt or "", text) != seal:
                    found.append(f"the {key} of entry {row['seq']} ({row['stream']}) was changed")
            found += [f"entry {row['seq']} ({row['stream']}) never said its {key}" for key in known]
        return end, forgotten, found
