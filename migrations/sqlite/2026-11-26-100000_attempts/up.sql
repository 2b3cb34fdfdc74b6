-- What was tried of late, by account, by device, by session, and by names that no account has. `key` is an id, and no two
-- kinds share one; for a name it is a MAC, since people type passwords where a name belongs. It refers to nothing: a row is
-- made without a look at `users`.
CREATE TABLE attempt_tallies (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    kind TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    day_began INTEGER NOT NULL,
    day_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds what may be forgotten, the oldest first.
CREATE INDEX attempt_tallies_kind_last_at_idx ON attempt_tallies (kind, last_at);

-- What came from a network of late, by limit. `key` is a MAC: addresses are not kept here.
CREATE TABLE attempt_windows (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    count INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds what is over.
CREATE INDEX attempt_windows_until_idx ON attempt_windows (until);
