"""People as they are read: a unit of work reads each of them once, and all whom it expects together."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from approvals.clocks import SKEW
from approvals.ids import PersonId, SlackId, stamp, unstamp
from approvals.people import FRESH, Account, Delegation, Person, Standing, canonical
from approvals.record.database import Database, ReadAhead, Row, among
from approvals.record.people.humans import Humans

Key = tuple[str, int | str]
"""By what a row is looked for: ("number", 7), ("email", "ada@example.com"), ("slack_id", "U0ADA")."""

# On b: only so a database sees that the index of addresses has all it needs.
_SAME = "people a JOIN people b ON b.number = a.number OR (b.email != '' AND b.email = a.email)"
SAME = f"SELECT b.number FROM {_SAME}"
"""Rows of one address are one human."""

_WANTED = {
    "number": "SELECT number FROM people WHERE {}",
    "email": "SELECT number FROM people WHERE {} AND email != ''",
    "slack_id": "SELECT person FROM accounts WHERE {}",
}
_ROWS = """WITH wanted(number) AS ({}), same(number) AS (
  SELECT number FROM wanted
  UNION SELECT b.number FROM wanted JOIN people a ON a.number = wanted.number
    JOIN people b ON b.email != '' AND b.email = a.email)
SELECT p.*, a.slack_id, a.standing, a.checked_at, a.zone, a.number AS place
FROM same s JOIN people p ON p.number = s.number LEFT JOIN accounts a ON a.person = p.number
ORDER BY p.number, a.number"""


def number_of(id: PersonId) -> int:
    """7 of P-7. Raises KeyError for what can be no id of a person."""
    if not re.fullmatch("P-[0-9]{1,18}", id):
        raise KeyError(id)
    return int(id.removeprefix("P-"))


def account_of(row: Row) -> Account:
    """A row of the table of accounts."""
    checked = unstamp(row["checked_at"]) if row["checked_at"] else None
    return Account(SlackId(row["slack_id"]), Standing(row["standing"]), checked, row["zone"])


def delegation_of(row: Row) -> Delegation:
    """A row of the table of delegations."""
    person, delegate = PersonId(f"P-{row['person']}"), PersonId(f"P-{row['delegate']}")
    return Delegation(person, delegate, unstamp(row["since"]), unstamp(row["until"]))


class Reading:
    """The directory of those who decide. Who is told apart from whom, only the policy says."""

    def __init__(self, on: Database) -> None:
        self._on, self._humans = on, Humans(on)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, before and after which nothing counts that was read."""
        with self._on.writing():
            self._on.forget()
            yield
            self._on.forget()

    # -- rows --------------------------------------------------------------------------------------------

    @property
    def _people(self) -> ReadAhead[Key, Person]:
        return self._on.ahead(self._read)

    def _read(self, keys: Collection[Key]) -> dict[Key, Person]:
        """People by the keys that are wanted, and by all their others; of one address the first row."""
        by_kind: dict[str, list[int | str]] = defaultdict(list)
        for kind, value in sorted(keys):
            by_kind[kind].append(value)
        wanted = [_WANTED[kind].format(among(kind, values)) for kind, values in by_kind.items()]
        values = [value for some in by_kind.values() for value in some]
        rows = self._on.rows(_ROWS.format(" UNION ".join(wanted)), *values)
        people = {row["number"]: row for row in rows}
        human = self._humans.all_known([f"P-{number}" for number in people])
        accounts = defaultdict[int | str, list[Account]](list)
        for row in sorted((row for row in rows if row["slack_id"]), key=lambda row: row["place"]):
            accounts[row["email"] or row["number"]].append(account_of(row))
        found: dict[Key, Person] = {}
        for number, row in people.items():
            id, email = f"P-{number}", row["email"]
            person = Person(
                PersonId(id), email, row["name"], row["given"], row["family"], row["miro_id"],
                tuple(accounts[email or number]), human[id],
            )  # fmt: skip
            found["number", number] = person
            if email:
                found.setdefault(("email", email), person)
        found |= {
            ("slack_id", row["slack_id"]): found["number", row["number"]] for row in rows if row["slack_id"]
        }
        self._on.ahead(self._delegations).expect(people)
        return found

    def expect(self, ids: Iterable[PersonId] = (), entries: Iterable[str] = ()) -> None:
        """These will be asked for, by their ids, or by addresses and accounts as policies name them."""
        self._people.expect(
            [
                *(("number", int(id[2:])) for id in ids if re.fullmatch("P-[0-9]{1,18}", id)),
                *(("email", canonical(one)) if "@" in one else ("slack_id", one) for one in entries if one),
            ]
        )

    def person(self, id: PersonId) -> Person:
        """The person with this id. Raises KeyError."""
        if found := self._people.get(("number", number_of(id))):
            return found
        raise KeyError(id)

    def by_email(self, email: str) -> Person | None:
        """The person with this address, whatever its case."""
        return self._people.get(("email", canonical(email))) if email else None

    def by_slack(self, slack_id: SlackId) -> Person | None:
        """The person this Slack account belongs to."""
        return self._people.get(("slack_id", slack_id))

    def named(self, names: Collection[str]) -> dict[str, list[Person]]:
        """Everybody who has one of these full names, by name, both with case folded; a human counts once."""
        # Neither database takes any letter but A to Z for a capital here.
        spelt = sorted({canonical(name) for given in names for name in (given, given.title())} - {""})
        sql = f"SELECT number, name FROM people WHERE {among('lower(name)', spelt)} ORDER BY number"
        rows = self._on.rows(sql, *spelt)
        found: dict[str, list[Person]] = {}
        for row in rows:
            others = found.setdefault(row["name"].casefold(), [])
            person = self.person(PersonId(f"P-{row['number']}"))
            if not any(person.is_linked(other) for other in others):
                others.append(person)
        return found

    # -- who belongs to whom -----------------------------------------------------------------------------

    def keep_members(self, handle: str, members: Iterable[SlackId] | None, now: datetime) -> None:
        """Writes down who is in a Slack user group, or a channel; None: Slack knows none of that name."""
        name = canonical(handle)
        with self._writing():
            self._on.run("DELETE FROM user_groups WHERE handle = ?", name)
            self._on.run("DELETE FROM user_groups_seen WHERE handle = ?", name)
            if members is not None:
                self._on.run_each("INSERT INTO user_groups VALUES (?,?)", [(name, id) for id in {*members}])
                self._on.run("INSERT INTO user_groups_seen VALUES (?,?)", name, stamp(now))

    def _groups(self, handles: Collection[str]) -> dict[str, tuple[str, list[SlackId]]]:
        """When each user group or channel was looked at, and who was in it."""
        found: dict[str, tuple[str, list[SlackId]]] = {}
        for row in self._on.rows(
            "SELECT s.handle, s.seen_at, m.slack_id FROM user_groups_seen s LEFT JOIN user_groups m"
            f" ON m.handle = s.handle WHERE {among('s.handle', handles)} ORDER BY m.slack_id",
            *handles,
        ):  # fmt: skip
            _, members = found.setdefault(row["handle"], (row["seen_at"], []))
            members += [SlackId(row["slack_id"])] if row["slack_id"] else []
        return found

    def _group(self, handle: str, now: datetime) -> list[SlackId] | None:
        seen = self._on.ahead(self._groups).get(canonical(handle))
        return seen[1] if seen and stamp(now - FRESH) <= seen[0] <= stamp(now + SKEW) else None

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, or a channel; nobody, where that wasn't looked at for a day."""
        found = self._group(handle, now) or []
        self.expect(entries=found)
        return found

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether Slack told within a day who is in a group or channel; not of one it doesn't know."""
        return self._group(handle, now) is not None

    def keep_manager(self, id: PersonId, boss: PersonId | None, now: datetime) -> None:
        """Writes down who manages somebody, as Slack or Miro said; None: nobody is known to."""
        with self._writing():
            self._on.run(
                "INSERT INTO managers VALUES (?,?,?)"
                " ON CONFLICT (person) DO UPDATE SET boss = excluded.boss, seen_at = excluded.seen_at",
                number_of(id), number_of(boss) if boss else None, stamp(now),
            )  # fmt: skip

    def _managers(self, numbers: Collection[int]) -> dict[int, list[Row]]:
        return self._about("managers", numbers)

    def _delegations(self, numbers: Collection[int]) -> dict[int, list[Row]]:
        found = self._about("delegations", numbers)
        self.expect(PersonId(f"P-{row['delegate']}") for rows in found.values() for row in rows)
        return found

    def _about(self, table: str, numbers: Collection[int]) -> dict[int, list[Row]]:
        """The rows of a table about people, for each of them; rows of one address are one human."""
        found = defaultdict[int, list[Row]](list)
        for row in self._on.rows(
            f"SELECT a.number AS whose, t.* FROM {_SAME} JOIN {table} t ON t.person = b.number"
            f" WHERE {among('a.number', numbers)} ORDER BY t.person",
            *numbers,
        ):
            found[row["whose"]].append(row)
        return found

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as Slack or Miro said within a day."""
        since, until = stamp(now - FRESH), stamp(now + SKEW)
        rows = self._on.ahead(self._managers).get(number_of(id)) or ()
        boss = next((row["boss"] for row in rows if since <= row["seen_at"] <= until), None)
        return self.person(PersonId(f"P-{boss}")) if boss else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody at a time."""
        named = (delegation_of(row) for row in self._on.ahead(self._delegations).get(number_of(id)) or ())
        return next((one for one in named if one.holds(now)), None)

    def named_delegate(self, id: PersonId, now: datetime) -> Delegation | None:
        """Whom somebody named, also for days to come; as the record has it now."""
        named = (delegation_of(row) for row in self._delegations([number_of(id)]).get(number_of(id), ()))
        return next((one for one in named if one.until > now), None)
