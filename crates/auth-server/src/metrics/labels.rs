//! The labels, each from a closed list, and what the use cases' results are called in them.

use auth_core::service::{LoginError, LoginOutcome, RefreshError, RegisterError};
use auth_core::session::EndReason;
use auth_core::user::User;
use prometheus_client::encoding::EncodeLabelSet;

use crate::forwarding::Heard;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Http {
    pub(super) method: &'static str,
    /// The pattern, never a path.
    pub(super) route: &'static str,
    pub(super) status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SignIn {
    pub(super) method: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Grant {
    pub(super) grant: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Cause {
    pub(super) cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Limiter {
    pub(super) limiter: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Hash {
    pub(super) scheme: &'static str,
    pub(super) op: &'static str,
}

/// Why what a request said about its way was not believed, where it was not.
pub(super) fn ignored(heard: Heard) -> Option<&'static str> {
    match heard {
        Heard::Untrusted => Some("untrusted_peer"),
        Heard::Doubted => Some("unreadable"),
        Heard::Nothing | Heard::Believed => None,
    }
}

/// Why the server ended a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// Its address has as many as one may have.
    TooMany,
    /// The head of a request took too long.
    SlowHead,
    /// A reply was not taken.
    UnreadReply,
}

impl Cut {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too_many",
            Self::SlowHead => "slow_head",
            Self::UnreadReply => "unread_reply",
        }
    }
}

pub(super) fn sign_in(done: &Result<LoginOutcome, LoginError>) -> &'static str {
    match done {
        Ok(LoginOutcome::SignedIn(_)) => "signed_in",
        Err(LoginError::InvalidCredentials) => "invalid_credentials",
        Err(LoginError::AccountDisabled) => "account_disabled",
        Err(LoginError::Throttled(_)) => "throttled",
        Err(LoginError::Unavailable(_)) => "unavailable",
        Err(LoginError::Internal(_)) => "failed",
    }
}

pub(super) fn registration(done: &Result<User, RegisterError>) -> &'static str {
    match done {
        Ok(_) => "registered",
        Err(RegisterError::Closed) => "closed",
        Err(RegisterError::Invalid { .. }) => "invalid",
        Err(RegisterError::UsernameTaken) => "username_taken",
        Err(RegisterError::Throttled(_)) => "throttled",
        Err(RegisterError::Unavailable(_)) => "unavailable",
        Err(RegisterError::Internal(_)) => "failed",
    }
}

/// Why a refresh ended its session, where it did.
pub(super) fn reuse(error: &RefreshError) -> Option<&'static str> {
    match error {
        RefreshError::Reused(EndReason::Ahead) => Some("ahead"),
        RefreshError::Reused(_) => Some("reused"),
        RefreshError::Invalid | RefreshError::Unavailable(_) | RefreshError::Internal(_) => None,
    }
}
