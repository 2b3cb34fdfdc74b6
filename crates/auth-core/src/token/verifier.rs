//! The port of verifying.

use super::AccessClaims;
use crate::time::Timestamp;

/// Turns a token into its claims, if it is one of ours and of its time.
pub trait TokenVerifier: Send + Sync {
    /// The claims of `token` at the instant `now`.
    ///
    /// # Errors
    /// [`TokenRejection`] says which check failed: for logs and for `token verify`, never for the client, which learns
    /// `invalid_token` and nothing more.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRejection>;
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenRejection {
    /// Not three parts of strict base64url, or beyond the size limits.
    #[error("not a compact token")]
    Malformed,
    /// The header is not an object of `alg`, `typ` and `kid`, each a text, and nothing else.
    #[error("the header is not one of ours")]
    Header,
    /// `typ` is not the one that is expected (RFC 8725, section 3.11).
    #[error("the token is of another type")]
    Type,
    /// No key of this `kid`.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// `alg` is not the algorithm of the key (RFC 8725, section 3.1).
    #[error("the algorithm is not that of the key")]
    Algorithm,
    /// The signature does not fit.
    #[error("the signature is wrong")]
    Signature,
    /// This claim is missing, of another type or out of its range.
    #[error("the claim `{0}` is missing or wrong")]
    Claim(&'static str),
    /// The payload is not one JSON object without duplicate members.
    #[error("the payload is not a strict JSON object")]
    Payload,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `iat` lies in the future.
    #[error("the token is not yet valid")]
    NotYetValid,
}
