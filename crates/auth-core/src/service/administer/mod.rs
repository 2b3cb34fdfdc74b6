//! What administrators do: to accounts, sessions and keys of others, and with the audit log.
//!
//! Whoever comes with a token is held against the store, in the transaction of what is asked: the session lives, the account is
//! active and has [`Role::ADMIN`] now, whatever the token says. So a demoted or disabled administrator is out at once.

mod create_user;
mod cursor;
mod delete_user;
mod error;
mod events;
mod keys;
mod list_users;
mod page;
mod set_password;
mod stats;
mod unlock_user;
mod update_user;
mod user_sessions;

pub use create_user::NewUser;
pub use error::AdminError;
pub use events::EventFilter;
pub use keys::AdminKeyError;
pub use list_users::ManagedUser;
pub(super) use list_users::with_roles;
pub use page::{Page, PageRequest};
pub use stats::Stats;
pub use update_user::{RoleChange, UserChange};

use super::{AuthService, Caller, RequestContext, SessionError};
use crate::audit::Actor;
use crate::role::Role;
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, User};

/// By whose authority something is administered.
#[derive(Debug, Clone, Copy)]
pub enum Authority<'a> {
    /// Whoever bears this token, if that is an administrator.
    Caller(&'a Caller),
    /// Whoever runs commands beside the database: there is nothing that could be kept from them.
    Operator,
}

impl Authority<'_> {
    /// The circumstances, with the account that acts.
    fn context(self, context: &RequestContext) -> RequestContext {
        match self {
            Self::Caller(caller) => RequestContext { actor: Actor::User(caller.user), ..context.clone() },
            Self::Operator => context.clone(),
        }
    }
}

impl AuthService {
    /// Whether somebody may administer now: for a server to ask before it listens to what is wanted. Each use case asks again.
    ///
    /// # Errors
    /// [`AdminError::Unauthenticated`], [`AdminError::Forbidden`], [`AdminError::Unavailable`].
    pub fn check_administrator(&self, by: Authority<'_>) -> Result<(), AdminError> {
        self.check_administrator_at(by, self.clock.now())
    }

    fn check_administrator_at(&self, by: Authority<'_>, now: Timestamp) -> Result<(), AdminError> {
        match by {
            Authority::Caller(_) => self.store.read(|tx| self.authorise(tx, by, now)),
            Authority::Operator => Ok(()),
        }
    }

    fn authorise(&self, tx: &mut dyn Transaction, by: Authority<'_>, now: Timestamp) -> Result<(), AdminError> {
        let Authority::Caller(caller) = by else { return Ok(()) };
        let user = self.account_of(tx, caller, now)?.ok_or(AdminError::Unauthenticated)?;
        // A token of the tutorial's own app knows no session, and may read one's own account and nothing more.
        if caller.session.is_some() && tx.roles().of(user.id)?.contains(&Role::ADMIN) {
            Ok(())
        } else {
            Err(AdminError::Forbidden)
        }
    }
}

/// Whether there is an active administrator without this account, if it is one. Under the lock on roles, or it means nothing.
pub(super) fn keeps_an_administrator(tx: &mut dyn Transaction, leaving: &User) -> Result<bool, StoreError> {
    let counts = leaving.state == AccountState::Active && tx.roles().of(leaving.id)?.contains(&Role::ADMIN);
    Ok(!counts || tx.roles().is_held_by_another(&Role::ADMIN, leaving.id)?)
}

fn keep_an_administrator(tx: &mut dyn Transaction, leaving: &User) -> Result<(), AdminError> {
    if keeps_an_administrator(tx, leaving)? { Ok(()) } else { Err(AdminError::LastAdmin) }
}

impl From<SessionError> for AdminError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unauthenticated => Self::Unauthenticated,
            SessionError::NotFound => Self::NotFound,
            SessionError::Unavailable(error) => Self::Unavailable(error),
            SessionError::Internal(error) => Self::Internal(error),
        }
    }
}
