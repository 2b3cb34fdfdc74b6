-- What every instance hears of: sessions that ended. `session_id` refers to nothing: an ending is told though the
-- session, and its account with it, is gone. Without a row id, so that `seq` is a key like PostgreSQL's.
CREATE TABLE session_endings (
    seq INTEGER NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL CHECK (length(session_id) = 16),
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds what may be forgotten.
CREATE INDEX session_endings_ended_at_idx ON session_endings (ended_at);

-- The highest number given out. One row, raised last in a transaction: on PostgreSQL whoever raises it next waits for the
-- commit, so the numbers follow the order of the commits. Here there is one writer at a time anyway.
CREATE TABLE session_endings_counter (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO session_endings_counter (id, seq) VALUES (1, 0);
