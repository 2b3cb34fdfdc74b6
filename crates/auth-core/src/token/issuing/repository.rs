//! What a store does for signing keys.

use crate::root_keys::Sealed;
use crate::store::StoreError;
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId};
use crate::user::Added;

/// A signing key as a store keeps it. What it is used for at some instant is not kept: it follows from the times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key's id: the `kid` of its tokens.
    pub id: KeyId,
    /// What it signs with, and nothing else.
    pub algorithm: Algorithm,
    /// 1, 2, 3 …: the order in which keys sign. Unique, so that of several instances which make the next key at once,
    /// one wins.
    pub ordinal: i64,
    /// The private key (PKCS #8), sealed under the root key ring and bound to the key's id; `None` once nobody can need it
    /// again.
    pub private: Option<Sealed>,
    /// When it was made. It is published from here on.
    pub created_at: Timestamp,
    /// It signs from here on, until the `signs_from` of the next ordinal.
    pub signs_from: Timestamp,
    /// In an emergency: it is accepted no more from here on.
    pub revoked_at: Option<Timestamp>,
}

/// Signing keys, their private part sealed.
pub trait KeyRepository {
    /// Inserts a key. Of several parallel inserts of one ordinal, one is [`Added::Added`]; the others are
    /// `Added::Taken(Unique::KeyOrdinal)`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the id exists, whatever the ordinal; another [`StoreError`], also for an ordinal
    /// below 1.
    fn insert(&mut self, key: &StoredKey) -> Result<Added, StoreError>;

    /// All keys, by ordinal.
    ///
    /// # Errors
    /// [`StoreError`].
    fn all(&mut self) -> Result<Vec<StoredKey>, StoreError>;

    /// All keys, by ordinal, held against every other writer until the transaction ends: what is judged from them still
    /// holds when it is acted upon. Readers go on.
    ///
    /// # Errors
    /// [`StoreError`], also in a reading transaction.
    fn lock(&mut self) -> Result<Vec<StoredKey>, StoreError>;

    /// Replaces a key's sealed part if it is still `from`. `false` otherwise: a key that lost it meanwhile gets none back.
    ///
    /// # Errors
    /// [`StoreError`].
    fn reseal(&mut self, id: &KeyId, from: &Sealed, to: &Sealed) -> Result<bool, StoreError>;

    /// Brings a waiting key forward: sets `signs_from` to `at` if it is later than `at`, and the key is not revoked and has
    /// its private part. `false` otherwise: a key is never put off.
    ///
    /// # Errors
    /// [`StoreError`].
    fn bring_forward(&mut self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError>;

    /// Sets `revoked_at` and erases the private part, if the key was not revoked before. `false` otherwise, and where
    /// there is none: the first revocation stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke(&mut self, id: &KeyId, now: Timestamp) -> Result<bool, StoreError>;

    /// Erases the private part of a key whose last token died; its row stays. `false` where it is gone already, or there
    /// is no such key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase(&mut self, id: &KeyId) -> Result<bool, StoreError>;

    /// Deletes the row of a key that was not revoked: a shared secret that comes back gets a new row. `false` where there
    /// is none, or the key was revoked.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, id: &KeyId) -> Result<bool, StoreError>;
}
