//! Another password, by its owner.

use super::attempts::{attempt_errors, settle_success};
use super::{AuthService, AuthenticateError, Caller, InternalError, RequestContext, append, common_errors};
use crate::attempts::{DeviceId, TallyKey, Throttled, device_token};
use crate::audit::AuditEvent;
use crate::password::{Password, PasswordFault, Verdict};
use crate::secret::Secret;
use crate::session::EndReason;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::user::User;

/// A password that was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangePasswordError {
    /// The caller's own session is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The present password is another one.
    #[error("the current password is wrong")]
    CurrentPasswordWrong,
    /// The new one breaks the policy.
    #[error("the new password cannot be used")]
    Weak(Vec<PasswordFault>),
    /// This session has given too many wrong passwords. A new sign-in begins anew.
    #[error("the current password was not looked at")]
    Throttled(#[source] Throttled),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the password could not be changed")]
    Internal(#[source] InternalError),
}

common_errors!(ChangePasswordError);

/// Why a caller could not prove to be the account's owner.
pub(super) enum NotProven {
    Unauthenticated,
    WrongPassword,
    Throttled(Throttled),
    Unavailable(StoreError),
    Internal(InternalError),
}

/// Makes a use case's error of a [`NotProven`] and of a [`SessionError`].
macro_rules! owner_errors {
    ($($name:ident),*) => {$(
        impl From<crate::service::change_password::NotProven> for $name {
            fn from(error: crate::service::change_password::NotProven) -> Self {
                use crate::service::change_password::NotProven;
                match error {
                    NotProven::Unauthenticated => Self::Unauthenticated,
                    NotProven::WrongPassword => Self::CurrentPasswordWrong,
                    NotProven::Throttled(throttled) => Self::Throttled(throttled),
                    NotProven::Unavailable(error) => Self::Unavailable(error),
                    NotProven::Internal(error) => Self::Internal(error),
                }
            }
        }

        impl From<crate::service::SessionError> for $name {
            fn from(error: crate::service::SessionError) -> Self {
                use crate::service::SessionError;
                match error {
                    SessionError::Unauthenticated | SessionError::NotFound => Self::Unauthenticated,
                    SessionError::Unavailable(error) => Self::Unavailable(error),
                    SessionError::Internal(error) => Self::Internal(error),
                }
            }
        }
    )*};
}
pub(super) use owner_errors;

owner_errors!(ChangePasswordError);
attempt_errors!(NotProven);

impl AuthService {
    /// Changes the caller's password. Every other session ends; the caller's goes on, and its device gets another token
    /// ([`crate::service::SignedIn::device_token`]), for the account knows no device by the password before.
    ///
    /// # Errors
    /// [`ChangePasswordError`].
    pub fn change_password(
        &self,
        caller: &Caller,
        current: &Password,
        new: &Password,
        context: &RequestContext,
    ) -> Result<Option<Secret>, ChangePasswordError> {
        let now = self.clock.now();
        let user = self.prove_owner(caller, current, now, context)?;
        let mut faults = self.settings.password.check(new, user.name.canonical());
        // The present one is proven, so the two texts may be compared.
        if new.is_same(current) {
            faults.push(PasswordFault::Unchanged);
        }
        if !faults.is_empty() {
            return Err(ChangePasswordError::Weak(faults));
        }
        let hash = self.hasher.hash(new)?;
        let device = DeviceId::mint(self.entropy.as_ref())?;
        let record = [self.record(AuditEvent::PasswordChanged(user.id), now, context)?];
        let ended = self.store.write(|tx| {
            let locked = self.acting(tx, caller, now)?.ok_or(ChangePasswordError::Unauthenticated)?;
            // Somebody else changed it while the hashes were made: what was proven is no longer true.
            if locked.credential_version != user.credential_version || !tx.passwords().change(user.id, &hash, now)? {
                return Err(ChangePasswordError::CurrentPasswordWrong);
            }
            tx.users().raise_credential_version(user.id, now)?;
            // Whatever was guessed, it was guessed for another password.
            tx.attempts().clear(&TallyKey::account(user.id))?;
            append(tx, &record)?;
            let ended = self.end_others(tx, &user, caller.session, EndReason::PasswordChanged, now, context)?;
            Ok::<_, ChangePasswordError>(ended)
        })?;
        self.forget_refusals(user.name.canonical());
        self.note_endings(&ended, now);
        // One above what was held against the locked row.
        Ok(device_token(user.id, user.credential_version.saturating_add(1), device, now, &self.root_keys))
    }

    /// The caller's account, if the caller knows its password. One hash whatever the answer; a wrong one leaves a trace,
    /// and too many of them end it for this session: its token may be stolen.
    pub(super) fn prove_owner(
        &self,
        caller: &Caller,
        password: &Password,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<User, NotProven> {
        let (user, session) = match (self.account(caller, now), caller.session) {
            (Ok(user), Some(session)) => (user, session),
            (Ok(_), None) | (Err(AuthenticateError::Invalid(_)), _) => return Err(NotProven::Unauthenticated),
            (Err(AuthenticateError::Unavailable(error)), _) => return Err(NotProven::Unavailable(error)),
            (Err(AuthenticateError::Internal(error)), _) => return Err(NotProven::Internal(error)),
        };
        let reserved = self.reserve_check(user.id, session, now)?;
        let stored = self.store.read(|tx| tx.passwords().get(user.id)).map_err(NotProven::Unavailable)?;
        match self.hasher.verify(password, stored.as_ref().map(|stored| &stored.hash)) {
            Verdict::Match | Verdict::Stale => {
                self.store.write(|tx| settle_success(tx, &reserved)).map_err(NotProven::Unavailable)?;
                Ok(user)
            }
            Verdict::NoMatch => {
                let record = self
                    .record(AuditEvent::PasswordCheckFailed(user.id), now, context)
                    .map_err(|error| NotProven::Internal(error.into()))?;
                self.store.write(|tx| append(tx, std::slice::from_ref(&record))).map_err(NotProven::Unavailable)?;
                Err(NotProven::WrongPassword)
            }
        }
    }
}
