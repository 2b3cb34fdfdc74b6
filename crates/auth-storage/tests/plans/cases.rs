//! What the store does, and the index that must serve it.

use auth_core::attempts::{Tally, TallyKey, Window, WindowKey};
use auth_core::id::EventId;
use auth_core::session::EndReason;
use auth_core::store::Transaction;
use auth_core::testing::conformance::samples::{NOW, hash, session, user};
use auth_core::time::Timestamp;
use auth_core::user::{AccountState, CanonicalName, Username};
use auth_core::{StoreError, StoreExt};
use auth_storage::Backend;

use crate::common::on_both;
use crate::{assert_indexed, explain, listened_to, overheard};

/// A name for people, what the store does, and the index that must serve it: PostgreSQL's and SQLite's name.
type Case = (&'static str, fn(&mut dyn Transaction), &'static str, &'static str);

const CASES: [Case; 22] = [
    ("user by id", |tx| drop(tx.users().by_id(user(1, "a").id)), "users_pkey", "users_1"),
    ("user by name", |tx| drop(tx.users().by_name(&CanonicalName::of("a"))), "users_username_canonical_key", "users_2"),
    ("user by number", |tx| drop(tx.users().by_legacy_id(1)), "users_legacy_id_key", "users_4"),
    ("lock", |tx| drop(tx.users().lock(user(1, "a").id)), "users_pkey", "users_1"),
    ("state", |tx| drop(tx.users().set_state(user(1, "a").id, AccountState::Active, NOW)), "users_pkey", "users_1"),
    ("password", |tx| drop(tx.passwords().get(user(1, "a").id)), "passwords_pkey", "passwords_1"),
    (
        "rehash",
        |tx| drop(tx.passwords().rehash(user(1, "a").id, &hash("a"), &hash("b"), NOW)),
        "passwords_pkey",
        "passwords_1",
    ),
    ("session by id", |tx| drop(tx.sessions().by_id(session(1, 1).id)), "sessions_pkey", "sessions_1"),
    (
        "live sessions",
        |tx| drop(tx.sessions().live(user(1, "a").id, NOW, Timestamp::EPOCH)),
        "sessions_user_id_ended_at_idx",
        "sessions_user_id_ended_at_idx",
    ),
    (
        "end of a session",
        |tx| drop(tx.sessions().end(session(1, 1).id, EndReason::SignedOut, NOW)),
        "sessions_pkey",
        "sessions_1",
    ),
    ("rotate", |tx| drop(tx.sessions().rotate(session(1, 1).id, 1, NOW)), "sessions_pkey", "sessions_1"),
    (
        "end of all sessions of an account",
        |tx| drop(tx.sessions().end_all(user(1, "a").id, None, EndReason::SignedOut, NOW)),
        "sessions_user_id_ended_at_idx",
        "sessions_user_id_ended_at_idx",
    ),
    (
        "end of all sessions of an account but one",
        |tx| drop(tx.sessions().end_all(user(1, "a").id, Some(session(1, 1).id), EndReason::SignedOut, NOW)),
        "sessions_user_id_ended_at_idx",
        "sessions_user_id_ended_at_idx",
    ),
    (
        "rename",
        |tx| drop(tx.users().rename(user(1, "a").id, &Username::imported("b").unwrap(), NOW)),
        "users_pkey",
        "users_1",
    ),
    (
        "credential version",
        |tx| drop(tx.users().raise_credential_version(user(1, "a").id, NOW)),
        "users_pkey",
        "users_1",
    ),
    (
        "change of password",
        |tx| drop(tx.passwords().change(user(1, "a").id, &hash("a"), NOW)),
        "passwords_pkey",
        "passwords_1",
    ),
    (
        "tally",
        |tx| drop(tx.attempts().get(&TallyKey::account(user(1, "a").id))),
        "attempt_tallies_pkey",
        "PRIMARY KEY (key=?)",
    ),
    (
        "lock of a tally",
        |tx| drop(tx.attempts().lock(&TallyKey::account(user(1, "a").id))),
        "attempt_tallies_pkey",
        "PRIMARY KEY (key=?)",
    ),
    (
        "change of a tally",
        |tx| drop(tx.attempts().keep(&TallyKey::account(user(1, "a").id), &Tally::blank(NOW))),
        "attempt_tallies_pkey",
        "PRIMARY KEY (key=?)",
    ),
    (
        "change of a window",
        |tx| drop(tx.attempts().keep_window(&WindowKey([1; 16]), &Window::blank(NOW))),
        "attempt_windows_pkey",
        "PRIMARY KEY (key=?)",
    ),
    ("audit, latest", |tx| drop(tx.audit().list(None, 10)), "audit_events_pkey", "audit_events_1"),
    (
        "audit, next page",
        |tx| drop(tx.audit().list(Some(EventId::from_bytes([1; 16])), 10)),
        "audit_events_pkey",
        "audit_events_1",
    ),
];

fn each_hot_query_uses_its_index(backend: Backend) {
    let (_listening, database, store) = listened_to(backend);
    for (name, work, postgres, sqlite) in CASES {
        store
            .write(|tx| {
                overheard();
                work(tx);
                let statements = overheard();
                assert_eq!(statements.len(), 1, "{name}: {statements:?}");
                Ok::<_, StoreError>(statements)
            })
            .map(|statements| {
                let plan = explain(&database, &statements[0]);
                assert_indexed(name, &plan, backend, postgres, sqlite);
                if name == "live sessions" && backend == Backend::Postgres {
                    assert!(plan.contains("Index Cond: ((user_id = $1) AND (ended_at IS NULL))"), "{plan}");
                }
            })
            .unwrap();
    }
    // The databases' own query when an account goes and its sessions follow.
    let value = if backend == Backend::Postgres { "$1" } else { "?" };
    let cascade = format!("DELETE FROM sessions WHERE user_id = {value}");
    let index = "sessions_user_id_ended_at_idx";
    assert_indexed("cascade", &explain(&database, &cascade), backend, index, index);
}

/// So that the tests above mean something: where there is no index, the plan says so.
fn a_query_without_an_index_is_seen(backend: Backend) {
    let (_listening, database, _) = listened_to(backend);
    let plan = explain(&database, "SELECT id FROM users WHERE username = 'x'");
    assert!(plan.contains("Seq Scan") || plan.starts_with("SCAN"), "{plan}");
}

on_both!(each_hot_query_uses_its_index, a_query_without_an_index_is_seen);
