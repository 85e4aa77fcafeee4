"""Whether the record on SQLite is what was written: everything that looking at the file alone can tell."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from approvals.decide.delegates import AWAY, DELEGATED, RETURNED, delegation
from approvals.folding import fold
from approvals.humans import ordered
from approvals.ids import BOT, stamp
from approvals.record.chain import (
    GENESIS,
    IN_FORCE,
    POLICY,
    TEAMS_MEANT,
    Anchor,
    Entry,
    Ledger,
    Sealed,
    Verified,
    digest,
    event,
    faults,
)
from approvals.record.database import Database, Row, StoreTrouble
from approvals.record.index import keys
from approvals.request import FORMATS, Request, is_active, listed
from approvals.splits import PEOPLE, SPLIT, told_apart
from approvals.states import OPEN, EventType, Impossible, move


def verify(on: Database, ledger: Ledger, anchors: Sequence[Anchor]) -> Verified:
    """Walks the whole record. Where a table isn't what it should be, nothing in it can be relied on."""
    with on.standing_still():
        damage = [*on.damage()]
        try:
            found = _looked_through(on, ledger, anchors)
        except StoreTrouble:
            if not damage:
                raise
            found = Verified(Anchor(0, GENESIS), 0, ("so not everything could be read",))
    return replace(found, faults=(*damage, *found.faults))


def _looked_through(on: Database, ledger: Ledger, anchors: Sequence[Anchor]) -> Verified:
    strange = [*on.differences()]
    found = [sentence for _, sentence in strange]
    if any(kind == "table" for kind, _ in strange):
        return Verified(Anchor(0, GENESIS), 0, (*found, "so nothing else was checked"))
    said, requests = list[str](), _Requests(on)
    end, broken = faults(_heard(on, ledger, said, requests), anchors)
    found += [*broken, *_policies(on), *said, *_left(on), *requests.faults(ledger), *_away(on, ledger)]
    found += _splits(on, ledger)
    return Verified(end, requests.count, tuple(found))


def _policies(on: Database) -> Iterator[str]:
    for row in on.rows("SELECT hash, text FROM policies"):
        if sha256(row["text"].encode()).hexdigest() != row["hash"]:
            yield f"the text of the policy {row['hash'][:12]} was changed"


def _heard(on: Database, ledger: Ledger, found: list[str], requests: "_Requests") -> Iterator[Entry]:
    """All entries, one by one; what they say, and of whom, is held against all that is kept beside them."""
    people = {BOT, *(f"P-{row['number']}" for row in on.rows("SELECT number FROM people"))}
    policies = {row["hash"] for row in on.rows("SELECT hash FROM policies")}
    for one in ledger.sealed():
        found += _said(one, people, policies)
        requests.add(one)
        yield one.entry


def _name(entry: Entry) -> str:
    return f"entry {entry.seq} ({entry.stream}, {entry.type})"


_POLICY = re.compile('"(?:policy|hash)":')


def _said(one: Sealed, people: Collection[str], policies: Collection[str]) -> Iterator[str]:
    entry, words = one
    if not _is_known(entry):
        whose = "a newer version wrote it, or someone changed it"
        yield f"{_name(entry)} has a type this program doesn't know: {whose}"
    if entry.by not in people:
        yield f"{_name(entry)} is by {entry.by}, who isn't in the table of people"
    if _POLICY.search(entry.body):
        policy = one.body.get("hash" if entry.stream == POLICY else "policy")
        if policy and policy not in policies:
            yield f"{_name(entry)} names the policy {str(policy)[:12]}, which is missing"
    # As the ledger writes them; whatever else stands there is read.
    seals = ",".join([f'"{key}":"{digest(*word)}"' for key, word in words.items()])
    if f'"words":{{{seals}}}' not in entry.body if seals else '"words"' in entry.body:
        yield from _words(one)


def _left(on: Database) -> Iterator[str]:
    """Words without an entry."""
    for row in on.rows("SELECT seq, key FROM words WHERE seq NOT IN (SELECT seq FROM ledger)"):
        yield f"there is a {row['key']} for entry {row['seq']}, which doesn't exist"


def _is_known(entry: Entry) -> bool:
    if entry.stream == POLICY:
        return entry.type in (IN_FORCE, TEAMS_MEANT)
    if entry.stream == AWAY:
        return entry.type in (DELEGATED, RETURNED)
    if entry.stream == PEOPLE:
        return entry.type == SPLIT
    return entry.format <= FORMATS.get(entry.type, 0)


def _words(one: Sealed) -> Iterator[str]:
    name = f"entry {one.entry.seq} ({one.entry.stream})"
    for key, seal in one.digests.items():
        if key not in one.words:
            yield f"the {key} of {name} is missing"
        elif digest(*one.words[key]) != seal:
            yield f"the {key} of {name} was changed"
    for key in one.words.keys() - one.digests.keys():
        yield f"{name} has no {key}, but one is stored"


