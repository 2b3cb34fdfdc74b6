-- The audit log. `user_id` and `session_id` refer to nothing: history outlives accounts.
CREATE TABLE audit_events (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL,
    user_id uuid,
    session_id uuid,
    detail text COLLATE "C",
    actor text COLLATE "C" NOT NULL,
    ip text COLLATE "C",
    request_id text COLLATE "C",
    CONSTRAINT audit_events_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_events_user_id_id_idx ON audit_events (user_id, id);
