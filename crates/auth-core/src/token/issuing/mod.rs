//! The issuer's side: keys that sign, their times, and the tokens of our own.

mod cache;
mod claims;
mod import;
mod jwt;
mod key_ring;
mod repository;
mod schedule;
mod shared_secret;
mod sign;
mod signer;
mod signing_key;
mod verifier;

pub use claims::{AccessClaims, AuthMethod, TutorialUserId};
pub use import::import_private_key;
pub use jwt::Jwt;
pub use key_ring::{CurrentKeys, KeyRing, RingKey};
pub use repository::{KeyRepository, StoredKey};
pub use schedule::{KEPT_AFTER, KeyState, Schedule};
pub use shared_secret::{EncodeError, SharedSecretTokens, TutorialClaims};
pub use signer::{SignError, TokenSigner};
pub use signing_key::SigningKey;
pub use verifier::TokenVerifier;
