//! Each hot query finds its rows by an index. The statements are those that the store really sends: they are overheard
//! while it works, and then given to the database to explain.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod common;

use std::sync::Mutex;

use auth_core::StoreExt;
use auth_core::id::EventId;
use auth_core::session::EndReason;
use auth_core::store::Transaction;
use auth_core::testing::conformance::samples::{NOW, hash, session, user};
use auth_core::user::{AccountState, CanonicalName};
use auth_storage::Backend;
use common::{Database, on_both, raw_postgres, raw_sqlite};
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

/// What this process has sent, without its values. One test at a time listens.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LISTENING: Mutex<()> = Mutex::new(());

#[expect(clippy::unnecessary_wraps, reason = "Diesel's signature")]
fn ear() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split(" -- binds").next().unwrap().to_owned();
            HEARD.lock().unwrap().push(statement);
        }
    }))
}

/// A name for people, what the store does, and the index that must serve it: PostgreSQL's and SQLite's name.
type Case = (&'static str, fn(&mut dyn Transaction), &'static str, &'static str);

const CASES: [Case; 12] = [
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
        |tx| drop(tx.sessions().live(user(1, "a").id, NOW, auth_core::time::Timestamp::EPOCH)),
        "sessions_user_id_ended_at_idx",
        "sessions_user_id_ended_at_idx",
    ),
    (
        "end of a session",
        |tx| drop(tx.sessions().end(session(1, 1).id, EndReason::SignedOut, NOW)),
        "sessions_pkey",
        "sessions_1",
    ),
    ("audit, latest", |tx| drop(tx.audit().list(None, 10)), "audit_events_pkey", "audit_events_1"),
    (
        "audit, next page",
        |tx| drop(tx.audit().list(Some(EventId::from_bytes([1; 16])), 10)),
        "audit_events_pkey",
        "audit_events_1",
    ),
];

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The plan, one step a line.
fn explain(database: &Database, statement: &str) -> String {
    match database {
        Database::Sqlite(file) => {
            let steps: Vec<SqliteStep> =
                sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut raw_sqlite(file)).unwrap();
            steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n")
        }
        Database::Postgres(database) => {
            let mut raw = raw_postgres(database);
            // A generic plan, for values unknown; and where there is no row, no index would be worth it otherwise.
            raw.batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").unwrap();
            raw.batch_execute(&format!("PREPARE overheard AS {statement}")).unwrap();
            let values = (1..100).take_while(|number| statement.contains(&format!("${number}"))).count();
            let nulls = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
            let steps: Vec<PostgresStep> =
                sql_query(format!("EXPLAIN EXECUTE overheard{nulls}")).load(&mut raw).unwrap();
            steps.into_iter().map(|step| step.line).collect::<Vec<_>>().join("\n")
        }
    }
}

fn assert_indexed(name: &str, plan: &str, backend: Backend, postgres: &str, sqlite: &str) {
    match backend {
        Backend::Postgres => {
            assert!(plan.contains(postgres) && !plan.contains("Seq Scan"), "{name}:\n{plan}");
            assert!(plan.contains("Index Cond") || name == "audit, latest", "{name} reads the whole index:\n{plan}");
        }
        Backend::Sqlite => {
            assert!(plan.contains(sqlite), "{name}:\n{plan}");
            assert!(plan.starts_with("SEARCH") || name == "audit, latest", "{name} reads everything:\n{plan}");
        }
    }
}

fn each_hot_query_uses_its_index(backend: Backend) {
    let _listening = LISTENING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let database = Database::migrated(backend);
    set_default_instrumentation(ear).unwrap();
    let store = database.open();
    for (name, work, postgres, sqlite) in CASES {
        store
            .write(|tx| {
                HEARD.lock().unwrap().clear();
                work(tx);
                let statements = HEARD.lock().unwrap().clone();
                assert_eq!(statements.len(), 1, "{name}: {statements:?}");
                Ok::<_, auth_core::StoreError>(statements)
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

/// So that the test above means something: where there is no index, the plan says so.
fn a_query_without_an_index_is_seen(backend: Backend) {
    let _listening = LISTENING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let database = Database::migrated(backend);
    let plan = explain(&database, "SELECT id FROM users WHERE username = 'x'");
    assert!(plan.contains("Seq Scan") || plan.starts_with("SCAN"), "{plan}");
}

on_both!(each_hot_query_uses_its_index, a_query_without_an_index_is_seen);
