//! The keys, for people.

use super::SigningKeys;
use crate::root_keys::RootKeyId;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId, KeyState, Schedule};

/// A signing key as it is shown. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyListing {
    /// The `kid` of its tokens.
    pub id: KeyId,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What it is used for.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began, or begins, to sign.
    pub signs_from: Timestamp,
    /// When its tokens stop, or stopped, being accepted, where that is known.
    pub accepted_until: Option<Timestamp>,
    /// When it was retired in an emergency.
    pub revoked_at: Option<Timestamp>,
    /// The root key that its private part is sealed under; `None` once that was erased.
    pub root_key: Option<RootKeyId>,
}

impl SigningKeys {
    /// Every key that there is and was, in the order in which they sign. None of them needs to be opened for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list(&self) -> Result<Vec<KeyListing>, StoreError> {
        let now = self.clock.now();
        let stored = self.store.read(|tx| tx.keys().all())?;
        let schedule = Schedule(&stored);
        let listing = |key: &crate::token::StoredKey| KeyListing {
            id: key.id.clone(),
            algorithm: key.algorithm,
            state: schedule.state(key, now),
            created_at: key.created_at,
            signs_from: key.signs_from,
            accepted_until: schedule.accepted_until(key),
            revoked_at: key.revoked_at,
            root_key: key.private.as_ref().map(|sealed| sealed.root_key.clone()),
        };
        Ok(stored.iter().map(listing).collect())
    }
}
