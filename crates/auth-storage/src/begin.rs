//! The beginning and the end of a transaction, where the two databases differ most.

use auth_core::StoreError;
use auth_core::store::{Access, Outcome};
use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::R2D2Connection;

use crate::connection::MultiConnection;
use crate::error::{Failure, classify};
use crate::pool::{Pooled, Pools, exhausted};
use crate::transaction::Manager;

/// Takes a connection and opens a transaction on it. A connection that turns out dead here is dropped and another taken:
/// no work has run yet. After a restart of the server all pooled ones are dead, so it may happen once for each.
pub(crate) fn begin(pools: &Pools, access: Access) -> Result<Pooled, StoreError> {
    let pool = pools.pool(access);
    let mut dead = 0;
    loop {
        let mut connection = pool.get().map_err(|error| exhausted(&error))?;
        match open(&mut connection, access) {
            Ok(()) => return Ok(connection),
            Err(_) if connection.is_broken() && dead < pool.max_size() => dead += 1,
            Err(error) => return Err(classify(&error).into_error()),
        }
    }
}

/// `BEGIN` by Diesel's own means, so that it knows of the transaction. The level is said, whatever the server's default.
fn open(connection: &mut MultiConnection, access: Access) -> QueryResult<()> {
    match (connection, access) {
        (MultiConnection::Postgres(postgres), Access::Read) => {
            AnsiTransactionManager::begin_transaction_sql(postgres, "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
        }
        (MultiConnection::Postgres(postgres), Access::Write) => {
            AnsiTransactionManager::begin_transaction_sql(postgres, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        }
        (MultiConnection::Sqlite(sqlite), Access::Read) => {
            sqlite.batch_execute("PRAGMA query_only = ON")?;
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN DEFERRED")
        }
        (MultiConnection::Sqlite(sqlite), Access::Write) => {
            sqlite.batch_execute("PRAGMA query_only = OFF")?;
            // A deferred transaction that reads first and writes then is refused at once when another has written
            // meanwhile, whatever the busy timeout.
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        }
    }
}

/// How a transaction ended.
pub(crate) enum Ended {
    Done,
    /// Nothing was written, and doing it all again may succeed.
    Rerun(StoreError),
    Trouble(StoreError),
}

/// Ends the transaction as the work asks, unless a statement failed in it.
pub(crate) fn end(
    connection: &mut MultiConnection,
    access: Access,
    outcome: Outcome,
    failure: Option<Failure>,
) -> Ended {
    match (failure, outcome, access) {
        (Some(Failure::Rerun(error)), _, _) => {
            roll_back(connection);
            Ended::Rerun(error)
        }
        // The work has swallowed a failure and wants to keep the rest. PostgreSQL has nothing to keep.
        (Some(failure), Outcome::Commit, Access::Write) => {
            roll_back(connection);
            Ended::Trouble(failure.into_error())
        }
        // Diesel rolls back where the commit fails and leaves the transaction open.
        (None, Outcome::Commit, _) => match Manager::commit_transaction(connection).map_err(|error| classify(&error)) {
            Ok(()) => Ended::Done,
            Err(Failure::Rerun(error)) => Ended::Rerun(error),
            Err(other) => Ended::Trouble(other.into_error()),
        },
        (_, Outcome::RollBack, _) | (Some(_), Outcome::Commit, Access::Read) => {
            roll_back(connection);
            Ended::Done
        }
    }
}

/// Undoes the transaction. Where even that fails, Diesel knows the connection for broken and the pool drops it, which
/// has the same effect on the database.
pub(crate) fn roll_back(connection: &mut MultiConnection) {
    if let Err(error) = Manager::rollback_transaction(connection) {
        tracing::debug!(cause = %error, "a transaction could not be rolled back; its connection is dropped");
    }
}
