"""Verifies the record: everything that can be checked from the database alone."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from approvals.decide.delegates import AWAY, DELEGATED, RETURNED, delegation
from approvals.decide.streams.directories import Control
from approvals.decide.streams.forgetting import FORGOTTEN, Removed
from approvals.decide.streams.reviews import REVIEW, Step
from approvals.folding import fold
from approvals.humans import ordered
from approvals.ids import BOT, stamp
from approvals.people import SOURCE
from approvals.record import chain
from approvals.record.chain import IN_FORCE, POLICY, Anchor, Entry, Ledger, Sealed, Verified, digest, event
from approvals.record.database import Database, Row, StoreTrouble
from approvals.record.index import keys
from approvals.request import FORMATS, Request, is_active, listed
from approvals.splits import PEOPLE, SPLIT, told_apart
from approvals.states import OPEN, EventType, Impossible, move

Watch = Callable[[Iterable[Sealed], int], Iterable[Sealed]]
"""Passes entries on, of which there are so many, to show how far verifying is."""


def verify(
    on: Database,
    ledger: Ledger,
    anchors: Sequence[Anchor] = (),
    checkpoint: Anchor | None = None,
    watch: Watch = lambda entries, count: entries,
) -> Verified:
    """Checks the whole record. If a table isn't as it should be, nothing in it is relied on.

    `checkpoint`: checks only that entry, the ones after it, and the requests they belong to.
    """
    with on.standing_still():
        damage = [*on.damage()]
        try:
            verdict = _looked_through(on, ledger, anchors, checkpoint, watch)
        except StoreTrouble:
            if not damage:
                raise
            verdict = Verified(Anchor(0, chain.GENESIS), 0, ("so not everything could be read",))
    return replace(verdict, faults=(*damage, *verdict.faults))


def _looked_through(
    on: Database, ledger: Ledger, anchors: Sequence[Anchor], checkpoint: Anchor | None, watch: Watch
) -> Verified:
    strange = [*on.differences()]
    wrong = [sentence for _, sentence in strange]
    if any(kind == "table" for kind, _ in strange):
        return Verified(Anchor(0, chain.GENESIS), 0, (*wrong, "so nothing else was checked"))
    noted, requests = list[str](), _Requests(on, is_whole=checkpoint is None)
    removed, count, since = Removed.by(ledger.events(PEOPLE)), ledger.head().count, 1
    if checkpoint:
        anchors, since = [checkpoint, *anchors], max(min(checkpoint.count, count), 1)
    entries = watch(ledger.sealed(since=since), count - since + 1)
    end, broken = chain.faults(_heard(on, entries, noted, requests, removed), anchors, since)
    policies = {row["hash"]: row["text"].encode() for row in on.rows("SELECT hash, text FROM policies")}
    edited = [hash[:12] for hash, text in policies.items() if sha256(text).hexdigest() != hash]
    wrong += [*broken, *(f"the text of the policy {hash} was changed" for hash in edited), *noted, *_left(on)]
    wrong += [*requests.faults(ledger), *_away(on, ledger), *_splits(on, ledger)]
    return Verified(end, requests.count, tuple(wrong))


def _heard(
    on: Database, entries: Iterable[Sealed], noted: list[str], requests: "_Requests", removed: Removed
) -> Iterator[Entry]:
    """Yields the entries; compares each with the tables, and adds faults to `noted`."""
    people = {BOT, *(f"P-{row['number']}" for row in on.rows("SELECT number FROM people"))}
    policies = {row["hash"] for row in on.rows("SELECT hash FROM policies")}
    for sealed in entries:
        noted += _said(sealed, people, policies, removed)
        requests.add(sealed)
        yield sealed.entry


def _name(entry: Entry) -> str:
    return f"entry {entry.seq} ({entry.stream}, {entry.type})"


_POLICY = re.compile('"(?:policy|hash)":')


def _said(
    sealed: Sealed, people: Collection[str], policies: Collection[str], removed: Removed
) -> Iterator[str]:
    entry, words = sealed
    types = _types(entry.stream)
    if entry.type not in types if types else entry.format > FORMATS.get(entry.type, 0):
        whose = "a newer version wrote it, or someone changed it"
        yield f"{_name(entry)} has a type this program doesn't know: {whose}"
    if entry.by not in people:
        yield f"{_name(entry)} is by {entry.by}, who isn't in the table of people"
    if _POLICY.search(entry.body):
        policy = sealed.body.get("hash" if entry.stream == POLICY else "policy")
        if policy and policy not in policies:
            yield f"{_name(entry)} names the policy {str(policy)[:12]}, which is missing"
    # The form in which the ledger writes them; any other is checked word by word.
    seals = ",".join([f'"{key}":"{digest(*word)}"' for key, word in words.items()])
    if f'"words":{{{seals}}}' not in entry.body if seals else '"words"' in entry.body:
        yield from _words(sealed, removed)


def _left(on: Database) -> Iterator[str]:
    """Words without an entry."""
    for row in on.rows("SELECT seq, key FROM words WHERE seq NOT IN (SELECT seq FROM ledger)"):
        yield f"there is a {row['key']} for entry {row['seq']}, which doesn't exist"


_STREAMS = {
    POLICY: (IN_FORCE, chain.TEAMS_MEANT),
    AWAY: (DELEGATED, RETURNED),
    PEOPLE: (SPLIT, FORGOTTEN),
    SOURCE: (*Control,),
    REVIEW: (*Step,),
}
"""{how the name of a stream begins that is no request's: the types of its entries}."""


def _types(stream: str) -> tuple[str, ...]:
    """The types of the entries of a stream; () for a request's."""
    return next((types for name, types in _STREAMS.items() if stream.startswith(name)), ())


def _words(sealed: Sealed, removed: Removed) -> Iterator[str]:
    name = f"entry {sealed.entry.seq} ({sealed.entry.stream})"
    for key, seal in sealed.digests.items():
        if key not in sealed.words and removed.covers(sealed.entry.seq, sealed.entry.stream, key):
            continue
        if key not in sealed.words:
            yield f"the {key} of {name} is missing"
        elif digest(*sealed.words[key]) != seal:
            yield f"the {key} of {name} was changed"
    for key in sealed.words.keys() - sealed.digests.keys():
        yield f"{name} has no {key}, but one is stored"


class _Requests:
    """Compares the table of requests, which drives all work, with the entries of each request.

    Entries and rows are read side by side, in order; only incomplete requests are in memory.
    """

    def __init__(self, on: Database, is_whole: bool) -> None:
        """Without `is_whole`, only requests of which an entry is added are compared."""
        self._on, self._is_whole, self.count = on, is_whole, 0
        self._list = on.each("SELECT * FROM requests ORDER BY number")
        # By request id: rows of the table, entries of incomplete requests, faults.
        self._rows: dict[str, Row] = {}
        self._entries: dict[str, list[Sealed]] = {}
        self._found: dict[str, list[str]] = {}
        self._kept: dict[str, Request] = {}
        """Open requests, which have lanes and keys of the index."""

    def add(self, sealed: Sealed) -> None:
        """Adds one entry."""
        _, id, version, *_ = sealed.entry
        if _types(id):
            return
        entries = self._entries.setdefault(id, [])
        if not self._is_whole:
            self.count = len(self._entries)
            return
        entries.append(sealed)
        if len(entries) == 1:
            self._read(until=id)
        if id in self._rows and self._rows[id]["version"] == version == len(entries):
            del self._entries[id]
            self._compare(id, self._rows.pop(id), entries)

    def _read(self, until: str) -> None:
        """Reads rows up to this request; they are in the order of the first entries."""
        while until not in self._rows and (row := next(self._list, None)):
            self._rows[f"R-{row['number']}"] = row
            self.count += 1

    def faults(self, ledger: Ledger) -> Iterator[str]:
        """All faults, sorted by request; called after the last entry."""
        if self._is_whole:
            self._read(until="")
        for id in self._rows.keys() | self._entries.keys():
            number = int(id[2:]) if id[2:].isdecimal() else 0
            row = self._rows.get(id) or self._on.row("SELECT * FROM requests WHERE number = ?", number)
            self._compare(id, row, [*ledger.sealed(id)])
        for _, wrong in sorted(self._found.items()):
            yield from wrong
        lanes = {(each.number, key) for each in self._kept.values() if is_active(each) for key in each.lanes}
        filed = {(each.number, key) for each in self._kept.values() for key in keys(each)}
        unknown = {each.number for each in self._kept.values() if each.untouchable}
        kept = ("lanes", lanes, "in the wrong lanes"), ("found_by", filed, "filed wrongly")
        for table, wanted, what in kept:
            has = {(row["number"], row["key"]) for row in self._on.rows(f"SELECT number, key FROM {table}")}
            for number, key in sorted(has ^ wanted):
                if number not in unknown and (self._is_whole or f"R-{number}" in self._entries):
                    yield f"R-{number} is {what}: {key}"

    def _compare(self, id: str, row: Row | None, entries: Sequence[Sealed]) -> None:
        """Notes differences between the row and the entries of one request."""
        if row is None:
            self._found[id] = [f"{id} is in the record, but missing from the list of requests"]
            return
        try:
            line = _brief(entries) or self._folded(id, entries)
        except Exception as error:  # an edited body may cause any error
            self._found[id] = [f"{id} can't be read from its record: {error}"]
            return
        self._found[id] = [
            f"{id} is listed with {name} {row[name]}, but the record says {value}"
            for name, value in line.items()
            if row[name] != value
        ]
        if not self._found[id]:
            del self._found[id]

    def _folded(self, id: str, entries: Sequence[Sealed]) -> dict[str, Any]:
        request = fold(event(*sealed) for sealed in entries)
        if request.untouchable or request.state in OPEN:
            self._kept[id] = request
        if request.untouchable:  # a newer program wrote to it
            return {"version": request.version}
        return listed(request) | {"action": request.action, "requester": request.requester}


def _brief(entries: Sequence[Sealed]) -> dict[str, Any] | None:
    """The row of an ended request without deadlines, computed at a fraction of the cost of folding; None for
    other requests, and if it can't be read this way."""
    state, last = None, None
    line: dict[str, Any] = {"because_of": None, "subject": None, "urgency": 0}
    try:
        for last, _ in entries:
            if last.format > FORMATS[last.type]:
                return None
            state = move(state, EventType(last.type))
            if tells := _TELLING.get(last.type):
                body = json.loads(last.body)
                if "ends_at" in body:
                    return None
                line |= {name: body[name] for name in tells if name in body}
    except (KeyError, ValueError, TypeError, Impossible):
        return None
    if last is None or state in OPEN:
        return None
    line["requester"] = entries[0].entry.by
    return line | {"version": last.version, "state": state, "next_due": None, "active": 0, "expires_at": None}


_TELLING: dict[str, tuple[str, ...]] = {
    EventType.ASKED: ("action", "subject", "because_of", "urgency"),
    EventType.PLANNED: ("subject",),
    EventType.JOINED: ("because_of",),
    EventType.DONE: ("ends_at",),
}
"""What an event tells that stands in the list, beside its state."""


def _splits(on: Database, ledger: Ledger) -> Iterator[str]:
    """Compares split people with the entries: a pair too many would let people decide their own request."""
    pairs = [told_apart(entry) for entry in ledger.events(PEOPLE)]
    recorded = {ordered(*pair) for pair in pairs if all(pair)}  # the others were forgotten
    rows = on.rows("SELECT one, other FROM apart WHERE kind = 'split'")
    for first, other in sorted(recorded ^ {(row["one"], row["other"]) for row in rows}):
        yield f"{first} and {other}: whether they are two people doesn't match the record"


def _away(on: Database, ledger: Ledger) -> Iterator[str]:
    """Compares delegations with the entries."""
    recorded: dict[str, tuple[str, str, str]] = {}
    for entry in ledger.events(AWAY):
        current = delegation(entry)
        recorded.pop(entry.by, None)
        if current:
            recorded[entry.by] = (current.delegate, stamp(current.since), stamp(current.until))
    rows = on.rows("SELECT * FROM delegations")
    listed = {f"P-{row['person']}": (f"P-{row['delegate']}", row["since"], row["until"]) for row in rows}
    for id in sorted(recorded.keys() | listed.keys()):
        if recorded.get(id) != listed.get(id):
            yield f"the delegate of {id} doesn't match the record"
