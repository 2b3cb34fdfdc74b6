//! One's own sessions: seeing them, and ending one.

use super::{AuthService, AuthenticateError, Caller, InternalError, RequestContext, append, common_errors};
use crate::audit::AuditEvent;
use crate::id::SessionId;
use crate::session::{EndReason, Session};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, User};

/// A session of the caller's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// The session.
    pub session: Session,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// What went wrong with a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The caller's own session is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The caller has no such session.
    #[error("no such session")]
    NotFound,
    /// The store cannot serve now; nothing was ended.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the session could not be handled")]
    Internal(#[source] InternalError),
}

common_errors!(SessionError);

impl AuthService {
    /// The caller's live sessions, the latest refreshed first.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn sessions(&self, caller: &Caller) -> Result<Vec<OwnSession>, SessionError> {
        let now = self.clock.now();
        let user = self.account(caller, now).map_err(|error| match error {
            AuthenticateError::Invalid(_) => SessionError::Unauthenticated,
            AuthenticateError::Unavailable(error) => SessionError::Unavailable(error),
            AuthenticateError::Internal(error) => SessionError::Internal(error),
        })?;
        let idle_since = now.saturating_sub(self.settings.session_idle);
        let mut live = self.store.read(|tx| tx.sessions().live(user.id, now, idle_since))?;
        live.reverse();
        let own = |session: Session| OwnSession { is_current: caller.session == Some(session.id), session };
        Ok(live.into_iter().map(own).collect())
    }

    /// Ends one of the caller's sessions. Somebody else's is as unknown as one that never was.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn end_session(&self, caller: &Caller, id: SessionId, context: &RequestContext) -> Result<(), SessionError> {
        let now = self.clock.now();
        self.store.write(|tx| {
            let user = self.acting(tx, caller, now)?.ok_or(SessionError::Unauthenticated)?;
            let is_own = tx.sessions().by_id(id)?.is_some_and(|session| session.user == user.id);
            if !is_own || !tx.sessions().end(id, EndReason::SignedOut, now)? {
                return Err(SessionError::NotFound);
            }
            let event = AuditEvent::SessionEnded(user.id, id, EndReason::SignedOut);
            append(tx, &[self.record(event, now, context)?])?;
            Ok(())
        })?;
        self.note_endings(&[id], now);
        Ok(())
    }

    /// The caller's account, locked, if the caller may change something: a live session of its own, and an active account.
    /// Tokens of the tutorial's app know no session and may only read.
    pub(super) fn acting(
        &self,
        tx: &mut dyn Transaction,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let Some(id) = caller.session else { return Ok(None) };
        let user = tx.users().lock(caller.user)?.filter(|user| user.state == AccountState::Active);
        let session = tx.sessions().by_id(id)?;
        let is_live =
            |session: &Session| session.user == caller.user && session.is_live(now, self.settings.session_idle);
        Ok(user.filter(|_| session.as_ref().is_some_and(is_live)))
    }

    /// Ends the account's other sessions, or all, with a line in the log for each.
    pub(super) fn end_others(
        &self,
        tx: &mut dyn Transaction,
        user: &User,
        except: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Vec<SessionId>, SessionError> {
        let ended = tx.sessions().end_all(user.id, except, reason, now)?;
        for session in &ended {
            append(tx, &[self.record(AuditEvent::SessionEnded(user.id, *session, reason), now, context)?])?;
        }
        Ok(ended)
    }
}
