-- Sessions, which are the refresh families as well: a salt and a generation, and no token.
CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    root_key text COLLATE "C" NOT NULL,
    salt bytea NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text COLLATE "C",
    client text COLLATE "C",
    ip text COLLATE "C",
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Finds the live sessions of an account, and all of them when it is deleted. `rotated_at` is left out on purpose: it
-- moves at each refresh, and an indexed column that moves costs an index entry each time (no HOT update). An account
-- has at most a few dozen live sessions to sort.
CREATE INDEX sessions_user_id_ended_at_idx ON sessions (user_id, ended_at);
