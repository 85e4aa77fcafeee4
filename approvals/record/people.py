"""The tables of people: their accounts, who may be the same human, and who belongs to whom."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.clocks import SKEW
from approvals.humans import Kind, Link, Pair, grouped, ordered, pairs
from approvals.ids import GroupId, PersonId, SlackId, stamp, unstamp
from approvals.people import FRESH, Account, Delegation, Group, Person, Standing, canonical, key, miro_key
from approvals.record.database import Database, Row
from approvals.record.schema import links_before


@dataclass(frozen=True)
class Admin:
    """Somebody who has admin rights in Miro, as it was seen last."""

    miro_id: str
    email: str
    name: str
    rights: str


_NEAR = """WITH RECURSIVE near(key) AS (
  SELECT one FROM links WHERE one = ? UNION SELECT other FROM links WHERE other = ?
  UNION SELECT CASE WHEN l.one = near.key THEN l.other ELSE l.one END
  FROM near JOIN links l ON l.one = near.key OR l.other = near.key
) """


class Humans:
    """Links between keys, and for each key the human it belongs to, worked out when a link is written."""

    def __init__(self, on: Database) -> None:
        self._on = on
        self.changes = 0
        """How often this process saw that two rows are one human, or aren't: who may decide has changed."""

    def known(self, key: str) -> frozenset[str]:
        """Every key of the human to whom a key belongs; that key alone where nothing is linked to it."""
        rows = self._on.rows(
            "SELECT key FROM humans WHERE human = (SELECT human FROM humans WHERE key = ?)", key
        )
        return frozenset(row["key"] for row in rows) | {key}

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
        before = {one: self.known(one) for one in near}
        for group in groups:
            self._keep(group, before)
        return near

    def _keep(self, group: frozenset[str], before: dict[str, frozenset[str]]) -> None:
        if all(before[one] == group for one in group):
            return
        human = min(group)
        rows = [(one, human) for one in group]
        self._on.run_each(
            "INSERT INTO humans VALUES (?,?) ON CONFLICT (key) DO UPDATE SET human = excluded.human", rows
        )
        people = {one for one in group if one.startswith("P-")}
        if len(people) > 1 or any(len(_people(before[one])) > 1 for one in group):
            self.changes += any(_people(before[one]) != people for one in people)


def _people(keys: Collection[str]) -> set[str]:
    return {one for one in keys if one.startswith("P-")}


def number_of(id: PersonId) -> int:
    """7 of P-7. Raises KeyError for what can be no id of a person."""
    if not re.fullmatch("P-[0-9]{1,18}", id):
        raise KeyError(id)
    return int(id.removeprefix("P-"))


SAME = (
    "SELECT b.number FROM people a JOIN people b"
    # On b: only so a database sees that the index of addresses has all it needs.
    " ON b.number = a.number OR (b.email != '' AND b.email = a.email)"
)
"""Rows of one address are one human."""


