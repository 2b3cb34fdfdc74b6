-- What every instance hears of: sessions that ended. `session_id` refers to nothing: an ending is told though the
-- session, and its account with it, is gone.
CREATE TABLE session_endings (
    seq bigint NOT NULL,
    session_id uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    CONSTRAINT session_endings_pkey PRIMARY KEY (seq)
);

-- Finds what may be forgotten.
CREATE INDEX session_endings_ended_at_idx ON session_endings (ended_at);

-- The highest number given out. One row, raised last in a transaction: whoever raises it next waits for the commit, so
-- the numbers follow the order of the commits. A sequence would give them out in the order of the asking, and an instance
-- that had heard of 2 would never ask for the 1 that was committed after it.
CREATE TABLE session_endings_counter (
    id bigint NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT session_endings_counter_pkey PRIMARY KEY (id),
    CONSTRAINT session_endings_counter_id_check CHECK (id = 1)
);

INSERT INTO session_endings_counter (id, seq) VALUES (1, 0);
