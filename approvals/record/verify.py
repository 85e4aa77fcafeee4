"""Whether the record on SQLite is what was written: everything that looking at the file alone can tell."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import itemgetter
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
    Words,
    digest,
    event,
    faults,
)
from approvals.record.database import Database, Row, StoreTrouble
from approvals.record.index import keys
from approvals.request import FORMATS, listed
from approvals.splits import PEOPLE, SPLIT, told_apart


def verify(on: Database, ledger: Ledger, anchors: Sequence[Anchor]) -> Verified:
    """Walks the whole record. Where a table isn't what it should be, nothing in it can be relied on."""
    with on.standing_still():
        damage = [*on.damage()]
        try:
            found = _looked_through(on, ledger, anchors)
        except StoreTrouble:
            if not damage:
                raise
            found = Verified(Anchor(0, GENESIS), 0, ("because of that, not everything could be read",))
    return replace(found, faults=(*damage, *found.faults))


def _looked_through(on: Database, ledger: Ledger, anchors: Sequence[Anchor]) -> Verified:
    strange = [*on.differences()]
    found = [sentence for _, sentence in strange]
    if any(kind == "table" for kind, _ in strange):
        return Verified(Anchor(0, GENESIS), 0, (*found, "because of that, nothing else was looked at"))
    said: list[str] = []
    end, broken = faults(_heard(on, ledger, said), anchors)
    found += [*broken, *_policies(on), *said, *_left(on), *_list(on, ledger), *_away(on, ledger)]
    found += _splits(on, ledger)
    [[count]] = on.rows("SELECT count(*) FROM requests")
    return Verified(end, count, tuple(found))


def _policies(on: Database) -> Iterator[str]:
    for row in on.rows("SELECT hash, text FROM policies"):
        if sha256(row["text"].encode()).hexdigest() != row["hash"]:
            yield f"the text of the policy {row['hash'][:12]} was changed"


def _heard(on: Database, ledger: Ledger, found: list[str]) -> Iterator[Entry]:
    """All entries, one by one; what they say, and of whom, is held against all that is kept beside them."""
    people = {BOT, *(f"P-{row['number']}" for row in on.rows("SELECT number FROM people"))}
    policies = {row["hash"] for row in on.rows("SELECT hash FROM policies")}
    for one in ledger.sealed():
        found += _said(one, people, policies)
        yield one.entry


def _said(one: Sealed, people: Collection[str], policies: Collection[str]) -> Iterator[str]:
    entry = one.entry
    name = f"entry {entry.seq} ({entry.stream}, {entry.type})"
    if not _is_known(entry):
        yield f"{name} is of a kind this program doesn't know: a newer one wrote it, or somebody's hand"
    if entry.by not in people:
        yield f"{name} is by {entry.by}, who isn't among the people"
    policy = one.body.get("hash" if entry.stream == POLICY else "policy")
    if policy and policy not in policies:
        yield f"{name} rests on the policy {str(policy)[:12]}, which isn't kept"
    yield from _words(one)


def _left(on: Database) -> Iterator[str]:
    """Words without an entry."""
    for row in on.rows("SELECT seq, key FROM words WHERE seq NOT IN (SELECT seq FROM ledger)"):
        yield f"there is a {row['key']} of entry {row['seq']}, which isn't there"


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
        yield f"{name} never said its {key}"


def _list(on: Database, ledger: Ledger) -> Iterator[str]:
    """The list of requests, from which all work is found, against the entries of each."""
    lanes, filed = (
        {(row["number"], row["key"]) for row in on.rows(f"SELECT number, key FROM {table}")}
        for table in ("lanes", "found_by")
    )
    for id, row, entries in _beside(on, ledger):
        if row is None:
            yield f"{id} is in the record, but not in the list of requests"
            continue
        try:
            request = fold(event(*entry) for entry in entries)
        except Exception as error:  # whatever an edited body makes the reading fail with
            yield f"{id} can't be read from its record: {error}"
            continue
        line = listed(request) | {"action": request.action, "requester": request.requester}
        if request.untouchable:  # what a newer program makes of it is that one's to know
            line = {"version": request.version}
            lanes -= {one for one in lanes if one[0] == request.number}
            filed -= {one for one in filed if one[0] == request.number}
        for name, value in line.items():
            if row[name] != value:
                yield f"{id} is listed with {name} {row[name]}, but its record says {value}"
        lanes ^= {(request.number, key) for key in request.lanes if line.get("active")}
        filed ^= {(request.number, key) for key in keys(request)}
    for number, key in sorted(lanes):
        yield f"R-{number} is in the wrong lanes: {key}"
    for number, key in sorted(filed):
        yield f"R-{number} is filed wrongly: {key}"


def _beside(on: Database, ledger: Ledger) -> Iterator[tuple[str, Row | None, list[tuple[Row, Words]]]]:
    """Each request by its id: its row in the list, if there is one, and its entries. Both in one order."""
    rows = on.each("SELECT r.*, 'R-' || r.number AS id FROM requests r ORDER BY 'R-' || r.number")
    streams = ((id, 1, entries) for id, entries in ledger.streams() if id not in (POLICY, AWAY, PEOPLE))
    both = merge(((str(row["id"]), 0, row) for row in rows), streams, key=itemgetter(0, 1))
    for id, parts in groupby(both, key=itemgetter(0)):
        found: dict[int, Any] = {kind: part for _, kind, part in parts}
        yield id, found.get(0), found.get(1, [])


def _splits(on: Database, ledger: Ledger) -> Iterator[str]:
    """Who was told apart, against the entries that say so: one pair too many lets people decide their own."""
    said = {ordered(*told_apart(entry)) for entry in ledger.events(PEOPLE)}
    rows = on.rows("SELECT one, other FROM apart WHERE kind = 'split'")
    for one, other in sorted(said ^ {(row["one"], row["other"]) for row in rows}):
        yield f"that {one} and {other} are two people isn't as the record says it"


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
            yield f"the delegate of {id} isn't the one that the record names"
