//! An emergency: a key that somebody else has.

use super::{ATTEMPTS, MakeError, SigningKeys, insert_next, overtaken};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt};
use crate::token::{Algorithm, KeyId, KeyState, Schedule};

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
    /// It is the shared secret that signs: configure another one and restart, then retire it.
    #[error("signing key `{0}` is the configured shared secret")]
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
    /// within a poll. Where it signs, the key that waits takes its place, or a new one. Its private part is erased. Sessions
    /// live on: refresh tokens are not signed by it.
    ///
    /// # Errors
    /// [`RetireError`].
    pub fn retire(&self, id: &KeyId, context: &RequestContext) -> Result<RetiredKey, RetireError> {
        let now = self.clock.now();
        for _ in 0..ATTEMPTS {
            let stored = self.store.read(|tx| tx.keys().all())?;
            let schedule = Schedule(&stored);
            let row = schedule.find(id).ok_or_else(|| RetireError::Unknown(id.clone()))?;
            if row.revoked_at.is_some() {
                return Err(RetireError::Retired(id.clone()));
            }
            let signs = schedule.state(row, now) == KeyState::Signing;
            if signs && self.settings.algorithm == Algorithm::Hs256 {
                return Err(RetireError::SharedSecret(id.clone()));
            }
            let waiting = schedule.published(now).filter(|_| signs).map(|key| key.id.clone());
            let made = if signs && waiting.is_none() { Some(self.make(now, context)?) } else { None };
            let mut events = vec![self.record(AuditEvent::SigningKeyRetired(id.clone()), now, context)?];
            if let Some(waiting) = &waiting {
                events.push(self.record(AuditEvent::SigningKeyBroughtForward(waiting.clone()), now, context)?);
            }
            let done = self.store.write(|tx| {
                // What was judged must still hold: the same keys, none revoked or brought forward meanwhile.
                if tx.keys().all()? != stored {
                    return Ok(false);
                }
                if let Some((row, event)) = &made
                    && !insert_next(tx, row, event)?
                {
                    return Ok(false);
                }
                if let Some(waiting) = &waiting {
                    tx.keys().bring_forward(waiting, now)?;
                }
                if !tx.keys().revoke(id, now)? {
                    return Err(StoreError::unavailable("the key was changed meanwhile"));
                }
                append(tx, &events).map(|()| true)
            })?;
            if done {
                self.hear()?;
                return Ok(RetiredKey { id: id.clone(), successor: waiting.or(made.map(|(row, _)| row.id)) });
            }
        }
        Err(overtaken().into())
    }
}
