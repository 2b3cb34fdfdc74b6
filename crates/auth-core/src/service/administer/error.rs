//! Why an administrator did not get what was asked for.

use super::super::{InternalError, common_errors};
use crate::password::PasswordFault;
use crate::store::StoreError;
use crate::user::UsernameFault;

/// What was not done. Whichever it is, nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// The caller's own session or account is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The caller is no administrator, or not any more.
    #[error("the caller is no administrator")]
    Forbidden,
    /// There is no such account, or the account has no such session.
    #[error("there is no such account or session")]
    NotFound,
    /// It would take the last active administrator away.
    #[error("the last active administrator stays")]
    LastAdmin,
    /// The name, or one that looks like it, is somebody else's.
    #[error("the name is taken")]
    UsernameTaken,
    /// The name or the password break a rule; all that they break.
    #[error("the name or the password cannot be used")]
    Invalid {
        /// What is wrong with the name.
        username: Option<UsernameFault>,
        /// What is wrong with the password.
        password: Vec<PasswordFault>,
    },
    /// More roles than [`crate::role::Role::MOST`].
    #[error("an account has sixteen roles at most")]
    TooManyRoles,
    /// The cursor is none that was given out for this list.
    #[error("the cursor was not given out for this list")]
    Cursor,
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("it could not be done")]
    Internal(#[source] InternalError),
}

common_errors!(AdminError);
