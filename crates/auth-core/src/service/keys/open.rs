//! The keys at start-up: opened, or made where there is none.

use super::{ATTEMPTS, MakeError, OpenError, SigningKeys, insert_next, overtaken};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::secret::{Secret, SecretBytes};
use crate::service::{RequestContext, append};
use crate::store::{StoreError, StoreExt, Unique};
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
        let shared = self.shared_key()?;
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
                Some((key, secret)) => self.take_shared(key, secret, now)?,
                None => self.take_algorithm(schedule, now)?,
            }
        }
        Err(overtaken().into())
    }

    fn shared_key(&self) -> Result<Option<(SigningKey, SecretBytes)>, KeySetupError> {
        if self.settings.algorithm != Algorithm::Hs256 {
            return Ok(None);
        }
        let none = Secret::new("");
        let secret = self.settings.shared_secret.as_ref().unwrap_or(&none);
        let key = SigningKey::shared(secret).map_err(KeySetupError::SharedSecret)?;
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
    fn take_shared(&self, key: &SigningKey, secret: &SecretBytes, now: Timestamp) -> Result<(), KeySetupError> {
        let row = self.row(key, secret, now)?;
        let event = self.record(AuditEvent::SigningKeyCreated(row.id.clone()), now, &RequestContext::system())?;
        let inserted = self.store.write(|tx| {
            tx.keys().remove(&row.id)?;
            insert_next(tx, &row, &event)
        });
        match inserted {
            // Taken by another instance with the same secret; the next round sees it.
            Err(StoreError::Conflict(Unique::Id)) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a key of the configured algorithm sign: one that waits, or a new one.
    fn take_algorithm(&self, schedule: Schedule<'_>, now: Timestamp) -> Result<(), KeySetupError> {
        let context = RequestContext::system();
        let waits = schedule.published(now).filter(|row| row.algorithm == self.settings.algorithm);
        if let Some(StoredKey { id, .. }) = waits {
            let event = [self.record(AuditEvent::SigningKeyBroughtForward(id.clone()), now, &context)?];
            self.store.write(|tx| if tx.keys().bring_forward(id, now)? { append(tx, &event) } else { Ok(()) })?;
            return Ok(());
        }
        let (row, event) = self.make(now, &context)?;
        let before = schedule.next_ordinal();
        self.store.write(|tx| {
            // Only after what was judged: a key that another instance made meanwhile may be the one.
            let is_next = Schedule(&tx.keys().all()?).next_ordinal() == before;
            if is_next { insert_next(tx, &row, &event).map(|_| ()) } else { Ok(()) }
        })?;
        Ok(())
    }
}
