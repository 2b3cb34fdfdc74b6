//! The audit log: a closed list of events, each written in the transaction of its cause. No free text, no secrets.

mod actor;
mod kind;
mod query;
mod repository;

use std::net::IpAddr;

pub use actor::Actor;
pub use kind::EventKind;
pub use query::{EventOrder, EventQuery};
pub use repository::AuditRepository;

use crate::attempts::Limiter;
use crate::id::{EventId, SessionId, UserId};
use crate::role::Role;
use crate::root_keys::RootKeyId;
use crate::session::EndReason;
use crate::time::Timestamp;
use crate::token::KeyId;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// Somebody made an account for themselves.
    UserRegistered(UserId),
    /// An administrator made an account.
    UserCreated(UserId),
    /// An account came from another system.
    UserImported(UserId),
    /// All accounts were written out, with the hashes of their passwords or without.
    UsersExported {
        /// Whether with them.
        with_hashes: bool,
    },
    /// A sign-in succeeded.
    SignedIn(UserId, SessionId),
    /// A sign-in was refused; the account where there is one of that name.
    SignInRefused(Option<UserId>, Refusal),
    /// A right password's old hash was replaced by a present one.
    PasswordRehashed(UserId),
    /// A password was changed by its owner.
    PasswordChanged(UserId),
    /// An account got another name.
    UserRenamed(UserId),
    /// An account was deleted.
    UserDeleted(UserId),
    /// An administrator said that an account may not sign in.
    UserDisabled(UserId),
    /// An administrator said that it may again.
    UserEnabled(UserId),
    /// An administrator gave an account another password.
    PasswordSet(UserId),
    /// An account was given a role.
    RoleGranted(UserId, Role),
    /// A role was taken from an account.
    RoleRevoked(UserId, Role),
    /// Somebody signed in already gave a wrong password where it is asked for again.
    PasswordCheckFailed(UserId),
    /// So many attempts were refused unseen since the last such line; the account where they were about one.
    Throttled(Option<UserId>, Limiter, u64),
    /// An account's failed attempts were forgotten, so that strangers may try again.
    UserUnlocked(UserId),
    /// A session ended.
    SessionEnded(UserId, SessionId, EndReason),
    /// Every session was ended, and every token from before refused.
    EverySessionEnded(EndReason),
    /// A signing key was made.
    SigningKeyCreated(KeyId),
    /// A signing key was brought from elsewhere.
    SigningKeyImported(KeyId),
    /// A signing key that waited signs from now on.
    SigningKeyBroughtForward(KeyId),
    /// A signing key was retired in an emergency: nothing that it signed is accepted.
    SigningKeyRetired(KeyId),
    /// A signing key was sealed anew under the active root key.
    SigningKeyResealed(KeyId),
    /// The sessions that needed a root key were ended, so that it can go.
    RootKeyDropped(RootKeyId),
    /// What a newer release wrote, which knows more kinds: shown as it is. Nothing here writes it.
    Unknown(EventParts),
}

/// Why a sign-in was refused. The client is told less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No account of that name.
    UnknownUser,
    /// The account has no password.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// The account's hash cannot be read, or asks for more work than is granted: no password is right.
    UnreadableHash,
    /// The password is right, and the account is disabled.
    Disabled,
    /// The password was changed, or the account disabled or deleted, while the sign-in was under way.
    Overtaken,
}

impl Refusal {
    const ALL: [Self; 6] = [
        Self::UnknownUser,
        Self::NoPassword,
        Self::WrongPassword,
        Self::UnreadableHash,
        Self::Disabled,
        Self::Overtaken,
    ];

    /// The name in stores and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::UnreadableHash => "unreadable_hash",
            Self::Disabled => "disabled",
            Self::Overtaken => "overtaken",
        }
    }
}

/// An event with its circumstances: one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id; ids sort by time.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: AuditEvent,
    /// Who.
    pub actor: Actor,
    /// From where, as the configuration lets it be kept.
    pub ip: Option<IpAddr>,
    /// The request it belongs to.
    pub request_id: Option<String>,
}

/// An event taken apart into what a table holds. Stores write and read this form, so that the list of events has one home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventParts {
    /// The event's name.
    pub kind: String,
    /// The account it is about.
    pub user: Option<UserId>,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// A refusal, a reason or a key's id.
    pub detail: Option<String>,
}

