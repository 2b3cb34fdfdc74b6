//! Rows that contradict the code are told by table, column and row, and never crash anything.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use auth_core::audit::{Actor, AuditEvent, AuditRecord};
use auth_core::id::{EventId, SessionId};
use auth_core::session::{EndReason, Session};
use auth_core::store::Transaction;
use auth_core::testing::conformance::samples::{NOW, hash, key, plant, session, user};
use auth_core::token::Algorithm;
use auth_core::user::{CanonicalName, User};
use auth_core::{Store, StoreError, StoreExt};
use auth_storage::Backend;
use common::{Database, on_both};
use std::sync::Arc;

/// Not UTF-8; SQLite keeps it as a text all the same.
const NO_TEXT: &str = "CAST(x'ff41' AS TEXT)";
/// A blob too short for an id.
const NO_ID: &str = "x'0102'";
/// PostgreSQL's instant that is none.
const NEVER: &str = "'infinity'";

const ONE: &str = "01010101-0101-0101-0101-010101010101";

/// Table, column, what is written there.
type Damage = (&'static str, &'static str, &'static str);

const ON_EITHER: [Damage; 11] = [
    ("users", "state", "'flying'"),
    ("sessions", "root_key", "'Root 1'"),
    ("sessions", "end_reason", "'bored'"),
    ("sessions", "end_reason", "NULL"),
    ("sessions", "ip", "'localhost'"),
    ("signing_keys", "algorithm", "'none'"),
    ("signing_keys", "root_key", "''"),
    ("audit_events", "kind", "'session_ended'"),
    ("audit_events", "kind", "'signed_in'"),
    ("audit_events", "actor", "'nobody'"),
    ("audit_events", "ip", "'1.2.3.4.5'"),
];

const ON_SQLITE: [Damage; 27] = [
    ("users", "id", NO_ID),
    ("users", "username", NO_TEXT),
    ("users", "username_canonical", NO_TEXT),
    ("users", "username_skeleton", NO_TEXT),
    ("users", "state", NO_TEXT),
    ("passwords", "hash", NO_TEXT),
    ("sessions", "id", NO_ID),
    ("sessions", "user_id", NO_ID),
    ("sessions", "root_key", NO_TEXT),
    ("sessions", "salt", "x'00'"),
    ("sessions", "end_reason", NO_TEXT),
    ("sessions", "client", NO_TEXT),
    ("sessions", "ip", NO_TEXT),
    ("session_endings", "session_id", NO_ID),
    ("signing_keys", "id", NO_TEXT),
    ("signing_keys", "algorithm", NO_TEXT),
    ("signing_keys", "ordinal", "0"),
    ("signing_keys", "root_key", NO_TEXT),
    ("signing_keys", "root_key", "NULL"),
    ("signing_keys", "private_sealed", "NULL"),
    ("audit_events", "id", NO_ID),
    ("audit_events", "kind", NO_TEXT),
    ("audit_events", "user_id", NO_ID),
    ("audit_events", "session_id", NO_ID),
    ("audit_events", "detail", NO_TEXT),
    ("audit_events", "actor", NO_TEXT),
    ("audit_events", "request_id", NO_TEXT),
];

const ON_POSTGRES: [Damage; 14] = [
    ("users", "created_at", NEVER),
    ("users", "updated_at", "'-infinity'"),
    ("passwords", "changed_at", NEVER),
    ("sessions", "salt", "'\\x00'"),
    ("sessions", "created_at", NEVER),
    ("sessions", "rotated_at", NEVER),
    ("sessions", "expires_at", NEVER),
    ("sessions", "ended_at", NEVER),
    ("session_endings", "ended_at", NEVER),
    ("signing_keys", "created_at", "'-infinity'"),
    ("signing_keys", "signs_from", NEVER),
    ("signing_keys", "revoked_at", NEVER),
    ("audit_events", "at", NEVER),
    ("audit_events", "at", "'-infinity'"),
];

/// One row in each table; the session has ended, so that nothing of it is empty. The ending is that of another session,
/// which is gone with its account.
fn filled(backend: Backend) -> (Database, Arc<dyn Store>) {
    let database = Database::migrated(backend);
    let store: Arc<dyn Store> = Arc::new(database.open());
    plant(&store, &[User { legacy_id: Some(1), ..user(1, "alice") }]);
    let record = AuditRecord {
        id: EventId::from_bytes([1; 16]),
        at: NOW,
        event: AuditEvent::UserRegistered(user(1, "alice").id),
        actor: Actor::System,
        ip: None,
        request_id: None,
    };
    let ended = Session { ended: Some((NOW, EndReason::SignedOut)), ..session(1, 1) };
    store
        .write(|tx| {
            tx.passwords().insert(user(1, "alice").id, &hash("h"), NOW)?;
            tx.sessions().insert(&ended)?;
            let _ = tx.keys().insert(&key("kid", Algorithm::Es256, 1))?;
            tx.audit().append(&record)
        })
        .unwrap();
    plant(&store, &[user(2, "bob")]);
    store
        .write(|tx| {
            tx.sessions().insert(&session(2, 2))?;
            tx.sessions().end(session(2, 2).id, EndReason::AccountDeleted, NOW)?;
            tx.users().delete(user(2, "bob").id)
        })
        .unwrap();
    (database, store)
}

/// Reads the row of this table in a way that does not look for the damaged column.
fn read(tx: &mut dyn Transaction, table: &str, column: &str) -> Result<(), StoreError> {
    let alice = user(1, "alice").id;
    match (table, column) {
        ("users", "id") => tx.users().by_name(&CanonicalName::of("alice")).map(drop),
        ("users", _) => tx.users().by_id(alice).map(drop),
        ("passwords", _) => tx.passwords().get(alice).map(drop),
        ("sessions", "id") => tx.sessions().live(alice, NOW, auth_core::time::Timestamp::EPOCH).map(drop),
        ("sessions", _) => tx.sessions().by_id(SessionId::from_bytes([1; 16])).map(drop),
        ("session_endings", _) => tx.sessions().endings(0, 10).map(drop),
        ("signing_keys", _) => tx.keys().all().map(drop),
        ("audit_events", _) => tx.audit().list(None, 10).map(drop),
        other => panic!("{other:?}"),
    }
}

fn an_unreadable_value_is_told_by_table_column_and_row(backend: Backend) {
    let own = if backend == Backend::Sqlite { ON_SQLITE.as_slice() } else { ON_POSTGRES.as_slice() };
    for (table, column, value) in ON_EITHER.iter().chain(own).copied() {
        let (database, store) = filled(backend);
        let alive = if (table, column) == ("sessions", "id") { ", ended_at = NULL, end_reason = NULL" } else { "" };
        database.execute(&format!("UPDATE {table} SET {column} = {value}{alive}"));
        let expected_row = match (table, column) {
            (_, "id") => "?",
            ("signing_keys", _) => "kid",
            ("session_endings", _) => "1",
            _ => ONE,
        };
        let expected = StoreError::Inconsistent { table, column, row: expected_row.to_owned() };
        assert_eq!(store.read(|tx| read(tx, table, column)), Err(expected), "{table}.{column} = {value}");
        assert!(store.read(|tx| tx.users().by_legacy_id(9)).is_ok(), "the store goes on");
    }
}

/// A damaged row is no failure of the transaction: whoever reads a list may leave it out.
fn a_damaged_row_does_not_undo_the_transaction(backend: Backend) {
    let (database, store) = filled(backend);
    database.execute("UPDATE signing_keys SET algorithm = 'none'");
    store
        .write(|tx| {
            assert!(tx.keys().all().is_err());
            tx.users().insert(&user(2, "bob")).map(|_| ())
        })
        .unwrap();
    assert!(store.read(|tx| tx.users().by_id(user(2, "bob").id)).unwrap().is_some());
}

/// Many rows have one key, so none is named.
fn an_unreadable_root_key_is_told(backend: Backend) {
    let (database, store) = filled(backend);
    database.execute("UPDATE sessions SET root_key = 'Root 1', ended_at = NULL, end_reason = NULL");
    let keys = store.read(|tx| tx.sessions().root_keys(NOW, auth_core::time::Timestamp::EPOCH));
    assert_eq!(keys, Err(StoreError::Inconsistent { table: "sessions", column: "root_key", row: "?".to_owned() }));
}

/// No session ends of which the others would not hear, and no poll says that there is nothing to hear.
fn a_counter_that_is_gone_or_was_set_back_is_told(backend: Backend) {
    for damage in ["DELETE FROM session_endings_counter", "UPDATE session_endings_counter SET seq = 0"] {
        let (database, store) = filled(backend);
        store.write(|tx| tx.sessions().insert(&session(3, 1))).unwrap();
        database.execute(damage);
        let odd = || StoreError::Inconsistent { table: "session_endings_counter", column: "seq", row: "1".to_owned() };
        let ended = store.write(|tx| tx.sessions().end(session(3, 1).id, EndReason::SignedOut, NOW));
        assert_eq!(ended, Err(odd()), "{damage}");
        let there = store.read(|tx| tx.sessions().by_id(session(3, 1).id)).unwrap().unwrap();
        assert_eq!(there.ended, None, "{damage}");
        if damage.starts_with("DELETE") {
            assert_eq!(store.read(|tx| tx.sessions().endings(0, 10)), Err(odd()));
        }
    }
}

on_both!(
    an_unreadable_value_is_told_by_table_column_and_row,
    a_damaged_row_does_not_undo_the_transaction,
    an_unreadable_root_key_is_told,
    a_counter_that_is_gone_or_was_set_back_is_told,
);
