-- The outbox: one queue, and one table of messages, with the messages still to be sent.

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
