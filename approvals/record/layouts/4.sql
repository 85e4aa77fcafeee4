-- Urgency: urgent work is claimed first, and gets credits first. Indexes, so that no frequent query reads a
-- whole table, however much is open, ended or claimed. Links between all keys of a human.
-- The store ranks active requests, and writes the links.

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
