"""The tables of the SQLite store, and the triggers that keep the ledger append-only."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache

from sqlite_utils import Database as Tables
from sqlite_utils import Migrations

from approvals.humans import Kind
from approvals.people import canonical, miro_key
from approvals.record.database import Database, Row

LAYOUT = 8
"""The layout this program writes; `meta.oldest` names the oldest one that may open the file."""

migrations = Migrations("miro-bot")

# `INSERT OR REPLACE` bypasses triggers on UPDATE and DELETE, so a trigger on INSERT checks that an entry
# follows the last one and replaces none.
_LEDGER = """
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
  format INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, body TEXT NOT NULL,
  prev TEXT NOT NULL, hash TEXT NOT NULL, UNIQUE (stream, version)
) STRICT;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
    OR NEW.prev IS NOT coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
    OR EXISTS (SELECT 1 FROM ledger WHERE stream = NEW.stream AND version = NEW.version)
  BEGIN SELECT RAISE(ABORT, 'an entry must follow on the last one'); END;

-- By entry, not by digest: words of one entry lie on one page, and a commit writes pages.
CREATE TABLE words (
  seq INTEGER NOT NULL, key TEXT NOT NULL, salt TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (seq, key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER words_no_update BEFORE UPDATE ON words
  BEGIN SELECT RAISE(ABORT, 'a word is kept as it was said, or forgotten'); END;
"""

_WORK = """
CREATE TABLE requests (
  number INTEGER PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, action TEXT NOT NULL,
  requester TEXT NOT NULL, subject TEXT, because_of TEXT, next_due TEXT, active INTEGER NOT NULL,
  shown INTEGER NOT NULL DEFAULT 0, show_at TEXT,
  owner TEXT, attempt INTEGER NOT NULL DEFAULT 0, lease_until TEXT
) STRICT;
CREATE INDEX requests_active ON requests (next_due) WHERE active = 1;
CREATE INDEX requests_waiting ON requests (next_due) WHERE state = 'waiting';
CREATE INDEX requests_state ON requests (state);
CREATE INDEX requests_behind ON requests (state) WHERE shown < version;
CREATE INDEX requests_subject ON requests (subject);
CREATE INDEX requests_requester ON requests (requester);
CREATE INDEX requests_because ON requests (because_of) WHERE because_of IS NOT NULL;

CREATE TABLE lanes (
  key TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_number ON lanes (number);

CREATE TABLE receipts (key TEXT PRIMARY KEY, outcome TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE quota (at TEXT NOT NULL, credits INTEGER NOT NULL) STRICT;
CREATE TABLE policies (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
"""

_PEOPLE = """
CREATE TABLE people (
  number INTEGER PRIMARY KEY, email TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  given TEXT NOT NULL DEFAULT '', family TEXT NOT NULL DEFAULT '', miro_id TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX people_email ON people (email) WHERE email != '';
CREATE TABLE accounts (
  slack_id TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people,
  standing TEXT NOT NULL, checked_at TEXT, zone TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX accounts_person ON accounts (person);
CREATE TABLE groups (
  id TEXT PRIMARY KEY, security_name TEXT NOT NULL, known_name TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0
) STRICT;
"""

_MESSAGES = """
CREATE TABLE cards (
  request TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, round INTEGER NOT NULL,
  channel TEXT NOT NULL, ts TEXT NOT NULL, drawn TEXT NOT NULL, tries INTEGER NOT NULL,
  next_try_at TEXT, ended TEXT NOT NULL, PRIMARY KEY (request, role, address, round)
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_message ON cards (channel, ts);
CREATE TABLE notes (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, message TEXT NOT NULL, only_for TEXT NOT NULL,
  tries INTEGER NOT NULL, next_try_at TEXT NOT NULL
) STRICT;
"""


_RELATIONS = """
CREATE TABLE user_groups (
  handle TEXT NOT NULL, slack_id TEXT NOT NULL, PRIMARY KEY (handle, slack_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_groups_seen (handle TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE managers (
  person INTEGER PRIMARY KEY REFERENCES people, boss INTEGER REFERENCES people, seen_at TEXT NOT NULL
) STRICT;
CREATE TABLE delegations (
  person INTEGER PRIMARY KEY REFERENCES people, delegate INTEGER NOT NULL REFERENCES people,
  since TEXT NOT NULL, until TEXT NOT NULL
) STRICT;
DROP INDEX requests_waiting;
CREATE INDEX requests_due ON requests (next_due) WHERE state IN ('waiting', 'done') AND next_due IS NOT NULL;
CREATE TABLE admins (
  miro_id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, rights TEXT NOT NULL
) STRICT;
"""

_PAGES = """
ALTER TABLE requests ADD COLUMN expires_at TEXT;
CREATE TABLE found_by (
  key TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX found_by_number ON found_by (number);
CREATE TABLE homes (
  slack_id TEXT PRIMARY KEY, opened_at TEXT NOT NULL, wanted INTEGER NOT NULL, shown INTEGER NOT NULL,
  drawn TEXT NOT NULL, notice TEXT NOT NULL, noticed_at TEXT, tries INTEGER NOT NULL, next_try_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX homes_behind ON homes (slack_id) WHERE shown < wanted;
"""


_INDEXES = """
ALTER TABLE requests ADD COLUMN settled INTEGER NOT NULL GENERATED ALWAYS AS
  (state NOT IN ('checking', 'waiting', 'approved', 'working')) VIRTUAL;
DROP INDEX requests_behind;
CREATE INDEX requests_behind ON requests (urgency, settled, coalesce(show_at, '')) WHERE shown < version;
CREATE INDEX requests_leased ON requests (owner, lease_until) WHERE owner IS NOT NULL;
CREATE INDEX requests_twins ON requests (action, subject)
  WHERE state IN ('checking', 'waiting', 'approved', 'working', 'stopped');
CREATE INDEX accounts_checked ON accounts (coalesce(checked_at, ''));
CREATE INDEX notes_due ON notes (next_try_at);
UPDATE homes SET shown = wanted
  WHERE shown < wanted AND opened_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-30 days');
DROP INDEX homes_behind;
CREATE INDEX homes_behind ON homes (coalesce(next_try_at, ''), noticed_at DESC) WHERE shown < wanted;
"""
"""Indexes, so that no frequent query reads a whole table, however much is open, ended or claimed."""

_HUMANS = """
CREATE TABLE links (
  number INTEGER PRIMARY KEY, one TEXT NOT NULL, other TEXT NOT NULL, kind TEXT NOT NULL,
  UNIQUE (one, other, kind)
) STRICT;
CREATE INDEX links_other ON links (other);
CREATE TABLE apart (
  one TEXT NOT NULL, other TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (one, other, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE humans (key TEXT PRIMARY KEY, human TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX humans_human ON humans (human);
"""

_URGENT = """
ALTER TABLE requests ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN rank INTEGER;
CREATE TABLE urgent_lanes (
  key TEXT NOT NULL, urgency INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, urgency, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_rank ON requests (rank, next_due) WHERE rank IS NOT NULL AND lease_until IS NULL;
CREATE INDEX requests_busy ON requests (lease_until) WHERE lease_until IS NOT NULL;
CREATE TABLE quota_queue (
  id INTEGER PRIMARY KEY, ticket TEXT NOT NULL UNIQUE, urgency INTEGER NOT NULL, credits INTEGER NOT NULL,
  since TEXT NOT NULL, until TEXT NOT NULL
) STRICT;
"""
"""Urgent work is claimed first, and gets credits first."""


_PORTABLE = """
ALTER TABLE accounts ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET number = rowid;
CREATE INDEX accounts_number ON accounts (number);
DROP INDEX homes_behind;
CREATE INDEX homes_behind ON homes (coalesce(next_try_at, ''), coalesce(noticed_at, '') DESC)
  WHERE shown < wanted;
DROP INDEX requests_due;
CREATE INDEX requests_due ON requests (next_due) WHERE active = 0 AND next_due IS NOT NULL;
ALTER TABLE quota RENAME TO spent;
CREATE TABLE quota (id INTEGER PRIMARY KEY, at TEXT NOT NULL, credits INTEGER NOT NULL) STRICT;
INSERT INTO quota (at, credits) SELECT at, credits FROM spent;
DROP TABLE spent;
"""
"""Tables whose order counts get numbers, because other databases have no `rowid`."""

_PLACES = """
DROP TABLE lanes;
CREATE TABLE lanes (
  key TEXT NOT NULL, place TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, place, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_number ON lanes (number);
DELETE FROM urgent_lanes;
"""
"""The place of each request in its lanes; the store fills the table."""


_OUTBOX = """
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, wanted INTEGER NOT NULL DEFAULT 1,
  shown INTEGER NOT NULL DEFAULT 0, urgency INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  next_try_at TEXT NOT NULL DEFAULT '', lease TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
  UNIQUE (kind, key)
) STRICT;
CREATE INDEX outbox_due ON outbox (urgency, next_try_at, id) WHERE shown < wanted;
CREATE INDEX outbox_claimed ON outbox (lease) WHERE lease != '';
CREATE TABLE messages (
  request TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, round INTEGER NOT NULL,
  channel TEXT NOT NULL, ts TEXT NOT NULL, drawn TEXT NOT NULL, ended TEXT NOT NULL,
  PRIMARY KEY (request, role, address, round)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_place ON messages (channel, ts);
INSERT INTO outbox (kind, key, wanted, shown, urgency, next_try_at, body)
  SELECT 'card', 'R-' || number, version, min(shown, version),
    2 * urgency + settled + (urgency = 2), coalesce(show_at, ''), '' FROM requests ORDER BY number;
INSERT INTO outbox (kind, key, urgency, tries, next_try_at, body)
  SELECT 'note', channel || ' ' || only_for || ' ' || id, 4, tries, next_try_at, message
  FROM notes ORDER BY id;
INSERT INTO outbox (kind, key, wanted, shown, urgency, tries, next_try_at, body)
  SELECT 'page', slack_id, wanted, shown, 0, tries, coalesce(next_try_at, ''), json_object(
    'opened_at', opened_at, 'drawn', drawn, 'notice', notice, 'noticed_at', coalesce(noticed_at, ''))
  FROM homes ORDER BY slack_id;
INSERT INTO messages SELECT request, role, address, round, channel, ts, drawn, ended FROM cards;
DROP TABLE cards;
DROP TABLE notes;
DROP TABLE homes;
DROP INDEX requests_behind;
ALTER TABLE requests DROP COLUMN settled;
ALTER TABLE requests DROP COLUMN shown;
ALTER TABLE requests DROP COLUMN show_at;
CREATE INDEX people_name ON people (lower(name));
"""
"""The outbox: one queue, and one table of messages."""


_SHOWN = (
    "ALTER TABLE messages ADD COLUMN text TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE messages ADD COLUMN catalogue INTEGER NOT NULL DEFAULT 0",
)
"""The text of each message, so that a decision can store what its approver read."""

_MEMBERS = (
    """CREATE TABLE members (
  group_id TEXT NOT NULL, miro_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (group_id, miro_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX members_email ON members (email)",
)
"""The members of groups, to answer people's questions without calling Miro."""

LATER = {7: _SHOWN, 8: _MEMBERS}
"""{layout: statements that migrate the previous one to it, on any database}."""


@migrations()
def first(db: Tables) -> None:
    """All tables of the first release."""
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO meta VALUES ('layout', '1'), ('oldest', '1')")
    for script in (_LEDGER, _WORK, _PEOPLE, _MESSAGES):
        db.executescript(script)


@migrations()
def relations(db: Tables) -> None:
    """User groups, managers, delegates, admins, requests with several steps, and App Home.

    The store indexes open requests after it.
    """
    for script in (_RELATIONS, _PAGES):
        db.executescript(script)
    db.execute("UPDATE meta SET value = '2' WHERE key IN ('layout', 'oldest')")


@migrations()
def teams_left(db: Tables) -> None:
    """Open requests are also found by teams that are left; the store indexes them again."""
    db.execute("UPDATE meta SET value = '3' WHERE key IN ('layout', 'oldest')")


@migrations()
def layout_4(db: Tables) -> None:
    """Urgency, indexes for frequent queries, and links between all keys of a human.

    The store ranks active requests, and writes the links.
    """
    for script in (_URGENT, _INDEXES, _HUMANS):
        db.executescript(script)
    db.execute("UPDATE meta SET value = '4' WHERE key IN ('layout', 'oldest')")


@migrations()
def layout_5(db: Tables) -> None:
    """Types that any database has, and the order in lanes."""
    for script in (_PORTABLE, _PLACES):
        db.executescript(script)
    db.execute("UPDATE meta SET value = '5' WHERE key IN ('layout', 'oldest')")


@migrations()
def layout_6(db: Tables) -> None:
    """The outbox, with the messages still to be sent."""
    db.executescript(_OUTBOX)
    db.execute("UPDATE meta SET value = '6' WHERE key IN ('layout', 'oldest')")


@migrations()
def layout_7(db: Tables) -> None:
    """The text of each message."""
    for statement in LATER[7]:
        db.execute(statement)
    db.execute("UPDATE meta SET value = '7' WHERE key IN ('layout', 'oldest')")


@migrations()
def layout_8(db: Tables) -> None:
    """Members of groups."""
    for statement in LATER[8]:
        db.execute(statement)
    db.execute("UPDATE meta SET value = '8' WHERE key IN ('layout', 'oldest')")


def differences(objects: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of tables, triggers and indexes that differ from this program's.

    `objects`: (kind, name, statement) of each, as in `sqlite_master`.
    """
    return compared(_fresh(), _ours(objects))


def compared(
    wanted: Mapping[tuple[str, str], object], has: Mapping[tuple[str, str], object]
) -> Iterator[tuple[str, str]]:
    """As `differences`, for any database: both are {(kind, name): definition}."""
    for kind, name in sorted({*wanted, *has}):
        if (kind, name) not in has:
            yield kind, f"the {kind} {name} is missing"
        elif wanted.get((kind, name)) != has[kind, name]:
            yield kind, f"the {kind} {name} isn't as this program makes it"


META = {"layout": str(LAYOUT), "oldest": str(LAYOUT)}
"""The meta data of a new record."""


def statements() -> list[str]:
    """The statements that create tables and then indexes, in order of dependence."""
    # Tables are created before those that refer to them.
    return [sql for wanted in ("table", "index") for (kind, _), sql in _elsewhere().items() if kind == wanted]


@cache
def columns() -> dict[str, list[tuple[str, str]]]:
    """{table: [(column, type)]}."""
    names = [name for kind, name in _fresh() if kind == "table"]
    with closing(_empty()) as fresh:
        rows = {name: fresh.execute(f"PRAGMA table_xinfo({name})") for name in names}
        return {name: [(row[1], row[2]) for row in rows[name]] for name in names}


def indexes() -> set[str]:
    """The names of all indexes."""
    return {name for kind, name in _elsewhere() if kind == "index"}


def _elsewhere() -> dict[tuple[str, str], str]:
    """The objects that other databases have as well: all but sqlite-utils' table of migrations."""
    return {key: sql for key, sql in _fresh().items() if sql and "_sqlite_" not in sql}


@cache
def _fresh() -> dict[tuple[str, str], str]:
    """{(kind, name): statement} of an empty record."""
    with closing(_empty()) as fresh:
        return _ours(fresh.execute("SELECT type, name, sql FROM sqlite_master"))


def _empty() -> Tables:
    fresh = Tables(memory=True, execute_plugins=False)
    migrations.apply(fresh)
    return fresh


def _ours(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    """All objects but those of SQLite and sqlite-utils themselves."""
    return {(kind, name): sql for kind, name, sql in rows if not name.lstrip("_").startswith("sqlite_")}


Found = tuple[str, str, Kind]
"""(key, other key, kind of link)."""

_LOOK = re.compile(r'GET /Users, userName eq "([^"\s]+@[^"\s]+)"')
_ACCOUNT = re.compile(r"[UW][A-Z0-9]+")


def links_before(on: Database) -> Iterator[Found]:
    """Every link of an older record, oldest first: the tables are newer than any entry."""
    yield from _of_entries(on)
    for row in on.rows("SELECT number, email, miro_id FROM people"):
        if row["email"]:
            yield f"P-{row['number']}", row["email"], Kind.SEEN
        if row["miro_id"]:
            yield f"P-{row['number']}", miro_key(row["miro_id"]), Kind.SEEN
    for row in on.rows("SELECT slack_id, person FROM accounts"):
        yield f"P-{row['person']}", row["slack_id"], Kind.ACCOUNT
    for row in on.rows("SELECT miro_id, email FROM admins"):
        yield miro_key(row["miro_id"]), canonical(row["email"]), Kind.SEEN


def _of_entries(on: Database) -> Iterator[Found]:
    people = {row["number"] for row in on.rows("SELECT number FROM people")}
    rows = on.rows(
        "SELECT l.by, l.body, w.key, w.text, r.requester, r.subject"
        " FROM words w JOIN ledger l ON l.seq = w.seq LEFT JOIN requests r ON l.stream = 'R-' || r.number"
        " WHERE w.key IN ('who', 'asked_by', 'about', 'stands_in', 'look', 'seen') ORDER BY w.seq, w.key"
    )
    for row in rows:
        id = _whom(row)
        if id.startswith("P-") and int(id[2:]) in people:
            yield from ((id, key, Kind.SEEN) for key in _keys(row["key"], row["text"]))


def _whom(row: Row) -> str:
    """The key of the person that a word is about, or ''."""
    if row["key"] == "stands_in":
        return str(json.loads(row["body"]).get("delegate", ""))
    column = {"who": "by", "asked_by": "requester"}.get(row["key"], "subject")
    return str(row[column] or "")


def _keys(kind: str, text: str) -> list[str]:
    """The keys of a person in a word."""
    if kind == "look":
        return [canonical(address) for address in _LOOK.findall(text)]
    return _seen(text) if kind == "seen" else _sealed(text)


def _sealed(text: str) -> list[str]:
    """The address and the account in "ada@example.com U0ADA" (`Person.sealed`)."""
    first, *rest = text.split() or [""]
    account = rest[-1] if rest else first
    return [
        *([canonical(first)] if "@" in first[1:] else []),
        *([account] if _ACCOUNT.fullmatch(account) else []),
    ]


def _seen(text: str) -> list[str]:
    """The keys of the account in the last look of a *done* event."""
    try:
        shown = json.loads(text)
    except ValueError:  # "no account"
        return []
    if not isinstance(shown, dict) or not shown.get("userName"):
        return []
    return [canonical(str(shown["userName"])), miro_key(str(shown["id"]))]
