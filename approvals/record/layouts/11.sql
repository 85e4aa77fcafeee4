-- Since when a row of the outbox waits; '' for what waited before.
ALTER TABLE outbox ADD COLUMN wanted_at TEXT NOT NULL DEFAULT '';
