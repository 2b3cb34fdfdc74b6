-- Password hashes, apart from the accounts so that reading a user never reads a hash. `changed_at` is the password's,
-- `updated_at` the row's: a rehash moves the second alone.
CREATE TABLE passwords (
    user_id BLOB NOT NULL PRIMARY KEY CHECK (length(user_id) = 16) REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
