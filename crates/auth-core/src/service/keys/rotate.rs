//! The next key.

use super::{ATTEMPTS, MakeError, SigningKeys, certain, insert_next, overtaken};
use crate::audit::AuditEvent;
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
        let mut made = None;
        for _ in 0..ATTEMPTS {
            let stored = self.store.read(|tx| tx.keys().all())?;
            let done = match (when, Schedule(&stored).published(now), self.waiting(Schedule(&stored), now)) {
                (When::Ahead, Some(waiting), _) => return Err(RotateError::is_waiting(waiting)),
                (When::Now, _, Some(waiting)) => self.bring_forward(&stored, waiting, now, context)?,
                (_, _, None) | (When::Ahead, None, Some(_)) => {
                    let (row, event) = match made.take() {
                        Some(made) => made,
                        None => self.make(now, context)?,
                    };
                    let row = StoredKey { signs_from: self.signs_from(when, now), ..row };
                    let done = self.change(&stored, |tx| insert_next(tx, &stored, &row, &event))?;
                    made = Some((row, event));
                    done
                }
            };
            if let Some(key) = done {
                // It is done, whatever becomes of this: who cannot hear now hears with the next poll.
                self.hear().ok();
                return Ok(key);
            }
        }
        Err(overtaken().into())
    }

    pub(super) fn signs_from(&self, when: When, now: Timestamp) -> Timestamp {
        match when {
            When::Ahead => now.saturating_add(self.settings.publish_ahead),
            When::Now => now,
        }
    }

    fn bring_forward(
        &self,
        judged: &[StoredKey],
        waiting: &StoredKey,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Option<StoredKey>, RotateError> {
        let event = [self.record(AuditEvent::SigningKeyBroughtForward(waiting.id.clone()), now, context)?];
        let done = self.change(judged, |tx| {
            certain(tx.keys().bring_forward(&waiting.id, now)?)?;
            append(tx, &event)
        })?;
        Ok(done.map(|()| StoredKey { signs_from: now, ..waiting.clone() }))
    }
}

impl RotateError {
    pub(super) fn is_waiting(key: &StoredKey) -> Self {
        Self::Waiting(key.id.clone(), key.signs_from)
    }
}
