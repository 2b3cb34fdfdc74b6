//! What a store does for accounts.

use super::{AccountState, CanonicalName, User, UserQuery, Username};
use crate::id::UserId;
use crate::store::{StoreError, Unique};
use crate::time::Timestamp;

/// How an insert ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub enum Added {
    /// The row is there.
    Added,
    /// Another row has what may exist only once; nothing was written, and the transaction goes on.
    Taken(Unique),
}

/// Accounts. Every method works inside the transaction that gave it out.
pub trait UserRepository {
    /// Inserts an account. Of several parallel inserts of one canonical name, one is [`Added::Added`]; a claimed
    /// skeleton and a legacy id are as unique. Where several facts are taken, the name is named first, then the
    /// skeleton, then the legacy id.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] where the id itself exists.
    fn insert(&mut self, user: &User) -> Result<Added, StoreError>;

    /// The account of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn by_id(&mut self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The account of this canonical name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn by_name(&mut self, name: &CanonicalName) -> Result<Option<User>, StoreError>;

    /// The account that was imported under this number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn by_legacy_id(&mut self, id: i64) -> Result<Option<User>, StoreError>;

    /// As [`UserRepository::by_id`], and holds the row until the transaction ends: whoever else wants to lock it waits.
    /// Sign-in, disabling, deletion and password change take this lock, so that none overtakes another.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Sets the state; `false` where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_state(&mut self, id: UserId, state: AccountState, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives the account another name, under the rules of [`UserRepository::insert`]; `None` where there is no such
    /// account. A name that differs in spelling alone is its own.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rename(&mut self, id: UserId, name: &Username, now: Timestamp) -> Result<Option<Added>, StoreError>;

    /// Raises `credential_version` by one; `false` where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn raise_credential_version(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError>;

    /// Removes the account with its password and sessions; `false` where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, id: UserId) -> Result<bool, StoreError>;

    /// At most `limit` accounts that the query asks for, in the order of its filter. A place of another order is trouble.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, query: &UserQuery, limit: u32) -> Result<Vec<User>, StoreError>;

    /// How many accounts are of this state.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count(&mut self, state: AccountState) -> Result<u64, StoreError>;
}
