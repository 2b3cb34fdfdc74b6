//! Each hot query finds its rows by an index. The statements are those that the store really sends: they are overheard
//! while it works, and then given to the database to explain.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's alarm")]

mod attempts;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod lists;
mod sessions;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::Store;
use auth_storage::Backend;
use common::{Database, raw_postgres, raw_sqlite};
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

/// What this process has sent, without its values. One test at a time listens.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Of these, what a connection keeps as a prepared statement.
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LISTENING: Mutex<()> = Mutex::new(());

/// What was heard since the last call, but for what opens and closes transactions and what only inserts.
fn overheard() -> Vec<String> {
    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    let finds = |text: &String| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb));
    heard.into_iter().filter(finds).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "Diesel's signature")]
fn ear() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { query, .. } => {
            let text = query.to_string();
            let statement = text.split(" -- binds").next().unwrap().to_owned();
            HEARD.lock().unwrap().push(statement);
        }
        InstrumentationEvent::CacheQuery { sql, .. } => KEPT.lock().unwrap().push(sql.to_owned()),
        _ => {}
    }))
}

/// A store that is listened to, as long as the guard is held.
fn listened_to(backend: Backend) -> (MutexGuard<'static, ()>, Database, Arc<dyn Store>) {
    let listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    let database = Database::migrated(backend);
    set_default_instrumentation(ear).unwrap();
    let store = Arc::new(database.open());
    overheard();
    KEPT.lock().unwrap().clear();
    (listening, database, store)
}

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
