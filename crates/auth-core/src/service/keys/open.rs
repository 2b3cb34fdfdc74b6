//! The keys at start-up: opened, or made where there is none.

use super::{ATTEMPTS, MakeError, OpenError, SigningKeys, certain, insert_next, overtaken, settle};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::secret::{Secret, SecretBytes};
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyError, KeyId, KeyState, Schedule, SigningKey, StoredKey};

/// The signing keys cannot be used. The server does not start, and never with a weaker key than configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetupError {
    /// A stored key cannot be opened; the source says which root key it needs, or what is wrong with it.
    #[error("signing key `{0}` cannot be opened")]
    Closed(KeyId, #[source] OpenError),
    /// HS256 without a shared secret, or with one that must not sign.
    #[error("the shared secret of HS256 cannot be used")]
    SharedSecret(#[source] KeyError),
    /// The shared secret is one that was retired in an emergency.
    #[error("the shared secret of HS256 was retired, as key `{0}`")]
    RetiredSecret(KeyId),
    /// No key could be made.
    #[error("no signing key could be made")]
    Make(#[from] MakeError),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

impl From<EntropyError> for KeySetupError {
    fn from(error: EntropyError) -> Self {
        Self::Make(error.into())
    }
}

impl SigningKeys {
    /// Opens the keys of the store, and makes one where none signs by the configured algorithm. Several instances that
    /// start at once on an empty store end up with one key. Where the algorithm was changed, or the shared secret, the new
    /// key signs at once and the old one verifies until its last token has died.
    ///
    /// # Errors
    /// [`KeySetupError`] names the key or the root key that is wrong.
    pub fn open(&self) -> Result<(), KeySetupError> {
        let now = self.clock.now();
        let shared = self.shared_key().map_err(KeySetupError::SharedSecret)?;
        for _ in 0..ATTEMPTS {
            let mut heard = self.heard();
            let stored = self.store.read(|tx| tx.keys().all())?;
            let schedule = Schedule(&stored);
            // None of those that anybody may come with is left behind in silence.
            for row in &stored {
                if schedule.state(row, now) != KeyState::Retired {
                    self.open_key(row).map_err(|error| KeySetupError::Closed(row.id.clone(), error))?;
                }
            }
            if self.is_as_configured(schedule, shared.as_ref(), now)? {
                self.take_over(&mut heard, stored);
                return Ok(());
            }
            drop(heard);
            match &shared {
                Some((key, secret)) => self.take_shared(key, secret, &stored, now)?,
                None => self.take_algorithm(&stored, now)?,
            }
        }
        Err(overtaken().into())
    }

    /// The configured secret as a key; `None` where tokens are not signed by HS256.
    pub(super) fn shared_key(&self) -> Result<Option<(SigningKey, SecretBytes)>, KeyError> {
        if self.settings.algorithm != Algorithm::Hs256 {
            return Ok(None);
        }
        let none = Secret::new("");
        let secret = self.settings.shared_secret.as_ref().unwrap_or(&none);
        let key = SigningKey::shared(secret)?;
        Ok(Some((key, SecretBytes::new(secret.expose().as_bytes().to_vec()))))
    }

    fn is_as_configured(
        &self,
        schedule: Schedule<'_>,
        shared: Option<&(SigningKey, SecretBytes)>,
        now: Timestamp,
    ) -> Result<bool, KeySetupError> {
        let signing = schedule.signing(now);
        let Some((key, _)) = shared else {
            return Ok(signing.is_some_and(|signing| signing.algorithm == self.settings.algorithm));
        };
        let id = key.verifying().id();
        match schedule.find(id) {
            Some(row) if row.revoked_at.is_some() => Err(KeySetupError::RetiredSecret(id.clone())),
            _ => Ok(signing.is_some_and(|signing| signing.id == *id)),
        }
    }

    /// Puts the configured secret last in order. It may have been there before: a secret that comes back.
    fn take_shared(
        &self,
        key: &SigningKey,
        secret: &SecretBytes,
        judged: &[StoredKey],
        now: Timestamp,
    ) -> Result<(), KeySetupError> {
        let row = self.row(key, secret, now)?;
        let event = self.record(AuditEvent::SigningKeyCreated(row.id.clone()), now, &RequestContext::system())?;
        self.change(judged, |tx| {
            settle(tx, judged, now)?;
            tx.keys().remove(&row.id)?;
            insert_next(tx, judged, &row, &event)
        })?;
        Ok(())
    }

    /// Lets a key of the configured algorithm sign: one that waits, or a new one.
    fn take_algorithm(&self, judged: &[StoredKey], now: Timestamp) -> Result<(), KeySetupError> {
        let context = RequestContext::system();
        if let Some(StoredKey { id, .. }) = self.waiting(Schedule(judged), now) {
            let event = [self.record(AuditEvent::SigningKeyBroughtForward(id.clone()), now, &context)?];
            self.change(judged, |tx| {
                certain(tx.keys().bring_forward(id, now)?)?;
                append(tx, &event)
            })?;
            return Ok(());
        }
        let (row, event) = self.make(now, &context)?;
        self.change(judged, |tx| insert_next(tx, judged, &row, &event))?;
        Ok(())
    }

    /// The key that is published and of the configured algorithm.
    pub(super) fn waiting<'k>(&self, schedule: Schedule<'k>, now: Timestamp) -> Option<&'k StoredKey> {
        schedule.published(now).filter(|row| row.algorithm == self.settings.algorithm)
    }
}
