//! Sealed anew, under the root key that is active.

use super::{OpenError, SigningKeys};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::root_keys::{Purpose, RootKeyError, Sealed};
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt};
use crate::token::{KeyId, StoredKey};

/// What was done, and what is left to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resealed {
    /// The keys that are sealed under the active root key now.
    pub done: Vec<KeyId>,
    /// How many are not yet: call it again.
    pub left: usize,
}

/// Why a key was not sealed anew. What was done before stays done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResealError {
    /// A key cannot be opened, and so not be sealed anew; the source names the root key that it needs.
    #[error("signing key `{0}` cannot be opened")]
    Closed(KeyId, #[source] OpenError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

impl SigningKeys {
    /// Seals at most `limit` keys anew that are sealed under another root key than the active one, each in a transaction of
    /// its own: stop it wherever you like, and call it again until nothing is left. Instances that run need not be told: a
    /// key's id stands for it, however it is sealed.
    ///
    /// # Errors
    /// [`ResealError`].
    pub fn reseal(&self, limit: usize, context: &RequestContext) -> Result<Resealed, ResealError> {
        let stored = self.store.read(|tx| tx.keys().all())?;
        let old: Vec<_> = stored.iter().filter_map(|row| Some((row, self.old_seal(row)?))).collect();
        let mut resealed = Resealed { left: old.len().saturating_sub(limit), ..Resealed::default() };
        let now = self.clock.now();
        for (row, sealed) in old.into_iter().take(limit) {
            let closed = |error: RootKeyError| ResealError::Closed(row.id.clone(), error.into());
            let private = self.root_keys.open(Purpose::SigningKey, row.id.as_str(), sealed).map_err(closed)?;
            let renewed = self.root_keys.seal(Purpose::SigningKey, row.id.as_str(), &private, self.entropy.as_ref());
            let renewed = renewed.map_err(|error| match error {
                RootKeyError::Entropy(error) => error.into(),
                other => closed(other),
            })?;
            let event = [self.record(AuditEvent::SigningKeyResealed(row.id.clone()), now, context)?];
            let is_done = self.store.write(|tx| {
                // Not if it was sealed anew, erased or retired meanwhile.
                let is_done = tx.keys().reseal(&row.id, sealed, &renewed)?;
                if is_done { append(tx, &event).map(|()| true) } else { Ok::<_, StoreError>(false) }
            })?;
            if is_done {
                resealed.done.push(row.id.clone());
            }
        }
        Ok(resealed)
    }

    fn old_seal<'r>(&self, row: &'r StoredKey) -> Option<&'r Sealed> {
        row.private.as_ref().filter(|sealed| sealed.root_key != *self.root_keys.active())
    }
}
