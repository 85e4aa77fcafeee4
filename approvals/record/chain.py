"""The hash chain: why an edited record shows.

Hashed are the columns as they are stored, never JSON that was written again. A chain finds an edited entry;
it doesn't find a tail that was cut off, nor a chain computed anew from the start: for those, keep an anchor
(number of entries and last hash) somewhere else and hand it to `verify`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""Stands where the first entry has no predecessor."""


@dataclass(frozen=True)
class Entry:
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

    def sealed(self) -> str:
        """The hash this entry must have (SHA-256, hex). No column but the last can hold a line break."""
        columns = (self.seq, self.stream, self.version, self.type, self.format, self.at, self.by, self.prev)
        text = "\n".join(map(str, columns)) + "\n" + self.body
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Sealed:
    """An entry and its words, by key as salt and text: what it takes to check both."""

    entry: Entry
    words: Mapping[str, tuple[str, str]]

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


def digest(salt: str, text: str) -> str:
    """What enters the chain instead of a personal word (SHA-256, hex)."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def faults(entries: Iterable[Entry], anchors: Sequence[Anchor] = ()) -> tuple[Anchor, list[str]]:
    """Walks the chain; the head it ends in, and every place where it isn't what it claims to be."""
    head, count, found = GENESIS, 0, []
    heads = {0: GENESIS}
    for count, entry in enumerate(entries, 1):
        if entry.seq != count:
            found.append(f"entry {count} is missing: the next one is numbered {entry.seq}")
        if entry.prev != head:
            found.append(f"entry {entry.seq} doesn't follow the one before it")
        if entry.hash != entry.sealed():
            found.append(f"entry {entry.seq} ({entry.stream}, {entry.type}) was changed after it was written")
        head = heads[count] = entry.hash
    for one in anchors:
        if one.count > count:
            saw = f"an anchor saw {one.count} entries: its end was cut"
            found.append(f"the record ends at {count}, but {saw}")
        elif heads[one.count] != one.head:
            found.append(f"entry {one.count} isn't the one the anchor saw: the record was written anew")
    return Anchor(count, head), found
