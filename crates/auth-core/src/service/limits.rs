//! What becomes of counts: lifted by an administrator, told to the audit log, forgotten.

use std::time::Duration;

use super::{AuthService, InternalError, RequestContext, append, common_errors};
use crate::attempts::{DAY, DEVICE_LIFE, ForgetAttempts, LONGEST_WAIT, TallyKey};
use crate::audit::AuditEvent;
use crate::store::{StoreError, StoreExt};
use crate::user::{CanonicalName, User};

/// Names that nobody has and whose attempts are remembered: some ten megabytes.
const NAMES: u32 = 100_000;
/// How long a name that nobody has stays blocked, once nobody is let in to try: as long as a device is known. The block of
/// an account has no end.
const NAMES_REST: Duration = DEVICE_LIFE;
/// Rows of a sort that are forgotten in one transaction: small enough to hold no lock for long.
const BATCH: u32 = 500;

/// An account to which strangers may try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    /// The account.
    pub user: User,
    /// Whether any attempt was counted.
    pub was_counted: bool,
}

/// An account that was not unlocked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// No account has this name.
    #[error("no account has this name")]
    UnknownUser,
    /// The store cannot serve now; nothing was done.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend; nothing was done.
    #[error("the account could not be unlocked")]
    Internal(#[source] InternalError),
}

/// Refusals that were not told. They are told the next time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("refusals could not be told")]
    Internal(#[source] InternalError),
}

common_errors!(UnlockError, TellError);

impl AuthService {
    /// Forgets the failed attempts of an account, so that devices which it does not know may sign in again. This instance
    /// obeys at once, others within five seconds. For administrators; the account's owner changes the password instead.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn unlock(&self, username: &str, context: &RequestContext) -> Result<Unlocked, UnlockError> {
        let now = self.clock.now();
        let name = CanonicalName::of(username);
        let found = self.store.read(|tx| tx.users().by_name(&name))?;
        let user = found.ok_or(UnlockError::UnknownUser)?;
        let record = [self.record(AuditEvent::UserUnlocked(user.id), now, context)?];
        let was_counted = self.store.write(|tx| {
            let was_counted = tx.attempts().clear(&TallyKey::account(user.id))?;
            append(tx, &record)?;
            Ok::<_, StoreError>(was_counted)
        })?;
        self.forget_refusals(user.name.canonical());
        Ok(Unlocked { user, was_counted })
    }

    /// Tells the audit log how many attempts were refused unseen since the last time: a line for each account, and one
    /// for each limiter by networks. A server calls it every minute, and before it stops.
    ///
    /// # Errors
    /// [`TellError`]; what was not told is told the next time.
    pub fn tell_refusals(&self) -> Result<(), TellError> {
        let counts = self.refused.take();
        if counts.is_empty() {
            return Ok(());
        }
        let (now, context) = (self.clock.now(), RequestContext::system());
        let lines = counts
            .iter()
            .map(|(limiter, user, count)| self.record(AuditEvent::Throttled(*user, *limiter, *count), now, &context));
        let told = lines.collect::<Result<Vec<_>, _>>().map_err(TellError::from);
        let told = told.and_then(|lines| Ok(self.store.write(|tx| append(tx, &lines))?));
        if told.is_err() {
            self.refused.put_back(&counts);
        }
        told
    }

    /// Forgets counts that matter to nobody any more, in small batches. Answers how many. Safe with several instances at
    /// once.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten before stays forgotten.
    pub fn forget_attempts(&self) -> Result<u64, StoreError> {
        let (now, account) = (self.clock.now(), &self.settings.limits.account);
        let what = ForgetAttempts {
            now,
            devices_before: now.saturating_sub(DEVICE_LIFE),
            sessions_before: now.saturating_sub(self.settings.session_ttl),
            accounts_before: now.saturating_sub(DAY),
            names_before: now.saturating_sub(NAMES_REST),
            names: NAMES,
            blocked_at: account.disable_at,
            per_day: account.per_day,
            rested_before: now.saturating_sub(LONGEST_WAIT),
        };
        let mut forgotten = 0;
        loop {
            let batch = self.store.write(|tx| tx.attempts().forget(&what, BATCH))?;
            forgotten += batch;
            if batch == 0 {
                return Ok(forgotten);
            }
        }
    }
}
