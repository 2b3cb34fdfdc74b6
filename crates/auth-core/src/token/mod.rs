//! Access tokens: what they say, who signs them, who checks them, and with which keys.

mod checks;
mod compact;
mod jwk;
mod key_checks;
mod key_error;
mod key_set;
mod policy;
mod rejection;
mod secret_checks;
mod signature;
mod verify;
mod verifying_key;

#[cfg(feature = "service")]
mod issuing;

pub use jwk::JwkFault;
pub use key_checks::{KeyFault, MAX_MODULUS_BITS, MIN_MODULUS_BITS};
pub use key_error::KeyError;
pub use key_set::{KeySet, KeySetError, KeySetOrigin, Skipped, load_key_set};
pub use policy::{Audience, LEEWAY, MAX_ACCESS_TTL, TokenPolicy, Types};
pub use rejection::TokenRejection;
use secret_checks::check_secret_bytes;
#[cfg(feature = "service")]
pub(crate) use secret_checks::is_patterned;
pub use secret_checks::{MIN_SECRET_BYTES, check_secret};
pub use verify::{Verified, verify, verify_signature};
pub use verifying_key::VerifyingKey;

#[cfg(feature = "service")]
pub use issuing::{
    AccessClaims, AuthMethod, CurrentKeys, EncodeError, Jwt, KEPT_AFTER, KeyRepository, KeyRing, KeyState, RingKey,
    Schedule, SharedSecretTokens, SignError, SigningKey, StoredKey, TokenSigner, TokenVerifier, TutorialClaims,
    TutorialUserId, import_private_key,
};

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
    /// RSASSA-PSS with SHA-256, for verifiers that know no elliptic curves.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for those that know nothing else.
    Rs256,
}

impl Algorithm {
    /// Every algorithm, the default first.
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
