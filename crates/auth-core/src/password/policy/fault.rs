//! Why a password cannot be chosen.

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer code points than the policy's least.
    #[error("the password is too short")]
    TooShort,
    /// More code points than the policy's most, or more than [`Password::MAX_BYTES`](crate::password::Password::MAX_BYTES).
    #[error("the password is too long")]
    TooLong,
    /// On the list of common passwords, or derived from one; a walk along a keyboard or an alphabet; a date; a few
    /// characters over and over.
    #[error("the password is one of those that are tried first")]
    Common,
    /// The account's own name, or derived from it.
    #[error("the password is the account's name")]
    IsName,
    /// What the service is called, or derived from it.
    #[error("the password is the name of the service")]
    IsService,
    /// The one that it would replace. Told at a change alone.
    #[error("the password is the present one")]
    Unchanged,
}

impl PasswordFault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::TooShort, Self::TooLong, Self::Common, Self::IsName, Self::IsService, Self::Unchanged];
}
