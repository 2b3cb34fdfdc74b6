//! Reading one's own account.

use super::{AuthService, AuthenticateError, Caller};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, User};

impl AuthService {
    /// The caller's account, read now: a deleted or disabled account and an ended session are refused, whatever the
    /// token says.
    ///
    /// # Errors
    /// [`AuthenticateError`].
    pub fn me(&self, caller: &Caller) -> Result<User, AuthenticateError> {
        self.account(caller, self.clock.now())
    }

    pub(super) fn account(&self, caller: &Caller, now: Timestamp) -> Result<User, AuthenticateError> {
        let user = self.store.read(|tx| self.account_of(tx, caller, now))?;
        user.ok_or(AuthenticateError::Invalid(None))
    }

    /// The caller's account, if it is active, and the session, where there is one, lives.
    pub(super) fn account_of(
        &self,
        tx: &mut dyn Transaction,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        if let Some(id) = caller.session {
            let session = tx.sessions().by_id(id)?;
            if !session
                .is_some_and(|session| session.user == caller.user && session.is_live(now, self.settings.session_idle))
            {
                return Ok(None);
            }
        }
        Ok(tx.users().by_id(caller.user)?.filter(|user| user.state == AccountState::Active))
    }
}
