//! The store: one port through which everything that lasts is read and written.
//!
//! Repositories exist only inside a transaction, so using the wrong connection or forgetting to commit is hard to write:
//!
//! ```
//! # use auth_core::{Store, StoreExt, StoreError};
//! # use auth_core::user::{CanonicalName, User};
//! fn find(store: &dyn Store, name: &CanonicalName) -> Result<Option<User>, StoreError> {
//!     store.read(|tx| tx.users().by_name(name))
//! }
//! ```

use crate::attempts::AttemptRepository;
use crate::audit::AuditRepository;
use crate::password::PasswordRepository;
use crate::role::RoleRepository;
use crate::session::SessionRepository;
use crate::token::KeyRepository;
use crate::user::UserRepository;

/// What a transaction may do. Enforced by the store, not by courtesy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads only; a write inside is refused with [`StoreError::Unavailable`].
    Read,
    /// Reads and writes. On SQLite the write lock is taken at the start (`BEGIN IMMEDIATE`).
    Write,
}

/// How the work wants its transaction to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Keep what was written.
    Commit,
    /// Undo all of it.
    RollBack,
}

/// Opens transactions. Implemented by `auth-storage` for SQLite and PostgreSQL, by `testing::MemoryStore`, and by you:
/// `testing::conformance` holds any implementation to the same contract.
pub trait Store: Send + Sync {
    /// Opens a transaction, runs `work`, and ends it as `work` asks. May run `work` again when the backend asks for a
    /// retry, so ids and tokens are minted before it. A panic in `work` rolls back and goes on.
    ///
    /// # Errors
    /// [`StoreError`] where the transaction could not be opened or committed. After a failed commit the caller does not
    /// know whether it took place; nothing may be handed out for it.
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError>;
}

/// The repositories inside one open transaction. One concrete type a store implements them all, so that each method is
/// `{ self }`.
pub trait Transaction {
    /// Accounts and their names.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Password hashes.
    fn passwords(&mut self) -> &mut dyn PasswordRepository;
    /// Who has which role.
    fn roles(&mut self) -> &mut dyn RoleRepository;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Counts of attempts.
    fn attempts(&mut self) -> &mut dyn AttemptRepository;
    /// Signing keys, their private part sealed.
    fn keys(&mut self) -> &mut dyn KeyRepository;
    /// The audit log.
    fn audit(&mut self) -> &mut dyn AuditRepository;
}

/// A fact of which there may be only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unique {
    /// The canonical form of a user's name.
    Username,
    /// The confusable skeleton of a user's name (UTS 39).
    UsernameSkeleton,
    /// The number that an imported user had before.
    LegacyId,
    /// A signing key's place in the order in which keys sign.
    KeyOrdinal,
    /// A primary key: an id was used twice.
    Id,
}

/// Trouble in a store. Absence is `None`, a lost race is a `bool` or an enum; only trouble is an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A row that may exist once exists already, where the caller had no answer for it.
    #[error("a row that may exist only once exists already")]
    Conflict(Unique),
    /// The store cannot serve now: no connection, no lock, no space, cut in mid-way. Trying again later may succeed.
    /// The text is for logs, never for clients.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// A stored value that the code cannot read: a bug, an unknown version, or damage. Trying again does not help.
    #[error("a stored value contradicts the code: {table}.{column}, row {row}")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// The row's id, never its content.
        row: String,
    },
}

/// Why a store is unavailable, in the backend's words; for logs only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl StoreError {
    /// [`StoreError::Unavailable`] with the backend's words.
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self::Unavailable(Cause(cause.to_string()))
    }
}

/// Typed transactions over [`Store::run`]: `Ok` commits, `Err` rolls back.
pub trait StoreExt {
    /// Runs `work` in a read-only transaction.
    ///
    /// # Errors
    /// What `work` answered, or the store's own trouble.
    fn read<T, E: From<StoreError>>(&self, work: impl FnMut(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E>;

    /// Runs `work` in a writing transaction. A refusal that must leave a trace is an `Ok` here: an `Err` undoes what was
    /// written before it.
    ///
    /// # Errors
    /// What `work` answered, or the store's own trouble.
    fn write<T, E: From<StoreError>>(&self, work: impl FnMut(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E>;
}

impl<S: Store + ?Sized> StoreExt for S {
    fn read<T, E: From<StoreError>>(&self, work: impl FnMut(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E> {
        typed(self, Access::Read, work)
    }

    fn write<T, E: From<StoreError>>(&self, work: impl FnMut(&mut dyn Transaction) -> Result<T, E>) -> Result<T, E> {
        typed(self, Access::Write, work)
    }
}

fn typed<S, T, E, W>(store: &S, access: Access, mut work: W) -> Result<T, E>
where
    S: Store + ?Sized,
    E: From<StoreError>,
    W: FnMut(&mut dyn Transaction) -> Result<T, E>,
{
    let mut answer = None;
    let ended = store.run(access, &mut |tx| {
        let result = work(tx);
        let outcome = if result.is_ok() { Outcome::Commit } else { Outcome::RollBack };
        answer = Some(result);
        outcome
    });
    match (ended, answer) {
        // The work's own refusal says more than a failed rollback after it.
        (_, Some(Err(refusal))) => Err(refusal),
        (Err(trouble), _) => Err(trouble.into()),
        (Ok(()), Some(Ok(value))) => Ok(value),
        (Ok(()), None) => Err(StoreError::unavailable("the store did not run the work").into()),
    }
}
