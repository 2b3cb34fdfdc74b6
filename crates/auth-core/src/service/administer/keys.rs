//! The signing keys, by administrators.

use super::{AdminError, Authority};
use crate::service::{AuthService, KeyListing, RequestContext, RotateError, SigningKeys, When};
use crate::token::{KeyState, StoredKey};

/// Keys that may verify beside the one that signs, as far as administrators come by HTTP: whoever has a token of one must not fill
/// the key set, which every verifier fetches, key by key. A key a quarter of an hour for two hours, the life of a token.
const VERIFYING: usize = 8;

/// Why an administrator made no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminKeyError {
    /// Whoever asks may not.
    #[error(transparent)]
    Refused(#[from] AdminError),
    /// Eight keys verify beside the one that signs. The first of them ends when its last token has died.
    #[error("eight keys verify beside the one that signs")]
    TooMany,
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
        let all = keys.list().map_err(RotateError::from)?;
        // The one that signs now would verify from now on. The operator may do so at any time.
        let is_full = all.iter().filter(|key| key.state == KeyState::Verifying).count() >= VERIFYING;
        if when == When::Now && is_full && matches!(by, Authority::Caller(_)) {
            return Err(AdminKeyError::TooMany);
        }
        Ok(keys.rotate(when, &by.context(context))?)
    }
}