class _Requests:
    """The list of requests, from which all work is found, against the entries of each.

    Entries come as they were written, and the list beside them: in memory is what isn't whole yet.
    """

    def __init__(self, on: Database) -> None:
        self._on, self.count = on, 0
        self._list = on.each("SELECT * FROM requests ORDER BY number")
        # By id: rows of the list, entries of which there are more to come, what was found.
        self._rows: dict[str, Row] = {}
        self._entries: dict[str, list[Sealed]] = {}
        self._found: dict[str, list[str]] = {}
        self._kept: dict[str, Request] = {}
        """Those that are open: they have lanes, and keys by which they are found."""

    def add(self, one: Sealed) -> None:
        """One more entry."""
        _, id, version, *_ = one.entry
        if id in _OTHERS:
            return
        entries = self._entries.setdefault(id, [])
        entries.append(one)
        if len(entries) == 1:
            self._read(until=id)
        if id in self._rows and self._rows[id]["version"] == version == len(entries):
            del self._entries[id]
            self._compare(id, self._rows.pop(id), entries)

    def _read(self, until: str) -> None:
        """Reads on in the list up to a request: they were written in this order."""
        while until not in self._rows and (row := next(self._list, None)):
            self._rows[f"R-{row['number']}"] = row
            self.count += 1

    def faults(self, ledger: Ledger) -> Iterator[str]:
        """All that was found, by the ids of the requests, when there are no more entries."""
        self._read(until="")
        for id in self._rows.keys() | self._entries.keys():
            row = self._rows.get(id) or self._on.row("SELECT * FROM requests WHERE 'R-' || number = ?", id)
            self._compare(id, row, [*ledger.sealed(id)])
        for _, found in sorted(self._found.items()):
            yield from found
        lanes = {(one.number, key) for one in self._kept.values() if is_active(one) for key in one.lanes}
        filed = {(one.number, key) for one in self._kept.values() for key in keys(one)}
        unknown = {one.number for one in self._kept.values() if one.untouchable}
        kept = ("lanes", lanes, "in the wrong lanes"), ("found_by", filed, "filed wrongly")
        for table, wanted, what in kept:
            has = {(row["number"], row["key"]) for row in self._on.rows(f"SELECT number, key FROM {table}")}
            for number, key in sorted(has ^ wanted):
                if number not in unknown:
                    yield f"R-{number} is {what}: {key}"

    def _compare(self, id: str, row: Row | None, entries: Sequence[Sealed]) -> None:
        """Notes what the list says otherwise than the entries of one request."""
        if row is None:
            self._found[id] = [f"{id} is in the record, but missing from the list of requests"]
            return
        try:
            line = _brief(entries) or self._folded(id, entries)
        except Exception as error:  # whatever an edited body makes the reading fail with
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
        request = fold(event(*one) for one in entries)
        if request.untouchable or request.state in OPEN:
            self._kept[id] = request
        if request.untouchable:  # what a newer program makes of it is that one's to know
            return {"version": request.version}
        return listed(request) | {"action": request.action, "requester": request.requester}


def _brief(entries: Sequence[Sealed]) -> dict[str, Any] | None:
    """What folding would say of a request that has ended and of which time brings nothing more, at a fraction
    of its price; None for any other, and for what can't be read so."""
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


_OTHERS = (POLICY, AWAY, PEOPLE)
_TELLING: dict[str, tuple[str, ...]] = {
    EventType.ASKED: ("action", "subject", "because_of", "urgency"),
    EventType.PLANNED: ("subject",),
    EventType.JOINED: ("because_of",),
    EventType.DONE: ("ends_at",),
}
"""What an event tells that stands in the list, beside its state."""


def _splits(on: Database, ledger: Ledger) -> Iterator[str]:
    """Who was told apart, against the entries that say so: one pair too many lets people decide their own."""
    said = {ordered(*told_apart(entry)) for entry in ledger.events(PEOPLE)}
    rows = on.rows("SELECT one, other FROM apart WHERE kind = 'split'")
    for one, other in sorted(said ^ {(row["one"], row["other"]) for row in rows}):
        yield f"{one} and {other}: whether they are two people doesn't match the record"


def _away(on: Database, ledger: Ledger) -> Iterator[str]:
    """Who stands in for whom, against the entries that say so."""
    said: dict[str, tuple[str, str, str]] = {}
    for entry in ledger.events(AWAY):
        one = delegation(entry)
        said.pop(entry.by, None)
        if one:
            said[entry.by] = (one.delegate, stamp(one.since), stamp(one.until))
    rows = on.rows("SELECT * FROM delegations")
    listed = {f"P-{row['person']}": (f"P-{row['delegate']}", row["since"], row["until"]) for row in rows}
    for id in sorted(said.keys() | listed.keys()):
        if said.get(id) != listed.get(id):
            yield f"the delegate of {id} doesn't match the record"
