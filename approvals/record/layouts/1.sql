-- All tables of the first release, and the triggers that keep the ledger append-only.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO meta VALUES ('layout', '1'), ('oldest', '1');

-- `INSERT OR REPLACE` bypasses triggers on UPDATE and DELETE, so a trigger on INSERT checks that an entry
-- follows the last one and replaces none.
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
