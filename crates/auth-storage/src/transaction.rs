//! One open transaction: the repositories' queries run here, and what fails is remembered.

use auth_core::StoreError;
use auth_core::audit::AuditRepository;
use auth_core::password::PasswordRepository;
use auth_core::session::SessionRepository;
use auth_core::store::{Access, Transaction, Unique};
use auth_core::token::KeyRepository;
use auth_core::user::UserRepository;
use diesel::QueryResult;
use diesel::connection::{Connection, TransactionManager};

use crate::connection::MultiConnection;
use crate::error::{Failure, classify};

/// The transaction manager of either connection.
pub(crate) type Manager = <MultiConnection as Connection>::TransactionManager;

/// One open transaction.
pub(crate) struct DieselTransaction<'c> {
    connection: &'c mut MultiConnection,
    access: Access,
    /// The first statement that failed. PostgreSQL refuses everything after it and turns `COMMIT` into a rollback
    /// without a word; so a transaction with a failure is never committed, on either database.
    failure: Option<Failure>,
}

impl<'c> DieselTransaction<'c> {
    pub(crate) fn new(connection: &'c mut MultiConnection, access: Access) -> Self {
        Self { connection, access, failure: None }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
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
        query(self.connection).map_err(|error| self.fail(classify(&error)))
    }

    /// Runs an insert whose violation of uniqueness is an answer: `Err` of the inner result. The savepoint keeps the
    /// transaction usable after it.
    pub(crate) fn try_insert(
        &mut self,
        insert: impl FnOnce(&mut MultiConnection) -> QueryResult<usize>,
    ) -> Result<Result<(), Unique>, StoreError> {
        self.query(Manager::begin_transaction)?;
        match insert(self.connection) {
            Ok(_) => self.query(Manager::commit_transaction).map(Ok),
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

    fn fail(&mut self, failure: Failure) -> StoreError {
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

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }
}
