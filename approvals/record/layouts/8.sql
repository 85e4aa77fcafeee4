-- The members of groups, to answer people's questions without calling Miro.

CREATE TABLE members (
  group_id TEXT NOT NULL, miro_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (group_id, miro_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_email ON members (email);
