"""The tables of people and their Slack accounts: writes what Slack and Miro say about them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from approvals.clocks import SKEW
from approvals.humans import Kind, pairs
from approvals.ids import PersonId, SlackId, stamp
from approvals.people import SOURCE, Account, Delegation, Person, Standing, canonical, key, miro_key
from approvals.record.database import Database, among
from approvals.record.people.reading import FACTS, SAME, Reading, account_of, delegation_of, number_of


class People(Reading):
    """People and their Slack accounts; every address and id ever seen of a row stays linked to it."""

    def __init__(self, on: Database, changed: Callable[[Iterable[PersonId]], None]) -> None:
        """`changed` is called with the people whose App Home may have changed."""
        super().__init__(on)
        self._changed = changed

    def meet(self, *, slack_id: SlackId | None = None, email: str = "") -> Person:
        """The person with a Slack account or an address, inserted if unknown."""
        person = self._met(slack_id, email)
        if person is None:
            with self._writing():
                # Once more: another thread may have inserted the row meanwhile.
                person = self._met(slack_id, email) or self._new(slack_id, canonical(email))
        return person

    def _met(self, slack_id: SlackId | None, email: str) -> Person | None:
        return self.by_slack(slack_id) if slack_id else self.by_email(email)

    def _row(self, email: str) -> int:
        """Inserts a row with this address; returns its number."""
        return int(self._on.value("INSERT INTO people (email) VALUES (?) RETURNING number", email))

    def _new(self, slack_id: SlackId | None, email: str) -> Person:
        number = self._row(email)
        id = PersonId(f"P-{number}")
        if email:
            self.humans.link(id, email)
        if slack_id:
            row = "SELECT coalesce(max(number), 0) + 1, ?, ?, ? FROM accounts"
            sql = f"INSERT INTO accounts (number, slack_id, person, standing) {row}"
            self._on.run(sql, slack_id, number, Standing.UNKNOWN)
            self.humans.link(id, slack_id, Kind.ACCOUNT)
        return self.person(id)

    def learn(self, id: PersonId, **facts: str) -> Person:
        """Stores email, name, given, family or miro_id. Raises TypeError for any other fact."""
        if not facts.keys() <= {*FACTS}:
            raise TypeError(f"people have no {', '.join(facts)}")
        with self._writing():
            for column, value in facts.items():
                kept = canonical(value) if column == "email" else value
                changed = f"UPDATE people SET {column} = ? WHERE number = ? AND {column} != ?"
                is_new = self._on.run(changed, kept, number_of(id), kept) and kept
                if is_new and column in ("email", "miro_id"):
                    # The link stays when the row gets another value.
                    self.humans.link(id, kept if column == "email" else miro_key(kept), anew=True)
            return self.person(id)

    def source(self, name: str, title: str) -> Person:
        """The row under which a directory asks, inserted if unknown; it is no human's."""
        with self._writing():
            row = next((key for key in self.humans.known(f"{SOURCE}{name}") if key.startswith("P-")), "")
            id = PersonId(row or f"P-{self._row('')}")
            if not row:
                self.humans.link(id, f"{SOURCE}{name}")
            return self.learn(id, name=title)

    def disown(self, id: PersonId) -> Person:
        """Removes from a row an address that belongs to somebody else, and the link to it."""
        with self._writing():
            email = self.person(id).email
            for row in self._on.rows("SELECT number FROM people WHERE email = ? AND email != ''", email):
                self.learn(PersonId(f"P-{row['number']}"), email="")
                self.humans.unlink(f"P-{row['number']}", email)
            return self.person(id)

    def saw(self, account: Account, email: str, **names: str) -> Person:
        """Stores what Slack says about an account, names included, in one transaction.

        If another row has the address, the account moves there; its old row, which the record may name, gets
        the address too. If both rows are known to be different people, the address was given to somebody
        else, and the other row loses it.
        """
        with self._writing():
            person = self.meet(slack_id=account.slack_id)
            before = next(known for known in person.accounts if known.slack_id == account.slack_id)
            if email and person.email != canonical(email):
                other = self.by_email(email)
                if other and self.humans.are_apart(person.id, other.id):
                    other = self.learn(other.id, email="") and None
                person = self.learn(person.id, email=email)
                person = other or person
                self.humans.link(person.id, account.slack_id, Kind.ACCOUNT)
            seen = account.standing, stamp(account.checked_at) if account.checked_at else None, account.zone
            sql = "UPDATE accounts SET person = ?, standing = ?, checked_at = ?, zone = ? WHERE slack_id = ?"
            self._on.run(sql, number_of(person.id), *seen, account.slack_id)
            at = account.checked_at
            if at and (before.standing, before.fresh(at)) != (account.standing, account.fresh(at)):
                self._changed([person.id])  # who may do other things now
            return self.learn(person.id, **names)

    def away_as(self, id: PersonId) -> list[PersonId]:
        """The other rows of a person that have a delegate."""
        others = f"SELECT person FROM delegations WHERE person != ? AND person IN ({SAME} WHERE a.number = ?)"
        rows = self._on.rows(others, number_of(id), number_of(id))
        return [PersonId(f"P-{row['person']}") for row in rows]

    def delegations(self, ids: Sequence[PersonId]) -> list[Delegation]:
        """Everything that these people are away with, or stand in for."""
        numbers = [number_of(id) for id in ids]
        where = f"{among('person', numbers)} OR {among('delegate', numbers)}"
        rows = self._on.rows(f"SELECT * FROM delegations WHERE {where} ORDER BY person", *numbers, *numbers)
        return [delegation_of(row) for row in rows]

    def by_miro_id(self) -> dict[str, PersonId]:
        """{Miro id: its person} of everybody whose Miro account is known."""
        rows = self._on.rows("SELECT number, miro_id FROM people WHERE miro_id != ''")
        return {row["miro_id"]: PersonId(f"P-{row['number']}") for row in rows}

    def names_by_address(self) -> Mapping[str, str]:
        """The addresses of people with an account in Slack or Miro, each with the full name or ""."""
        rows = self._on.rows(
            "SELECT email, name FROM admins UNION ALL SELECT email, name FROM people p WHERE email != ''"
            " AND (miro_id != '' OR EXISTS (SELECT 1 FROM accounts a WHERE a.person = p.number))"
        )
        return {canonical(row["email"]): row["name"] for row in rows}

    def keep_links(self, same: Mapping[str, str], apart: Mapping[str, Collection[str]]) -> None:
        """Stores whom the policy in force calls the same person, and whom different people."""
        with self._writing():
            told_apart = pairs(apart)
            self.humans.keep_policy({(key(entry), key(other)) for entry, other in same.items()}, told_apart)
            for entry, other in sorted(told_apart):
                self._part(entry, other)

    def split(self, first: str, other: str) -> None:
        """Stores that two people are different, by a key of each."""
        with self._writing():
            self.humans.split(first, other)
            self._part(first, other)

    def forget(self, rows: Sequence[Person], secret: str) -> None:
        """Replaces every key of these rows by a digest; `secret`: as in `Humans.forget`."""
        with self._writing():
            self.humans.forget({key for person in rows for key in person.keys}, secret)

    def _part(self, first: str, other: str) -> None:
        """If two keys are accounts of one row, gives the second a row of its own.

        That row has no address until Slack is asked again.
        """
        rows = self._on.rows("SELECT slack_id, person FROM accounts WHERE slack_id IN (?,?)", first, other)
        if len(rows) == 2 and rows[0]["person"] == rows[1]["person"]:
            number = self._row("")
            sql = "UPDATE accounts SET person = ?, checked_at = NULL WHERE slack_id = ?"
            self._on.run(sql, number, other)
            self.humans.unlink(f"P-{rows[0]['person']}", other, Kind.ACCOUNT)
            self.humans.link(f"P-{number}", other, Kind.ACCOUNT)

    def stale(self, before: datetime, limit: int, latest: datetime | None = None) -> Sequence[Account]:
        """Accounts last looked up before a time, oldest first.

        Then those looked up after `latest` (now): their time is from a clock that was ahead.
        """
        sql = "SELECT * FROM accounts WHERE coalesce(checked_at, '')"
        rows = self._on.rows(f"{sql} < ? ORDER BY coalesce(checked_at, '') LIMIT ?", stamp(before), limit)
        if latest and len(rows) < limit:
            rows += self._on.rows(f"{sql} > ? LIMIT ?", stamp(latest + SKEW), limit - len(rows))
        return [account_of(row) for row in rows]
