//! Another name, and the end of an account, by its owner.

use super::administer::keeps_an_administrator;
use super::change_password::owner_errors;
use super::{AuthService, Caller, InternalError, RequestContext, append, common_errors};
use crate::attempts::{TallyKey, Throttled};
use crate::audit::AuditEvent;
use crate::password::Password;
use crate::session::EndReason;
use crate::store::{StoreError, StoreExt};
use crate::user::{Added, User, UsernameFault};

/// A name that was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// The caller's own session is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The password is another one.
    #[error("the current password is wrong")]
    CurrentPasswordWrong,
    /// This session has given too many wrong passwords. A new sign-in begins anew.
    #[error("the password was not looked at")]
    Throttled(#[source] Throttled),
    /// The new name breaks the policy.
    #[error("the new name cannot be used")]
    Invalid(UsernameFault),
    /// The name, or one that looks like it, is somebody else's.
    #[error("the name is taken")]
    UsernameTaken,
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the name could not be changed")]
    Internal(#[source] InternalError),
}

/// An account that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteError {
    /// The caller's own session is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The password is another one.
    #[error("the current password is wrong")]
    CurrentPasswordWrong,
    /// This session has given too many wrong passwords. A new sign-in begins anew.
    #[error("the password was not looked at")]
    Throttled(#[source] Throttled),
    /// It is the last active administrator's.
    #[error("the last active administrator stays")]
    LastAdmin,
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the account could not be deleted")]
    Internal(#[source] InternalError),
}

common_errors!(RenameError, DeleteError);
owner_errors!(RenameError, DeleteError);

impl AuthService {
    /// Gives the caller's account another name. Tokens show the old one until they are refreshed.
    ///
    /// # Errors
    /// [`RenameError`].
    pub fn rename(
        &self,
        caller: &Caller,
        name: &str,
        password: &Password,
        context: &RequestContext,
    ) -> Result<User, RenameError> {
        let now = self.clock.now();
        let name = self.settings.username.check(name).map_err(RenameError::Invalid)?;
        let user = self.prove_owner(caller, password, now, context)?;
        let record = [self.record(AuditEvent::UserRenamed(user.id), now, context)?];
        let renamed = self.store.write(|tx| {
            let locked = self.acting(tx, caller, now)?.ok_or(RenameError::Unauthenticated)?;
            if locked.credential_version != user.credential_version {
                return Err(RenameError::CurrentPasswordWrong);
            }
            match tx.users().rename(user.id, &name, now)? {
                Some(Added::Added) => append(tx, &record)?,
                Some(Added::Taken(_)) => return Err(RenameError::UsernameTaken),
                None => return Err(RenameError::Unauthenticated),
            }
            Ok(User { name: name.clone(), updated_at: now, ..locked })
        })?;
        // Of the old name nobody is refused for this account's sake, nor of the new one for having been nobody's.
        for name in [&user.name, &renamed.name] {
            self.forget_refusals(name.canonical());
        }
        Ok(renamed)
    }

    /// Deletes the caller's account with its password and sessions. Its name is free afterwards; its id is never given
    /// out again.
    ///
    /// # Errors
    /// [`DeleteError`].
    pub fn delete_account(
        &self,
        caller: &Caller,
        password: &Password,
        context: &RequestContext,
    ) -> Result<(), DeleteError> {
        let now = self.clock.now();
        let user = self.prove_owner(caller, password, now, context)?;
        let record = [self.record(AuditEvent::UserDeleted(user.id), now, context)?];
        let ended = self.store.write(|tx| {
            tx.roles().lock()?;
            let locked = self.acting(tx, caller, now)?.ok_or(DeleteError::Unauthenticated)?;
            if locked.credential_version != user.credential_version {
                return Err(DeleteError::CurrentPasswordWrong);
            }
            if !keeps_an_administrator(tx, &locked)? {
                return Err(DeleteError::LastAdmin);
            }
            let ended = self.end_others(tx, &user, None, EndReason::AccountDeleted, now, context)?;
            tx.users().delete(user.id)?;
            tx.attempts().clear(&TallyKey::account(user.id))?;
            append(tx, &record)?;
            Ok::<_, DeleteError>(ended)
        })?;
        self.forget_refusals(user.name.canonical());
        self.note_endings(&ended, now);
        Ok(())
    }
}
