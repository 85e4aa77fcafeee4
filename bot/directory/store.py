"""What each directory says of people and groups, stored as it said it; what Miro has is another matter.

Each change gets the next number of one `sequence` for all directories. Numbers become visible in their order,
since writers take turns, so whoever has seen everything up to one number asks for what changed since.
Deleted entries are kept with the time of their deletion.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, reduce
from typing import Any, NewType
from unicodedata import normalize
from uuid import uuid4

from approvals.ids import stamp, unstamp
from approvals.record.database import Database, Row, among

EntryId = NewType("EntryId", str)  # ours, for one user or group of one directory; never used again

MISSING = "missing"
"""The attribute of our own that marks whom a list of everybody lacks."""
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
AT_ONCE = 500
"""Ids in one statement."""
MOST = 2**62
"""As a limit: no limit."""


class Kind(StrEnum):
    """The kinds of entries, as SCIM names them (RFC 7643, section 4)."""

    USER = "User"
    GROUP = "Group"


class Taken(Exception):
    """Another entry of this directory has the name already."""


class Moved(Exception):
    """The entry has changed since it was read."""


def _text(*path: str) -> "cached_property[str]":
    """A text of an entry's body, or ''."""
    return cached_property(
        lambda entry: str(reduce(lambda part, name: part.get(name) or {}, path, entry.body) or "")
    )


@dataclass(frozen=True)
class Entry:
    """A user or group of a directory; `body`: its attributes as SCIM's JSON, without memberships."""

    id: EntryId
    source: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None
    body: Mapping[str, Any]

    external_id = _text("externalId")
    display_name = _text("displayName")


@dataclass(frozen=True)
class User(Entry):
    """A person as a directory describes them."""

    group_ids: frozenset[EntryId]
    """The groups of the directory they are a direct member of."""

    user_name = _text("userName")
    given_name = _text("name", "givenName")
    family_name = _text("name", "familyName")
    formatted_name = _text("name", "formatted")

    @property
    def active(self) -> bool:
        """Whether they may use what the directory gives; a deleted user may not."""
        return self.deleted_at is None and self.body.get("active") is not False

    @property
    def emails(self) -> Sequence[Mapping[str, Any]]:
        """Their addresses as listed: `value`, `type`, `primary`."""
        return [item for item in self.body.get("emails") or () if item.get("value")]

    @property
    def enterprise(self) -> Mapping[str, Any]:
        """The attributes of the enterprise extension, by SCIM's names (RFC 7643, section 4.3)."""
        return self.body.get(ENTERPRISE) or {}

    @property
    def manager(self) -> str:
        """The manager as the directory gave them, or '': mostly an id of ours, else an address or a name."""
        given = self.enterprise.get("manager") or {}
        return str(given.get("value") or given.get("displayName") or "")


@dataclass(frozen=True)
class Member:
    """A direct member of a group."""

    display: str
    """As the directory calls them, or ''."""
    kind: Kind | None
    """None: it isn't an entry of ours, though the directory names it."""


@dataclass(frozen=True)
class Group(Entry):
    """A group of a directory."""

    members: Mapping[EntryId, Member]
    """Direct members, users and groups."""


@dataclass(frozen=True)
class Content:
    """Entries of one directory as of one moment."""

    users: Sequence[User]
    groups: Sequence[Group]


