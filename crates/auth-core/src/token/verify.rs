//! The strict check by itself: no store, no service, no clock.
//!
//! ```
//! # use auth_core::time::Timestamp;
//! # use auth_core::token::{KeySet, KeySetOrigin, TokenPolicy, TokenRejection, load_key_set, verify};
//! # let (served, token) = (br#"{"keys":[]}"#, "a.b.c");
//! let keys: KeySet = load_key_set(served, KeySetOrigin::Foreign)?;
//! let policy = TokenPolicy::new("https://auth.example", "https://api.example");
//! let now = Timestamp::from_unix_seconds(1_795_428_000); // or `SystemClock.now()`
//! let verified = verify(token, &keys, &policy, now);
//! # assert_eq!(verified.unwrap_err(), TokenRejection::Malformed);
//! # Ok::<(), auth_core::token::KeySetError>(())
//! ```

use serde_json::{Map, Value};

use super::checks::Claims;
use super::compact::Compact;
use super::policy::{TokenPolicy, Types};
use super::{KeyId, KeySet, TokenRejection, VerifyingKey};
use crate::time::Timestamp;

/// A token that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// What it says. Registered claims are of their types, those that the policy requires are there.
    pub claims: Map<String, Value>,
    /// The key that signed it.
    pub key: KeyId,
    /// `iat`, where it is there.
    pub issued_at: Option<Timestamp>,
    /// `exp`, where it is there.
    pub expires_at: Option<Timestamp>,
}

/// Checks a compact token (JWS, RFC 7515; JWT, RFC 7519) under a key set and a policy, at the instant `now`.
///
/// The `kid` picks the key and the key the algorithm; nothing in the header chooses. The header may hold `alg`, `typ` and
/// `kid` and nothing else; base64url is strict; JSON has no duplicate members; times are whole seconds; every claim is of
/// its type.
///
/// # Errors
/// [`TokenRejection`] says which check failed.
pub fn verify(token: &str, keys: &KeySet, policy: &TokenPolicy, now: Timestamp) -> Result<Verified, TokenRejection> {
    let compact = Compact::parse(token)?;
    check_type(&compact, &policy.types)?;
    let key = keys.pick(compact.key.as_deref(), policy.needs_key_id).ok_or(TokenRejection::UnknownKey)?;
    judge(&compact, key, policy, now)
}

/// Checks the signature of a compact JWS alone and returns its payload, whatever that is: for other things than tokens,
/// and for published vectors. Header, algorithm and key are held to the same rules as in [`verify()`].
///
/// # Errors
/// [`TokenRejection`].
pub fn verify_signature(jws: &str, keys: &KeySet) -> Result<Vec<u8>, TokenRejection> {
    let compact = Compact::parse(jws)?;
    let key = keys.pick(compact.key.as_deref(), false).ok_or(TokenRejection::UnknownKey)?;
    check_signature(&compact, key)?;
    compact.payload()
}

pub(super) fn check_type(compact: &Compact<'_>, types: &Types) -> Result<(), TokenRejection> {
    let passes = match types {
        Types::OneOfOrNone(_) if !compact.has_type() => true,
        Types::OneOf(types) | Types::OneOfOrNone(types) => types.iter().any(|typ| compact.is_of_type(typ)),
    };
    if passes { Ok(()) } else { Err(TokenRejection::Type) }
}

/// Everything that is to be checked once the key is known.
pub(super) fn judge(
    compact: &Compact<'_>,
    key: &VerifyingKey,
    policy: &TokenPolicy,
    now: Timestamp,
) -> Result<Verified, TokenRejection> {
    check_signature(compact, key)?;
    let claims = Claims(compact.claims()?);
    claims.check_texts(policy)?;
    let (issued_at, expires_at) = claims.check_times(policy, now)?;
    claims.check_presence(&policy.required)?;
    Ok(Verified { claims: claims.0, key: key.id().clone(), issued_at, expires_at })
}

/// The key chooses the algorithm; the header must agree.
pub(super) fn check_signature(compact: &Compact<'_>, key: &VerifyingKey) -> Result<(), TokenRejection> {
    if compact.algorithm != key.algorithm().as_str() {
        return Err(TokenRejection::Algorithm);
    }
    if key.fits(compact.signed.as_bytes(), &compact.signature) { Ok(()) } else { Err(TokenRejection::Signature) }
}
