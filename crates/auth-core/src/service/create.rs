//! Making an account for somebody else.

use super::register::{insert, new_user};
use super::{AuthService, InternalError, RequestContext, common_errors};
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::password::{Password, PasswordFault};
use crate::store::{StoreError, Unique};
use crate::user::{Added, User, UsernameFault};

/// An account that an administrator could not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
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
    /// The store cannot serve now; nothing was made.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend; nothing was made.
    #[error("the account could not be made")]
    Internal(#[source] InternalError),
}

common_errors!(CreateError);

impl AuthService {
    /// Makes an account under the rules of registration, also where registration is closed.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create_user(
        &self,
        username: &str,
        password: &Password,
        context: &RequestContext,
    ) -> Result<User, CreateError> {
        let now = self.clock.now();
        let name = self
            .check_new(username, password)
            .map_err(|(username, password)| CreateError::Invalid { username, password })?;
        let user = new_user(UserId::mint(now, self.entropy.as_ref())?, name, now);
        let hash = self.hasher.hash(password)?;
        let record = self.record(AuditEvent::UserCreated(user.id), now, context)?;
        match insert(self.store.as_ref(), &user, &hash, &record)? {
            Added::Added => {
                self.forget_refusals(user.name.canonical());
                Ok(user)
            }
            Added::Taken(Unique::Username | Unique::UsernameSkeleton) => Err(CreateError::UsernameTaken),
            Added::Taken(other) => Err(CreateError::Unavailable(StoreError::Conflict(other))),
        }
    }
}
