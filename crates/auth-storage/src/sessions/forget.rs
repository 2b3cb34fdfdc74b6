//! Forgetting what is over.

use auth_core::StoreError;
use auth_core::session::Forget;
use diesel::prelude::*;

use crate::batches::{ROWS, count, lock_free_ones};
use crate::connection::MultiConnection;
use crate::schema::session_endings::dsl as endings;
use crate::schema::sessions::dsl;
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

impl DieselTransaction<'_> {
    pub(super) fn forget_sessions(&mut self, before: &Forget, limit: u32) -> Result<u64, StoreError> {
        let (dead, idle) = (Micros::from(before.dead_before), Micros::from(before.idle_before));
        let ended = dsl::sessions.filter(dsl::ended_at.lt(dead)).select(dsl::id).limit(limit.into());
        let mut ids: Vec<IdBytes> = self.query(|connection| lock_free_ones!(connection, ended))?;
        let rest = i64::from(limit).saturating_sub(i64::try_from(ids.len()).unwrap_or(i64::MAX));
        let mut forgotten = self.delete_sessions(&ids)?;
        if rest > 0 {
            // This one looks through the table, and so only when there is nothing easier to find: a third of a second for a
            // million sessions on PostgreSQL. An index on `rotated_at` cost every refresh a third of its rate (measured).
            let over =
                dsl::sessions.filter(dsl::expires_at.lt(dead).or(dsl::rotated_at.lt(idle))).select(dsl::id).limit(rest);
            ids = self.query(|connection| lock_free_ones!(connection, over))?;
            forgotten += self.delete_sessions(&ids)?;
        }
        Ok(forgotten)
    }

    pub(super) fn forget_endings(&mut self, before: &Forget, limit: u32) -> Result<u64, StoreError> {
        let old = endings::session_endings
            .filter(endings::ended_at.lt(Micros::from(before.endings_before)))
            .select(endings::seq)
            .limit(limit.into());
        let seqs: Vec<i64> = self.query(|connection| lock_free_ones!(connection, old))?;
        let mut forgotten = 0;
        for seqs in seqs.chunks(ROWS) {
            let rows = endings::session_endings.filter(endings::seq.eq_any(seqs));
            forgotten += count(self.query(|connection| diesel::delete(rows).execute(connection))?);
        }
        Ok(forgotten)
    }

    fn delete_sessions(&mut self, ids: &[IdBytes]) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for ids in ids.chunks(ROWS) {
            let rows = dsl::sessions.filter(dsl::id.eq_any(ids));
            forgotten += count(self.query(|connection| diesel::delete(rows).execute(connection))?);
        }
        Ok(forgotten)
    }
}
