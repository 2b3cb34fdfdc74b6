-- The audit log. `user_id` and `session_id` refer to nothing: history outlives accounts.
CREATE TABLE audit_events (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    user_id BLOB CHECK (length(user_id) = 16),
    session_id BLOB CHECK (length(session_id) = 16),
    detail TEXT,
    actor TEXT NOT NULL,
    ip TEXT,
    request_id TEXT
) STRICT;

CREATE INDEX audit_events_user_id_id_idx ON audit_events (user_id, id);
