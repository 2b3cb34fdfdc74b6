//! The port of verifying.

use std::sync::Arc;

use crate::time::Timestamp;
use crate::token::{AccessClaims, TokenRejection};

/// Turns a token into its claims, if it is one of ours and of its time.
pub trait TokenVerifier: Send + Sync {
    /// The claims of `token` at the instant `now`.
    ///
    /// # Errors
    /// [`TokenRejection`] says which check failed.
    fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<AccessClaims>, TokenRejection>;
}
