"""What was asked for by each directory's word about each person: between what is said and what is asked."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from approvals.ids import PersonId, stamp
from approvals.record.database import Database, Row
from bot.directory.asking.mapping import Wanted
from bot.directory.store import EntryId


@dataclass(frozen=True)
class Word:
    """One row; texts are '' for nothing."""

    source: str
    entry: EntryId
    person: PersonId | None = None
    said: str = ""
    """The stored form of the word that was asked for last."""
    passed: str = ""
    """The digest of a word that operators let through."""
    problem: str = ""
    """Why the newest word can't be asked for, in a sentence."""
    actions: str = ""
    """The actions asked for within an hour before `asked_at`, each within one of the next; by blanks."""
    asked_at: str = ""

    @property
    def wanted(self) -> Wanted | None:
        """The word that was asked for last."""
        return Wanted.read(self.said)

    def is_recent(self, since: datetime) -> bool:
        """Whether it was asked for at that time or later, without an operator who let it through."""
        return not self.passed and self.asked_at >= stamp(since)


class Words:
    """The table."""

    def __init__(self, on: Database) -> None:
        self._on = on

    def of(self, source: str) -> dict[EntryId, Word]:
        """All rows of a directory."""
        rows = self._on.rows("SELECT * FROM directory_words WHERE source = ?", source)
        return {EntryId(row["entry"]): _word(row) for row in rows}

    def get(self, source: str, entry: EntryId) -> Word:
        """One row; without anything said if there is none."""
        row = self._on.row("SELECT * FROM directory_words WHERE source = ? AND entry = ?", source, entry)
        return _word(row) if row else Word(source, entry)

    def keep(self, words: Iterable[Word]) -> None:
        """Stores rows."""
        self._on.run_each(
            "INSERT INTO directory_words VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (source, entry) DO UPDATE SET"
            " person = excluded.person, said = excluded.said, passed = excluded.passed,"
            " problem = excluded.problem, actions = excluded.actions, asked_at = excluded.asked_at",
            [tuple(part or "" for part in astuple(word)) for word in words],
        )


def _word(row: Row) -> Word:
    values = {name: row[name] for name in Word.__dataclass_fields__}
    return Word(**values | {"person": PersonId(row["person"]) if row["person"] else None})
