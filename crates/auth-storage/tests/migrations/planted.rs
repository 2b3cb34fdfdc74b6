//! Rows written at the step that first allowed them are read by the code of today.

use auth_core::id::{SessionId, UserId};
use auth_core::session::{Ending, Endings};
use auth_core::testing::conformance::samples::{NOW, user};
use auth_core::user::User;
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;

use crate::common::{Database, on_both};
use crate::history::History;

/// A row for each step. `ID` is an id of that byte, `AT` an instant; both are written as the database wants them.
const PLANTED: [(&str, &str); 7] = [
    ("2026-11-23-100000_users", "INSERT INTO users VALUES (ID(1), 'Alice', 'alice', 'alice', 'active', 42, 1, AT, AT)"),
    ("2026-11-23-100100_passwords", "INSERT INTO passwords VALUES (ID(1), '$argon2id$x', AT, AT)"),
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
        "INSERT INTO sessions VALUES (ID(3), ID(1), 'root-1', SALT, 1, AT, AT, AT, NULL, NULL, NULL, NULL)",
    ),
];

fn in_dialect(statement: &str, backend: Backend) -> String {
    let salt = "5a".repeat(16);
    let (open, close, blob, at) = match backend {
        Backend::Sqlite => ("x'", "'", format!("x'{salt}'"), NOW.as_micros().to_string()),
        Backend::Postgres => ("'", "'", format!("'\\x{salt}'"), format!("'{NOW}'")),
    };
    let mut text = statement.replace("SALT", &blob).replace("AT,", &format!("{at},")).replace("AT)", &format!("{at})"));
    for number in 1..=3_u8 {
        let id = format!("{open}{}{close}", format!("{number:02x}").repeat(16));
        text = text.replace(&format!("ID({number})"), &id);
    }
    text
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
            let session = tx.sessions().by_id(SessionId::from_bytes([2; 16]))?.unwrap();
            assert_eq!((session.salt, session.generation, session.created_at), ([0x5a; 16], 3, NOW));
            let ending = Ending { seq: 1, session: session.id, ended_at: NOW };
            assert_eq!(tx.sessions().endings(0, 10)?, Endings { counter: 1, endings: vec![ending] });
            assert_eq!(tx.sessions().by_id(SessionId::from_bytes([3; 16]))?.unwrap().ended, None);
            assert_eq!(tx.keys().all()?.len(), 1);
            assert_eq!(tx.audit().list(None, 10)?.len(), 1);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

on_both!(rows_planted_at_each_step_survive_to_the_last);
