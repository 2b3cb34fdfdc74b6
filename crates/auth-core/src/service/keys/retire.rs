//! An emergency: a key that somebody else has.

use super::{ATTEMPTS, MakeError, SigningKeys, certain, insert_next, overtaken, settle};
use crate::audit::{AuditEvent, AuditRecord};
use crate::entropy::EntropyError;
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{KeyId, KeyState, Schedule, StoredKey};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key that is retired.
    pub id: KeyId,
    /// The key that signs from now on, where the retired one did.
    pub successor: Option<KeyId>,
}

/// Why a key was not retired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetireError {
    /// There is no key of this id.
    #[error("there is no signing key `{0}`")]
    Unknown(KeyId),
    /// It was retired before.
    #[error("signing key `{0}` was retired before")]
    Retired(KeyId),
    /// The configured shared secret signs, or was retired before: nothing could take its place. Configure another one first.
    #[error("the configured shared secret, key `{0}`, signs or was retired")]
    SharedSecret(KeyId),
    /// No key could be made in its place.
    #[error("no signing key could be made")]
    Make(#[from] MakeError),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

impl From<EntropyError> for RetireError {
    fn from(error: EntropyError) -> Self {
        Self::Make(error.into())
    }
}

impl SigningKeys {
    /// Retires a key at once: no token that it signed is accepted any more, here from the moment this returns, elsewhere
    /// within a poll. Where it signs, the key that waits takes its place, or a new one, or the configured shared secret. Its
    /// private part is erased. Sessions live on: refresh tokens are not signed by it.
    ///
    /// # Errors
    /// [`RetireError`].
    pub fn retire(&self, id: &KeyId, context: &RequestContext) -> Result<RetiredKey, RetireError> {
        let now = self.clock.now();
        let mut made = None;
        for _ in 0..ATTEMPTS {
            let stored = self.store.read(|tx| tx.keys().all())?;
            let schedule = Schedule(&stored);
            let row = schedule.find(id).ok_or_else(|| RetireError::Unknown(id.clone()))?;
            if row.revoked_at.is_some() {
                return Err(RetireError::Retired(id.clone()));
            }
            let signs = schedule.state(row, now) == KeyState::Signing;
            let waiting = self.waiting(schedule, now).filter(|_| signs);
            if signs && waiting.is_none() && made.is_none() {
                made = Some(self.successor(schedule, now, context)?);
            }
            let made = made.as_ref().filter(|_| signs && waiting.is_none());
            let mut events = vec![self.record(AuditEvent::SigningKeyRetired(id.clone()), now, context)?];
            if let Some(waiting) = waiting {
                events.push(self.record(AuditEvent::SigningKeyBroughtForward(waiting.id.clone()), now, context)?);
            }
            let done = self.change(&stored, |tx| {
                certain(tx.keys().revoke(id, now)?)?;
                if let Some(waiting) = waiting {
                    certain(tx.keys().bring_forward(&waiting.id, now)?)?;
                }
                if let Some((row, event)) = made {
                    settle(tx, &stored, now)?;
                    // A shared secret may have been there before.
                    tx.keys().remove(&row.id)?;
                    insert_next(tx, &stored, row, event)?;
                }
                append(tx, &events)
            })?;
            if done.is_some() {
                // It is done, whatever becomes of this: who cannot hear now hears with the next poll.
                self.hear().ok();
                let successor = waiting.or(made.map(|(row, _)| row)).map(|row| row.id.clone());
                return Ok(RetiredKey { id: id.clone(), successor });
            }
        }
        Err(overtaken().into())
    }

    /// Retires every key that is not yet, the one that signs last, and answers which; a new one signs from now on. A
    /// configured shared secret cannot be replaced from here and stays.
    ///
    /// # Errors
    /// [`RetireError`]; those that were retired stay so.
    pub fn retire_all(&self, context: &RequestContext) -> Result<Vec<KeyId>, RetireError> {
        let now = self.clock.now();
        let stored = self.store.read(|tx| tx.keys().all())?;
        let schedule = Schedule(&stored);
        let mut keys: Vec<_> = stored.iter().filter(|row| row.revoked_at.is_none()).collect();
        keys.sort_by_key(|row| schedule.state(row, now) == KeyState::Signing);
        let mut retired = Vec::new();
        for row in keys {
            match self.retire(&row.id, context) {
                Ok(done) => retired.push(done.id),
                Err(RetireError::SharedSecret(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(retired)
    }

    /// A new key, or the shared secret that is configured: the one that is to go must not be it, nor one that went before.
    fn successor(
        &self,
        schedule: Schedule<'_>,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<(StoredKey, AuditRecord), RetireError> {
        let Some((key, secret)) = self.shared_key().map_err(MakeError::from)? else {
            return Ok(self.make(now, context)?);
        };
        let id = key.verifying().id();
        let signing = schedule.signing(now).is_some_and(|signing| signing.id == *id);
        if signing || schedule.find(id).is_some_and(|row| row.revoked_at.is_some()) {
            return Err(RetireError::SharedSecret(id.clone()));
        }
        let row = self.row(&key, &secret, now)?;
        let event = self.record(AuditEvent::SigningKeyCreated(row.id.clone()), now, context)?;
        Ok((row, event))
    }
}
