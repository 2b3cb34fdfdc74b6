//! What a store does for counts.

use super::{Tally, TallyKey, Window, WindowKey};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Counts of attempts. To open or to lock a row is to hold it until the transaction ends: whoever else wants it waits, and
/// then sees what was kept. Every transaction takes windows before tallies, and of either kind in the order that the use
/// case gives.
pub trait AttemptRepository {
    /// The tally of a key, made as `blank` where there is none, and held.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open(&mut self, key: &TallyKey, blank: &Tally) -> Result<Tally, StoreError>;

    /// The tally of a key where there is one, held.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError>;

    /// The tally of a key where there is one; nobody has to wait.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError>;

    /// Keeps a tally that was opened or locked; `false` where it is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keep(&mut self, key: &TallyKey, tally: &Tally) -> Result<bool, StoreError>;

    /// Forgets the tally of a key: whoever was blocked may try again. `false` where there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn clear(&mut self, key: &TallyKey) -> Result<bool, StoreError>;

    /// The window of a key, made as `blank` where there is none, and held.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_window(&mut self, key: &WindowKey, blank: &Window) -> Result<Window, StoreError>;

    /// Keeps a window that was opened; `false` where it is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keep_window(&mut self, key: &WindowKey, window: &Window) -> Result<bool, StoreError>;

    /// Forgets at most `limit` rows of each sort that matter to nobody any more, and answers how many. What blocks
    /// an account is never forgotten. Safe with several instances at once; rows that somebody holds are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError>;
}

/// What may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForgetAttempts {
    /// Windows that end at this instant or before it.
    pub now: Timestamp,
    /// Tallies of devices whose tokens have all expired: untouched since before this instant.
    pub devices_before: Timestamp,
    /// Tallies of sessions that are over: untouched since before this instant.
    pub sessions_before: Timestamp,
    /// Tallies of accounts and names without failures, untouched since before this instant (a day ago); and those of
    /// accounts that are gone.
    pub accounts_before: Timestamp,
    /// Tallies of names, whatever they say: untouched since before this instant (long before `accounts_before`). They block
    /// nobody who is there, and would be there for ever.
    pub names_before: Timestamp,
    /// So many names that nobody has are remembered. Beyond it the oldest go that block nobody: with fewer than
    /// `blocked_at` failures in a row, a day of fewer than `per_day` attempts or one that began before `accounts_before`,
    /// and untouched since before `rested_before`.
    pub names: u32,
    /// See `names`.
    pub blocked_at: u32,
    /// See `names`.
    pub per_day: u32,
    /// See `names`.
    pub rested_before: Timestamp,
}

impl ForgetAttempts {
    /// Whether nothing is lost but a count that blocks nobody.
    pub fn is_harmless(&self, tally: &Tally) -> bool {
        tally.failures < self.blocked_at
            && (tally.day_count < self.per_day || tally.day_began < self.accounts_before)
            && tally.last_at < self.rested_before
    }
}
