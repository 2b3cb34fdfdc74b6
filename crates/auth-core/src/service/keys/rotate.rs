//! The next key.

use super::{ATTEMPTS, MakeError, SigningKeys, insert_next, overtaken};
use crate::audit::{AuditEvent, AuditRecord};
use crate::entropy::EntropyError;
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId, Schedule, StoredKey};

/// When a new key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// After it was published for [`super::KeySettings::publish_ahead`], so that whoever keeps a key set knows it by then.
    Ahead,
    /// Now. Whoever keeps a key set must ask for it again, as most verifiers do when they meet an unknown key.
    Now,
}

/// Why no key was rotated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// Tokens are signed under a shared secret, which is configured: change it there.
    #[error("tokens are signed under a shared secret, which comes from the configuration")]
    SharedSecret,
    /// A key is published already; it signs from then on.
    #[error("key `{0}` is published already and signs from {1}")]
    Waiting(KeyId, Timestamp),
    /// No key could be made.
    #[error("no signing key could be made")]
    Make(#[from] MakeError),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

impl From<EntropyError> for RotateError {
    fn from(error: EntropyError) -> Self {
        Self::Make(error.into())
    }
}

impl SigningKeys {
    /// Publishes a new key, or lets the one that waits sign now. The key that signs until then verifies until its last
    /// token has died.
    ///
    /// # Errors
    /// [`RotateError`].
    pub fn rotate(&self, when: When, context: &RequestContext) -> Result<StoredKey, RotateError> {
        if self.settings.algorithm == Algorithm::Hs256 {
            return Err(RotateError::SharedSecret);
        }
        let now = self.clock.now();
        let (row, event) = self.make(now, context)?;
        self.insert(row, &event, when, context)
    }

    pub(super) fn signs_from(&self, when: When, now: Timestamp) -> Timestamp {
        match when {
            When::Ahead => now.saturating_add(self.settings.publish_ahead),
            When::Now => now,
        }
    }

    /// Puts a key in order, behind those that are there. One that waits goes first.
    pub(super) fn insert(
        &self,
        row: StoredKey,
        event: &AuditRecord,
        when: When,
        context: &RequestContext,
    ) -> Result<StoredKey, RotateError> {
        let now = row.created_at;
        let row = StoredKey { signs_from: self.signs_from(when, now), ..row };
        for _ in 0..ATTEMPTS {
            let stored = self.store.read(|tx| tx.keys().all())?;
            if let Some(waiting) = Schedule(&stored).published(now) {
                if when == When::Ahead {
                    return Err(RotateError::Waiting(waiting.id.clone(), waiting.signs_from));
                }
                let forward = AuditEvent::SigningKeyBroughtForward(waiting.id.clone());
                let forward = [self.record(forward, now, context)?];
                let brought = self.store.write(|tx| {
                    let brought = tx.keys().bring_forward(&waiting.id, now)?;
                    if brought { append(tx, &forward).map(|()| true) } else { Ok::<_, StoreError>(false) }
                })?;
                if brought {
                    self.hear()?;
                    return Ok(StoredKey { signs_from: now, ..waiting.clone() });
                }
                continue;
            }
            let next = Schedule(&stored).next_ordinal();
            let inserted = self.store.write(|tx| {
                let is_next = Schedule(&tx.keys().all()?).next_ordinal() == next;
                if is_next { insert_next(tx, &row, event) } else { Ok(false) }
            })?;
            if inserted {
                self.hear()?;
                return Ok(StoredKey { ordinal: next, ..row });
            }
        }
        Err(overtaken().into())
    }
}
