//! The audit log: a closed list of events, each written in the transaction of its cause. No free text, no secrets.

mod repository;

use std::net::IpAddr;

pub use repository::AuditRepository;

use crate::id::{EventId, SessionId, UserId};
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
    /// Somebody signed in already gave a wrong password where it is asked for again.
    PasswordCheckFailed(UserId),
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
    /// The password is right, and the account is disabled.
    Disabled,
    /// The password was changed, or the account disabled or deleted, while the sign-in was under way.
    Overtaken,
}

impl Refusal {
    const ALL: [Self; 5] = [Self::UnknownUser, Self::NoPassword, Self::WrongPassword, Self::Disabled, Self::Overtaken];

    /// The name in stores and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::Overtaken => "overtaken",
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Whoever sent the request.
    Client,
    /// The server by itself.
    System,
    /// A command, by the operating system's user of this name.
    Command(String),
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
    /// Takes the event apart.
    pub fn to_parts(&self) -> EventParts {
        let parts = |kind: &str, user, session, detail: Option<&str>| EventParts {
            kind: kind.to_owned(),
            user,
            session,
            detail: detail.map(str::to_owned),
        };
        match self {
            Self::UserRegistered(user) => parts("user_registered", Some(*user), None, None),
            Self::UserCreated(user) => parts("user_created", Some(*user), None, None),
            Self::UserImported(user) => parts("user_imported", Some(*user), None, None),
            Self::SignedIn(user, session) => parts("signed_in", Some(*user), Some(*session), None),
            Self::SignInRefused(user, cause) => parts("sign_in_refused", *user, None, Some(cause.as_str())),
            Self::PasswordRehashed(user) => parts("password_rehashed", Some(*user), None, None),
            Self::PasswordChanged(user) => parts("password_changed", Some(*user), None, None),
            Self::UserRenamed(user) => parts("user_renamed", Some(*user), None, None),
            Self::UserDeleted(user) => parts("user_deleted", Some(*user), None, None),
            Self::PasswordCheckFailed(user) => parts("password_check_failed", Some(*user), None, None),
            Self::SessionEnded(user, session, reason) => {
                parts("session_ended", Some(*user), Some(*session), Some(reason.as_str()))
            }
            Self::EverySessionEnded(reason) => parts("every_session_ended", None, None, Some(reason.as_str())),
            Self::SigningKeyCreated(key) => parts("signing_key_created", None, None, Some(key.as_str())),
            Self::SigningKeyImported(key) => parts("signing_key_imported", None, None, Some(key.as_str())),
            Self::SigningKeyBroughtForward(key) => parts("signing_key_brought_forward", None, None, Some(key.as_str())),
            Self::SigningKeyRetired(key) => parts("signing_key_retired", None, None, Some(key.as_str())),
            Self::SigningKeyResealed(key) => parts("signing_key_resealed", None, None, Some(key.as_str())),
            Self::RootKeyDropped(key) => parts("root_key_dropped", None, None, Some(key.as_str())),
        }
    }

    /// Puts an event together; `None` for parts that are none.
    pub fn from_parts(parts: &EventParts) -> Option<Self> {
        let detail = parts.detail.as_deref();
        Some(match (parts.kind.as_str(), parts.user, parts.session) {
            ("user_registered", Some(user), None) => Self::UserRegistered(user),
            ("user_created", Some(user), None) => Self::UserCreated(user),
            ("user_imported", Some(user), None) => Self::UserImported(user),
            ("signed_in", Some(user), Some(session)) => Self::SignedIn(user, session),
            ("sign_in_refused", user, None) => {
                Self::SignInRefused(user, Refusal::ALL.into_iter().find(|cause| Some(cause.as_str()) == detail)?)
            }
            ("password_rehashed", Some(user), None) => Self::PasswordRehashed(user),
            ("password_changed", Some(user), None) => Self::PasswordChanged(user),
            ("user_renamed", Some(user), None) => Self::UserRenamed(user),
            ("user_deleted", Some(user), None) => Self::UserDeleted(user),
            ("password_check_failed", Some(user), None) => Self::PasswordCheckFailed(user),
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

impl Actor {
    /// The text that a store keeps: `client`, `system`, `cli:NAME`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Client => "client".to_owned(),
            Self::System => "system".to_owned(),
            Self::Command(name) => format!("cli:{name}"),
        }
    }

    /// The inverse of [`Actor::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "client" => Some(Self::Client),
            "system" => Some(Self::System),
            other => other.strip_prefix("cli:").map(|name| Self::Command(name.to_owned())),
        }
    }
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
            AuditEvent::SignedIn(user, session),
            AuditEvent::PasswordRehashed(user),
            AuditEvent::PasswordChanged(user),
            AuditEvent::UserRenamed(user),
            AuditEvent::UserDeleted(user),
            AuditEvent::PasswordCheckFailed(user),
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
        for event in events {
            assert_eq!(AuditEvent::from_parts(&event.to_parts()), Some(event));
        }
        let unknown = EventParts { kind: "moon_landed".into(), user: None, session: None, detail: None };
        assert_eq!(AuditEvent::from_parts(&unknown), None);
    }
}
