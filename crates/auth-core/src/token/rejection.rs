//! Why a token is refused.

/// Why a token is refused: for logs and for people who look for the reason, never for the client, which learns
/// `invalid_token` and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenRejection {
    /// Not three parts of strict base64url, or beyond the size limits.
    #[error("not a compact token")]
    Malformed,
    /// The header is not an object of `alg`, `typ` and `kid`, each a text, and nothing else.
    #[error("the header has something other than `alg`, `typ` and `kid`")]
    Header,
    /// `typ` is not one of those that are expected (RFC 8725, section 3.11).
    #[error("the token is of another type")]
    Type,
    /// No key of this `kid`; or no `kid`, where one is needed.
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
    /// `iat` or `nbf` lies in the future.
    #[error("the token is not yet valid")]
    NotYetValid,
}
