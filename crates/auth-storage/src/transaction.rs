//! One open transaction: the repositories' queries run here, and what fails is remembered.

use auth_core::StoreError;
use auth_core::attempts::AttemptRepository;
use auth_core::audit::AuditRepository;
use auth_core::password::PasswordRepository;
use auth_core::role::RoleRepository;
use auth_core::session::SessionRepository;
use auth_core::store::{Access, Transaction, Unique};
use auth_core::token::KeyRepository;
use auth_core::user::UserRepository;
use diesel::QueryResult;
use diesel::connection::{Connection, TransactionManager};

use crate::connection::MultiConnection;
use crate::error::{Failure, classify};
use crate::sessions::Untold;

/// The transaction manager of either connection.
pub(crate) type Manager = <MultiConnection as Connection>::TransactionManager;

/// One open transaction.
pub(crate) struct DieselTransaction<'c> {
    connection: &'c mut MultiConnection,
    access: Access,
    /// The first statement that failed. PostgreSQL refuses everything after it and turns `COMMIT` into a rollback
    /// without a word; so a transaction with a failure is never committed, on either database.
    failure: Option<Failure>,
    /// Sessions that ended in this transaction, of which the others are told at its end.
    pub(crate) untold: Vec<Untold>,
}

impl<'c> DieselTransaction<'c> {
    pub(crate) fn new(connection: &'c mut MultiConnection, access: Access) -> Self {
        Self { connection, access, failure: None, untold: Vec::new() }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// What is written last, where the work wants its transaction kept. A failure is noted as any other is.
    pub(crate) fn before_commit(&mut self) {
        if self.failure.is_none() {
            drop(self.tell_endings());
        }
    }

    /// How the work went, for the store.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    /// Runs a query whose failure is trouble.
    pub(crate) fn query<T>(
        &mut self,
        query: impl FnOnce(&mut MultiConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        self.raw(query).map_err(|error| self.fail(classify(&error)))
    }

    /// Runs a query whose failure the caller judges, and hands to [`DieselTransaction::fail`].
    pub(crate) fn raw<T>(&mut self, query: impl FnOnce(&mut MultiConnection) -> QueryResult<T>) -> QueryResult<T> {
        query(self.connection)
    }

    /// Runs a write whose violation of uniqueness is an answer: `Err` of the inner result; otherwise the number of rows.
    /// The savepoint keeps the transaction usable after it.
    pub(crate) fn try_write(
        &mut self,
        write: impl FnOnce(&mut MultiConnection) -> QueryResult<usize>,
    ) -> Result<Result<usize, Unique>, StoreError> {
        self.query(Manager::begin_transaction)?;
        match write(self.connection) {
            Ok(rows) => self.query(Manager::commit_transaction).map(|()| Ok(rows)),
            Err(error) => match classify(&error) {
                Failure::Taken(unique) => self.query(Manager::rollback_transaction).map(|()| Err(unique)),
                other => {
                    // The outer transaction will be rolled back; the savepoint has to be closed before it.
                    drop(Manager::rollback_transaction(self.connection));
                    Err(self.fail(other))
                }
            },
        }
    }

    /// Notes a failure: nothing of this transaction will stay.
    pub(crate) fn fail(&mut self, failure: Failure) -> StoreError {
        let error = failure.clone().into_error();
        self.failure.get_or_insert(failure);
        error
    }
}

impl Transaction for DieselTransaction<'_> {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }
}
