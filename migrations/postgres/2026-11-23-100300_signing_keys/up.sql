-- Signing keys. `private_sealed` is opened with the root key named in `root_key`, which is never in the database.
CREATE TABLE signing_keys (
    id text COLLATE "C" NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    root_key text COLLATE "C" NOT NULL,
    private_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (id)
);

-- At most one key of an algorithm signs: of several instances that make a first key at once, one wins.
CREATE UNIQUE INDEX signing_keys_signing_key ON signing_keys (algorithm) WHERE state = 'signing';