class Relations:
    """What Slack and Miro said of groups and managers, and the delegates people named."""

    def __init__(self, on: Database) -> None:
        self._on = on

    def person(self, id: PersonId) -> Person:
        """The person with this id. Raises KeyError."""
        raise NotImplementedError

    def keep_members(self, handle: str, members: Iterable[SlackId] | None, now: datetime) -> None:
        """Writes down who is in a Slack user group, or a channel; None: Slack knows none of that name."""
        name = canonical(handle)
        with self._on.writing():
            self._on.run("DELETE FROM user_groups WHERE handle = ?", name)
            self._on.run("DELETE FROM user_groups_seen WHERE handle = ?", name)
            if members is not None:
                pairs = [(name, id) for id in set(members)]
                self._on.run_each("INSERT INTO user_groups VALUES (?,?)", pairs)
                self._on.run("INSERT INTO user_groups_seen VALUES (?,?)", name, stamp(now))

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, or a channel; nobody, where that wasn't looked at for a day."""
        rows = self._on.rows(
            "SELECT m.slack_id FROM user_groups m JOIN user_groups_seen s ON s.handle = m.handle"
            " WHERE m.handle = ? AND s.seen_at BETWEEN ? AND ? ORDER BY m.slack_id",
            canonical(handle), stamp(now - FRESH), stamp(now + SKEW),
        )  # fmt: skip
        return [SlackId(row["slack_id"]) for row in rows]

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether Slack told within a day who is in a group or channel; not of one it doesn't know."""
        seen = "SELECT 1 FROM user_groups_seen WHERE handle = ? AND seen_at BETWEEN ? AND ?"
        span = stamp(now - FRESH), stamp(now + SKEW)
        return self._on.row(seen, canonical(handle), *span) is not None

    def keep_manager(self, id: PersonId, boss: PersonId | None, now: datetime) -> None:
        """Writes down who manages somebody, as Slack or Miro said; None: nobody is known to."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO managers VALUES (?,?,?)"
                " ON CONFLICT (person) DO UPDATE SET boss = excluded.boss, seen_at = excluded.seen_at",
                number_of(id), number_of(boss) if boss else None, stamp(now),
            )  # fmt: skip

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as Slack or Miro said within a day."""
        seen = "SELECT boss AS found FROM managers WHERE seen_at BETWEEN ? AND ? AND person IN"
        row = self._of(id, seen, now - FRESH, now + SKEW)
        return self.person(PersonId(f"P-{row['found']}")) if row and row["found"] else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody at a time."""
        row = self._of(id, "SELECT * FROM delegations WHERE since <= ? AND until > ? AND person IN", now, now)
        return _delegation(row) if row else None

    def named_delegate(self, id: PersonId, now: datetime) -> Delegation | None:
        """Whom somebody named, also for days to come."""
        row = self._of(id, "SELECT * FROM delegations WHERE until > ? AND person IN", now)
        return _delegation(row) if row else None

    def away_as(self, id: PersonId) -> list[PersonId]:
        """The other rows of somebody that have a delegate."""
        rows = self._on.rows(
            f"SELECT person FROM delegations WHERE person != ? AND person IN ({SAME} WHERE a.number = ?)",
            number_of(id), number_of(id),
        )  # fmt: skip
        return [PersonId(f"P-{row['person']}") for row in rows]

    def _of(self, id: PersonId, sql: str, *at: datetime) -> Row | None:
        times = map(stamp, at)
        return self._on.row(f"{sql} ({SAME} WHERE a.number = ?) ORDER BY person", *times, number_of(id))


def _delegation(row: Row) -> Delegation:
    person, delegate = PersonId(f"P-{row['person']}"), PersonId(f"P-{row['delegate']}")
    return Delegation(person, delegate, unstamp(row["since"]), unstamp(row["until"]))


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
        row = self._on.row("SELECT * FROM groups WHERE id = ?", id)
        return self._group(row) if row else None

    def keep(self, seen: Iterable[tuple[GroupId, str]], *, whole: bool = True) -> None:
        """Writes down security names; with `whole`, what isn't among them is gone."""
        with self._on.writing():
            if whole:
                self._on.run("UPDATE groups SET gone = 1")
                self._on.run(_SEEN, "groups_seen_at", stamp(self._now()))
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
            self._on.run(_SEEN, "admins_seen_at", stamp(self._now()))
            rows = {one.miro_id: (one.miro_id, one.email, one.name, one.rights) for one in seen}
            self._on.run_each("INSERT INTO admins VALUES (?,?,?,?)", [*rows.values()])

    def admins(self) -> tuple[Sequence[Admin], datetime | None]:
        """Who has admin rights in Miro, and when that was seen."""
        rows = self._on.rows("SELECT * FROM admins ORDER BY rights, name, email")
        seen = self._on.row("SELECT value FROM meta WHERE key = 'admins_seen_at'")
        found = [Admin(row["miro_id"], row["email"], row["name"], row["rights"]) for row in rows]
        return found, unstamp(seen["value"]) if seen else None


def _account(row: Row) -> Account:
    checked = unstamp(row["checked_at"]) if row["checked_at"] else None
    return Account(SlackId(row["slack_id"]), Standing(row["standing"]), checked, row["zone"])


