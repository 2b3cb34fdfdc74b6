//! The use cases. Each is one straight synchronous function; a server hops to a [`crate::lane::Lane`] once around it.

mod account;
mod administer;
mod attempts;
mod authenticate;
mod builder;
mod change_password;
mod decoys;
mod every_session;
mod export;
mod import;
mod introspect;
mod keys;
mod limits;
mod login;
mod logout;
mod me;
mod refresh;
mod register;
mod revocation;
mod sessions;
mod tokens;

pub use account::{DeleteError, RenameError};
pub use administer::{
    AdminError, AdminKeyError, Authority, EventFilter, ManagedUser, NewUser, Page, PageRequest, RoleChange, Stats,
    UserChange,
};
pub use authenticate::{AuthenticateError, Caller};
pub use builder::{AuthServiceBuilder, BuildError};
pub use change_password::ChangePasswordError;
pub use decoys::{CountError, HashCount};
pub use every_session::EndEveryError;
pub use export::{ExportError, ExportedUser};
pub use import::{
    ImportBatchError, ImportError, ImportRecord, ImportRefusal, ImportSettings, ImportVerdict, Imported,
    ImportedPassword, ImportedUser, OnConflict,
};
pub use introspect::{ActiveAccess, ActiveRefresh, Asker, IntrospectError, Introspection};
pub use keys::{
    DropRootError, Kept, KeyImportError, KeyListing, KeySettings, KeySetupError, MakeError, OpenError, ResealError,
    Resealed, RetireError, RetiredKey, RootKeyReport, RotateError, SealedKey, SigningKeys, When, missing_root_keys,
};
pub use limits::{TellError, UnlockError, Unlocked};
pub use login::{Credentials, LoginError, LoginOutcome};
pub use logout::{LogoutError, LogoutScope};
pub use refresh::{RefreshError, Refreshed};
pub use register::{RegisterError, Registration};
pub use sessions::{OwnSession, SessionError};
pub use tokens::SignedIn;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::attempts::{Ledger, LimitSettings, Refusals};
use crate::audit::{Actor, AuditEvent, AuditRecord};
use crate::entropy::{Entropy, EntropyError};
use crate::id::EventId;
use crate::password::{HashError, PasswordHasher, PasswordPolicy};
use crate::root_keys::RootKeyRing;
use crate::session::EndedSessions;
use crate::store::{Store, StoreError, StoreExt, Transaction};
use crate::time::{Clock, Timestamp};
use crate::token::{SharedSecretTokens, SignError, TokenSigner, TokenVerifier};
use crate::user::UsernamePolicy;

/// The use cases over one store. Cheap to share: hold it in an `Arc`.
///
/// Built by [`AuthService::builder`]; the crate's front page shows how.
pub struct AuthService {
    store: Arc<dyn Store>,
    hasher: Arc<dyn PasswordHasher>,
    signer: Arc<dyn TokenSigner>,
    verifier: Arc<dyn TokenVerifier>,
    root_keys: Arc<RootKeyRing>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    tutorial: Option<SharedSecretTokens>,
    ended: Option<EndedSessions>,
    refusals: Refusals,
    refused: Ledger,
    decoys: decoys::Decoys,
    settings: ServiceSettings,
}

/// What the use cases are told by a configuration.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// How long an access token lives; no longer than its session.
    pub access_ttl: Duration,
    /// How long a session lives, whatever happens.
    pub session_ttl: Duration,
    /// How long it lives without being used to refresh.
    pub session_idle: Duration,
    /// For how long after a refresh its predecessor gets the same answer again: a lost answer, or a second tab, signs
    /// nobody out within it. Zero is allowed.
    pub retry_window: Duration,
    /// How many sessions an account may have; a sign-in beyond it ends the least recently refreshed one.
    pub max_sessions: usize,
    /// Whether people may register themselves.
    pub registration: RegistrationMode,
    /// Which names may be registered.
    pub username: UsernamePolicy,
    /// Which passwords may be chosen.
    pub password: PasswordPolicy,
    /// How much may be tried.
    pub limits: LimitSettings,
    /// For how long a line of the audit log is kept.
    pub audit_retention: Duration,
}

