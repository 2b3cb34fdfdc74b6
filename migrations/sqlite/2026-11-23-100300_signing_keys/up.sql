-- Signing keys. `private_sealed` is opened with the root key named in `root_key`, which is never in the database.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    root_key TEXT NOT NULL,
    private_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- At most one key of an algorithm signs: of several instances that make a first key at once, one wins.
CREATE UNIQUE INDEX signing_keys_signing_key ON signing_keys (algorithm) WHERE state = 'signing';
