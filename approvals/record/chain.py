"""The hash chain: why an edited record shows.

Hashed are the columns as they are stored, never JSON that was written again. The hash of an entry is
H(prev || H(row)): whoever has the inner digest of an entry follows the chain past it without reading it.
Entries of format 1 and 2 have one hash over row and `prev`. The format is a part of what is hashed, and no
text can be meant in both ways (one begins with a number and a line break, the other is 128 hex digits): none
of one kind is turned into one of the other without breaking the chain.

A chain finds an edited entry;
it doesn't find a tail that was cut off, nor a chain computed anew from the start: for those, keep an anchor
(number of entries and last hash) somewhere else and hand it to `verify`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from approvals.ids import PersonId, RequestId, stamp, unstamp
from approvals.record.database import Database, Row
from approvals.request import FORMATS, Draft, Event

GENESIS = "0" * 64
"""Stands where the first entry has no predecessor."""


INNER_FROM = 3
"""The format from which on an entry is sealed by the digest of its row."""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Entry(NamedTuple):
    """One row of the ledger, as stored. `body` is JSON text, `digests` those of its personal words."""

    seq: int
    stream: str
    version: int
    type: str
    format: int
    at: str
    by: str
    body: str
    prev: str
    hash: str = ""

    @property
    def inner(self) -> str:
        """The digest of its row (SHA-256, hex). No column but the last can hold a line break."""
        seq, stream, version, type, format, at, by, body, *_ = self
        return _sha256(f"{seq}\n{stream}\n{version}\n{type}\n{format}\n{at}\n{by}\n{body}")

    def sealed(self) -> str:
        """The hash this entry must have (SHA-256, hex)."""
        if self.format >= INNER_FROM:
            return _sha256(self.prev + self.inner)
        row = self.seq, self.stream, self.version, self.type, self.format, self.at, self.by
        return _sha256("\n".join(map(str, (*row, self.prev, self.body))))


class Sealed(NamedTuple):
    """An entry and its words, by key as salt and text: what it takes to check both."""

    entry: Entry
    words: "Words"

    @property
    def body(self) -> dict[str, Any]:
        """What the entry says; nothing where somebody edited it into nonsense."""
        try:
            said = json.loads(self.entry.body)
        except (ValueError, RecursionError):
            said = None
        return said if isinstance(said, dict) else {}

    @property
    def digests(self) -> dict[str, str]:
        """What `digest` of each word must be."""
        seals = self.body.get("words")
        return seals if isinstance(seals, dict) else {}


@dataclass(frozen=True)
class Anchor:
    """How long the record was, and how it ended, at some time: keep it where the bot can't write."""

    count: int
    head: str

    def __str__(self) -> str:
        return f"{self.count}:{self.head}"

    @classmethod
    def read(cls, text: str) -> "Anchor":
        """The anchor that was printed as COUNT:HASH. Raises ValueError."""
        if not re.fullmatch("[1-9][0-9]{0,17}:[0-9a-f]{64}", text):
            raise ValueError(
                f"{text[:90]!r} is no anchor: it reads COUNT:HASH, as `miro-bot audit verify` prints it."
            )
        count, _, head = text.partition(":")
        return cls(int(count), head)


@dataclass(frozen=True)
class Verified:
    """What `verify` found. `faults` is empty for a record that holds."""

    anchor: Anchor
    requests: int
    faults: tuple[str, ...] = ()


def digest(salt: str, text: str) -> str:
    """What enters the chain instead of a personal word (SHA-256, hex)."""
    return _sha256(f"{salt}\n{text}")


def faults(entries: Iterable[Entry], anchors: Sequence[Anchor] = ()) -> tuple[Anchor, list[str]]:
    """Walks the chain; the head it ends in, and every place where it isn't what it claims to be."""
    head, count, found = GENESIS, 0, []
    heads, seen = {0: GENESIS}, {one.count for one in anchors}
    for count, entry in enumerate(entries, 1):
        if entry.seq != count:
            found.append(f"entry {count} is missing: the next one is numbered {entry.seq}")
        if entry.prev != head:
            found.append(f"entry {entry.seq} doesn't follow the one before it")
        if entry.hash != entry.sealed():
            found.append(f"entry {entry.seq} ({entry.stream}, {entry.type}) was changed after it was written")
        head = entry.hash
        if count in seen:
            heads[count] = head
    for one in anchors:
        if one.count > count:
            saw = f"an anchor saw {one.count} entries: its end was cut"
            found.append(f"the record ends at {count}, but {saw}")
        elif heads[one.count] != one.head:
            found.append(f"entry {one.count} isn't the one the anchor saw: the record was written anew")
    return Anchor(count, head), found


