//! Signing out, and revoking by token.

use super::{AuthService, Caller, InternalError, RequestContext, SessionError, append, common_errors};
use crate::audit::AuditEvent;
use crate::id::SessionId;
use crate::session::EndReason;
use crate::session::refresh::PresentedToken;
use crate::store::{StoreError, StoreExt};

/// Which sessions a sign-out ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogoutScope {
    /// The one that asks.
    Local,
    /// All but the one that asks.
    Others,
    /// All.
    Global,
}

/// A sign-out that did not take place. It is never answered as if it had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// The caller's own session is over.
    #[error("the caller's session is over")]
    Unauthenticated,
    /// The store cannot serve now; it is not known whether anything was ended.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the sign-out failed")]
    Internal(#[source] InternalError),
}

common_errors!(LogoutError);

impl From<SessionError> for LogoutError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unauthenticated | SessionError::NotFound => Self::Unauthenticated,
            SessionError::Unavailable(error) => Self::Unavailable(error),
            SessionError::Internal(error) => Self::Internal(error),
        }
    }
}

impl AuthService {
    /// Signs the caller out.
    ///
    /// # Errors
    /// [`LogoutError`].
    pub fn logout(&self, caller: &Caller, scope: LogoutScope, context: &RequestContext) -> Result<(), LogoutError> {
        let now = self.clock.now();
        let ended = self.store.write(|tx| {
            let user = self.acting(tx, caller, now)?.ok_or(LogoutError::Unauthenticated)?;
            let ended: Vec<SessionId> = match (scope, caller.session) {
                (LogoutScope::Local, Some(id)) => {
                    tx.sessions().end(id, EndReason::SignedOut, now)?;
                    let event = AuditEvent::SessionEnded(user.id, id, EndReason::SignedOut);
                    append(tx, &[self.record(event, now, context)?])?;
                    vec![id]
                }
                (LogoutScope::Others, own) => self.end_others(tx, &user, own, EndReason::SignedOut, now, context)?,
                (LogoutScope::Local | LogoutScope::Global, _) => {
                    self.end_others(tx, &user, None, EndReason::SignedOut, now, context)?
                }
            };
            Ok::<_, LogoutError>(ended)
        })?;
        self.note_endings(&ended, now);
        Ok(())
    }

    /// Ends the session that a token belongs to (RFC 7009): a refresh token of any generation, or an access token. One
    /// that is unknown, forged or of a dead session is as good as revoked.
    ///
    /// # Errors
    /// [`LogoutError::Unavailable`], [`LogoutError::Internal`].
    pub fn revoke(&self, token: &str, context: &RequestContext) -> Result<(), LogoutError> {
        let now = self.clock.now();
        let presented = PresentedToken::parse(token);
        let (id, subject) = match &presented {
            Some(presented) => (presented.session, None),
            None => match self.verifier.verify(token, now) {
                Ok(claims) => (claims.session, Some(claims.subject)),
                Err(_) => return Ok(()),
            },
        };
        let ended = self.store.write(|tx| {
            let Some(session) = tx.sessions().by_id(id)? else { return Ok(false) };
            if presented.as_ref().is_some_and(|presented| !presented.is_genuine(&session, &self.root_keys)) {
                return Ok(false);
            }
            // As everywhere else: a token that names another account is none of this session.
            if subject.is_some_and(|subject| subject != session.user) {
                return Ok(false);
            }
            let ended = tx.sessions().end(id, EndReason::SignedOut, now)?;
            if ended {
                let event = AuditEvent::SessionEnded(session.user, id, EndReason::SignedOut);
                append(tx, &[self.record(event, now, context)?])?;
            }
            Ok::<_, LogoutError>(ended)
        })?;
        if ended {
            self.note_endings(&[id], now);
        }
        Ok(())
    }
}