class People(Relations):
    """People and their Slack accounts; everything ever seen of a row is linked to it."""

    def __init__(self, on: Database, changed: Callable[[Iterable[PersonId]], None]) -> None:
        """`changed` hears of people whose pages may show something else now."""
        super().__init__(on)
        self._changed, self._humans = changed, Humans(on)

    @property
    def relinked(self) -> int:
        """How often this process saw that two rows are one human, or aren't."""
        return self._humans.changes

    def _person(self, row: Row) -> Person:
        accounts = self._on.rows(
            "SELECT * FROM accounts WHERE person IN"
            " (SELECT ? UNION SELECT number FROM people WHERE email = ? AND email != '') ORDER BY number",
            row["number"], row["email"],
        )  # fmt: skip
        return Person(
            PersonId(f"P-{row['number']}"), row["email"], row["name"], row["given"], row["family"],
            row["miro_id"], tuple(map(_account, accounts)), self._humans.known(f"P-{row['number']}"),
        )  # fmt: skip

    def _find(self, condition: str, value: object) -> Person | None:
        row = self._on.row(f"SELECT * FROM people WHERE {condition} ORDER BY number LIMIT 1", value)
        return self._person(row) if row else None

    def person(self, id: PersonId) -> Person:
        """The person with this id. Raises KeyError."""
        found = self._find("number = ?", number_of(id))
        if found is None:
            raise KeyError(id)
        return found

    def by_email(self, email: str) -> Person | None:
        """The person with this address, whatever its case."""
        # Only with the last words a database sees that the index has every such row.
        return self._find("email = ? AND email != ''", canonical(email)) if email else None

    def by_slack(self, slack_id: SlackId) -> Person | None:
        """The person this Slack account belongs to."""
        return self._find("number = (SELECT person FROM accounts WHERE slack_id = ?)", slack_id)

    def meet(self, *, slack_id: SlackId | None = None, email: str = "") -> Person:
        """The person behind a Slack account or an address; a new row if nobody is known by it."""
        found = self._met(slack_id, email)
        if found is None:
            with self._on.writing():
                # Once more: somebody may have come in between.
                found = self._met(slack_id, email) or self._new(slack_id, canonical(email))
        return found

    def _met(self, slack_id: SlackId | None, email: str) -> Person | None:
        return self.by_slack(slack_id) if slack_id else self.by_email(email)

    def _row(self, email: str) -> int:
        """A new row with this address; its number."""
        row = self._on.row("INSERT INTO people (email) VALUES (?) RETURNING number", email)
        assert row
        return int(row["number"])

    def _new(self, slack_id: SlackId | None, email: str) -> Person:
        number = self._row(email)
        id = PersonId(f"P-{number}")
        if email:
            self._humans.link(id, email)
        if slack_id:
            self._on.run(
                "INSERT INTO accounts (number, slack_id, person, standing)"
                " SELECT coalesce(max(number), 0) + 1, ?, ?, ? FROM accounts",
                slack_id, number, Standing.UNKNOWN,
            )  # fmt: skip
            self._humans.link(id, slack_id, Kind.ACCOUNT)
        return self.person(id)

    def learn(self, id: PersonId, **facts: str) -> Person:
        """Writes down email, name, given, family or miro_id. Raises TypeError for anything else."""
        if not facts.keys() <= {"email", "name", "given", "family", "miro_id"}:
            raise TypeError(f"people have no {', '.join(facts)}")
        with self._on.writing():
            for column, value in facts.items():
                kept = canonical(value) if column == "email" else value
                changed = f"UPDATE people SET {column} = ? WHERE number = ? AND {column} != ?"
                if self._on.run(changed, kept, number_of(id), kept) and kept:
                    self._link(id, column, kept)
            return self.person(id)

    def _link(self, id: PersonId, column: str, value: str) -> None:
        """What a row says of a human stays linked to it, also when it says something else later."""
        if column == "email":
            self._humans.link(id, value, anew=True)
        elif column == "miro_id":
            self._humans.link(id, miro_key(value), anew=True)

    def disown(self, id: PersonId) -> Person:
        """The address of a row turns out to be somebody else's: it links the two no longer."""
        with self._on.writing():
            email = self.person(id).email
            for row in self._on.rows("SELECT number FROM people WHERE email = ? AND email != ''", email):
                self.learn(PersonId(f"P-{row['number']}"), email="")
                self._humans.unlink(f"P-{row['number']}", email)
            return self.person(id)

    def saw(self, account: Account, email: str, **names: str) -> Person:
        """Writes down what Slack said of an account, with the names it gave, in one transaction.

        An address that another row has already: the account moves there, and the row it came from gets the
        address too, because entries of the record name it. Unless both are told apart: then the address
        was given to somebody else, and the other row has it no longer.
        """
        with self._on.writing():
            person = self.meet(slack_id=account.slack_id)
            before = next(one for one in person.accounts if one.slack_id == account.slack_id)
            if email and person.email != canonical(email):
                other = self.by_email(email)
                if other and self._humans.are_apart(person.id, other.id):
                    other = self.learn(other.id, email="") and None
                person = self.learn(person.id, email=email)
                person = other or person
                self._humans.link(person.id, account.slack_id, Kind.ACCOUNT)
            checked = stamp(account.checked_at) if account.checked_at else None
            self._on.run(
                "UPDATE accounts SET person = ?, standing = ?, checked_at = ?, zone = ? WHERE slack_id = ?",
                number_of(person.id), account.standing, checked, account.zone, account.slack_id,
            )  # fmt: skip
            if account.checked_at and not before.says_the_same(account, account.checked_at):
                self._changed([person.id])
            return self.learn(person.id, **names)

    def same_as(self, entry: str, other: str) -> None:
        """Links two addresses, accounts or Miro ids that belong to one human (keys of `Person.keys`)."""
        self._humans.link(entry, other)

    def known_as(self, key: str) -> frozenset[str]:
        """Everything that is linked to an address, Slack account or Miro id, itself included."""
        return self._humans.known(key)

    def addresses_about(self, length: int) -> Sequence[str]:
        """Addresses of about this many characters, of people with an account in Slack or Miro."""
        rows = self._on.rows(
            "SELECT email FROM people p WHERE length(email) BETWEEN ? AND ? AND (miro_id != ''"
            " OR EXISTS (SELECT 1 FROM accounts a WHERE a.person = p.number))"
            " UNION SELECT email FROM admins WHERE length(email) BETWEEN ? AND ?",
            *[length - 4, length + 4] * 2,
        )  # fmt: skip
        return [canonical(row["email"]) for row in rows]

    def keep_links(self, same: Mapping[str, str], apart: Mapping[str, Collection[str]]) -> None:
        """Takes up whom the policy in force calls the same person, and whom different people."""
        with self._on.writing():
            told_apart = pairs(apart)
            self._humans.keep_policy({(key(one), key(other)) for one, other in same.items()}, told_apart)
            for one, other in sorted(told_apart):
                self._part(one, other)

    def split(self, one: str, other: str) -> None:
        """Takes up that an operator told two people apart, by a key of each."""
        with self._on.writing():
            self._humans.split(one, other)
            self._part(one, other)

    def _part(self, one: str, other: str) -> None:
        """Two accounts of one row, which are two people: the second gets a row of its own.

        It has no address there until Slack tells it.
        """
        rows = self._on.rows("SELECT slack_id, person FROM accounts WHERE slack_id IN (?,?)", one, other)
        if len(rows) == 2 and rows[0]["person"] == rows[1]["person"]:
            number = self._row("")
            self._on.run(
                "UPDATE accounts SET person = ?, checked_at = NULL WHERE slack_id = ?", number, other
            )
            self._humans.unlink(f"P-{rows[0]['person']}", other, Kind.ACCOUNT)
            self._humans.link(f"P-{number}", other, Kind.ACCOUNT)

    def link_known(self) -> None:
        """Links what a record knows whose program kept no links."""
        self._humans.link_all(links_before(self._on))

    def stale(self, before: datetime, limit: int, latest: datetime | None = None) -> Sequence[Account]:
        """Accounts last looked at before a time, longest ago first.

        And those whose look lies after `latest`, which is now: a clock that was ahead dated it.
        """
        rows = self._on.rows(
            "SELECT * FROM accounts WHERE coalesce(checked_at, '') < ?"
            " ORDER BY coalesce(checked_at, '') LIMIT ?",
            stamp(before), limit,
        )  # fmt: skip
        if latest and len(rows) < limit:
            ahead = "SELECT * FROM accounts WHERE coalesce(checked_at, '') > ? LIMIT ?"
            rows += self._on.rows(ahead, stamp(latest + SKEW), limit - len(rows))
        return [_account(row) for row in rows]
