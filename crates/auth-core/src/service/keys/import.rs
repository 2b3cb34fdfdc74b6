//! A key of one's own.

use super::{ATTEMPTS, RotateError, SigningKeys, When, insert_next, overtaken};
use crate::audit::AuditEvent;
use crate::entropy::EntropyError;
use crate::secret::Secret;
use crate::service::RequestContext;
use crate::store::{StoreError, StoreExt};
use crate::token::{KeyError, KeyId, Schedule, StoredKey, import_private_key};

/// Why a key was not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyImportError {
    /// It is no key of the configured algorithm, too small, or off its curve.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
    /// The key is there already, or was retired.
    #[error("key `{0}` is there already, or was there before")]
    Known(KeyId),
    /// It could not be put in order.
    #[error(transparent)]
    Rotate(#[from] RotateError),
}

impl From<StoreError> for KeyImportError {
    fn from(error: StoreError) -> Self {
        Self::Rotate(error.into())
    }
}

impl From<EntropyError> for KeyImportError {
    fn from(error: EntropyError) -> Self {
        Self::Rotate(error.into())
    }
}

impl SigningKeys {
    /// Takes a private key (PEM or JWK) of the configured algorithm as the next one to sign. Its id is its thumbprint (RFC
    /// 7638), whatever it was called before.
    ///
    /// # Errors
    /// [`KeyImportError`].
    pub fn import(&self, text: &Secret, when: When, context: &RequestContext) -> Result<StoredKey, KeyImportError> {
        let (key, private) = import_private_key(text, self.settings.algorithm)?;
        let (id, now) = (key.verifying().id(), self.clock.now());
        let row = StoredKey { signs_from: self.signs_from(when, now), ..self.row(&key, &private, now)? };
        let event = self.record(AuditEvent::SigningKeyImported(id.clone()), now, context)?;
        for _ in 0..ATTEMPTS {
            let stored = self.store.read(|tx| tx.keys().all())?;
            if Schedule(&stored).find(id).is_some() {
                return Err(KeyImportError::Known(id.clone()));
            }
            if let Some(waiting) = Schedule(&stored).published(now) {
                return Err(RotateError::is_waiting(waiting).into());
            }
            if let Some(key) = self.change(&stored, |tx| insert_next(tx, &stored, &row, &event))? {
                self.hear()?;
                return Ok(key);
            }
        }
        Err(overtaken().into())
    }
}