impl ServiceSettings {
    /// The defaults for an issuer: tokens of two hours (the tutorial's), sessions of 30 days, 14 of them
    /// unused, 50 an account; guessing is slowed down; a year of the audit log.
    pub fn new(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self {
            audience: issuer.clone(),
            issuer,
            access_ttl: Duration::from_secs(2 * 60 * 60),
            session_ttl: Duration::from_secs(30 * 24 * 60 * 60),
            session_idle: Duration::from_secs(14 * 24 * 60 * 60),
            retry_window: Duration::from_secs(5 * 60),
            max_sessions: 50,
            registration: RegistrationMode::Open,
            username: UsernamePolicy::default(),
            password: PasswordPolicy::default(),
            limits: LimitSettings::default(),
            audit_retention: Duration::from_secs(365 * 24 * 60 * 60),
        }
    }
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationMode {
    /// Anybody.
    Open,
    /// Nobody; accounts are made by command or import.
    Closed,
}

/// The circumstances of a request, for the audit log and the session list.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Where it came from, as the configuration lets it be kept.
    pub ip: Option<IpAddr>,
    /// Where it came from, whole: attempts are counted by it, and it is kept nowhere. `None`: not counted by address.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Who acts.
    pub actor: Actor,
}

impl RequestContext {
    /// An act of the server itself.
    pub fn system() -> Self {
        Self::of(Actor::System)
    }

    /// An act without a request.
    pub fn of(actor: Actor) -> Self {
        Self { ip: None, address: None, user_agent: None, request_id: None, actor }
    }
}

/// Something failed that no caller can mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InternalError {
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// No hash.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No token.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The root key of a session is not in the ring.
    #[error("the session's root key is not in the ring")]
    RootKey,
}

impl AuthService {
    /// What the use cases were told.
    pub fn settings(&self) -> &ServiceSettings {
        &self.settings
    }

    /// The present instant, as the use cases see it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the store answers: one empty read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ready(&self) -> Result<(), StoreError> {
        self.store.read(|_| Ok(()))
    }

    fn record(&self, event: AuditEvent, now: Timestamp, context: &RequestContext) -> Result<AuditRecord, EntropyError> {
        record(event, now, context, self.entropy.as_ref())
    }
}

/// A line of the audit log. Minted before the transaction that appends it, for a transaction may run twice.
fn record(
    event: AuditEvent,
    now: Timestamp,
    context: &RequestContext,
    entropy: &dyn Entropy,
) -> Result<AuditRecord, EntropyError> {
    Ok(AuditRecord {
        id: EventId::mint(now, entropy)?,
        at: now,
        event,
        actor: context.actor.clone(),
        ip: context.ip,
        request_id: context.request_id.clone(),
    })
}

fn append(tx: &mut dyn Transaction, records: &[AuditRecord]) -> Result<(), StoreError> {
    records.iter().try_for_each(|record| tx.audit().append(record))
}

/// Two errors that every use case has in common.
macro_rules! common_errors {
    ($($name:ident),*) => {$(
        impl From<crate::store::StoreError> for $name {
            fn from(error: crate::store::StoreError) -> Self {
                Self::Unavailable(error)
            }
        }

        impl From<crate::service::InternalError> for $name {
            fn from(error: crate::service::InternalError) -> Self {
                Self::Internal(error)
            }
        }

        impl From<crate::entropy::EntropyError> for $name {
            fn from(error: crate::entropy::EntropyError) -> Self {
                Self::Internal(error.into())
            }
        }

        impl From<crate::password::HashError> for $name {
            fn from(error: crate::password::HashError) -> Self {
                Self::Internal(error.into())
            }
        }
    )*};
}
use common_errors;

impl fmt::Debug for AuthService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthService").field("settings", &self.settings).finish_non_exhaustive()
    }
}
