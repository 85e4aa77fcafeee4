"""The table of people and their Slack accounts on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from approvals.connections import Connections
from approvals.ids import PersonId, SlackId, stamp, unstamp
from approvals.people import Account, Person, Standing, canonical
from approvals.sqlite_homes import SqliteHomes
from approvals.sqlite_relations import SqliteRelations, number_of


def _account(row: sqlite3.Row) -> Account:
    checked = unstamp(row["checked_at"]) if row["checked_at"] else None
    return Account(SlackId(row["slack_id"]), Standing(row["standing"]), checked, row["zone"])


class SqlitePeople(SqliteRelations):
    """People and their Slack accounts; rows of one address are one human."""

    def __init__(self, on: Connections, homes: SqliteHomes) -> None:
        super().__init__(on)
        self._homes = homes

    def _person(self, row: sqlite3.Row) -> Person:
        accounts = self._on.rows(
            "SELECT * FROM accounts WHERE person IN"
            " (SELECT ? UNION SELECT number FROM people WHERE email = ? AND email != '') ORDER BY rowid",
            row["number"], row["email"],
        )  # fmt: skip
        return Person(
            PersonId(f"P-{row['number']}"), row["email"], row["name"], row["given"], row["family"],
            row["miro_id"], tuple(map(_account, accounts)),
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
        # The last words are for SQLite alone: only with them it sees that the index has every such row.
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

    def _new(self, slack_id: SlackId | None, email: str) -> Person:
        number = self._on.db.execute("INSERT INTO people (email) VALUES (?)", (email,)).lastrowid
        if slack_id:
            self._on.run(
                "INSERT INTO accounts (slack_id, person, standing) VALUES (?,?,?)",
                slack_id, number, Standing.UNKNOWN,
            )  # fmt: skip
        return Person(PersonId(f"P-{number}"), email, accounts=(Account(slack_id),) if slack_id else ())

    def learn(self, id: PersonId, **facts: str) -> Person:
        """Writes down email, name, given, family or miro_id. Raises TypeError for anything else."""
        if not facts.keys() <= {"email", "name", "given", "family", "miro_id"}:
            raise TypeError(f"people have no {', '.join(facts)}")
        with self._on.writing():
            for column, value in facts.items():
                kept = canonical(value) if column == "email" else value
                self._on.run(f"UPDATE people SET {column} = ? WHERE number = ?", kept, number_of(id))
            return self.person(id)

    def saw(self, account: Account, email: str, **names: str) -> Person:
        """Writes down what Slack said of an account, with the names it gave, in one transaction.

        An address that another row has already: the account moves there, and the row it came from gets the
        address too, because entries of the record name it.
        """
        with self._on.writing():
            person = self.meet(slack_id=account.slack_id)
            before = next(one for one in person.accounts if one.slack_id == account.slack_id)
            if email and person.email != canonical(email):
                other = self.by_email(email)
                person = self.learn(person.id, email=email)
                person = other or person
            checked = stamp(account.checked_at) if account.checked_at else None
            self._on.run(
                "UPDATE accounts SET person = ?, standing = ?, checked_at = ?, zone = ? WHERE slack_id = ?",
                number_of(person.id), account.standing, checked, account.zone, account.slack_id,
            )  # fmt: skip
            if account.checked_at and not before.says_the_same(account, account.checked_at):
                self._homes.changed([person.id])
            return self.learn(person.id, **names)

    def stale(self, before: datetime, limit: int) -> Sequence[Account]:
        """Accounts last looked at before a time, longest ago first."""
        rows = self._on.rows(
            "SELECT * FROM accounts WHERE coalesce(checked_at, '') < ?"
            " ORDER BY coalesce(checked_at, '') LIMIT ?",
            stamp(before), limit,
        )  # fmt: skip
        return [_account(row) for row in rows]
