//! How a session ends.

use auth_core::StoreError;
use auth_core::id::{SessionId, UserId};
use auth_core::session::{EVERY_SESSION, EndReason};
use auth_core::store::Access;
use auth_core::time::Timestamp;
use diesel::prelude::*;

use crate::error::Failure;
use crate::schema::sessions::dsl;
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

/// Rows in one `UPDATE`: the databases take only so many values.
const ROWS: usize = 1_000;

/// A session that ended in a transaction which is still open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Untold {
    pub(super) session: IdBytes,
    pub(super) ended_at: Micros,
}

impl DieselTransaction<'_> {
    pub(super) fn end_session(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError> {
        let row = dsl::sessions.find(IdBytes::from(id)).filter(dsl::ended_at.is_null());
        let change = (dsl::ended_at.eq(Micros::from(now)), dsl::end_reason.eq(reason.as_str()));
        let ended = self.query(|connection| diesel::update(row).set(change).execute(connection))? > 0;
        if ended {
            self.untold.push(Untold { session: id.into(), ended_at: now.into() });
        }
        Ok(ended)
    }

    pub(super) fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let live = dsl::sessions.filter(dsl::user_id.eq(IdBytes::from(user)).and(dsl::ended_at.is_null()));
        let change = (dsl::ended_at.eq(Micros::from(now)), dsl::end_reason.eq(reason.as_str()));
        let mut ids: Vec<SessionId> = self
            .query(|connection| match except {
                Some(except) => {
                    let others = live.filter(dsl::id.ne(IdBytes::from(except)));
                    diesel::update(others).set(change).returning(dsl::id).load::<IdBytes>(connection)
                }
                None => diesel::update(live).set(change).returning(dsl::id).load::<IdBytes>(connection),
            })?
            .into_iter()
            .map(SessionId::from)
            .collect();
        ids.sort_unstable();
        self.untold.extend(ids.iter().map(|id| Untold { session: (*id).into(), ended_at: now.into() }));
        Ok(ids)
    }

    /// A reading transaction is refused here, for the row is written as late as those of other endings.
    pub(super) fn refuse_tokens_before(&mut self, at: Timestamp) -> Result<(), StoreError> {
        if self.access() == Access::Read {
            return Err(self.fail(Failure::Trouble(StoreError::unavailable("a write in a reading transaction"))));
        }
        self.untold.push(Untold { session: EVERY_SESSION.into(), ended_at: at.into() });
        Ok(())
    }

    pub(super) fn end_anybodys(&mut self, reason: EndReason, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let live = dsl::sessions.filter(dsl::ended_at.is_null()).select(dsl::id).limit(limit.into());
        let ids: Vec<IdBytes> = self.query(|connection| live.load(connection))?;
        let mut ended = 0;
        for ids in ids.chunks(ROWS) {
            let rows = dsl::sessions.filter(dsl::id.eq_any(ids)).filter(dsl::ended_at.is_null());
            let change = (dsl::ended_at.eq(Micros::from(now)), dsl::end_reason.eq(reason.as_str()));
            ended += self.query(|connection| diesel::update(rows).set(change).execute(connection))?;
        }
        Ok(u64::try_from(ended).unwrap_or(u64::MAX))
    }
}
