//! Rows written at the step that first allowed them are read by the code of today.

use std::time::Duration;

use auth_core::attempts::{Tally, TallyKey};
use auth_core::id::{SessionId, UserId};
use auth_core::password::HashClass;
use auth_core::role::Role;
use auth_core::root_keys::Sealed;
use auth_core::session::{Ending, Endings};
use auth_core::testing::conformance::samples::{NOW, key, sealed, user};
use auth_core::time::Timestamp;
use auth_core::token::Algorithm::{EdDsa, Es256};
use auth_core::token::StoredKey;
use auth_core::user::{Added, User};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use crate::common::{Database, on_both};
use crate::history::History;

/// A row for each step. `ID` is an id of that byte, `AT` an instant and `BEFORE` one a second earlier; all are written as the database wants them.
const PLANTED: [(&str, &str); 12] = [
    ("2026-11-23-100000_users", "INSERT INTO users VALUES (ID(1), 'Alice', 'alice', 'alice', 'active', 42, 1, AT, AT)"),
    (
        "2026-11-23-100100_passwords",
        "INSERT INTO passwords VALUES (ID(1), '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$dGFn', AT, AT)",
    ),
    (
        "2026-11-23-100200_sessions",
        "INSERT INTO sessions VALUES (ID(2), ID(1), 'root-1', SALT, 3, AT, AT, AT, AT, 'signed_out', 'curl', '192.0.2.1')",
    ),
    (
        "2026-11-23-100300_signing_keys",
        "INSERT INTO signing_keys VALUES ('kid', 'ES256', 'signing', 'root-1', SALT, AT)",
    ),
    (
        "2026-11-23-100400_audit_events",
        "INSERT INTO audit_events VALUES (ID(3), AT, 'signed_in', ID(1), ID(2), NULL, 'client', '192.0.2.1', 'req-1')",
    ),
    (
        "2026-11-24-100000_session_endings",
        "INSERT INTO session_endings VALUES (1, ID(2), AT); UPDATE session_endings_counter SET seq = seq + 1",
    ),
    (
        "2026-11-24-100100_sessions_ended_at",
        "INSERT INTO sessions VALUES (ID(3), ID(1), 'root-1', SALT, 1, AT, AT, AT, NULL, NULL, NULL, NULL); \
         INSERT INTO signing_keys VALUES ('ed', 'EdDSA', 'signing', 'root-2', SALT, AT); \
         INSERT INTO signing_keys VALUES ('old', 'ES256', 'verifying', 'root-1', SALT, BEFORE)",
    ),
    (ROTATION, "INSERT INTO signing_keys VALUES ('gone', 'ES256', NULL, NULL, BEFORE, 4, AT, AT)"),
    (
        "2026-11-26-100000_attempts",
        "INSERT INTO attempt_tallies VALUES (ID(1), 'account', 3, AT, BEFORE, 4); INSERT INTO attempt_windows VALUES (ID(2), 5, AT)",
    ),
    (
        "2026-11-26-110000_hash_classes",
        "INSERT INTO users VALUES (ID(2), 'Bob', 'bob', 'bob', 'active', NULL, 1, AT, AT); \
         INSERT INTO passwords VALUES (ID(2), '$2b$10$x', AT, AT, 'bcrypt$10'); \
         UPDATE decoy_plan SET plan = 'one'",
    ),
    ("2026-11-26-120000_user_roles", "INSERT INTO user_roles VALUES (ID(1), 'admin', AT)"),
    (
        "2026-11-26-120100_administration",
        "INSERT INTO audit_events VALUES (ID(4), AT, 'role_granted', ID(1), NULL, 'admin', 'cli:root', NULL, NULL)",
    ),
];

/// Since then keys have no state.
const ROTATION: &str = "2026-11-25-100000_key_rotation";

fn in_dialect(statement: &str, backend: Backend) -> String {
    let salt = "5a".repeat(16);
    let (open, close, blob) = match backend {
        Backend::Sqlite => ("x'", "'", format!("x'{salt}'")),
        Backend::Postgres => ("'", "'", format!("'\\x{salt}'")),
    };
    let at = |instant: Timestamp| match backend {
        Backend::Sqlite => instant.as_micros().to_string(),
        Backend::Postgres => format!("'{instant}'"),
    };
    let mut text = statement.replace("SALT", &blob).replace("BEFORE", &at(before()));
    for end in [",", ")"] {
        text = text.replace(&format!("AT{end}"), &format!("{}{end}", at(NOW)));
    }
    for number in 1..=4_u8 {
        let id = format!("{open}{}{close}", format!("{number:02x}").repeat(16));
        text = text.replace(&format!("ID({number})"), &id);
    }
    text
}

