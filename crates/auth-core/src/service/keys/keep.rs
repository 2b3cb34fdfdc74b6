//! What time brings: the next key is published, and what nobody can need any more is erased.

use std::time::Duration;

use super::{RotateError, SigningKeys, When, certain, insert_next};
use crate::service::RequestContext;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyId, Schedule, StoredKey};

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
        Ok(Kept { published: self.publish_next(now)?, erased: self.erase_over(now)? })
    }

    /// Only after what was judged: where several instances judge at once, one makes the key.
    fn publish_next(&self, now: Timestamp) -> Result<Option<StoredKey>, RotateError> {
        let stored = self.store.read(|tx| tx.keys().all())?;
        if !self.is_due(Schedule(&stored), now) {
            return Ok(None);
        }
        let (row, event) = self.make(now, &RequestContext::system())?;
        let row = StoredKey { signs_from: self.signs_from(When::Ahead, now), ..row };
        let published = self.change(&stored, |tx| insert_next(tx, &stored, &row, &event))?;
        self.hear()?;
        Ok(published)
    }

    /// Only what was judged: a shared secret that came back has a new row under its old id.
    fn erase_over(&self, now: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let stored = self.store.read(|tx| tx.keys().all())?;
        let schedule = Schedule(&stored);
        let is_over = |row: &&StoredKey| {
            schedule.accepted_until(row).is_some_and(|until| until.saturating_add(ERASED_AFTER) <= now)
        };
        let over = stored.iter().filter(|row| row.private.is_some()).filter(is_over);
        let over: Vec<KeyId> = over.map(|row| row.id.clone()).collect();
        if over.is_empty() {
            return Ok(over);
        }
        let erased = self.change(&stored, |tx| over.iter().try_for_each(|id| certain(tx.keys().erase(id)?)))?;
        Ok(erased.map_or_else(Vec::new, |()| over))
    }

    /// Whether the key that signs comes to its end within the time that the next one is to be published ahead. Where it is
    /// not of the configured algorithm, instances of another configuration are about; theirs is the decision.
    fn is_due(&self, schedule: Schedule<'_>, now: Timestamp) -> bool {
        let Some(rotation) = self.settings.rotation.filter(|_| self.settings.algorithm != Algorithm::Hs256) else {
            return false;
        };
        let Some(signing) = schedule.signing(now).filter(|key| key.algorithm == self.settings.algorithm) else {
            return false;
        };
        let next = signing.signs_from.saturating_add(rotation).saturating_sub(self.settings.publish_ahead);
        schedule.published(now).is_none() && next <= now
    }
}
