"""The hash chain, by which changes of the record are detected.

The stored columns are hashed, never re-serialized JSON. The hash of an entry is H(prev || H(row)): with the
inner digest H(row) the chain can be followed past an entry without reading it. Entries of format 1 and 2 have
one hash over row and `prev`. The format is among the hashed columns, and no text is valid for both kinds (one
begins with a number and a line break, the other is 128 hex digits): an entry of one kind can't be passed off
as one of the other.

The chain shows edited entries. It doesn't show that the newest entries were removed, or that the whole chain
was recomputed: for those, keep an anchor (number of entries and last hash) elsewhere and pass it to `verify`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from approvals.ids import PersonId, RequestId, stamp, unstamp
from approvals.record.database import Database, Row
from approvals.request import FORMATS, Draft, Event

GENESIS = "0" * 64
"""The `prev` of the first entry."""


INNER_FROM = 3
"""The first format whose hash covers the digest of the row."""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Entry(NamedTuple):
    """One row of the ledger as stored; `body` is JSON text, with digests of the personal words."""

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
        """The correct hash of this entry (SHA-256, hex)."""
        if self.format >= INNER_FROM:
            return _sha256(self.prev + self.inner)
        row = self.seq, self.stream, self.version, self.type, self.format, self.at, self.by
        return _sha256("\n".join(map(str, (*row, self.prev, self.body))))


class Sealed(NamedTuple):
    """An entry and its words, {key: (salt, text)}, as needed to check both."""

    entry: Entry
    words: "Words"

    @property
    def body(self) -> dict[str, Any]:
        """The parsed body; {} if it was edited into invalid JSON."""
        try:
            content = json.loads(self.entry.body)
        except (ValueError, RecursionError):
            content = None
        return content if isinstance(content, dict) else {}

    @property
    def digests(self) -> dict[str, str]:
        """{key: correct digest} of the words."""
        seals = self.body.get("words")
        return seals if isinstance(seals, dict) else {}


@dataclass(frozen=True)
class Anchor:
    """The length and last hash of the record at some time; keep it where the bot can't write."""

    count: int
    head: str

    def __str__(self) -> str:
        return f"{self.count}:{self.head}"

    @classmethod
    def read(cls, text: str) -> "Anchor":
        """The anchor in a text COUNT:HASH. Raises ValueError."""
        if not re.fullmatch("[1-9][0-9]{0,17}:[0-9a-f]{64}", text):
            raise ValueError(
                f"{text[:90]!r} isn't an anchor. Use COUNT:HASH, as `miro-bot audit verify` prints it."
            )
        count, _, head = text.partition(":")
        return cls(int(count), head)


@dataclass(frozen=True)
class Verified:
    """The result of `verify`; `faults` is empty for an intact record."""

    anchor: Anchor
    requests: int
    faults: tuple[str, ...] = ()


def digest(salt: str, text: str) -> str:
    """The digest in the chain that stands for a personal word (SHA-256, hex)."""
    return _sha256(f"{salt}\n{text}")


def faults(
    entries: Iterable[Entry], anchors: Sequence[Anchor] = (), since: int = 1
) -> tuple[Anchor, list[str]]:
    """Checks the chain from entry `since` on; returns (its head, a sentence for every fault)."""
    head, count, wrong = GENESIS, since - 1, []
    heads, seen = {0: GENESIS}, {anchor.count for anchor in anchors}
    for count, entry in enumerate(entries, since):
        if entry.seq != count:
            wrong.append(f"entry {count} is missing: the next one is numbered {entry.seq}")
        if entry.prev != head and (count > since or since == 1):
            wrong.append(f"entry {entry.seq} doesn't follow the one before it")
        if entry.hash != entry.sealed():
            wrong.append(f"entry {entry.seq} ({entry.stream}, {entry.type}) was changed after it was written")
        head = entry.hash
        if count in seen:
            heads[count] = head
    for anchor in anchors:
        if anchor.count > count:
            saw = f"an anchor saw {anchor.count} entries: its end was cut"
            wrong.append(f"the record ends at {count}, but {saw}")
        elif heads[anchor.count] != anchor.head:
            wrong.append(f"entry {anchor.count} isn't the one the anchor saw: the record was written anew")
    return Anchor(count, head), wrong


POLICY, IN_FORCE, TEAMS_MEANT = "policy", "policy-in-force", "policy-teams"
"""The stream of policies: when each came into force, and the groups that its team names mean."""