POLICY, IN_FORCE, TEAMS_MEANT = "policy", "policy-in-force", "policy-teams"
"""The stream that tells which policy was in force from when, and which groups its names of teams mean."""

Words = dict[str, tuple[str, str]]
"""By their keys, each with its salt."""


class Ledger:
    """Entries of requests, and of the policy; nothing here knows what they mean."""

    def __init__(self, on: Database, now: Callable[[], datetime], salt: Callable[[], str]) -> None:
        self._on, self._now, self._salt = on, now, salt

    def write(
        self,
        stream: str,
        version: int,
        drafts: Sequence[Draft],
        follow: Callable[[list[Event]], None] = lambda events: None,
    ) -> list[Event]:
        """Appends entries, of which the first gets this version; the caller is in a transaction.

        `follow` is called before they are written: it may refuse them.
        """
        end = self.head()
        seq, prev, at = end.count, end.head, stamp(self._now())
        events, entries, kept = [], [], []
        for number, draft in enumerate(drafts, version):
            seq += 1
            words = {key: (self._salt(), text) for key, text in draft.words.items() if text}
            digests = {key: digest(*word) for key, word in words.items()}
            body = {**draft.body, **({"words": digests} if digests else {})}
            written = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
            format = FORMATS.get(draft.type, INNER_FROM)
            entry = Entry(seq, stream, number, draft.type, format, at, draft.by, written, prev)
            prev = entry.sealed()
            entries.append((seq, stream, number, entry.type, format, at, entry.by, written, entry.prev, prev))
            kept += [(seq, key, *word) for key, word in words.items()]
            said = {key: text for key, (_, text) in words.items()}
            events.append(
                Event(seq, RequestId(stream), number, entry.type, format, unstamp(at), draft.by, body, said)
            )
        follow(events)
        self._on.insert("words", kept)
        self._on.insert("ledger", entries)
        return events

    def add(self, stream: str, draft: Draft) -> Event:
        """Appends one entry to a stream of which nobody else keeps the version."""
        row = self._on.row(
            "SELECT version FROM ledger WHERE stream = ? ORDER BY version DESC LIMIT 1", stream
        )
        return self.write(stream, row["version"] + 1 if row else 1, [draft])[0]

    def events(self, stream: str | None = None) -> Iterable[Event]:
        """The entries of one stream, or all, oldest first."""
        return (event(*one) for one in self.sealed(stream))

    def sealed(self, stream: str | None = None) -> Iterator[Sealed]:
        """The entries of one stream, or all, as they are stored."""
        if stream is not None:
            # At once: most of what is read is one request.
            rows = self._on.rows(f"{_WITH_WORDS} WHERE l.stream = ? ORDER BY l.seq, w.key", stream)
            for row, words in _joined(rows):
                yield Sealed(Entry(*(row[name] for name in Entry._fields)), words)
            return
        said = self._on.each("SELECT seq, key, salt, text FROM words ORDER BY seq, key")
        word = next(said, None)
        for row in self._on.each(f"SELECT {', '.join(Entry._fields)} FROM ledger ORDER BY seq"):
            entry, words = Entry(*row), {}
            while word and word[0] <= entry.seq:
                if word[0] == entry.seq:
                    words[word[1]] = word[2], word[3]
                word = next(said, None)
            yield Sealed(entry, words)

    def words(self, seq: int) -> dict[str, str]:
        """The words of one entry that are still kept."""
        rows = self._on.rows("SELECT key, text FROM words WHERE seq = ?", seq)
        return {row["key"]: row["text"] for row in rows}

    def head(self) -> Anchor:
        """How long the record is now, and how it ends."""
        row = self._on.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        return Anchor(row["seq"], row["hash"]) if row else Anchor(0, GENESIS)


_WITH_WORDS = "SELECT l.*, w.key AS word, w.salt, w.text FROM ledger l LEFT JOIN words w ON w.seq = l.seq"


def _joined(rows: Iterable[Row]) -> Iterator[tuple[Row, Words]]:
    """Entries, each with its words, from a row for each word."""
    for _, some in groupby(rows, key=lambda row: row["seq"]):
        same = [*some]
        words = {row["word"]: (row["salt"], row["text"]) for row in same if row["word"] is not None}
        yield same[0], words


def event(entry: Entry, known: Words) -> Event:
    """An entry as it is read. Raises ValueError and worse for one that somebody edited into nonsense."""
    seq, stream, version, type, format, at, by, text, *_ = entry
    body = json.loads(text)
    words = {key: known[key][1] if key in known else None for key in body.get("words", {})}
    return Event(seq, RequestId(stream), version, type, format, unstamp(at), PersonId(by), body, words)
