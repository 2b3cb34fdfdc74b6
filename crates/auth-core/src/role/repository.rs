//! What a store does for roles.

use super::Role;
use crate::id::UserId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// Who has which role. A role goes with its account.
pub trait RoleRepository {
    /// The roles of an account, in order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    fn of(&mut self, user: UserId) -> Result<Vec<Role>, StoreError>;

    /// The roles of several accounts, in order of ids and names; for a page of accounts, in one question.
    ///
    /// # Errors
    /// [`StoreError`].
    fn of_each(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Role)>, StoreError>;

    /// Gives a role; `false` where the account has it. The account must exist.
    ///
    /// # Errors
    /// [`StoreError`].
    fn grant(&mut self, user: UserId, role: &Role, now: Timestamp) -> Result<bool, StoreError>;

    /// Takes a role; `false` where the account did not have it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke(&mut self, user: UserId, role: &Role) -> Result<bool, StoreError>;

    /// Whether an account other than this one has the role and can make use of it: it is active and has a password.
    ///
    /// # Errors
    /// [`StoreError`].
    fn is_held_by_another(&mut self, role: &Role, except: UserId) -> Result<bool, StoreError>;

    /// Holds the roles of all accounts until the transaction ends: whoever else wants to lock or change them waits. Whatever
    /// may take the last of a role away (a demotion, disabling, deletion) takes this lock first, before any other.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self) -> Result<(), StoreError>;
}