Words = dict[str, tuple[str, str]]
"""{key: (salt, text)}."""
Follow = Callable[[list[Event]], object]
"""What is done with events before they are written; it may raise to refuse them."""


class Ledger:
    """Writes and reads entries of all streams, whatever they mean."""

    def __init__(self, on: Database, now: Callable[[], datetime], salt: Callable[[], str]) -> None:
        self._on, self._now, self.salt = on, now, salt

    def write(
        self, stream: str, version: int, drafts: Sequence[Draft], follow: Follow | None = None
    ) -> list[Event]:
        """Appends entries with versions from `version` on; called in a transaction.

        `follow` is called with the events before they are written: it may raise to refuse them.
        """
        end, at = self.head(), stamp(self._now())
        prev, events, entries, kept = end.head, list[Event](), list[Entry](), list[tuple[Any, ...]]()
        for seq, draft in enumerate(drafts, end.count + 1):
            number = version + len(events)
            words = {key: (self.salt(), text) for key, text in draft.words.items() if text}
            digests = {key: digest(*word) for key, word in words.items()}
            body = {**draft.body, **({"words": digests} if digests else {})}
            written = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
            format = FORMATS.get(draft.type, INNER_FROM)
            entry = Entry(seq, stream, number, draft.type, format, at, draft.by, written, prev)
            prev = entry.sealed()
            entries.append(entry._replace(hash=prev))
            kept += [(seq, key, *word) for key, word in words.items()]
            texts = {key: text for key, (_, text) in words.items()}
            place = seq, RequestId(stream), number, draft.type, format
            events.append(Event(*place, unstamp(at), draft.by, body, texts))
        if follow:
            follow(events)
        self._on.insert("words", kept)
        self._on.insert("ledger", entries)
        return events

    def add(self, stream: str, draft: Draft) -> Event:
        """Appends one entry to a stream without a version of its own."""
        last = "SELECT version FROM ledger WHERE stream = ? ORDER BY version DESC LIMIT 1"
        with self._on.writing():
            return self.write(stream, (self._on.value(last, stream) or 0) + 1, [draft])[0]

    def events(self, stream: str | None = None) -> Iterable[Event]:
        """The events of one stream, or of all, oldest first."""
        return (event(*sealed) for sealed in self.sealed(stream))

    def sealed(self, stream: str | None = None, since: int = 1) -> Iterator[Sealed]:
        """The entries of one stream, or of all from entry `since` on, as stored."""
        if stream is not None:
            # With one statement, because most reads are of one request.
            rows = self._on.rows(f"{_WITH_WORDS} WHERE l.stream = ? ORDER BY l.seq, w.key", stream)
            yield from _joined(rows)
            return
        of = "WHERE seq >= ? ORDER BY seq"
        all_words = self._on.each(f"SELECT seq, key, salt, text FROM words {of}, key", since)
        word = next(all_words, None)
        for row in self._on.each(f"SELECT {', '.join(Entry._fields)} FROM ledger {of}", since):
            entry, words = Entry(*row), {}
            while word and word[0] <= entry.seq:
                if word[0] == entry.seq:
                    words[word[1]] = word[2], word[3]
                word = next(all_words, None)
            yield Sealed(entry, words)

    def words(self, seq: int) -> dict[str, str]:
        """The stored words of one entry, {key: text}, without deleted ones."""
        return {key: text for key, text in self._on.rows("SELECT key, text FROM words WHERE seq = ?", seq)}

    def head(self) -> Anchor:
        """The current length and last hash."""
        row = self._on.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        return Anchor(row["seq"], row["hash"]) if row else Anchor(0, GENESIS)


_WITH_WORDS = "SELECT l.*, w.key AS word, w.salt, w.text FROM ledger l LEFT JOIN words w ON w.seq = l.seq"


def _joined(rows: Iterable[Row]) -> Iterator[Sealed]:
    """Groups rows, one for each word of an entry."""
    for _, some in groupby(rows, key=itemgetter("seq")):
        same = [*some]
        words = {row["word"]: (row["salt"], row["text"]) for row in same if row["word"] is not None}
        yield Sealed(Entry(*(same[0][name] for name in Entry._fields)), words)


def event(entry: Entry, known: Words) -> Event:
    """The event of an entry. Raises ValueError, or others, if it was edited into nonsense."""
    seq, stream, version, type, format, at, by, text, *_ = entry
    body = json.loads(text)
    words = {key: known[key][1] if key in known else None for key in body.get("words", {})}
    return Event(seq, RequestId(stream), version, type, format, unstamp(at), PersonId(by), body, words)
