//! Access tokens: what they say, who signs them, who checks them, and with which keys.

mod claims;
mod compact;
mod jwt;
mod keys;
mod repository;
mod shared_secret;
mod signer;
mod verifier;

pub use claims::{AccessClaims, AuthMethod, TutorialUserId};
pub use jwt::{Jwt, MAX_ACCESS_TTL, TokenPolicy};
pub(crate) use keys::is_patterned;
pub use keys::{KeyError, KeyRing, MIN_SECRET_BYTES, SigningKey, VerifyingKey, check_secret};
pub use repository::{KeyRepository, StoredKey};
pub use shared_secret::{EncodeError, SharedSecretTokens, TutorialClaims};
pub use signer::{SignError, TokenSigner};
pub use verifier::{TokenRejection, TokenVerifier};

use std::fmt;

/// The id of a signing key, the `kid` of its tokens: its RFC 7638 thumbprint. Public.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Takes an id over, for instance one from a store.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How tokens are signed (RFC 7518, section 3.1; RFC 8037, section 3.1). A key has one algorithm; nothing in a token
/// chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: the default, for every verifier knows it.
    Es256,
    /// Ed25519.
    EdDsa,
    /// HMAC with SHA-256 under a secret that signer and verifier share, as in the tutorial.
    Hs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Es256, Self::EdDsa, Self::Hs256, Self::Ps256, Self::Rs256];

    /// The `alg` name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    /// The inverse of [`Algorithm::as_str`], byte for byte.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
