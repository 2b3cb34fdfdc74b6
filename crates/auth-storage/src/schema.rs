//! The tables as queries see them. The migrations make them; a test compares.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::{Id, Instant};

    users (id) {
        id -> Id,
        username -> Text,
        username_canonical -> Text,
        username_skeleton -> Nullable<Text>,
        state -> Text,
        legacy_id -> Nullable<BigInt>,
        credential_version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::types::{Id, Instant};

    passwords (user_id) {
        user_id -> Id,
        hash -> Text,
        changed_at -> Instant,
        updated_at -> Instant,
        class -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    decoy_plan (id) {
        id -> BigInt,
        plan -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::types::{Id, Instant};

    user_roles (user_id, role) {
        user_id -> Id,
        role -> Text,
        granted_at -> Instant,
    }
}

diesel::joinable!(user_roles -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, user_roles);

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::{Id, Instant};

    sessions (id) {
        id -> Id,
        user_id -> Id,
        root_key -> Text,
        salt -> Binary,
        generation -> BigInt,
        created_at -> Instant,
        rotated_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
        end_reason -> Nullable<Text>,
        client -> Nullable<Text>,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::types::{Id, Instant};

    session_endings (seq) {
        seq -> BigInt,
        session_id -> Id,
        ended_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;

    session_endings_counter (id) {
        id -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::Instant;

    signing_keys (id) {
        id -> Text,
        algorithm -> Text,
        ordinal -> BigInt,
        root_key -> Nullable<Text>,
        private_sealed -> Nullable<Binary>,
        created_at -> Instant,
        signs_from -> Instant,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::types::{Id, Instant};

    audit_events (id) {
        id -> Id,
        at -> Instant,
        kind -> Text,
        user_id -> Nullable<Id>,
        session_id -> Nullable<Id>,
        detail -> Nullable<Text>,
        actor -> Text,
        ip -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::{Id, Instant};

    attempt_tallies (key) {
        key -> Id,
        kind -> Text,
        failures -> BigInt,
        last_at -> Instant,
        day_began -> Instant,
        day_count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::types::{Id, Instant};

    attempt_windows (key) {
        key -> Id,
        count -> BigInt,
        until -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(attempt_tallies, users);
