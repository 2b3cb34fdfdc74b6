-- Signing keys that take turns. What a key is used for follows from its times, so no state is kept; `ordinal` is its place
-- in the order, and the private part goes once nobody can need it again. Keys that are there sign from when they were made.
CREATE TABLE signing_keys_new (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    root_key TEXT,
    private_sealed BLOB,
    created_at INTEGER NOT NULL,
    -- Of several instances that make the next key at once, one wins.
    ordinal INTEGER NOT NULL UNIQUE CHECK (ordinal > 0),
    signs_from INTEGER NOT NULL,
    revoked_at INTEGER,
    CHECK ((root_key IS NULL) = (private_sealed IS NULL))
) STRICT;

INSERT INTO signing_keys_new (id, algorithm, root_key, private_sealed, created_at, ordinal, signs_from, revoked_at)
SELECT id, algorithm, root_key, private_sealed, created_at, row_number() OVER (ORDER BY created_at, id), created_at, NULL
FROM signing_keys;

DROP TABLE signing_keys;

ALTER TABLE signing_keys_new RENAME TO signing_keys;
