//! How much was refused: counted here, and told to the audit log now and then. A line for each refusal of a flood would
//! be a flood of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Limiter;
use crate::id::UserId;

/// Accounts that are told apart between two tellings; the refusals of others are counted together.
const ACCOUNTS: usize = 1_024;

/// Refusals since the last telling.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<(Limiter, Option<UserId>), u64>>);

impl Ledger {
    /// Counts one.
    pub(crate) fn count(&self, limiter: Limiter, user: Option<UserId>) {
        self.add(limiter, user, 1);
    }

    /// Takes everything out.
    pub(crate) fn take(&self) -> Vec<(Limiter, Option<UserId>, u64)> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts.into_iter().map(|((limiter, user), count)| (limiter, user, count)).collect()
    }

    /// Puts back what could not be told.
    pub(crate) fn put_back(&self, counts: &[(Limiter, Option<UserId>, u64)]) {
        for (limiter, user, count) in counts {
            self.add(*limiter, *user, *count);
        }
    }

    fn add(&self, limiter: Limiter, user: Option<UserId>, by: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !counts.contains_key(&(limiter, user));
        let user = user.filter(|_| !is_new || counts.len() < ACCOUNTS);
        let count = counts.entry((limiter, user)).or_default();
        *count = count.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_counted_and_accounts_are_told_apart_as_far_as_there_is_room() {
        let ledger = Ledger::default();
        for number in 0..5_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            ledger.count(Limiter::Account, Some(UserId::from_bytes(id)));
            ledger.count(Limiter::Account, Some(UserId::from_bytes([0; 16])));
        }
        let sum = |counts: &[(Limiter, Option<UserId>, u64)]| counts.iter().map(|(.., count)| count).sum::<u64>();
        let counts = ledger.take();
        assert_eq!((sum(&counts), counts.len()), (10_000, ACCOUNTS + 1));
        assert!(counts.contains(&(Limiter::Account, Some(UserId::from_bytes([0; 16])), 5_001)));
        assert!(ledger.take().is_empty());
        ledger.put_back(&counts);
        assert_eq!(sum(&ledger.take()), 10_000);
    }
}
