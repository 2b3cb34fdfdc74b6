//! From the core's errors to problems. Exhaustive, so that a new variant has to choose.

use std::error::Error;
use std::time::Duration;

use auth_core::StoreError;
use auth_core::attempts::Throttled;
use auth_core::json::JsonFault;
use auth_core::lane::LaneError;
use auth_core::password::PasswordFault;
use auth_core::service::{
    AdminError, AdminKeyError, AuthenticateError, ChangePasswordError, DeleteError, IntrospectError, LoginError,
    LogoutError, RefreshError, RegisterError, RenameError, RotateError, SessionError,
};
use auth_core::user::UsernameFault;

use super::{Code, FieldCode, Problem};
use crate::chain::chain;

/// A lost database is asked for again about as often (`database.pool_timeout`).
const STORE_RETRY: Duration = Duration::from_secs(2);

impl Problem {
    fn store(error: &StoreError, cause: &dyn Error) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => {
                Self::later(Code::Unavailable, STORE_RETRY, chain(cause))
            }
            StoreError::Inconsistent { .. } => Self::internal(chain(cause)),
        }
    }

    /// What is wrong with a new name and password.
    fn new_account(username: Option<UsernameFault>, password: &[PasswordFault]) -> Self {
        let name = username.iter().map(|fault| FieldCode::from(*fault).of("username"));
        let secret = password.iter().map(|fault| FieldCode::from(*fault).of("password"));
        let code = if username.is_some() { Code::ValidationFailed } else { Code::WeakPassword };
        Self::fields(code, name.chain(secret).collect())
    }

    /// A job that a lane did not do; `after` is when one could be done ([`auth_core::lane::Lane::retry_after`]).
    pub fn from_lane(error: LaneError, after: Duration) -> Self {
        match error {
            LaneError::Full | LaneError::TimedOut | LaneError::Stopped => Self::later(Code::Busy, after, chain(&error)),
            LaneError::Panicked => Self::internal(chain(&error)),
        }
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        match throttled.retry_after {
            Some(after) => Self::later(Code::TooManyAttempts, after, throttled.limiter.as_str()),
            None => Self::new(Code::TooManyAttempts).with_cause(throttled.limiter.as_str()),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match &error {
            RegisterError::Closed => Self::new(Code::RegistrationClosed),
            RegisterError::Invalid { username, password } => Self::new_account(*username, password),
            RegisterError::UsernameTaken => Self::new(Code::UsernameTaken),
            RegisterError::Throttled(throttled) => Self::from(*throttled),
            RegisterError::Unavailable(store) => Self::store(store, &error),
            RegisterError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match &error {
            LoginError::InvalidCredentials => Self::new(Code::InvalidCredentials),
            LoginError::AccountDisabled => Self::new(Code::AccountDisabled),
            LoginError::Throttled(throttled) => Self::from(*throttled),
            LoginError::Unavailable(store) => Self::store(store, &error),
            LoginError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match &error {
            AuthenticateError::Invalid(_) => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            AuthenticateError::Unavailable(store) => Self::store(store, &error),
            AuthenticateError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match &error {
            RefreshError::Invalid => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            RefreshError::Reused(_) => Self::new(Code::RefreshTokenReused),
            RefreshError::Unavailable(store) => Self::store(store, &error),
            RefreshError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<LogoutError> for Problem {
    fn from(error: LogoutError) -> Self {
        match &error {
            LogoutError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            LogoutError::Unavailable(store) => Self::store(store, &error),
            LogoutError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<IntrospectError> for Problem {
    fn from(error: IntrospectError) -> Self {
        match &error {
            IntrospectError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)).for_client(),
            IntrospectError::Unavailable(store) => Self::store(store, &error),
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            SessionError::NotFound => Self::new(Code::NotFound),
            SessionError::Unavailable(store) => Self::store(store, &error),
            SessionError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match &error {
            ChangePasswordError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            ChangePasswordError::CurrentPasswordWrong => Self::new(Code::CurrentPasswordWrong),
            ChangePasswordError::Throttled(throttled) => Self::from(*throttled),
            ChangePasswordError::Weak(faults) => {
                let faults = faults.iter().map(|fault| FieldCode::from(*fault).of("new_password"));
                Self::fields(Code::WeakPassword, faults.collect())
            }
            ChangePasswordError::Unavailable(store) => Self::store(store, &error),
            ChangePasswordError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<RenameError> for Problem {
    fn from(error: RenameError) -> Self {
        match &error {
            RenameError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            RenameError::CurrentPasswordWrong => Self::new(Code::CurrentPasswordWrong),
            RenameError::Throttled(throttled) => Self::from(*throttled),
            RenameError::Invalid(fault) => {
                Self::fields(Code::ValidationFailed, vec![FieldCode::from(*fault).of("username")])
            }
            RenameError::UsernameTaken => Self::new(Code::UsernameTaken),
            RenameError::Unavailable(store) => Self::store(store, &error),
            RenameError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match &error {
            AdminError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            AdminError::Forbidden => Self::new(Code::InsufficientScope),
            AdminError::NotFound => Self::new(Code::NotFound),
            AdminError::LastAdmin => Self::new(Code::LastAdmin),
            AdminError::UsernameTaken => Self::new(Code::UsernameTaken),
            AdminError::Invalid { username, password } => Self::new_account(*username, password),
            AdminError::TooManyRoles => Self::fields(Code::ValidationFailed, vec![FieldCode::NotARole.of("roles")]),
            AdminError::Cursor => Self::new(Code::InvalidCursor),
            AdminError::Unavailable(store) => Self::store(store, &error),
            AdminError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<AdminKeyError> for Problem {
    fn from(error: AdminKeyError) -> Self {
        match error {
            AdminKeyError::Refused(error) => error.into(),
            AdminKeyError::TooMany => Self::new(Code::TooManyKeys),
            AdminKeyError::Rotate(RotateError::Waiting(..)) => Self::new(Code::KeyWaiting),
            AdminKeyError::Rotate(RotateError::SharedSecret) => Self::new(Code::SharedSecretSigns),
            AdminKeyError::Rotate(RotateError::Unavailable(store)) => Self::store(&store, &store),
            AdminKeyError::Rotate(RotateError::Make(error)) => Self::internal(chain(&error)),
        }
    }
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match &error {
            DeleteError::Unauthenticated => Self::new(Code::TokenInvalid).with_cause(chain(&error)),
            DeleteError::CurrentPasswordWrong => Self::new(Code::CurrentPasswordWrong),
            DeleteError::Throttled(throttled) => Self::from(*throttled),
            DeleteError::LastAdmin => Self::new(Code::LastAdmin),
            DeleteError::Unavailable(store) => Self::store(store, &error),
            DeleteError::Internal(_) => Self::internal(chain(&error)),
        }
    }
}

impl From<JsonFault> for Problem {
    fn from(fault: JsonFault) -> Self {
        Self::new(match fault {
            JsonFault::Syntax => Code::InvalidJson,
            JsonFault::NotAnObject => Code::NotAnObject,
            JsonFault::Duplicate => Code::DuplicateMember,
            JsonFault::TooDeep => Code::TooDeep,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backends_words_stay_in_the_log() {
        let problem = Problem::from(LoginError::Unavailable(StoreError::unavailable("no route to 192.0.2.1")));
        assert_eq!(problem.code(), Code::Unavailable);
        assert_eq!(
            problem.0.cause.as_deref(),
            Some("the store failed: the store is unavailable: no route to 192.0.2.1")
        );
        assert_eq!(problem.0.detail, None);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_not_worth_trying_again() {
        let error = StoreError::Inconsistent { table: "users", column: "state", row: "1".to_owned() };
        assert_eq!(Problem::from(RegisterError::Unavailable(error)).code(), Code::InternalError);
    }
}
