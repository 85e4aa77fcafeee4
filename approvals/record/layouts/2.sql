-- User groups, managers, delegates, admins, requests with several steps, and App Home.
-- The store indexes open requests after it.

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
