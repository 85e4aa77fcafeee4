"""Reads people: once in a unit of work, and all announced ones with one statement."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from approvals.clocks import SKEW
from approvals.ids import PersonId, SlackId, stamp, unstamp
from approvals.people import FRESH, Account, Delegation, Person, Standing, canonical
from approvals.record.database import Database, ReadAhead, Row, among
from approvals.record.people.humans import Humans

Key = tuple[str, int | str]
"""How to find a row: ("number", 7), ("email", "ada@example.com") or ("slack_id", "U0ADA")."""

FACTS = ("email", "name", "given", "family", "miro_id")
"""What is stored of a person, besides their accounts."""

# The condition is on b: otherwise databases don't use the index of addresses.
_SAME = "people a JOIN people b ON b.number = a.number OR (b.email != '' AND b.email = a.email)"
SAME = f"SELECT b.number FROM {_SAME}"
"""Rows with one address are one human."""

_WANTED = {
    "number": "SELECT number FROM people WHERE {}",
    "email": "SELECT number FROM people WHERE {} AND email != ''",
    "slack_id": "SELECT person FROM accounts WHERE {}",
}
_ROWS = """WITH wanted(number) AS ({}), same(number) AS (
  SELECT number FROM wanted
  UNION SELECT b.number FROM wanted JOIN people a ON a.number = wanted.number
    JOIN people b ON b.email != '' AND b.email = a.email)
SELECT p.*, a.slack_id, a.standing, a.checked_at, a.zone, a.number AS place,
  (SELECT max(2 * (SELECT max(l.seq) FROM ledger l WHERE l.stream = 'R-' || r.number AND l.type = 'done')
      + CASE r.action WHEN 'offboard' THEN 1 ELSE 0 END)
    FROM requests r WHERE r.subject = 'P-' || p.number AND r.state = 'done'
    AND r.action IN ('offboard', 'reactivate', 'request-access')) AS turn
FROM same s JOIN people p ON p.number = s.number LEFT JOIN accounts a ON a.person = p.number
ORDER BY p.number, a.number"""


@lru_cache(4096)
def number_of(id: PersonId) -> int:
    """7 for P-7. Raises KeyError if it is no person's id."""
    if not re.fullmatch("P-[0-9]{1,18}", id):
        raise KeyError(id)
    return int(id.removeprefix("P-"))


def same_rows(on: Database, id: PersonId) -> list[PersonId]:
    """The rows with today's address of this one, itself included: they are one human."""
    rows = on.rows(f"{SAME} WHERE a.number = ?", number_of(id))
    return [*dict.fromkeys([id, *(PersonId(f"P-{row['number']}") for row in rows)])]


def account_of(row: Row) -> Account:
    """A row of the table of accounts."""
    checked = unstamp(row["checked_at"]) if row["checked_at"] else None
    return Account(SlackId(row["slack_id"]), Standing(row["standing"]), checked, row["zone"])


def delegation_of(row: Row) -> Delegation:
    """A row of the table of delegations."""
    person, delegate = PersonId(f"P-{row['person']}"), PersonId(f"P-{row['delegate']}")
    return Delegation(person, delegate, unstamp(row["since"]), unstamp(row["until"]))


