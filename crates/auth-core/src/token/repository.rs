//! What a store does for signing keys.

use super::{Algorithm, KeyId};
use crate::root_keys::Sealed;
use crate::store::StoreError;
use crate::time::Timestamp;
use crate::user::Added;

/// A signing key as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key's id: the `kid` of its tokens.
    pub id: KeyId,
    /// What it signs with, and nothing else.
    pub algorithm: Algorithm,
    /// What it is used for.
    pub state: KeyState,
    /// The private key (PKCS #8), sealed under the root key ring and bound to the key's id.
    pub private: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a signing key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// New tokens are signed with it. At most one key of an algorithm is in this state.
    Signing,
    /// Tokens that it signed are still accepted.
    Verifying,
}

impl KeyState {
    /// The name in stores and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Verifying => "verifying",
        }
    }

    /// The inverse of [`KeyState::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Signing, Self::Verifying].into_iter().find(|state| state.as_str() == text)
    }
}

/// Signing keys, their private part sealed.
pub trait KeyRepository {
    /// Inserts a key. Of several parallel inserts of a [`KeyState::Signing`] key of one algorithm, one is
    /// [`Added::Added`]; the others are `Added::Taken(Unique::ActiveKey)`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the id exists, or another [`StoreError`].
    fn insert(&mut self, key: &StoredKey) -> Result<Added, StoreError>;

    /// All keys, the oldest first (then by id).
    ///
    /// # Errors
    /// [`StoreError`].
    fn all(&mut self) -> Result<Vec<StoredKey>, StoreError>;
}
