-- Accounts. `username` is the name as entered, `username_canonical` as it is compared, `username_skeleton` as it looks
-- (NULL where an imported name claims no look).
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    username TEXT NOT NULL,
    username_canonical TEXT NOT NULL UNIQUE CHECK (username_canonical <> ''),
    username_skeleton TEXT UNIQUE,
    state TEXT NOT NULL,
    legacy_id INTEGER UNIQUE,
    credential_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
