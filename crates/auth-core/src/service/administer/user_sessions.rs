//! The sessions of somebody else's account.

use super::{AdminError, Authority};
use crate::audit::AuditEvent;
use crate::id::{SessionId, UserId};
use crate::service::{AuthService, RequestContext, append};
use crate::session::{EndReason, Session};
use crate::store::StoreExt;

impl AuthService {
    /// The live sessions of an account, the latest refreshed first; no more than one account may have.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn sessions_of(&self, by: Authority<'_>, id: UserId) -> Result<Vec<Session>, AdminError> {
        let now = self.clock.now();
        let idle_since = now.saturating_sub(self.settings.session_idle);
        self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            tx.users().by_id(id)?.ok_or(AdminError::NotFound)?;
            let mut live = tx.sessions().live(id, now, idle_since)?;
            live.reverse();
            Ok(live)
        })
    }

    /// Ends one session of an account. One of another account is as unknown as one that never was.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn end_session_of(
        &self,
        by: Authority<'_>,
        id: UserId,
        session: SessionId,
        context: &RequestContext,
    ) -> Result<(), AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let record = [self.record(AuditEvent::SessionEnded(id, session, EndReason::Revoked), now, &context)?];
        self.store.write(|tx| {
            self.authorise(tx, by, now)?;
            let is_theirs = tx.sessions().by_id(session)?.is_some_and(|session| session.user == id);
            if !is_theirs || !tx.sessions().end(session, EndReason::Revoked, now)? {
                return Err(AdminError::NotFound);
            }
            Ok(append(tx, &record)?)
        })?;
        self.note_endings(&[session], now);
        Ok(())
    }

    /// Ends all sessions of an account, and answers how many.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn end_sessions_of(
        &self,
        by: Authority<'_>,
        id: UserId,
        context: &RequestContext,
    ) -> Result<usize, AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let ended = self.store.write(|tx| {
            self.authorise(tx, by, now)?;
            let user = tx.users().lock(id)?.ok_or(AdminError::NotFound)?;
            Ok::<_, AdminError>(self.end_others(tx, &user, None, EndReason::Revoked, now, &context)?)
        })?;
        self.note_endings(&ended, now);
        Ok(ended.len())
    }
}
