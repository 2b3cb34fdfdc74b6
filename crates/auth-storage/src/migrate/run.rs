//! Applying migrations, one instance at a time.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryResult, RunQueryDsl, sql_query};
use diesel_migrations::MigrationHarness;

use super::{MigrateError, POSTGRES, SQLITE, failed, status};
use crate::connection::MultiConnection;

/// Of PostgreSQL's advisory locks of this database, ours: `authstor` as a number.
const LOCK: i64 = i64::from_be_bytes(*b"authstor");

/// Applies what is missing and answers the names.
pub(super) fn pending(connection: &mut MultiConnection) -> Result<Vec<String>, MigrateError> {
    lock(connection).map_err(|error| failed("applied", error))?;
    // Looked at under the lock: whoever held it before may have done it all.
    let names = status(connection).map(|all| all.into_iter().filter(|one| !one.applied).map(|one| one.name).collect());
    let applied = names.and_then(|names: Vec<String>| {
        if !names.is_empty() {
            tracing::info!(migrations = ?names, "migrating the database");
            apply(connection).map_err(|cause| failed("applied", cause))?;
        }
        Ok(names)
    });
    let unlocked = unlock(connection, applied.is_ok());
    let names = applied?;
    unlocked.map_err(|error| failed("applied", error))?;
    Ok(names)
}

fn lock(connection: &mut MultiConnection) -> QueryResult<()> {
    match connection {
        MultiConnection::Postgres(postgres) => lock_postgres(postgres),
        // The whole history is one transaction here, and the lock is the write lock.
        MultiConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE"),
    }
}

/// The lock is the session's, for a migration may have to run outside of a transaction; it goes with the connection.
fn lock_postgres(postgres: &mut PgConnection) -> QueryResult<()> {
    if sql::<Bool>(&format!("SELECT pg_try_advisory_lock({LOCK})")).get_result(postgres)? {
        return Ok(());
    }
    tracing::info!("another instance migrates the database; waiting for it");
    sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(postgres).map(drop)
}

fn unlock(connection: &mut MultiConnection, keep: bool) -> QueryResult<()> {
    match connection {
        MultiConnection::Postgres(postgres) => {
            sql_query(format!("SELECT pg_advisory_unlock({LOCK})")).execute(postgres).map(drop)
        }
        MultiConnection::Sqlite(sqlite) if keep => AnsiTransactionManager::commit_transaction(sqlite),
        MultiConnection::Sqlite(sqlite) => AnsiTransactionManager::rollback_transaction(sqlite),
    }
}

fn apply(connection: &mut MultiConnection) -> Result<(), String> {
    match connection {
        MultiConnection::Postgres(postgres) => {
            postgres.run_pending_migrations(POSTGRES).map(drop).map_err(|error| error.to_string())
        }
        MultiConnection::Sqlite(sqlite) => {
            sqlite.run_pending_migrations(SQLITE).map_err(|error| error.to_string())?;
            check_foreign_keys(sqlite)
        }
    }
}

/// They were off meanwhile.
fn check_foreign_keys(sqlite: &mut SqliteConnection) -> Result<(), String> {
    let astray: i64 = sql::<BigInt>("SELECT count(*) FROM pragma_foreign_key_check")
        .get_result(sqlite)
        .map_err(|error| error.to_string())?;
    if astray == 0 { Ok(()) } else { Err(format!("{astray} rows refer to rows that do not exist")) }
}
