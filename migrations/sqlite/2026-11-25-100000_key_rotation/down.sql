-- Keys without a private part cannot be told here, and go. So do revoked ones, which would be accepted again otherwise.
DELETE FROM signing_keys WHERE private_sealed IS NULL OR revoked_at IS NOT NULL;

CREATE TABLE signing_keys_old (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    root_key TEXT NOT NULL,
    private_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

INSERT INTO signing_keys_old (id, algorithm, state, root_key, private_sealed, created_at)
SELECT id, algorithm,
       CASE WHEN ordinal = max(ordinal) OVER (PARTITION BY algorithm) THEN 'signing' ELSE 'verifying' END,
       root_key, private_sealed, created_at
FROM signing_keys;

DROP TABLE signing_keys;

ALTER TABLE signing_keys_old RENAME TO signing_keys;

CREATE UNIQUE INDEX signing_keys_signing_key ON signing_keys (algorithm) WHERE state = 'signing';
