//! How much there is.

use super::{AdminError, Authority};
use crate::service::AuthService;
use crate::store::StoreExt;
use crate::user::AccountState;

/// Counts, exact at the instant of the question. Each is counted along an index; none is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Accounts that may sign in.
    pub active_users: u64,
    /// Accounts that may not.
    pub disabled_users: u64,
    /// Sessions that have not ended. Those that idled out or reached their absolute limit count until they are forgotten, a day later.
    pub open_sessions: u64,
}

impl AuthService {
    /// How many accounts and sessions there are.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn stats(&self, by: Authority<'_>) -> Result<Stats, AdminError> {
        let now = self.clock.now();
        self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            Ok(Stats {
                active_users: tx.users().count(AccountState::Active)?,
                disabled_users: tx.users().count(AccountState::Disabled)?,
                open_sessions: tx.sessions().count()?,
            })
        })
    }
}
