"""The tables of Miro's groups and of who has admin rights there, on SQLite."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from approvals.ids import GroupId, stamp, unstamp
from approvals.people import Group
from approvals.record.connections import Connections
from approvals.record.contract import Admin


class SqliteGroups:
    """Miro groups. The name by which a group was first seen stays the one people know: Miro keeps the team's
    name when the security group is renamed (Miro's article "User lifecycle management")."""

    def __init__(self, on: Connections, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def all(self) -> Sequence[Group]:
        """Every group that is still there, by the name people know."""
        rows = self._on.rows("SELECT * FROM groups WHERE gone = 0 ORDER BY known_name COLLATE NOCASE, id")
        return [self._group(row) for row in rows]

    @staticmethod
    def _group(row: sqlite3.Row) -> Group:
        return Group(GroupId(row["id"]), row["security_name"], row["known_name"], bool(row["gone"]))

    def get(self, id: GroupId) -> Group | None:
        """One group, gone or not."""
        row = self._on.row("SELECT * FROM groups WHERE id = ?", id)
        return self._group(row) if row else None

    def keep(self, seen: Iterable[tuple[GroupId, str]], *, whole: bool = True) -> None:
        """Writes down security names; with `whole`, what isn't among them is gone."""
        with self._on.writing():
            if whole:
                self._on.run("UPDATE groups SET gone = 1")
                self._on.run("INSERT OR REPLACE INTO meta VALUES ('groups_seen_at', ?)", stamp(self._now()))
            for id, name in seen:
                self._on.run(
                    "INSERT INTO groups VALUES (?,?,?,0) ON CONFLICT (id)"
                    " DO UPDATE SET security_name = excluded.security_name, gone = 0",
                    id, name, name,
                )  # fmt: skip

    def seen_at(self) -> datetime | None:
        """When the whole list was last taken."""
        row = self._on.row("SELECT value FROM meta WHERE key = 'groups_seen_at'")
        return unstamp(row["value"]) if row else None

    def keep_admins(self, seen: Iterable[Admin]) -> None:
        """Writes down who has admin rights in Miro; whoever isn't among them has none."""
        with self._on.writing():
            self._on.run("DELETE FROM admins")
            self._on.run("INSERT OR REPLACE INTO meta VALUES ('admins_seen_at', ?)", stamp(self._now()))
            rows = [(one.miro_id, one.email, one.name, one.rights) for one in seen]
            self._on.run_each("INSERT OR REPLACE INTO admins VALUES (?,?,?,?)", rows)

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """Who has admin rights in Miro, and when that was seen."""
        rows = self._on.rows("SELECT * FROM admins ORDER BY rights, name, email")
        seen = self._on.row("SELECT value FROM meta WHERE key = 'admins_seen_at'")
        found = [Admin(row["miro_id"], row["email"], row["name"], row["rights"]) for row in rows]
        return found, unstamp(seen["value"]) if seen else None
