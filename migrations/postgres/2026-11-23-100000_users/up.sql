-- Accounts. `username` is the name as entered, `username_canonical` as it is compared, `username_skeleton` as it looks
-- (NULL where an imported name claims no look).
CREATE TABLE users (
    id uuid NOT NULL,
    username text COLLATE "C" NOT NULL,
    username_canonical text COLLATE "C" NOT NULL,
    username_skeleton text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    legacy_id bigint,
    credential_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_username_canonical_check CHECK (username_canonical <> ''),
    CONSTRAINT users_username_canonical_key UNIQUE (username_canonical),
    CONSTRAINT users_username_skeleton_key UNIQUE (username_skeleton),
    CONSTRAINT users_legacy_id_key UNIQUE (legacy_id)
);
