-- The orders in which administrators read accounts and events, so that each page costs what the first did. By id and by name
-- there are indexes already.
CREATE INDEX users_state_id_idx ON users (state, id);

CREATE INDEX users_created_at_id_idx ON users (created_at, id);

CREATE INDEX audit_events_kind_id_idx ON audit_events (kind, id);
