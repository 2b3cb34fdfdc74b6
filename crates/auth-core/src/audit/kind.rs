//! The kinds of events: the closed list, without what each event is about.

/// What kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Somebody made an account for themselves.
    UserRegistered,
    /// An administrator made an account.
    UserCreated,
    /// An account came from another system.
    UserImported,
    /// All accounts were written out.
    UsersExported,
    /// A sign-in succeeded.
    SignedIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A right password's old hash was replaced.
    PasswordRehashed,
    /// A password was changed by its owner.
    PasswordChanged,
    /// An account got another name.
    UserRenamed,
    /// An account was deleted.
    UserDeleted,
    /// An account was disabled.
    UserDisabled,
    /// An account was enabled.
    UserEnabled,
    /// An administrator set a password.
    PasswordSet,
    /// An account was given a role.
    RoleGranted,
    /// A role was taken from an account.
    RoleRevoked,
    /// A wrong password where it is asked for again.
    PasswordCheckFailed,
    /// Attempts were refused unseen.
    Throttled,
    /// An account's failed attempts were forgotten.
    UserUnlocked,
    /// A session ended.
    SessionEnded,
    /// Every session was ended.
    EverySessionEnded,
    /// A signing key was made.
    SigningKeyCreated,
    /// A signing key was brought from elsewhere.
    SigningKeyImported,
    /// A signing key that waited signs from now on.
    SigningKeyBroughtForward,
    /// A signing key was retired in an emergency.
    SigningKeyRetired,
    /// A signing key was sealed anew.
    SigningKeyResealed,
    /// The sessions that needed a root key were ended.
    RootKeyDropped,
    /// One of a newer release. Not among [`EventKind::ALL`], and nothing to ask for.
    Unknown,
}

impl EventKind {
    /// Every kind that this release writes.
    pub const ALL: [Self; 26] = [
        Self::UserRegistered,
        Self::UserCreated,
        Self::UserImported,
        Self::UsersExported,
        Self::SignedIn,
        Self::SignInRefused,
        Self::PasswordRehashed,
        Self::PasswordChanged,
        Self::UserRenamed,
        Self::UserDeleted,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::PasswordSet,
        Self::RoleGranted,
        Self::RoleRevoked,
        Self::PasswordCheckFailed,
        Self::Throttled,
        Self::UserUnlocked,
        Self::SessionEnded,
        Self::EverySessionEnded,
        Self::SigningKeyCreated,
        Self::SigningKeyImported,
        Self::SigningKeyBroughtForward,
        Self::SigningKeyRetired,
        Self::SigningKeyResealed,
        Self::RootKeyDropped,
    ];

    /// The name in stores and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserRegistered => "user_registered",
            Self::UserCreated => "user_created",
            Self::UserImported => "user_imported",
            Self::UsersExported => "users_exported",
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::PasswordRehashed => "password_rehashed",
            Self::PasswordChanged => "password_changed",
            Self::UserRenamed => "user_renamed",
            Self::UserDeleted => "user_deleted",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::PasswordSet => "password_set",
            Self::RoleGranted => "role_granted",
            Self::RoleRevoked => "role_revoked",
            Self::PasswordCheckFailed => "password_check_failed",
            Self::Throttled => "throttled",
            Self::UserUnlocked => "user_unlocked",
            Self::SessionEnded => "session_ended",
            Self::EverySessionEnded => "every_session_ended",
            Self::SigningKeyCreated => "signing_key_created",
            Self::SigningKeyImported => "signing_key_imported",
            Self::SigningKeyBroughtForward => "signing_key_brought_forward",
            Self::SigningKeyRetired => "signing_key_retired",
            Self::SigningKeyResealed => "signing_key_resealed",
            Self::RootKeyDropped => "root_key_dropped",
            Self::Unknown => "unknown",
        }
    }

    /// The inverse of [`EventKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
