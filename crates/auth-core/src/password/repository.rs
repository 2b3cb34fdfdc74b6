//! What a store does for password hashes.

use super::{HashClass, PasswordHash};
use crate::id::UserId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// A hash as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// The hash.
    pub hash: PasswordHash,
    /// When the password was last changed; a rehash is no change.
    pub changed_at: Timestamp,
}

/// Password hashes, at most one an account.
pub trait PasswordRepository {
    /// Sets the hash of an account that has none; `now` becomes its `changed_at`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it has one, or another [`StoreError`].
    fn insert(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<(), StoreError>;

    /// The hash of an account; `None` where it has none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError>;

    /// Sets the hash of another password; `now` becomes `changed_at`. `false` where the account has no password.
    ///
    /// # Errors
    /// [`StoreError`].
    fn change(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces `old` by `new` of the same password. `false` where the stored hash is no longer `old`: a rehash never
    /// restores an old password over a concurrent change. Leaves `changed_at` and the account's
    /// `credential_version` alone.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rehash(
        &mut self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// How many hashes of each class there are, the commonest first and at most `limit` classes. Hashes that cannot be read
    /// are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn classes(&mut self, limit: u32) -> Result<Vec<(HashClass, u64)>, StoreError>;

    /// The text of the plan for names without a hash ([`super::DecoyPlan`]); empty before there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn decoy_plan(&mut self) -> Result<String, StoreError>;

    /// Replaces the plan `old` by `new`. `false` where it is no longer `old`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace_decoy_plan(&mut self, old: &str, new: &str) -> Result<bool, StoreError>;
}
