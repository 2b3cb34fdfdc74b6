//! Making an account for oneself.

use super::attempts::attempt_errors;
use super::{AuthService, InternalError, RegistrationMode, RequestContext, append, common_errors};
use crate::attempts::Throttled;
use crate::audit::{AuditEvent, AuditRecord};
use crate::id::UserId;
use crate::password::{Password, PasswordFault, PasswordHash};
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::time::Timestamp;
use crate::user::{AccountState, Added, CanonicalName, User, Username, UsernameFault, is_name_taken};

/// What somebody who registers gives.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name, as entered.
    pub username: String,
    /// The password.
    pub password: Password,
}

/// A registration that made no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Nobody may register here.
    #[error("registration is closed")]
    Closed,
    /// The name or the password break a rule; all that they break.
    #[error("the name or the password cannot be used")]
    Invalid {
        /// What is wrong with the name.
        username: Option<UsernameFault>,
        /// What is wrong with the password.
        password: Vec<PasswordFault>,
    },
    /// The name, or one that looks like it, is somebody else's.
    #[error("the name is taken")]
    UsernameTaken,
    /// There were too many registrations from this network of late.
    #[error("the registration was not tried")]
    Throttled(#[source] Throttled),
    /// The store cannot serve now; nothing was made.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend; nothing was made.
    #[error("registration failed")]
    Internal(#[source] InternalError),
}

common_errors!(RegisterError);
attempt_errors!(RegisterError);

/// What is wrong with a name, and with a password.
pub(super) type Faults = (Option<UsernameFault>, Vec<PasswordFault>);

impl AuthService {
    /// Makes an account. It can sign in once this has returned.
    ///
    /// # Errors
    /// [`RegisterError`]; whichever it is, no part of an account stays behind.
    pub fn register(&self, registration: Registration, context: &RequestContext) -> Result<User, RegisterError> {
        let now = self.clock.now();
        if self.settings.registration == RegistrationMode::Closed {
            return Err(RegisterError::Closed);
        }
        self.knock_to_register(now, context).map_err(RegisterError::Throttled)?;
        // Every one counts, whatever becomes of it: a refused one has told whether a name is taken.
        self.reserve_registration(now, context)?;
        let Registration { username, password } = registration;
        let name = self
            .check_new(&username, &password)
            .map_err(|(username, password)| RegisterError::Invalid { username, password })?;
        // Spares the hash of a name that is taken; the insert below decides.
        if self.store.read(|tx| is_name_taken(tx.users(), &name))? {
            return Err(RegisterError::UsernameTaken);
        }
        let user = new_user(UserId::mint(now, self.entropy.as_ref())?, name, now);
        let hash = self.hasher.hash(&password)?;
        let record = self.record(AuditEvent::UserRegistered(user.id), now, context)?;
        match insert(self.store.as_ref(), &user, &hash, &record)? {
            Added::Added => {
                // Guesses at the name while nobody had it are not the account's.
                self.forget_refusals(user.name.canonical());
                Ok(user)
            }
            Added::Taken(Unique::Username | Unique::UsernameSkeleton) => Err(RegisterError::UsernameTaken),
            Added::Taken(other) => Err(RegisterError::Unavailable(StoreError::Conflict(other))),
        }
    }

    /// Holds a new name and password to the policies, and names all that is wrong with both.
    pub(super) fn check_new(&self, username: &str, password: &Password) -> Result<Username, Faults> {
        let name = self.settings.username.check(username);
        // A password is held against the name even where the name breaks a rule of its own.
        let canonical = CanonicalName::of(username);
        let faults = self.settings.password.check(password, &canonical);
        match name {
            Ok(name) if faults.is_empty() => Ok(name),
            other => Err((other.err(), faults)),
        }
    }
}

pub(super) fn new_user(id: UserId, name: Username, now: Timestamp) -> User {
    User {
        id,
        name,
        state: AccountState::Active,
        legacy_id: None,
        credential_version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The account, its password and the line in the log, or none of them.
pub(super) fn insert(
    store: &dyn Store,
    user: &User,
    hash: &PasswordHash,
    record: &AuditRecord,
) -> Result<Added, StoreError> {
    store.write(|tx| {
        let added = tx.users().insert(user)?;
        if added == Added::Added {
            tx.passwords().insert(user.id, hash, user.created_at)?;
            append(tx, std::slice::from_ref(record))?;
        }
        Ok(added)
    })
}
