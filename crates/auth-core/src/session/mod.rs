//! Sessions: from a sign-in to its end. The session is also the refresh family: it holds what refresh tokens are
//! computed from (a salt and a generation), and no token.

mod endings;
pub mod refresh;
mod repository;

use std::net::IpAddr;
use std::time::Duration;

pub use endings::{EndedSessions, Hearing, Instant, REMEMBERED};
pub use repository::{EVERY_SESSION, Ending, Endings, Forget, SessionRepository};

use crate::id::{SessionId, UserId};
use crate::root_keys::RootKeyId;
use crate::time::Timestamp;

/// A sign-in and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id: the `sid` claim.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The root key it was born under, for life: its refresh tokens are computed under a sub-key of it.
    pub root_key: RootKeyId,
    /// Random bytes that enter its refresh tokens.
    pub salt: [u8; 16],
    /// How often it was refreshed, from 1.
    pub generation: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last refreshed; at first, when it began.
    pub rotated_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// When and why it ended, where it has.
    pub ended: Option<(Timestamp, EndReason)>,
    /// The client's own words for itself (`User-Agent`), cut to [`Session::CLIENT_CHARS`] characters.
    pub client: Option<String>,
    /// The address it began from, as the configuration lets it be kept.
    pub ip: Option<IpAddr>,
}

impl Session {
    /// How much of a client's name is kept.
    pub const CLIENT_CHARS: usize = 256;

    /// Whether it lives at `now`: not ended, its absolute limit not reached, and refreshed less than `idle` ago.
    pub fn is_live(&self, now: Timestamp, idle: Duration) -> bool {
        self.ended.is_none() && now < self.expires_at && now.since(self.rotated_at) < idle
    }

    /// A client's name as it is kept: control characters out, cut.
    pub fn client_name(raw: &str) -> Option<String> {
        let kept: String = raw.chars().filter(|c| !c.is_control()).take(Self::CLIENT_CHARS).collect();
        (!kept.is_empty()).then_some(kept)
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Its owner signed out.
    SignedOut,
    /// A newer session of the same account took its place (`session.max_per_user`).
    Displaced,
    /// An administrator ended it, or the account was disabled.
    Revoked,
    /// The password was changed in another session.
    PasswordChanged,
    /// The account was deleted.
    AccountDeleted,
    /// A superseded refresh token was presented: somebody has a copy.
    Reused,
    /// A refresh token of a generation that the store has not reached was presented: the store lost commits.
    Ahead,
    /// The root key it was born under was taken out of the ring.
    RootKeyDropped,
    /// The database was restored from a backup.
    Restored,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::SignedOut,
        Self::Displaced,
        Self::Revoked,
        Self::PasswordChanged,
        Self::AccountDeleted,
        Self::Reused,
        Self::Ahead,
        Self::RootKeyDropped,
        Self::Restored,
    ];

    /// The name in stores and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Displaced => "displaced",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::AccountDeleted => "account_deleted",
            Self::Reused => "reused",
            Self::Ahead => "ahead",
            Self::RootKeyDropped => "root_key_dropped",
            Self::Restored => "restored",
        }
    }

    /// The inverse of [`EndReason::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}
