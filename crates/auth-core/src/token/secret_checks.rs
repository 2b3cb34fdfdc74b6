//! Shared secrets that protect nothing.

use super::KeyError;
use crate::secret::Secret;

/// The fewest bytes of a shared secret (RFC 7518, section 3.2: as long as the hash).
pub const MIN_SECRET_BYTES: usize = 32;

/// Secrets that stand in tutorials, manuals and default configurations, and are long enough to pass the length check.
const KNOWN_SECRETS: [&str; 13] = [
    "your-256-bit-secret",
    "your-super-secret-jwt-token-with-at-least-32-characters-long",
    "a-string-secret-at-least-256-bits-long",
    "this-is-a-secret-key-that-should-be-at-least-32-characters",
    "supersecretjwtkeythatshouldbechangedinproduction",
    "please-change-me-to-a-very-long-random-string",
    "change-this-secret-key-in-production-environment",
    "my-32-character-ultra-secure-and-ultra-long-secret",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz123456",
    "abcdefghijklmnopqrstuvwxyz012345",
    "abcdefghijklmnopqrstuvwxyzabcdef",
    "thisisaverylongsecretkeyforjwttokens",
];

/// Fewer different bytes than this in 32 or more are no secret; of 32 random hexadecimal digits nearly all have more.
const FEWEST_DIFFERENT: usize = 8;

/// Whether a shared secret may sign.
///
/// # Errors
/// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`].
pub fn check_secret(secret: &Secret) -> Result<(), KeyError> {
    // White space around it, such as the line end of a file, protects nothing.
    check_secret_bytes(secret.expose().trim().as_bytes())
}

/// The same of a secret that need not be text.
pub(super) fn check_secret_bytes(bytes: &[u8]) -> Result<(), KeyError> {
    if bytes.len() < MIN_SECRET_BYTES {
        return Err(KeyError::ShortSecret);
    }
    let known = KNOWN_SECRETS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(bytes));
    if known || is_patterned(bytes) { Err(KeyError::KnownSecret) } else { Ok(()) }
}

/// Something short repeated, or a few different bytes: as guessable as what is repeated.
pub(crate) fn is_patterned(bytes: &[u8]) -> bool {
    let repeats = |period: usize| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other);
    let different: std::collections::BTreeSet<_> = bytes.iter().collect();
    different.len() < FEWEST_DIFFERENT || (1..=bytes.len() / 2).any(repeats)
}
