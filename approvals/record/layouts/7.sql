-- The text of each message, so that a decision can store what its approver read.

ALTER TABLE messages ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN catalogue INTEGER NOT NULL DEFAULT 0;
