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


Members = Mapping[tuple[str, str], Member]
"""{(group id or IN_NONE, Miro id): member}."""
IN_NONE = ""
"""Stands as the group id of who is in no group, so that every account is among the members."""
AT_ONCE = 1000
"""Memberships written in one transaction: others have their turn in between."""


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
                self._on.keep("groups_seen_at", stamp(self._now()))
            new, anew = "INSERT INTO groups VALUES (?,?,?,0) ON CONFLICT (id)", "security_name = ?, gone = 0"
            self._on.run_each(f"{new} DO UPDATE SET {anew}", [(id, name, name, name) for id, name in seen])
            self._on.forget(self._read)

    def lose(self, id: GroupId) -> None:
        """Marks a group as gone, and keeps its names."""
        with self._on.writing():
            self._on.run("UPDATE groups SET gone = 1 WHERE id = ?", id)
            self._on.forget(self._read)

    def seen_at(self, what: str = "groups") -> datetime | None:
        """When the complete list was last read; `what`: "members" of all groups, "admins"."""
        at = self._on.kept(f"{what}_seen_at")
        return unstamp(at) if at else None

    def keep_admins(self, seen: Iterable[Admin], before: Iterable[Admin] | None = None) -> None:
        """Stores the list of people with admin rights in Miro; `before`: as in `keep_members`."""
        with self._on.writing():
            known = {admin.miro_id: admin for admin in (self.admins()[0] if before is None else before)}
            rows = {admin.miro_id: admin for admin in seen}
            for id in {id for id, _ in known.items() ^ rows.items()}:
                self.note_admin(id, rows.get(id))
            self._on.keep("admins_seen_at", stamp(self._now()))

    def note_admin(self, miro_id: str, admin: Admin | None) -> None:
        """Stores the admin rights of one account, as just seen; None for none."""
        with self._on.writing():
            self._on.run("DELETE FROM admins WHERE miro_id = ?", miro_id)
            if admin:
                self._on.run("INSERT INTO admins VALUES (?,?,?,?)", *vars(admin).values())

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """(people with admin rights in Miro, when that was seen; None for never)."""
        rows = self._on.rows("SELECT * FROM admins ORDER BY rights, name, email")
        return [Admin(*row) for row in rows], self.seen_at("admins")

    def listed(self, *emails: str) -> Members:
        """Who is in which group or IN_NONE, of all people or of those with these addresses."""
        where = f"WHERE {among('email', emails)}" if emails else ""
        rows = self._on.rows(f"SELECT * FROM members {where}", *emails)
        return {(row["group_id"], row["miro_id"]): Member(row["email"], row["name"]) for row in rows}

    def keep_members(
        self, seen: Members, may_hold: Callable[[str], bool], before: Members | None = None
    ) -> None:
        """Stores who is in which group or IN_NONE, by group id and Miro id. Only what changed is written.

        `may_hold`: whether the account with a Miro id may be in Miro although the look didn't show it.
        `before`: the list as it was when the look began; changes noted since then are newer and stay.
        """
        known = self.listed() if before is None else before
        self._replace({key: each for key, each in known.items() if not may_hold(key[1])}, seen, known)
        self._on.keep("members_seen_at", stamp(self._now()))

    def note_member(self, miro_id: str, emails: Iterable[str], seen: Members) -> None:
        """Stores the groups of one account, as just seen. `emails`: its addresses before and now."""
        known = {key: each for key, each in self.listed(*emails).items() if key[1] == miro_id}
        self._replace(known, seen, known)

    def _replace(self, old: Members, seen: Members, known: Members) -> None:
        """Deletes what is in `old` and not in `seen`, and stores what `seen` has differently from `known`."""
        gone: list[tuple[str, ...]] = [key for key in old if key not in seen]
        changed: list[tuple[str, ...]] = [
            (*key, member.email, member.name) for key, member in seen.items() if known.get(key) != member
        ]
        delete = "DELETE FROM members WHERE group_id = ? AND miro_id = ?"
        new = "INSERT INTO members VALUES (?,?,?,?) ON CONFLICT (group_id, miro_id)"
        insert = f"{new} DO UPDATE SET email = excluded.email, name = excluded.name"
        for sql, rows in ((delete, gone), (insert, changed)):
            for at in range(0, len(rows), AT_ONCE):
                with self._on.writing():
                    self._on.run_each(sql, rows[at : at + AT_ONCE])

    def members(self, id: GroupId, most: int) -> tuple[Sequence[Member], int]:
        """The first `most` members of a group by name, and how many there are."""
        count = self._on.value("SELECT count(*) FROM members WHERE group_id = ?", id)
        sql = "SELECT email, name FROM members WHERE group_id = ? ORDER BY lower(name), email LIMIT ?"
        return [Member(*row) for row in self._on.rows(sql, id, most)], count

    def memberships(self, *only: GroupId) -> Sequence[tuple[str, str, str, str]]:
        """(group id, Miro id, address, name) of all members of these groups, by default all that exist."""
        where = f"WHERE {among('m.group_id', only)}" if only else ""
        existing = "members m JOIN groups g ON g.id = m.group_id AND g.gone = 0"
        sql = f"SELECT m.* FROM {existing} {where} ORDER BY lower(m.name), m.email, m.group_id"
        return [
            (row["group_id"], row["miro_id"], row["email"], row["name"]) for row in self._on.rows(sql, *only)
        ]

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
        mine = "SELECT group_id FROM members WHERE email = ? AND miro_id = coalesce(nullif(?, ''), miro_id)"
        sql = f"SELECT * FROM groups WHERE gone = 0 AND id IN ({mine}) ORDER BY lower(known_name), id"
        return [self._group(row) for row in self._on.rows(sql, canonical(person.email), person.miro_id)]
