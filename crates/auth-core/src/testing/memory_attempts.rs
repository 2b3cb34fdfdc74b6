//! The counts of the store in memory.

use super::memory::MemoryTransaction;
use crate::attempts::{AttemptRepository, ForgetAttempts, Tally, TallyKey, TallyKind, Window, WindowKey};
use crate::id::UserId;
use crate::store::StoreError;

impl AttemptRepository for MemoryTransaction {
    fn open(&mut self, key: &TallyKey, blank: &Tally) -> Result<Tally, StoreError> {
        Ok(*self.writable()?.tallies.entry(*key).or_insert(*blank))
    }

    fn lock(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError> {
        // One transaction at a time is all there is.
        Ok(self.writable()?.tallies.get(key).copied())
    }

    fn get(&mut self, key: &TallyKey) -> Result<Option<Tally>, StoreError> {
        Ok(self.state.tallies.get(key).copied())
    }

    fn keep(&mut self, key: &TallyKey, tally: &Tally) -> Result<bool, StoreError> {
        let Some(kept) = self.writable()?.tallies.get_mut(key) else { return Ok(false) };
        *kept = *tally;
        Ok(true)
    }

    fn clear(&mut self, key: &TallyKey) -> Result<bool, StoreError> {
        Ok(self.writable()?.tallies.remove(key).is_some())
    }

    fn open_window(&mut self, key: &WindowKey, blank: &Window) -> Result<Window, StoreError> {
        Ok(*self.writable()?.windows.entry(*key).or_insert(*blank))
    }

    fn keep_window(&mut self, key: &WindowKey, window: &Window) -> Result<bool, StoreError> {
        let Some(kept) = self.writable()?.windows.get_mut(key) else { return Ok(false) };
        *kept = *window;
        Ok(true)
    }

    fn forget(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError> {
        let state = self.writable()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let over: Vec<_> = state
            .windows
            .iter()
            .filter(|(_, window)| window.until <= what.now)
            .map(|(key, _)| *key)
            .take(limit)
            .collect();
        for key in &over {
            state.windows.remove(key);
        }
        let mut gone = Vec::new();
        for kind in [TallyKind::Account, TallyKind::Name, TallyKind::Device, TallyKind::Session] {
            let is_over = |key: &TallyKey, tally: &Tally| match kind {
                TallyKind::Account => {
                    let is_idle = tally.last_at < what.accounts_before;
                    is_idle && (tally.failures == 0 || !state.users.contains_key(&UserId::from_bytes(key.id)))
                }
                TallyKind::Name => {
                    tally.last_at < what.accounts_before && (tally.failures == 0 || tally.last_at < what.names_before)
                }
                TallyKind::Device => tally.last_at < what.devices_before,
                TallyKind::Session => tally.last_at < what.sessions_before,
            };
            let rows = state.tallies.iter().filter(|(key, tally)| key.kind == kind && is_over(key, tally));
            gone.extend(rows.map(|(key, _)| *key).take(limit));
        }
        for key in &gone {
            state.tallies.remove(key);
        }
        let mut names: Vec<_> = state.tallies.iter().filter(|(key, _)| key.kind == TallyKind::Name).collect();
        names.sort_by_key(|(key, tally)| (std::cmp::Reverse(tally.last_at), std::cmp::Reverse(key.id)));
        let surplus = names.into_iter().skip(usize::try_from(what.names).unwrap_or(usize::MAX)).rev();
        let surplus: Vec<_> =
            surplus.filter(|(_, tally)| what.is_harmless(tally)).map(|(key, _)| *key).take(limit).collect();
        for key in &surplus {
            state.tallies.remove(key);
        }
        Ok(u64::try_from(over.len() + gone.len() + surplus.len()).unwrap_or(u64::MAX))
    }
}
