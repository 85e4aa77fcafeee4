"""Miro groups, and who has admin rights there."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.ids import GroupId, stamp, unstamp
from approvals.people import Group
from approvals.record.database import Database, Row, among


@dataclass(frozen=True)
class Admin:
    """Somebody who has admin rights in Miro, as it was seen last."""

    miro_id: str
    email: str
    name: str
    rights: str


_SEEN = "INSERT INTO meta VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""When a list was last taken whole."""


class Groups:
    """Miro groups. The name by which a group was first seen stays the one people know: Miro keeps the team's
    name when the security group is renamed (Miro's article "User lifecycle management")."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def all(self) -> Sequence[Group]:
        """Every group that is still there, by the name people know."""
        rows = self._on.rows("SELECT * FROM groups WHERE gone = 0 ORDER BY lower(known_name), id")
        return [self._group(row) for row in rows]

    @staticmethod
    def _group(row: Row) -> Group:
        return Group(GroupId(row["id"]), row["security_name"], row["known_name"], bool(row["gone"]))

    def get(self, id: GroupId) -> Group | None:
        """One group, gone or not."""
        return self._on.ahead(self._read).get(id)

    def _read(self, ids: Collection[GroupId]) -> dict[GroupId, Group]:
        rows = self._on.rows(f"SELECT * FROM groups WHERE {among('id', ids)}", *ids)
        return {GroupId(row["id"]): self._group(row) for row in rows}

    def expect(self, ids: Iterable[GroupId]) -> None:
        """These will be asked for."""
        self._on.ahead(self._read).expect(ids)

    def keep(self, seen: Iterable[tuple[GroupId, str]], *, whole: bool = True) -> None:
        """Writes down security names; with `whole`, what isn't among them is gone."""
        with self._on.writing():
            if whole:
                self._on.run("UPDATE groups SET gone = 1")
                self._on.run(_SEEN, "groups_seen_at", stamp(self._now()))
            self._on.run_each(
                "INSERT INTO groups VALUES (?,?,?,0) ON CONFLICT (id)"
                " DO UPDATE SET security_name = excluded.security_name, gone = 0",
                [(id, name, name) for id, name in seen],
            )
            self._on.forget()

    def seen_at(self) -> datetime | None:
        """When the whole list was last taken."""
        row = self._on.row("SELECT value FROM meta WHERE key = 'groups_seen_at'")
        return unstamp(row["value"]) if row else None

    def keep_admins(self, seen: Iterable[Admin]) -> None:
        """Writes down who has admin rights in Miro; whoever isn't among them has none."""
        with self._on.writing():
            self._on.run("DELETE FROM admins")
            self._on.run(_SEEN, "admins_seen_at", stamp(self._now()))
            rows = {one.miro_id: (one.miro_id, one.email, one.name, one.rights) for one in seen}
            self._on.run_each("INSERT INTO admins VALUES (?,?,?,?)", [*rows.values()])

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """Who has admin rights in Miro, and when that was seen."""
        rows = self._on.rows("SELECT * FROM admins ORDER BY rights, name, email")
        seen = self._on.row("SELECT value FROM meta WHERE key = 'admins_seen_at'")
        found = [Admin(row["miro_id"], row["email"], row["name"], row["rights"]) for row in rows]
        return found, unstamp(seen["value"]) if seen else None
