-- The last word of each directory about each person that was asked for, and why another wasn't.

CREATE TABLE directory_words (
  source TEXT NOT NULL, entry TEXT NOT NULL, person TEXT NOT NULL, said TEXT NOT NULL,
  passed TEXT NOT NULL, problem TEXT NOT NULL, actions TEXT NOT NULL, asked_at TEXT NOT NULL,
  PRIMARY KEY (source, entry)
) STRICT, WITHOUT ROWID;

-- Whether somebody has left: the newest of these about them.
CREATE INDEX requests_opened_or_closed ON requests (subject, number)
  WHERE state = 'done' AND action IN ('offboard', 'reactivate', 'request-access');