class Directories:
    """The entries of all directories. Thread-safe; also for several processes."""

    def __init__(
        self, on: Database, now: Callable[[], datetime], new_id: Callable[[], str] = lambda: uuid4().hex
    ) -> None:
        self._on, self.now, self._new_id = on, now, new_id

    def snapshot(self, source: str, *, deleted: bool = False) -> Content:
        """All entries of a directory, in their newest form; `deleted`: also those that are deleted."""
        with self._on.standing_still():
            entries = self.read("source = ?" if deleted else "source = ? AND deleted_at = ''", source)
        users = [entry for entry in entries if isinstance(entry, User)]
        return Content(users, [entry for entry in entries if isinstance(entry, Group)])

    def sequence(self) -> int:
        """The number of the newest change of any directory; 0: nothing was ever said."""
        return int(self._on.value("SELECT coalesce(max(sequence), 0) FROM directory_entries"))

    def heard_at(self, source: str) -> datetime | None:
        """When a directory changed something last; None if it never said anything."""
        sql = "SELECT max(changed_at) AS at FROM directory_entries WHERE source = ?"
        row = self._on.row(sql, source)
        return unstamp(row["at"]) if row and row["at"] else None

    def get(self, source: str, id: str) -> User | Group | None:
        """One entry that isn't deleted."""
        return next(iter(self.read("source = ? AND id = ? AND deleted_at = ''", source, id)), None)

    def read(
        self, where: str, *values: Any, part: slice = slice(0, MOST), members: bool = True
    ) -> list[User | Group]:
        """The entries that a condition of ours selects, oldest first.

        `part`: which of them, by position; `members`: whether groups are read with theirs.
        """
        rows = self._on.rows(
            f"SELECT * FROM directory_entries WHERE {where} ORDER BY number LIMIT ? OFFSET ?",
            *values, part.stop - part.start, part.start,
        )  # fmt: skip
        ids = {kind: [row["id"] for row in rows if row["kind"] == kind] for kind in Kind}
        groups, people = defaultdict[str, set[EntryId]](set), defaultdict[str, dict[EntryId, Member]](dict)
        for link in self._links("member_id", ids[Kind.USER]):
            groups[link["member_id"]].add(EntryId(link["group_id"]))
        for link in self._links("group_id", ids[Kind.GROUP] if members else ()):
            member = Member(link["display"], Kind(link["kind"]) if link["kind"] else None)
            people[link["group_id"]][EntryId(link["member_id"])] = member
        return [_entry(row, groups[row["id"]], people[row["id"]]) for row in rows]

    def count(self, where: str, *values: Any) -> int:
        """How many entries a condition of ours selects."""
        return int(self._on.value(f"SELECT count(*) FROM directory_entries WHERE {where}", *values))

    def _links(self, end: str, ids: Sequence[str]) -> Iterator[Row]:
        """The memberships of some ids, with the member's kind; `end`: the column that the ids are in."""
        for some in _portions(ids):
            yield from self._on.rows(
                "SELECT m.*, e.kind FROM directory_members m LEFT JOIN directory_entries e"
                f" ON e.id = m.member_id AND e.deleted_at = '' WHERE {among(f'm.{end}', some)}",
                *some,
            )

    def create(
        self, source: str, kind: Kind, body: Mapping[str, Any], members: Mapping[EntryId, str] | None = None
    ) -> EntryId:
        """Stores a new entry; `members` of a group: {id: name to display}. Raises Taken."""
        id, at = EntryId(self._new_id()), stamp(self.now())
        with self._on.writing():
            self._check_free(source, kind, body)
            sequence = self.sequence() + 1
            self._on.run(
                "INSERT INTO directory_entries (id, source, kind, name, external_id, body, sequence,"
                " created_at, changed_at) VALUES (?,?,?,?,?,?,?,?,?)",
                id, source, kind, *_columns(kind, body), sequence, at, at,
            )  # fmt: skip
            self._link(id, members or {}, sequence, at)
        return id

    def update(
        self, entry: User | Group, body: Mapping[str, Any], members: Mapping[EntryId, str] | None = None
    ) -> None:
        """Stores the new attributes of an entry that was read, and of a group its members, if given.

        Raises Moved if it has changed since, and Taken.
        """
        kind, at = kind_of(entry), stamp(self.now())
        with self._on.writing():
            self._check_free(entry.source, kind, body, entry.id)
            sequence = self._touch(entry, at)
            self._on.run(
                "UPDATE directory_entries SET name = ?, external_id = ?, body = ? WHERE id = ?",
                *_columns(kind, body), entry.id,
            )  # fmt: skip
            if members is not None:
                self._link(entry.id, members, sequence, at)

    def delete(self, entry: User | Group) -> None:
        """Marks an entry as deleted, and ends its memberships. Raises Moved if it has changed since."""
        at = stamp(self.now())
        with self._on.writing():
            sequence = self._touch(entry, at)
            self._on.run("UPDATE directory_entries SET deleted_at = ? WHERE id = ?", at, entry.id)
            self._link(entry.id, {}, sequence, at)
            groups = {EntryId(link["group_id"]) for link in self._links("member_id", [entry.id])}
            self._on.run("DELETE FROM directory_members WHERE member_id = ?", entry.id)
            self._mark(groups, sequence, at)

    def _touch(self, entry: User | Group, at: str) -> int:
        """Gives an entry the next sequence number; returns it. Raises Moved."""
        sequence = self.sequence() + 1
        if not self._on.run(
            "UPDATE directory_entries SET sequence = ?, changed_at = ?"
            " WHERE id = ? AND sequence = ? AND deleted_at = ''",
            sequence, at, entry.id, entry.sequence,
        ):  # fmt: skip
            raise Moved(entry.id)
        return sequence

    def _link(self, group: EntryId, members: Mapping[EntryId, str], sequence: int, at: str) -> None:
        """Makes these the members of a group; both ends of a membership that begins or ends are marked."""
        before = {EntryId(link["member_id"]): link["display"] for link in self._links("group_id", [group])}
        after = dict(members)
        self._on.run_each(
            "DELETE FROM directory_members WHERE group_id = ? AND member_id = ?",
            [(group, id) for id in before.keys() - after.keys()],
        )
        self._on.run_each(
            "INSERT INTO directory_members VALUES (?,?,?) ON CONFLICT (group_id, member_id)"
            " DO UPDATE SET display = excluded.display",
            [(group, *item) for item in after.items() - before.items()],
        )
        self._mark(before.keys() ^ after.keys(), sequence, at)

    def _mark(self, ids: Iterable[EntryId], sequence: int, at: str) -> None:
        for some in _portions([*ids]):
            self._on.run(
                "UPDATE directory_entries SET sequence = ?, changed_at = ?"
                f" WHERE deleted_at = '' AND {among('id', some)}",
                sequence, at, *some,
            )  # fmt: skip

    def _check_free(self, source: str, kind: Kind, body: Mapping[str, Any], but: str = "") -> None:
        name, _, _ = _columns(kind, body)
        row = self._on.row(
            "SELECT id FROM directory_entries"
            " WHERE source = ? AND kind = ? AND name = ? AND deleted_at = '' AND id != ?",
            source, kind, name, but,
        )  # fmt: skip
        if row:
            raise Taken(row["id"])


def kind_of(entry: User | Group) -> Kind:
    return Kind.USER if isinstance(entry, User) else Kind.GROUP


def key(name: str) -> str:
    """The form in which names are compared: RFC 7643 makes them case-insensitive; NFC as in RFC 8265."""
    return normalize("NFC", normalize("NFC", name).lower())


def _columns(kind: Kind, body: Mapping[str, Any]) -> tuple[str, str, str]:
    """(name, external id, body) as stored."""
    name = str(body["userName" if kind is Kind.USER else "displayName"])
    return key(name), str(body.get("externalId") or ""), json.dumps(body)


def _entry(row: Row, groups: Collection[EntryId], members: Mapping[EntryId, Member]) -> User | Group:
    deleted = unstamp(row["deleted_at"]) if row["deleted_at"] else None
    common = (
        EntryId(row["id"]), row["source"], row["sequence"], unstamp(row["created_at"]),
        unstamp(row["changed_at"]), deleted, json.loads(row["body"]),
    )  # fmt: skip
    return Group(*common, members) if row["kind"] == Kind.GROUP else User(*common, frozenset(groups))


def _portions(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))
