//! The signing keys, by administrators.

use super::{AdminError, Authority};
use crate::service::{AuthService, KeyListing, RequestContext, RotateError, SigningKeys, When};
use crate::token::StoredKey;

/// Why an administrator made no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminKeyError {
    /// Whoever asks may not.
    #[error(transparent)]
    Refused(#[from] AdminError),
    /// No key was made.
    #[error(transparent)]
    Rotate(#[from] RotateError),
}

impl AuthService {
    /// Every signing key that there is and was.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn list_keys(&self, by: Authority<'_>, keys: &SigningKeys) -> Result<Vec<KeyListing>, AdminError> {
        self.check_administrator(by)?;
        Ok(keys.list()?)
    }

    /// Publishes the next signing key, or lets one sign now. Keys change in transactions of their own, which judge again where they are
    /// overtaken; whether the administrator still is one is asked right before.
    ///
    /// # Errors
    /// [`AdminKeyError`].
    pub fn rotate_keys(
        &self,
        by: Authority<'_>,
        keys: &SigningKeys,
        when: When,
        context: &RequestContext,
    ) -> Result<StoredKey, AdminKeyError> {
        self.check_administrator(by)?;
        Ok(keys.rotate(when, &by.context(context))?)
    }
}
