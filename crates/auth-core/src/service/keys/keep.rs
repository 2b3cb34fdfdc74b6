//! What time brings: the next key is published, and what nobody can need any more is erased.

use std::time::Duration;

use super::{RotateError, SigningKeys, When};
use crate::service::RequestContext;
use crate::store::StoreExt;
use crate::token::{Algorithm, KeyId, KeyState, Schedule, StoredKey};

/// How long after its last token died a key's private part is erased: an instance whose clock runs ahead for a while must
/// not erase what the others verify with.
const ERASED_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// The key that was published.
    pub published: Option<StoredKey>,
    /// The keys whose private part was erased.
    pub erased: Vec<KeyId>,
}

impl SigningKeys {
    /// Publishes the next key when that is due, and erases the private parts of keys that retired a week ago. Several
    /// instances may do so at once.
    ///
    /// # Errors
    /// [`RotateError`].
    pub fn keep(&self) -> Result<Kept, RotateError> {
        let now = self.clock.now();
        let stored = self.store.read(|tx| tx.keys().all())?;
        let schedule = Schedule(&stored);
        let mut kept = Kept::default();
        if self.is_due(schedule) {
            kept.published = match self.rotate(When::Ahead, &RequestContext::system()) {
                // Another instance was faster.
                Err(RotateError::Waiting(..)) => None,
                published => Some(published?),
            };
        }
        for row in stored.iter().filter(|row| row.private.is_some()) {
            let is_over = schedule.accepted_until(row).is_some_and(|until| until.saturating_add(ERASED_AFTER) <= now);
            if is_over && self.store.write(|tx| tx.keys().erase(&row.id))? {
                kept.erased.push(row.id.clone());
            }
        }
        Ok(kept)
    }

    /// Whether the key that signs comes to its end within the time that the next one is to be published ahead. Where it is
    /// not of the configured algorithm, instances of another configuration are about; theirs is the decision.
    fn is_due(&self, schedule: Schedule<'_>) -> bool {
        let now = self.clock.now();
        let Some(rotation) = self.settings.rotation.filter(|_| self.settings.algorithm != Algorithm::Hs256) else {
            return false;
        };
        let Some(signing) = schedule.signing(now).filter(|key| key.algorithm == self.settings.algorithm) else {
            return false;
        };
        let next = signing.signs_from.saturating_add(rotation).saturating_sub(self.settings.publish_ahead);
        schedule.published(now).is_none() && schedule.state(signing, now) == KeyState::Signing && next <= now
    }
}
