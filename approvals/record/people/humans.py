"""The tables of links between keys of people, and of the human to whom each key belongs."""

import hmac
from collections.abc import Collection, Iterable, Sequence

from approvals.humans import Kind, Link, Pair, grouped, ordered
from approvals.people import DIGEST
from approvals.record.database import Database, among, places

_NEAR = """WITH RECURSIVE near(key) AS (
  SELECT one FROM links WHERE one = ? UNION SELECT other FROM links WHERE other = ?
  UNION SELECT CASE WHEN l.one = near.key THEN l.other ELSE l.one END
  FROM near JOIN links l ON l.one = near.key OR l.other = near.key
) """


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
        some, others = self.known(key), self.known(other)
        rows = self._on.rows("SELECT one, other FROM apart")
        return any(
            (row["one"] in some and row["other"] in others) or (row["other"] in some and row["one"] in others)
            for row in rows
        )

    def link(self, key: str, other: str, kind: Kind = Kind.SEEN, *, anew: bool = False) -> None:
        """Links two keys; `anew`: as the newest link, though it may be an old one."""
        with self._on.writing():
            if anew:
                self._on.run("DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", key, other, kind)
            new = "INSERT INTO links (one, other, kind) VALUES (?,?,?) ON CONFLICT DO NOTHING"
            if self._on.run(new, key, other, kind):
                self._recall([key, other])
                self._group(key)

    def _recall(self, keys: Sequence[str]) -> None:
        """Links keys to the digests of somebody who was forgotten, if they are theirs."""
        new = "INSERT INTO links (one, other, kind) SELECT ?, key, ? FROM humans WHERE key = ?"
        for key, digest in zip(keys, self._digests(keys), strict=False):
            self._on.run(f"{new} ON CONFLICT DO NOTHING", key, Kind.SEEN, digest)

    def _digests(self, keys: Sequence[str]) -> list[str]:
        """The keyed digests that stand for forgotten keys; [] while nobody was forgotten."""
        row = self._on.row("SELECT value FROM meta WHERE key = 'forgotten'")
        secret = row["value"].encode() if row else b""
        made = (hmac.digest(secret, key.encode(), "sha256").hex() for key in keys)
        return [f"{DIGEST}{digest}" for digest in made] if row else []

    def forget(self, keys: Collection[str], secret: str) -> None:
        """Replaces the keys of a human, but for its rows, by digests, by which they are excluded if they
        come back; the first `secret` of a record is the key of all digests."""
        rows = sorted(key for key in keys if key.startswith("P-"))
        names = sorted(key for key in keys if not key.startswith(("P-", DIGEST)))
        self._on.run("INSERT INTO meta VALUES ('forgotten', ?) ON CONFLICT DO NOTHING", secret)
        for table in ("links", "apart"):
            self._on.run(
                f"DELETE FROM {table} WHERE {among('one', names)} OR {among('other', names)}", *names, *names
            )
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
            had = {(row["one"], row["other"]) for row in self._on.rows(
                "SELECT one, other FROM links WHERE kind = ?", Kind.POLICY)}  # fmt: skip
            for first, other in had - set(same):
                self._on.run(
                    "DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", first, other, Kind.POLICY
                )
            new = [(first, other, Kind.POLICY.value) for first, other in set(same) - had]
            self._on.run_each("INSERT INTO links (one, other, kind) VALUES (?,?,?)", new)
            changed = self._keep_apart(Kind.POLICY, set(apart))
            self._group_all(key for pair in {*(had ^ set(same)), *changed} for key in pair)

    def _keep_apart(self, kind: str, pairs: set[Pair]) -> set[Pair]:
        """Replaces the pairs of this kind that are different people; returns those that changed."""
        rows = self._on.rows("SELECT one, other FROM apart WHERE kind = ?", kind)
        had = {(row["one"], row["other"]) for row in rows}
        for key, other in had - pairs:
            self._on.run("DELETE FROM apart WHERE one = ? AND other = ? AND kind = ?", key, other, kind)
        self._on.run_each("INSERT INTO apart VALUES (?,?,?)", [(*pair, kind) for pair in pairs - had])
        return had ^ pairs

    def split(self, key: str, other: str) -> None:
        """Stores that two keys belong to different people; the caller appends it to the record."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO apart VALUES (?,?,'split') ON CONFLICT DO NOTHING", *ordered(key, other)
            )
            self._group_all([key, other])

    def _group_all(self, keys: Iterable[str]) -> None:
        done: set[str] = set()
        for each in keys:
            if each not in done:
                done |= self._group(each)

    def _group(self, key: str) -> set[str]:
        """Recomputes the humans among all keys linked to a key, directly or not; returns these keys."""
        rows = self._on.rows(
            _NEAR + "SELECT DISTINCT l.* FROM near JOIN links l ON l.one = near.key OR l.other = near.key",
            key,
            key,
        )
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
        human = min(group)
        rows = [(key, human) for key in sorted(group)]
        self._on.run(
            f"INSERT INTO humans VALUES {places(rows)}"
            " ON CONFLICT (key) DO UPDATE SET human = excluded.human",
            *(value for row in rows for value in row),
        )
        self._on.forget()
        people = {key for key in group if key.startswith("P-")}
        if len(people) > 1 or any(len(_people(before[key])) > 1 for key in group):
            self.changes += any(_people(before[key]) != people for key in people)


def _people(keys: Collection[str]) -> set[str]:
    return {key for key in keys if key.startswith("P-")}