impl AuditEvent {
    /// What kind it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::UserRegistered(_) => EventKind::UserRegistered,
            Self::UserCreated(_) => EventKind::UserCreated,
            Self::UserImported(_) => EventKind::UserImported,
            Self::UsersExported { .. } => EventKind::UsersExported,
            Self::SignedIn(..) => EventKind::SignedIn,
            Self::SignInRefused(..) => EventKind::SignInRefused,
            Self::PasswordRehashed(_) => EventKind::PasswordRehashed,
            Self::PasswordChanged(_) => EventKind::PasswordChanged,
            Self::UserRenamed(_) => EventKind::UserRenamed,
            Self::UserDeleted(_) => EventKind::UserDeleted,
            Self::UserDisabled(_) => EventKind::UserDisabled,
            Self::UserEnabled(_) => EventKind::UserEnabled,
            Self::PasswordSet(_) => EventKind::PasswordSet,
            Self::RoleGranted(..) => EventKind::RoleGranted,
            Self::RoleRevoked(..) => EventKind::RoleRevoked,
            Self::PasswordCheckFailed(_) => EventKind::PasswordCheckFailed,
            Self::Throttled(..) => EventKind::Throttled,
            Self::UserUnlocked(_) => EventKind::UserUnlocked,
            Self::SessionEnded(..) => EventKind::SessionEnded,
            Self::EverySessionEnded(_) => EventKind::EverySessionEnded,
            Self::SigningKeyCreated(_) => EventKind::SigningKeyCreated,
            Self::SigningKeyImported(_) => EventKind::SigningKeyImported,
            Self::SigningKeyBroughtForward(_) => EventKind::SigningKeyBroughtForward,
            Self::SigningKeyRetired(_) => EventKind::SigningKeyRetired,
            Self::SigningKeyResealed(_) => EventKind::SigningKeyResealed,
            Self::RootKeyDropped(_) => EventKind::RootKeyDropped,
            Self::Unknown(_) => EventKind::Unknown,
        }
    }

    /// Takes the event apart.
    pub fn to_parts(&self) -> EventParts {
        if let Self::Unknown(parts) = self {
            return parts.clone();
        }
        let (user, session, detail) = match self {
            Self::UserRegistered(user)
            | Self::UserCreated(user)
            | Self::UserImported(user)
            | Self::PasswordRehashed(user)
            | Self::PasswordChanged(user)
            | Self::UserRenamed(user)
            | Self::UserDeleted(user)
            | Self::UserDisabled(user)
            | Self::UserEnabled(user)
            | Self::PasswordSet(user)
            | Self::PasswordCheckFailed(user)
            | Self::UserUnlocked(user) => (Some(*user), None, None),
            Self::UsersExported { with_hashes } => (None, None, Some(hashes(*with_hashes))),
            Self::Throttled(user, ..) => (*user, None, None),
            Self::SignedIn(user, session) => (Some(*user), Some(*session), None),
            Self::SignInRefused(user, cause) => (*user, None, Some(cause.as_str())),
            Self::RoleGranted(user, role) | Self::RoleRevoked(user, role) => (Some(*user), None, Some(role.as_str())),
            Self::SessionEnded(user, session, reason) => (Some(*user), Some(*session), Some(reason.as_str())),
            Self::EverySessionEnded(reason) => (None, None, Some(reason.as_str())),
            Self::SigningKeyCreated(key)
            | Self::SigningKeyImported(key)
            | Self::SigningKeyBroughtForward(key)
            | Self::SigningKeyRetired(key)
            | Self::SigningKeyResealed(key) => (None, None, Some(key.as_str())),
            Self::RootKeyDropped(key) => (None, None, Some(key.as_str())),
            Self::Unknown(parts) => (parts.user, parts.session, parts.detail.as_deref()),
        };
        let detail = detail.map(str::to_owned).or_else(|| match self {
            Self::Throttled(_, limiter, count) => Some(format!("{} {count}", limiter.as_str())),
            _ => None,
        });
        EventParts { kind: self.kind().as_str().to_owned(), user, session, detail }
    }

    /// Puts an event together; `None` for parts that are none.
    pub fn from_parts(parts: &EventParts) -> Option<Self> {
        let detail = parts.detail.as_deref();
        Some(match (parts.kind.as_str(), parts.user, parts.session) {
            ("user_registered", Some(user), None) => Self::UserRegistered(user),
            ("user_created", Some(user), None) => Self::UserCreated(user),
            ("user_imported", Some(user), None) => Self::UserImported(user),
            ("users_exported", None, None) => Self::UsersExported {
                with_hashes: [true, false].into_iter().find(|with| Some(hashes(*with)) == detail)?,
            },
            ("signed_in", Some(user), Some(session)) => Self::SignedIn(user, session),
            ("sign_in_refused", user, None) => {
                Self::SignInRefused(user, Refusal::ALL.into_iter().find(|cause| Some(cause.as_str()) == detail)?)
            }
            ("password_rehashed", Some(user), None) => Self::PasswordRehashed(user),
            ("password_changed", Some(user), None) => Self::PasswordChanged(user),
            ("user_renamed", Some(user), None) => Self::UserRenamed(user),
            ("user_deleted", Some(user), None) => Self::UserDeleted(user),
            ("user_disabled", Some(user), None) => Self::UserDisabled(user),
            ("user_enabled", Some(user), None) => Self::UserEnabled(user),
            ("password_set", Some(user), None) => Self::PasswordSet(user),
            ("role_granted", Some(user), None) => Self::RoleGranted(user, Role::parse(detail?)?),
            ("role_revoked", Some(user), None) => Self::RoleRevoked(user, Role::parse(detail?)?),
            ("password_check_failed", Some(user), None) => Self::PasswordCheckFailed(user),
            ("throttled", user, None) => {
                let (limiter, count) = detail?.split_once(' ')?;
                Self::Throttled(user, Limiter::parse(limiter)?, count.parse().ok()?)
            }
            ("user_unlocked", Some(user), None) => Self::UserUnlocked(user),
            ("session_ended", Some(user), Some(session)) => {
                Self::SessionEnded(user, session, EndReason::parse(detail?)?)
            }
            ("every_session_ended", None, None) => Self::EverySessionEnded(EndReason::parse(detail?)?),
            ("signing_key_created", None, None) => Self::SigningKeyCreated(KeyId::new(detail?)),
            ("signing_key_imported", None, None) => Self::SigningKeyImported(KeyId::new(detail?)),
            ("signing_key_brought_forward", None, None) => Self::SigningKeyBroughtForward(KeyId::new(detail?)),
            ("signing_key_retired", None, None) => Self::SigningKeyRetired(KeyId::new(detail?)),
            ("signing_key_resealed", None, None) => Self::SigningKeyResealed(KeyId::new(detail?)),
            ("root_key_dropped", None, None) => Self::RootKeyDropped(RootKeyId::parse(detail?)?),
            _ => return None,
        })
    }
}

