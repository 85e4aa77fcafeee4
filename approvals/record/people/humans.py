"""The tables of links between keys of people, and of the human to whom each key belongs."""

import hmac
from collections.abc import Collection, Iterable, Sequence

from approvals.humans import Kind, Link, Pair, grouped, is_parted, ordered
from approvals.people import DIGEST
from approvals.record.database import Database, among, places

_NEAR = """WITH RECURSIVE near(key) AS (
  SELECT one FROM links WHERE one = ? UNION SELECT other FROM links WHERE other = ?
  UNION SELECT CASE WHEN l.one = near.key THEN l.other ELSE l.one END
  FROM near JOIN links l ON l.one = near.key OR l.other = near.key
) SELECT DISTINCT l.* FROM near JOIN links l ON l.one = near.key OR l.other = near.key"""
"""Reads all links of the human to whom a key may belong."""


KNOWN = "SELECT mine.key, its.key FROM humans mine JOIN humans its ON its.human = mine.human WHERE "
"""Reads keys, each with every key of its human."""


class Humans:
    """Links between keys, and the human of each key, which is recomputed when a link is written."""

    def __init__(self, on: Database) -> None:
        self._on = on
        self.changes = 0
        """Counts changes of who is the same human, as seen by this process: who may decide has changed."""

    def known(self, key: str) -> frozenset[str]:
        """All keys of the human to whom a key belongs, itself included."""
        return self.all_known([key])[key]

    def all_known(self, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """{key: all keys of its human} for several keys, with one statement."""
        known: dict[str, set[str]] = {key: {key} for key in keys}
        for mine, other in self._on.rows(KNOWN + among("mine.key", keys), *keys) if keys else ():
            known[mine].add(other)
        return {key: frozenset(some) for key, some in known.items()}

    def are_apart(self, key: str, other: str) -> bool:
        """Whether the policy in force or an operator says that two keys belong to different people."""
        pairs = self._on.rows("SELECT one, other FROM apart")
        return is_parted(self.known(key), self.known(other), pairs)

    def link(self, key: str, other: str, kind: Kind = Kind.SEEN, *, anew: bool = False) -> None:
        """Links two keys; `anew`: as the newest link, though it may be an old one."""
        with self._on.writing():
            if anew:
                self._on.run("DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", key, other, kind)
            new = "INSERT INTO links (one, other, kind) VALUES (?,?,?) ON CONFLICT DO NOTHING"
            if self._on.run(new, key, other, kind):
                # To the digests of somebody who was forgotten, if the keys are theirs.
                recall = "INSERT INTO links (one, other, kind) SELECT ?, key, ? FROM humans WHERE key = ?"
                for each, digest in zip((key, other), self._digests([key, other]), strict=False):
                    self._on.run(f"{recall} ON CONFLICT DO NOTHING", each, Kind.SEEN, digest)
                self._group(key)

    def _digests(self, keys: Sequence[str]) -> list[str]:
        """The keyed digests that stand for forgotten keys; [] while nobody was forgotten."""
        secret = self._on.kept("forgotten").encode()
        return [DIGEST + hmac.digest(secret, key.encode(), "sha256").hex() for key in keys if secret]

    def forget(self, keys: Collection[str], secret: str) -> None:
        """Replaces the keys of a human, but for its rows, by digests, by which they are excluded if they
        come back; the first `secret` of a record is the key of all digests."""
        rows = sorted(key for key in keys if key.startswith("P-"))
        names = sorted(key for key in keys if not key.startswith(("P-", DIGEST)))
        self._on.run("INSERT INTO meta VALUES ('forgotten', ?) ON CONFLICT DO NOTHING", secret)
        either = f"{among('one', names)} OR {among('other', names)}"
        for table in ("links", "apart"):
            self._on.run(f"DELETE FROM {table} WHERE {either}", *names, *names)
        self._on.run(f"DELETE FROM humans WHERE {among('key', names)}", *names)
        self.link_all((row, digest, Kind.SEEN) for row in rows for digest in self._digests(names))

    def link_all(self, links: Iterable[tuple[str, str, Kind]]) -> None:
        """Writes many links in one transaction, and regroups each human once."""
        links = list(dict.fromkeys(links))
        with self._on.writing():
            new = "INSERT INTO links (one, other, kind) VALUES (?,?,?) ON CONFLICT DO NOTHING"
            self._on.run_each(new, links)
            self._group_all(key for key, _, _ in links)

    def unlink(self, key: str, other: str, kind: Kind = Kind.SEEN) -> None:
        """Removes the link between two keys."""
        with self._on.writing():
            if self._on.run("DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", key, other, kind):
                self._group_all([key, other])

    def keep_policy(self, same: Collection[Pair], apart: Collection[Pair]) -> None:
        """Stores the pairs that the policy in force calls the same person, and different people."""
        with self._on.writing():
            changed = self._replace("links", set(same)) | self._replace("apart", set(apart))
            self._group_all(key for pair in changed for key in pair)

    def _replace(self, table: str, pairs: set[Pair]) -> set[Pair]:
        """Replaces the policy's pairs in a table; returns those that changed."""
        rows = self._on.rows(f"SELECT one, other FROM {table} WHERE kind = ?", Kind.POLICY)
        had = {(row["one"], row["other"]) for row in rows}
        delete = f"DELETE FROM {table} WHERE one = ? AND other = ? AND kind = ?"
        self._on.run_each(delete, [(*pair, Kind.POLICY) for pair in had - pairs])
        insert = f"INSERT INTO {table} (one, other, kind) VALUES (?,?,?)"
        self._on.run_each(insert, [(*pair, Kind.POLICY) for pair in pairs - had])
        return had ^ pairs

    def split(self, key: str, other: str) -> None:
        """Stores that two keys belong to different people; the caller appends it to the record."""
        with self._on.writing():
            sql = "INSERT INTO apart VALUES (?,?,'split') ON CONFLICT DO NOTHING"
            self._on.run(sql, *ordered(key, other))
            self._group_all([key, other])

    def _group_all(self, keys: Iterable[str]) -> None:
        done: set[str] = set()
        for each in keys:
            if each not in done:
                done |= self._group(each)

    def _group(self, key: str) -> set[str]:
        """Recomputes the humans among all keys linked to a key, directly or not; returns these keys."""
        rows = self._on.rows(_NEAR, key, key)
        links = [Link(row["number"], row["one"], row["other"], Kind(row["kind"])) for row in rows]
        near = {key, *(end for link in links for end in (link.one, link.other))}
        apart = [(row["one"], row["other"]) for row in self._on.rows("SELECT one, other FROM apart")]
        groups = grouped(links, apart) if links else [frozenset({key})]
        before = self.all_known(near)
        for group in groups:
            self._keep(group, before)
        return near

    def _keep(self, group: frozenset[str], before: dict[str, frozenset[str]]) -> None:
        if all(before[key] == group for key in group):
            return
        keys = sorted(group)
        new = f"INSERT INTO humans VALUES {places([(key, '') for key in keys])}"
        values = (value for key in keys for value in (key, keys[0]))
        self._on.run(f"{new} ON CONFLICT (key) DO UPDATE SET human = excluded.human", *values)
        self._on.forget()
        people = {key for key in group if key.startswith("P-")}
        if len(people) > 1 or any(len(_people(before[key])) > 1 for key in group):
            self.changes += any(_people(before[key]) != people for key in people)


def _people(keys: Collection[str]) -> set[str]:
    return {key for key in keys if key.startswith("P-")}
