//! Sessions.

mod ending;
mod endings;
mod forget;
mod rotate;
mod row;

use auth_core::StoreError;
use auth_core::id::{SessionId, UserId};
use auth_core::root_keys::RootKeyId;
use auth_core::session::{EndReason, Endings, Forget, Session, SessionRepository};
use auth_core::time::Timestamp;
use diesel::prelude::*;

pub(crate) use ending::Untold;
use rotate::Rotate;
use row::{NewSession, SessionRow};

use crate::schema::sessions::dsl;
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

impl SessionRepository for DieselTransaction<'_> {
    fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        let row = NewSession::from(session);
        self.query(|connection| diesel::insert_into(dsl::sessions).values(&row).execute(connection)).map(drop)
    }

    fn by_id(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> =
            self.query(|connection| dsl::sessions.find(IdBytes::from(id)).first(connection).optional())?;
        row.map(Session::try_from).transpose()
    }

    fn live(&mut self, user: UserId, now: Timestamp, idle_since: Timestamp) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<SessionRow> = self.query(|connection| {
            dsl::sessions
                .filter(dsl::user_id.eq(IdBytes::from(user)).and(dsl::ended_at.is_null()))
                .filter(dsl::expires_at.gt(Micros::from(now)).and(dsl::rotated_at.gt(Micros::from(idle_since))))
                .order((dsl::rotated_at, dsl::id))
                .load(connection)
        })?;
        rows.into_iter().map(Session::try_from).collect()
    }

    fn rotate(&mut self, id: SessionId, presented: i64, at: Timestamp) -> Result<bool, StoreError> {
        let rotate = Rotate { id: id.into(), presented, at: at.into() };
        self.query(|connection| rotate.execute(connection)).map(|rows| rows > 0)
    }

    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError> {
        self.end_session(id, reason, now)
    }

    fn end_all(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.end_sessions(user, except, reason, now)
    }

    fn refuse_before(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.refuse_tokens_before(at)
    }

    fn end_some(&mut self, reason: EndReason, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.end_anybodys(reason, now, limit)
    }

    fn endings(&mut self, after: i64, limit: u32) -> Result<Endings, StoreError> {
        self.endings_after(after, limit)
    }

    fn forget(&mut self, before: &Forget, limit: u32) -> Result<u64, StoreError> {
        Ok(self.forget_sessions(before, limit)? + self.forget_endings(before, limit)?)
    }

    fn count(&mut self) -> Result<u64, StoreError> {
        // Along the index of accounts and endings, which says it all; of the table nothing is read.
        let open = dsl::sessions.filter(dsl::ended_at.is_null());
        let count: i64 = self.query(|connection| open.count().get_result(connection))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    fn root_keys(&mut self, now: Timestamp, idle_since: Timestamp) -> Result<Vec<RootKeyId>, StoreError> {
        // Looks through the whole table: asked at the start and by commands only.
        let keys: Vec<Stored<String>> = self.query(|connection| {
            dsl::sessions
                .filter(dsl::ended_at.is_null())
                .filter(dsl::expires_at.gt(Micros::from(now)).and(dsl::rotated_at.gt(Micros::from(idle_since))))
                .select(dsl::root_key)
                .distinct()
                .order(dsl::root_key)
                .load(connection)
        })?;
        // Many rows have one key, so none can be named.
        let here = Row { table: "sessions", id: &"?" };
        keys.into_iter().map(|key| here.parse("root_key", key, |id| RootKeyId::parse(&id))).collect()
    }

    fn born_under(
        &mut self,
        root_key: &RootKeyId,
        now: Timestamp,
        idle_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError> {
        // May look through the whole table: asked by an operator's command, and rarely.
        let ids: Vec<Stored<IdBytes>> = self.query(|connection| {
            dsl::sessions
                .filter(dsl::root_key.eq(root_key.as_str()).and(dsl::ended_at.is_null()))
                .filter(dsl::expires_at.gt(Micros::from(now)).and(dsl::rotated_at.gt(Micros::from(idle_since))))
                .select(dsl::id)
                .order(dsl::id)
                .limit(limit.into())
                .load(connection)
        })?;
        ids.into_iter().map(|id| Row { table: "sessions", id: &id }.value("id", id).map(SessionId::from)).collect()
    }
}
