-- Types that any database has: tables whose order counts get numbers, because other databases have no `rowid`.
-- The place of each request in its lanes; the store fills the table.

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

DROP TABLE lanes;
CREATE TABLE lanes (
  key TEXT NOT NULL, place TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, place, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_number ON lanes (number);
DELETE FROM urgent_lanes;
