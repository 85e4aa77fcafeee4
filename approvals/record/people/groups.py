"""Miro groups, who is in them, and who has admin rights."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.ids import GroupId, stamp, unstamp
from approvals.people import Group, Person, canonical
from approvals.record.database import Database, Row, among


@dataclass(frozen=True)
class Admin:
    """A person with admin rights in Miro, as last seen."""

    miro_id: str
    email: str
    name: str
    rights: str


@dataclass(frozen=True)
class Member:
    """Somebody in a group, by their address in Miro and the name shown there."""

    email: str
    name: str


IN_NONE = ""
"""Stands as the group id of who is in no group, so that every account is among the members."""
AT_ONCE = 1000
"""Memberships written in one transaction: others have their turn in between."""
_SEEN = "INSERT INTO meta VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""Stores when a complete list was last read."""


class Groups:
    """Miro groups. The name under which a group was first seen stays its display name: Miro keeps the team's
    name when the security group is renamed (Miro's article "User lifecycle management")."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def all(self) -> Sequence[Group]:
        """All existing groups, sorted by display name."""
        rows = self._on.rows("SELECT * FROM groups WHERE gone = 0 ORDER BY lower(known_name), id")
        return [self._group(row) for row in rows]

    @staticmethod
    def _group(row: Row) -> Group:
        return Group(GroupId(row["id"]), row["security_name"], row["known_name"], bool(row["gone"]))

    def get(self, id: GroupId) -> Group | None:
        """The group with this id, also if it is gone; None if never seen."""
        return self._on.ahead(self._read).get(id)

    def _read(self, ids: Collection[GroupId]) -> dict[GroupId, Group]:
        rows = self._on.rows(f"SELECT * FROM groups WHERE {among('id', ids)}", *ids)
        return {GroupId(row["id"]): self._group(row) for row in rows}

    def expect(self, ids: Iterable[GroupId]) -> None:
        """Announces ids that will be read, so that one statement reads them all."""
        self._on.ahead(self._read).expect(ids)

    def keep(self, seen: Iterable[tuple[GroupId, str]], *, whole: bool = True) -> None:
        """Stores security names; with `whole`, all other groups are marked as gone."""
        with self._on.writing():
            if whole:
                self._on.run("UPDATE groups SET gone = 1")
                self._on.run(_SEEN, "groups_seen_at", stamp(self._now()))
            self._on.run_each(
                "INSERT INTO groups VALUES (?,?,?,0) ON CONFLICT (id)"
                " DO UPDATE SET security_name = excluded.security_name, gone = 0",
                [(id, name, name) for id, name in seen],
            )
            self._on.forget(self._read)

    def lose(self, id: GroupId) -> None:
        """Marks a group as gone, and keeps its names."""
        with self._on.writing():
            self._on.run("UPDATE groups SET gone = 1 WHERE id = ?", id)
            self._on.forget(self._read)

    def seen_at(self) -> datetime | None:
        """When the complete list was last read."""
        return self._seen_at("groups_seen_at")

    def _seen_at(self, key: str) -> datetime | None:
        row = self._on.row("SELECT value FROM meta WHERE key = ?", key)
        return unstamp(row["value"]) if row else None

    def keep_admins(self, seen: Iterable[Admin]) -> None:
        """Replaces the list of people with admin rights in Miro."""
        with self._on.writing():
            self._on.run("DELETE FROM admins")
            self._on.run(_SEEN, "admins_seen_at", stamp(self._now()))
            rows = {admin.miro_id: (admin.miro_id, admin.email, admin.name, admin.rights) for admin in seen}
            self._on.run_each("INSERT INTO admins VALUES (?,?,?,?)", [*rows.values()])

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """(people with admin rights in Miro, when that was seen; None for never)."""
        rows = self._on.rows("SELECT * FROM admins ORDER BY rights, name, email")
        admins = [Admin(row["miro_id"], row["email"], row["name"], row["rights"]) for row in rows]
        return admins, self.admins_seen_at()

    def keep_members(self, seen: Mapping[tuple[str, str], Member], may_hold: Callable[[str], bool]) -> None:
        """Stores who is in which group or IN_NONE, by group id and Miro id. Only what changed is written.

        `may_hold`: whether somebody, by their Miro id, may be there without being seen.
        """
        rows = self._on.rows("SELECT * FROM members")
        known = {(row["group_id"], row["miro_id"]): Member(row["email"], row["name"]) for row in rows}
        gone = [key for key in known if key not in seen and not may_hold(key[1])]
        changed = [(*key, one.email, one.name) for key, one in seen.items() if known.get(key) != one]
        for at in range(0, len(gone), AT_ONCE):
            with self._on.writing():
                self._on.run_each(
                    "DELETE FROM members WHERE group_id = ? AND miro_id = ?", gone[at : at + AT_ONCE]
                )
        for at in range(0, len(changed), AT_ONCE):
            with self._on.writing():
                self._on.run_each(
                    "INSERT INTO members VALUES (?,?,?,?) ON CONFLICT (group_id, miro_id)"
                    " DO UPDATE SET email = excluded.email, name = excluded.name",
                    changed[at : at + AT_ONCE],
                )
        with self._on.writing():
            self._on.run(_SEEN, "members_seen_at", stamp(self._now()))

    def members(self, id: GroupId, most: int) -> tuple[Sequence[Member], int]:
        """The first `most` members of a group by name, and how many there are."""
        count = self._on.row("SELECT count(*) AS n FROM members WHERE group_id = ?", id)
        rows = self._on.rows(
            "SELECT email, name FROM members WHERE group_id = ? ORDER BY lower(name), email LIMIT ?", id, most
        )
        return [Member(row["email"], row["name"]) for row in rows], count["n"] if count else 0

    def memberships(self, *only: GroupId) -> Sequence[tuple[str, str, str, str]]:
        """(group id, Miro id, address, name) of all members of these groups, by default all that exist."""
        where = f" WHERE {among('m.group_id', only)}" if only else ""
        rows = self._on.rows(
            "SELECT m.* FROM members m JOIN groups g ON g.id = m.group_id AND g.gone = 0"
            f"{where} ORDER BY lower(m.name), m.email, m.group_id",
            *only,
        )
        return [(row["group_id"], row["miro_id"], row["email"], row["name"]) for row in rows]

    def in_none(self) -> Sequence[tuple[str, str, str]]:
        """(Miro id, address, name) of everybody listed who is in no group that exists."""
        rows = self._on.rows(
            "SELECT m.* FROM members m LEFT JOIN groups g ON g.id = m.group_id AND g.gone = 0"
            " WHERE g.id IS NULL ORDER BY lower(m.name), m.email"
        )
        return [(row["miro_id"], row["email"], row["name"]) for row in rows]

    def lists(self, email: str) -> bool:
        """Whether somebody with this address is listed."""
        return bool(self._on.row("SELECT 1 FROM members WHERE email = ? LIMIT 1", canonical(email)))

    def of(self, person: Person) -> Sequence[Group]:
        """The groups somebody is in, by the address and the Miro account they have now."""
        rows = self._on.rows(
            "SELECT * FROM groups WHERE gone = 0 AND id IN"
            " (SELECT group_id FROM members WHERE email = ? AND miro_id = coalesce(nullif(?, ''), miro_id))"
            " ORDER BY lower(known_name), id",
            canonical(person.email), person.miro_id,
        )  # fmt: skip
        return [self._group(row) for row in rows]

    def members_seen_at(self) -> datetime | None:
        """When all members of all groups were last listed."""
        return self._seen_at("members_seen_at")

    def admins_seen_at(self) -> datetime | None:
        """When the complete list of admins was last read."""
        return self._seen_at("admins_seen_at")
