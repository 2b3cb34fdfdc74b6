//! Why a key of one's own is refused.

use super::key_checks::KeyFault;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// A shared secret of fewer than 32 bytes (RFC 7518, section 3.2).
    #[error("the shared secret has fewer than 32 bytes")]
    ShortSecret,
    /// A shared secret that stands in a tutorial or a manual.
    #[error("the shared secret is a known sample")]
    KnownSecret,
    /// A shared secret that repeats something short, or counts.
    #[error("the shared secret repeats itself or is a sequence")]
    GuessableSecret,
    /// The private key cannot be read, or is of another kind than its algorithm needs.
    #[error("the private key cannot be read, or is not of the kind that its algorithm needs")]
    Unreadable,
    /// The public half is unfit.
    #[error(transparent)]
    Unfit(#[from] KeyFault),
    /// The system could not make a key.
    #[error("no key could be made")]
    Generate,
}