class Reading:
    """The directory by which requests are decided."""

    def __init__(self, on: Database) -> None:
        self._on, self.humans = on, Humans(on)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; people read before it, or in it, are read again afterwards."""
        mine = self._read, self._groups, self._managers, self._delegations
        with self._on.writing():
            self._on.forget(*mine)
            yield
            self._on.forget(*mine)

    # -- rows --------------------------------------------------------------------------------------------

    @property
    def _people(self) -> ReadAhead[Key, Person]:
        return self._on.ahead(self._read)

    def _read(self, keys: Collection[Key]) -> dict[Key, Person]:
        """{key: person} for the wanted keys and their people's other keys; of one address the first row."""
        by_kind: dict[str, list[int | str]] = defaultdict(list)
        for kind, value in sorted(keys):
            by_kind[kind].append(value)
        wanted = [_WANTED[kind].format(among(kind, values)) for kind, values in by_kind.items()]
        values = [value for some in by_kind.values() for value in some]
        rows = self._on.rows(_ROWS.format(" UNION ".join(wanted)), *values)
        people = {row["number"]: row for row in rows}
        human = self.humans.all_known([f"P-{number}" for number in people])
        accounts, turns = defaultdict[int | str, list[Account]](list), defaultdict[int | str, int](int)
        for row in rows:
            same = row["email"] or row["number"]
            turns[same] = max(turns[same], row["turn"] or 0)  # odd: the newest request closed the account
        for row in sorted((row for row in rows if row["slack_id"]), key=lambda row: row["place"]):
            accounts[row["email"] or row["number"]].append(account_of(row))
        read: dict[Key, Person] = {}
        for number, row in people.items():
            id, email, same = PersonId(f"P-{number}"), row["email"], row["email"] or number
            facts = {name: row[name] for name in FACTS}
            mine, is_offboarded = tuple(accounts[same]), turns[same] % 2 == 1
            person = Person(id, **facts, accounts=mine, is_offboarded=is_offboarded, known=human[id])
            read["number", number] = person
            if email:
                read.setdefault(("email", email), person)
        read |= {
            ("slack_id", row["slack_id"]): read["number", row["number"]] for row in rows if row["slack_id"]
        }
        self._on.ahead(self._delegations).expect(people)
        return read

    def expect(self, ids: Iterable[PersonId] = (), entries: Iterable[str] = ()) -> None:
        """Announces people who will be read, by id, or by address or account as policies name them."""
        numbers = (("number", int(id[2:])) for id in ids if re.fullmatch("P-[0-9]{1,18}", id))
        others = (("email", canonical(key)) if "@" in key else ("slack_id", key) for key in entries if key)
        self._people.expect([*numbers, *others])

    def person(self, id: PersonId) -> Person:
        """The person with this id. Raises KeyError."""
        if person := self._people.get(("number", number_of(id))):
            return person
        raise KeyError(id)

    def by_email(self, email: str) -> Person | None:
        """The person with this address, whatever its case."""
        return self._people.get(("email", canonical(email))) if email else None

    def by_slack(self, slack_id: SlackId) -> Person | None:
        """The person with this Slack account."""
        return self._people.get(("slack_id", slack_id))

    def named(self, names: Collection[str]) -> dict[str, list[Person]]:
        """{case-folded name: people with that full name}, ignoring case; each human once."""
        # lower() changes only A to Z on both databases.
        spelt = sorted({canonical(name) for given in names for name in (given, given.title())} - {""})
        sql = f"SELECT number, name FROM people WHERE {among('lower(name)', spelt)} ORDER BY number"
        rows = self._on.rows(sql, *spelt)
        by_name: dict[str, list[Person]] = {}
        for row in rows:
            others = by_name.setdefault(row["name"].casefold(), [])
            person = self.person(PersonId(f"P-{row['number']}"))
            if not any(person.is_linked(other) for other in others):
                others.append(person)
        return by_name

    # -- who belongs to whom -----------------------------------------------------------------------------

    def keep_members(self, handle: str, members: Iterable[SlackId] | None, now: datetime) -> None:
        """Stores the members of a Slack user group or channel; None: Slack knows none by that name."""
        name = canonical(handle)
        with self._writing():
            self._on.run("DELETE FROM user_groups WHERE handle = ?", name)
            self._on.run("DELETE FROM user_groups_seen WHERE handle = ?", name)
            if members is not None:
                self._on.run_each("INSERT INTO user_groups VALUES (?,?)", [(name, id) for id in {*members}])
                self._on.run("INSERT INTO user_groups_seen VALUES (?,?)", name, stamp(now))

    def _groups(self, handles: Collection[str]) -> dict[str, tuple[str, list[SlackId]]]:
        """{handle: (when it was looked up, its members)} of user groups and channels."""
        groups: dict[str, tuple[str, list[SlackId]]] = {}
        both = "user_groups_seen s LEFT JOIN user_groups m ON m.handle = s.handle"
        sql = f"SELECT s.handle, s.seen_at, m.slack_id FROM {both} WHERE {among('s.handle', handles)}"
        for handle, seen_at, slack_id in self._on.rows(f"{sql} ORDER BY m.slack_id", *handles):
            _, members = groups.setdefault(handle, (seen_at, []))
            members += [SlackId(slack_id)] if slack_id else []
        return groups

    def _group(self, handle: str, now: datetime) -> list[SlackId] | None:
        seen = self._on.ahead(self._groups).get(canonical(handle))
        return seen[1] if seen and stamp(now - FRESH) <= seen[0] <= stamp(now + SKEW) else None

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """The members of a Slack user group or channel; none if the last look-up is older than a day."""
        members = self._group(handle, now) or []
        self.expect(entries=members)
        return members

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether the members of a group or channel were looked up within a day, and Slack knows it."""
        return self._group(handle, now) is not None

    def keep_manager(self, id: PersonId, boss: PersonId | None, now: datetime) -> None:
        """Stores a person's manager by Slack or Miro; None: no manager is known."""
        row = number_of(id), number_of(boss) if boss else None, stamp(now)
        anew = "ON CONFLICT (person) DO UPDATE SET boss = excluded.boss, seen_at = excluded.seen_at"
        with self._writing():
            self._on.run(f"INSERT INTO managers VALUES (?,?,?) {anew}", *row)

    def _managers(self, numbers: Collection[int]) -> dict[int, list[Row]]:
        return self._about("managers", numbers)

    def _delegations(self, numbers: Collection[int]) -> dict[int, list[Row]]:
        delegations = self._about("delegations", numbers)
        self.expect(PersonId(f"P-{row['delegate']}") for rows in delegations.values() for row in rows)
        return delegations

    def _about(self, table: str, numbers: Collection[int]) -> dict[int, list[Row]]:
        """{number: rows of a table about that person}; rows with one address are one human."""
        about, which = defaultdict[int, list[Row]](list), among("a.number", numbers)
        both = f"{_SAME} JOIN {table} t ON t.person = b.number"
        sql = f"SELECT a.number AS whose, t.* FROM {both} WHERE {which} ORDER BY t.person"
        for row in self._on.rows(sql, *numbers):
            about[row["whose"]].append(row)
        return about

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """A person's manager, if Slack or Miro named one within a day."""
        since, until = stamp(now - FRESH), stamp(now + SKEW)
        rows = self._on.ahead(self._managers).get(number_of(id)) or ()
        boss = next((row["boss"] for row in rows if since <= row["seen_at"] <= until), None)
        return self.person(PersonId(f"P-{boss}")) if boss else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """A person's delegation that holds at a time."""
        named = (delegation_of(row) for row in self._on.ahead(self._delegations).get(number_of(id)) or ())
        return next((each for each in named if each.holds(now)), None)

    def named_delegate(self, id: PersonId, now: datetime) -> Delegation | None:
        """A person's current or future delegation, read from the database now."""
        named = (delegation_of(row) for row in self._delegations([number_of(id)]).get(number_of(id), ()))
        return next((each for each in named if each.until > now), None)