fn before() -> Timestamp {
    NOW.saturating_sub(Duration::from_secs(1))
}

/// The keys that were planted with a state, by time and then by id.
fn kept_keys() -> [StoredKey; 3] {
    let planted = |id, algorithm, ordinal, root_key| StoredKey {
        private: Some(Sealed { bytes: vec![0x5a; 16], ..sealed(root_key) }),
        ..key(id, algorithm, ordinal)
    };
    let old = StoredKey { created_at: before(), signs_from: before(), ..planted("old", Es256, 1, "root-1") };
    [old, planted("ed", EdDsa, 2, "root-2"), planted("kid", Es256, 3, "root-1")]
}

fn rows_planted_at_each_step_survive_to_the_last(backend: Backend) {
    let database = Database::empty(backend);
    let mut history = History::of(&database);
    for step in history.pending() {
        history.up();
        let planted = PLANTED.iter().find(|(name, _)| *name == step);
        let (_, statement) = planted.unwrap_or_else(|| panic!("plant a row for {step}"));
        database.execute(&in_dialect(statement, backend));
    }
    drop(history);

    let store = database.open();
    store.check_schema().unwrap();
    store
        .read(|tx| {
            let alice = UserId::from_bytes([1; 16]);
            assert_eq!(tx.users().by_id(alice)?, Some(User { legacy_id: Some(42), ..user(1, "Alice") }));
            assert_eq!(tx.passwords().get(alice)?.map(|stored| stored.changed_at), Some(NOW));
            let classes =
                ["argon2id$v=19$m=19456,t=2,p=1", "bcrypt$10"].map(|text| (HashClass::parse(text).unwrap(), 1));
            assert_eq!(tx.passwords().classes(9)?, classes);
            assert_eq!(tx.passwords().decoy_plan()?, "one");
            let session = tx.sessions().by_id(SessionId::from_bytes([2; 16]))?.unwrap();
            assert_eq!((session.salt, session.generation, session.created_at), ([0x5a; 16], 3, NOW));
            let ending = Ending { seq: 1, session: session.id, ended_at: NOW };
            assert_eq!(tx.sessions().endings(0, 10)?, Endings { counter: 1, endings: vec![ending] });
            assert_eq!(tx.sessions().by_id(SessionId::from_bytes([3; 16]))?.unwrap().ended, None);
            let gone =
                StoredKey { private: None, revoked_at: Some(NOW), created_at: before(), ..key("gone", Es256, 4) };
            assert_eq!(tx.keys().all()?, kept_keys().into_iter().chain([gone]).collect::<Vec<_>>());
            assert_eq!(tx.roles().of(alice)?, [Role::ADMIN]);
            assert_eq!(tx.audit().list(None, 10)?.len(), 2);
            let tally = Tally { failures: 3, last_at: NOW, day_began: before(), day_count: 4 };
            assert_eq!(tx.attempts().get(&TallyKey::account(alice))?, Some(tally));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[derive(Debug, QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn states(history: &mut History) -> Vec<String> {
    let query = sql_query("SELECT id || ' ' || state AS line FROM signing_keys ORDER BY id");
    let lines: Vec<Line> = match history {
        History::Sqlite(raw, _) => query.load(raw).unwrap(),
        History::Postgres(raw, _) => query.load(raw).unwrap(),
    };
    lines.into_iter().map(|line| line.line).collect()
}

/// What has no private part, or was revoked, stays behind on the way down.
fn signing_keys_survive_the_way_down_and_up_again(backend: Backend) {
    let database = Database::empty(backend);
    let mut history = History::of(&database);
    while let Some(step) = history.pending().first().filter(|step| *step != ROTATION) {
        let (_, statement) = PLANTED.iter().find(|(name, _)| name == step).unwrap();
        history.up();
        database.execute(&in_dialect(statement, backend));
    }
    let planted = ["ed signing", "kid signing", "old verifying"];
    assert_eq!(states(&mut history), planted);
    database.open().migrate().unwrap();
    let lost = StoredKey { private: None, ..key("lost", Es256, 4) };
    let revoked = StoredKey { revoked_at: Some(NOW), ..key("revoked", EdDsa, 5) };
    for key in [lost, revoked] {
        assert_eq!(database.open().write(|tx| tx.keys().insert(&key)), Ok(Added::Added));
    }
    while history.pending().iter().all(|step| step != ROTATION) {
        history.down();
    }
    assert_eq!(states(&mut history), planted);
    database.open().migrate().unwrap();
    assert_eq!(database.open().read(|tx| tx.keys().all()), Ok(kept_keys().to_vec()));
}

on_both!(rows_planted_at_each_step_survive_to_the_last, signing_keys_survive_the_way_down_and_up_again);
