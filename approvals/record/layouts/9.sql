-- What each directory says of people and groups, as it said it, and the tokens by which it says so.

CREATE TABLE directory_entries (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, external_id TEXT NOT NULL, body TEXT NOT NULL, sequence INTEGER NOT NULL,
  created_at TEXT NOT NULL, changed_at TEXT NOT NULL, deleted_at TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX directory_names ON directory_entries (source, kind, name) WHERE deleted_at = '';
CREATE INDEX directory_external_ids ON directory_entries (source, external_id);
CREATE INDEX directory_changes ON directory_entries (sequence);
CREATE TABLE directory_members (
  group_id TEXT NOT NULL, member_id TEXT NOT NULL, display TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_members_of ON directory_members (member_id);
CREATE TABLE directory_tokens (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
  used_at TEXT NOT NULL DEFAULT '', revoked_at TEXT NOT NULL DEFAULT ''
) STRICT;
