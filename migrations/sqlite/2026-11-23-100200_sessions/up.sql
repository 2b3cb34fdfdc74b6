-- Sessions, which are the refresh families as well: a salt and a generation, and no token.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16) REFERENCES users (id) ON DELETE CASCADE,
    root_key TEXT NOT NULL,
    salt BLOB NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    client TEXT,
    ip TEXT
) STRICT;

-- Finds the live sessions of an account, and all of them when it is deleted. `rotated_at` is left out on purpose: it
-- moves at each refresh, and an indexed column that moves costs an index entry each time. An account has at most a few
-- dozen live sessions to sort.
CREATE INDEX sessions_user_id_ended_at_idx ON sessions (user_id, ended_at);
