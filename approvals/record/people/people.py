"""People and their Slack accounts as they are written down: what Slack and Miro say of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from approvals.clocks import SKEW
from approvals.humans import Kind, pairs
from approvals.ids import PersonId, SlackId, stamp
from approvals.people import Account, Person, Standing, canonical, key, miro_key
from approvals.record.database import Database
from approvals.record.people.reading import SAME, Reading, account_of, number_of
from approvals.record.schema import links_before


class People(Reading):
    """People and their Slack accounts; everything ever seen of a row is linked to it."""

    def __init__(self, on: Database, changed: Callable[[Iterable[PersonId]], None]) -> None:
        """`changed` hears of people whose pages may show something else now."""
        super().__init__(on)
        self._changed = changed

    @property
    def relinked(self) -> int:
        """How often this process saw that two rows are one human, or aren't."""
        return self._humans.changes

    def meet(self, *, slack_id: SlackId | None = None, email: str = "") -> Person:
        """The person behind a Slack account or an address; a new row if nobody is known by it."""
        found = self._met(slack_id, email)
        if found is None:
            with self._writing():
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
        with self._writing():
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
        with self._writing():
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
        with self._writing():
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

    def away_as(self, id: PersonId) -> list[PersonId]:
        """The other rows of somebody that have a delegate."""
        rows = self._on.rows(
            f"SELECT person FROM delegations WHERE person != ? AND person IN ({SAME} WHERE a.number = ?)",
            number_of(id), number_of(id),
        )  # fmt: skip
        return [PersonId(f"P-{row['person']}") for row in rows]

    def same_as(self, entry: str, other: str) -> None:
        """Links two addresses, accounts or Miro ids that belong to one human (keys of `Person.keys`)."""
        self._humans.link(entry, other)

    def known_as(self, key: str) -> frozenset[str]:
        """Everything that is linked to an address, Slack account or Miro id, itself included."""
        return self._humans.known(key)

    def names_by_address(self) -> Mapping[str, str]:
        """The addresses of people with an account in Slack or Miro, each with the full name or ""."""
        rows = self._on.rows(
            "SELECT email, name FROM admins UNION ALL SELECT email, name FROM people p WHERE email != ''"
            " AND (miro_id != '' OR EXISTS (SELECT 1 FROM accounts a WHERE a.person = p.number))"
        )
        return {canonical(row["email"]): row["name"] for row in rows}

    def keep_links(self, same: Mapping[str, str], apart: Mapping[str, Collection[str]]) -> None:
        """Takes up whom the policy in force calls the same person, and whom different people."""
        with self._writing():
            told_apart = pairs(apart)
            self._humans.keep_policy({(key(one), key(other)) for one, other in same.items()}, told_apart)
            for one, other in sorted(told_apart):
                self._part(one, other)

    def split(self, one: str, other: str) -> None:
        """Takes up that an operator told two people apart, by a key of each."""
        with self._writing():
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
        return [account_of(row) for row in rows]
