DROP INDEX audit_events_kind_id_idx;

DROP INDEX users_created_at_id_idx;

DROP INDEX users_state_id_idx;
