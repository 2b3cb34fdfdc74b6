//! The port of password hashing.

use super::{HashClass, HashFault, Password, PasswordHash};
use crate::entropy::EntropyError;

/// Hashes passwords and checks them. Slow on purpose: call it on a lane of its own ([`crate::lane`]), never on an async
/// worker, never inside a transaction.
pub trait PasswordHasher: Send + Sync {
    /// A new hash of `password` under fresh salt.
    ///
    /// # Errors
    /// [`HashError`] where there is no randomness or no memory.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Whether `password` is the one of `hash`. With `None` it is checked against the hasher's own decoy and answered
    /// [`Verdict::NoMatch`], so that unknown, disabled and password-less accounts cost the same by shape. So is a hash
    /// that cannot be read, or that asks for more work than the hasher grants. A hash that is nobody's
    /// ([`PasswordHash::is_decoy`]) is checked as any of its class, and answered the same.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict;

    /// What `hash` is: asked at import, so that no plain password is ever stored in a hash's place.
    ///
    /// # Errors
    /// [`HashFault`] where it cannot be read, or its cost is not granted.
    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault>;

    /// The class of the hashes that this hasher makes.
    fn class(&self) -> HashClass;
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub enum Verdict {
    /// The password is right.
    Match,
    /// The password is right, and the hash is of another scheme or cost than the present one: hash anew and replace it
    /// by compare-and-set.
    Stale,
    /// The password is wrong, or there was nothing to check it against.
    NoMatch,
}

/// A hash could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// No salt.
    #[error("no salt for the hash")]
    Entropy(#[from] EntropyError),
    /// The hash function refused its input or its memory.
    #[error("the hash function failed")]
    Failed,
}
