//! Forgetting counts that matter to nobody.

use auth_core::StoreError;
use auth_core::attempts::{ForgetAttempts, TallyKind};
use auth_core::time::Timestamp;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::batches::{ROWS, count, lock_free_ones};
use crate::connection::MultiConnection;
use crate::schema::attempt_tallies::dsl;
use crate::schema::attempt_windows::dsl as windows;
use crate::schema::users;
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

impl DieselTransaction<'_> {
    pub(super) fn forget_windows(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError> {
        let over = windows::attempt_windows.filter(windows::until.le(Micros::from(what.now)));
        let over = over.select(windows::key).limit(limit.into());
        let keys: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, over))?;
        let mut forgotten = 0;
        for keys in keys.chunks(ROWS) {
            let rows = windows::attempt_windows.filter(windows::key.eq_any(keys));
            forgotten += count(self.query(|connection| diesel::delete(rows).execute(connection))?);
        }
        Ok(forgotten)
    }

    pub(super) fn forget_tallies(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError> {
        let idle = |kind: TallyKind, before: Timestamp| {
            let rows =
                dsl::attempt_tallies.filter(dsl::kind.eq(kind.as_str()).and(dsl::last_at.lt(Micros::from(before))));
            rows.select(dsl::key).limit(limit.into())
        };
        // Nobody is left to whom they could matter.
        let orphaned = not(exists(users::table.filter(users::id.eq(dsl::key))));
        let accounts = idle(TallyKind::Account, what.accounts_before).filter(dsl::failures.eq(0).or(orphaned));
        let keys: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, accounts))?;
        let mut forgotten = self.delete_tallies(TallyKind::Account, &keys)?;
        let is_old = dsl::last_at.lt(Micros::from(what.names_before));
        let names = idle(TallyKind::Name, what.accounts_before).filter(dsl::failures.eq(0).or(is_old));
        let keys: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, names))?;
        forgotten += self.delete_tallies(TallyKind::Name, &keys)?;
        for (kind, before) in [(TallyKind::Device, what.devices_before), (TallyKind::Session, what.sessions_before)] {
            let rows = idle(kind, before);
            let keys: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, rows))?;
            forgotten += self.delete_tallies(kind, &keys)?;
        }
        Ok(forgotten)
    }

    /// The oldest of too many names, but for those that block somebody.
    pub(super) fn forget_names(&mut self, what: &ForgetAttempts, limit: u32) -> Result<u64, StoreError> {
        let names = dsl::attempt_tallies.filter(dsl::kind.eq(TallyKind::Name.as_str()));
        let newest = names.select(dsl::last_at).order(dsl::last_at.desc()).offset(what.names.into());
        let surplus: Option<Micros> = self.query(|connection| newest.first(connection).optional())?;
        let Some(surplus) = surplus else { return Ok(0) };
        let is_over =
            dsl::day_count.lt(i64::from(what.per_day)).or(dsl::day_began.lt(Micros::from(what.accounts_before)));
        let rows = names
            .filter(dsl::last_at.le(surplus).and(dsl::last_at.lt(Micros::from(what.rested_before))))
            .filter(dsl::failures.lt(i64::from(what.blocked_at)).and(is_over))
            .select(dsl::key)
            .order(dsl::last_at)
            .limit(limit.into());
        let keys: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, rows))?;
        self.delete_tallies(TallyKind::Name, &keys)
    }

    fn delete_tallies(&mut self, kind: TallyKind, keys: &[IdBytes]) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for keys in keys.chunks(ROWS) {
            let rows = dsl::attempt_tallies.filter(dsl::kind.eq(kind.as_str()).and(dsl::key.eq_any(keys)));
            forgotten += count(self.query(|connection| diesel::delete(rows).execute(connection))?);
        }
        Ok(forgotten)
    }
}
