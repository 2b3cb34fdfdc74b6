//! The port of signing.

use crate::secret::Secret;
use crate::token::AccessClaims;

/// Turns claims into a token. Most services only verify; they hold no signer.
pub trait TokenSigner: Send + Sync {
    /// A compact token of these claims.
    ///
    /// # Errors
    /// [`SignError`] where the key or the backend fails; never because of what the claims say.
    fn sign(&self, claims: &AccessClaims) -> Result<Secret, SignError>;
}

/// A token could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError;
