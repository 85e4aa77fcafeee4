"""Links between keys of people, and for each key the human it belongs to."""

from collections.abc import Collection, Iterable

from approvals.humans import Kind, Link, Pair, grouped, ordered
from approvals.record.database import Database, among, places

_NEAR = """WITH RECURSIVE near(key) AS (
  SELECT one FROM links WHERE one = ? UNION SELECT other FROM links WHERE other = ?
  UNION SELECT CASE WHEN l.one = near.key THEN l.other ELSE l.one END
  FROM near JOIN links l ON l.one = near.key OR l.other = near.key
) """


KNOWN = "SELECT mine.key, its.key FROM humans mine JOIN humans its ON its.human = mine.human WHERE "
"""Keys, each with every key of its human."""


class Humans:
    """Links between keys, and for each key the human it belongs to, worked out when a link is written."""

    def __init__(self, on: Database) -> None:
        self._on = on
        self.changes = 0
        """How often this process saw that two rows are one human, or aren't: who may decide has changed."""

    def known(self, key: str) -> frozenset[str]:
        """Every key of the human to whom a key belongs; that key alone where nothing is linked to it."""
        return self.all_known([key])[key]

    def all_known(self, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """The same of several keys, with one statement."""
        found: dict[str, set[str]] = {key: {key} for key in keys}
        for mine, other in self._on.rows(KNOWN + among("mine.key", keys), *keys) if keys else ():
            found[mine].add(other)
        return {key: frozenset(some) for key, some in found.items()}

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two keys belong to two people by the policy in force, or by what an operator recorded."""
        some, others = self.known(one), self.known(other)
        rows = self._on.rows("SELECT one, other FROM apart")
        return any(
            (row["one"] in some and row["other"] in others) or (row["other"] in some and row["one"] in others)
            for row in rows
        )

    def link(self, one: str, other: str, kind: Kind = Kind.SEEN, *, anew: bool = False) -> None:
        """Writes down that two keys were seen together; `anew`: it is so again, after it was otherwise."""
        with self._on.writing():
            if anew:
                self._on.run("DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", one, other, kind)
            new = "INSERT INTO links (one, other, kind) VALUES (?,?,?) ON CONFLICT DO NOTHING"
            if self._on.run(new, one, other, kind):
                self._group(one)

    def link_all(self, links: Iterable[tuple[str, str, Kind]]) -> None:
        """Writes down many links at once, and groups each human once."""
        links = list(dict.fromkeys(links))
        with self._on.writing():
            new = "INSERT INTO links (one, other, kind) VALUES (?,?,?) ON CONFLICT DO NOTHING"
            self._on.run_each(new, links)
            self._group_all(one for one, _, _ in links)

    def unlink(self, one: str, other: str, kind: Kind = Kind.SEEN) -> None:
        """Takes back that two keys belong together."""
        with self._on.writing():
            if self._on.run("DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", one, other, kind):
                self._group_all([one, other])

    def keep_policy(self, same: Collection[Pair], apart: Collection[Pair]) -> None:
        """Takes up whom the policy in force calls the same person, and whom different people."""
        with self._on.writing():
            had = {(row["one"], row["other"]) for row in self._on.rows(
                "SELECT one, other FROM links WHERE kind = ?", Kind.POLICY)}  # fmt: skip
            for one, other in had - set(same):
                self._on.run(
                    "DELETE FROM links WHERE one = ? AND other = ? AND kind = ?", one, other, Kind.POLICY
                )
            new = [(one, other, Kind.POLICY.value) for one, other in set(same) - had]
            self._on.run_each("INSERT INTO links (one, other, kind) VALUES (?,?,?)", new)
            changed = self._keep_apart(Kind.POLICY, set(apart))
            self._group_all(key for pair in {*(had ^ set(same)), *changed} for key in pair)

    def _keep_apart(self, kind: str, pairs: set[Pair]) -> set[Pair]:
        """Writes down who is told apart in one way; the pairs that have changed."""
        rows = self._on.rows("SELECT one, other FROM apart WHERE kind = ?", kind)
        had = {(row["one"], row["other"]) for row in rows}
        for one, other in had - pairs:
            self._on.run("DELETE FROM apart WHERE one = ? AND other = ? AND kind = ?", one, other, kind)
        self._on.run_each("INSERT INTO apart VALUES (?,?,?)", [(*pair, kind) for pair in pairs - had])
        return had ^ pairs

    def split(self, one: str, other: str) -> None:
        """Takes up that an operator told two keys apart; the caller writes that into the record."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO apart VALUES (?,?,'split') ON CONFLICT DO NOTHING", *ordered(one, other)
            )
            self._group_all([one, other])

    def _group_all(self, keys: Iterable[str]) -> None:
        done: set[str] = set()
        for each in keys:
            if each not in done:
                done |= self._group(each)

    def _group(self, key: str) -> set[str]:
        """Works out anew who is who among everything that a key is linked to, however far."""
        rows = self._on.rows(
            _NEAR + "SELECT DISTINCT l.* FROM near JOIN links l ON l.one = near.key OR l.other = near.key",
            key,
            key,
        )
        links = [Link(row["number"], row["one"], row["other"], Kind(row["kind"])) for row in rows]
        near = {key, *(one for link in links for one in (link.one, link.other))}
        apart = [(row["one"], row["other"]) for row in self._on.rows("SELECT one, other FROM apart")]
        groups = grouped(links, apart) if links else [frozenset({key})]
        before = self.all_known(near)
        for group in groups:
            self._keep(group, before)
        return near

    def _keep(self, group: frozenset[str], before: dict[str, frozenset[str]]) -> None:
        if all(before[one] == group for one in group):
            return
        human = min(group)
        rows = [(one, human) for one in sorted(group)]
        self._on.run(
            f"INSERT INTO humans VALUES {places(rows)}"
            " ON CONFLICT (key) DO UPDATE SET human = excluded.human",
            *(value for row in rows for value in row),
        )
        self._on.forget()
        people = {one for one in group if one.startswith("P-")}
        if len(people) > 1 or any(len(_people(before[one])) > 1 for one in group):
            self.changes += any(_people(before[one]) != people for one in people)


def _people(keys: Collection[str]) -> set[str]:
    return {one for one in keys if one.startswith("P-")}