const fn hashes(with: bool) -> &'static str {
    if with { "with_hashes" } else { "without_hashes" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_survives_being_taken_apart() {
        let user = UserId::from_bytes([1; 16]);
        let session = SessionId::from_bytes([2; 16]);
        let mut events = vec![
            AuditEvent::UserRegistered(user),
            AuditEvent::UserCreated(user),
            AuditEvent::UserImported(user),
            AuditEvent::UsersExported { with_hashes: true },
            AuditEvent::UsersExported { with_hashes: false },
            AuditEvent::SignedIn(user, session),
            AuditEvent::PasswordRehashed(user),
            AuditEvent::PasswordChanged(user),
            AuditEvent::UserRenamed(user),
            AuditEvent::UserDeleted(user),
            AuditEvent::UserDisabled(user),
            AuditEvent::UserEnabled(user),
            AuditEvent::PasswordSet(user),
            AuditEvent::RoleGranted(user, Role::ADMIN),
            AuditEvent::RoleRevoked(user, Role::ADMIN),
            AuditEvent::PasswordCheckFailed(user),
            AuditEvent::UserUnlocked(user),
            AuditEvent::SessionEnded(user, session, EndReason::Displaced),
            AuditEvent::EverySessionEnded(EndReason::Restored),
            AuditEvent::SigningKeyCreated(KeyId::new("k")),
            AuditEvent::SigningKeyImported(KeyId::new("k")),
            AuditEvent::SigningKeyBroughtForward(KeyId::new("k")),
            AuditEvent::SigningKeyRetired(KeyId::new("k")),
            AuditEvent::SigningKeyResealed(KeyId::new("k")),
            AuditEvent::RootKeyDropped(RootKeyId::parse("main").unwrap()),
        ];
        for cause in Refusal::ALL {
            events.push(AuditEvent::SignInRefused(None, cause));
            events.push(AuditEvent::SignInRefused(Some(user), cause));
        }
        for limiter in Limiter::ALL {
            events.push(AuditEvent::Throttled(None, limiter, u64::MAX));
            events.push(AuditEvent::Throttled(Some(user), limiter, 1));
        }
        for event in &events {
            assert_eq!(AuditEvent::from_parts(&event.to_parts()).as_ref(), Some(event));
            assert_eq!(EventKind::parse(event.kind().as_str()), Some(event.kind()));
        }
        for kind in EventKind::ALL {
            assert!(events.iter().any(|event| event.kind() == kind), "{kind:?} is of no event here");
        }
        let unknown = EventParts { kind: "moon_landed".into(), user: None, session: None, detail: None };
        assert_eq!(AuditEvent::from_parts(&unknown), None);
        let event = AuditEvent::Unknown(unknown.clone());
        assert_eq!((event.kind(), event.to_parts()), (EventKind::Unknown, unknown));
        assert_eq!(EventKind::parse("unknown"), None, "nobody asks for it");
    }
}
