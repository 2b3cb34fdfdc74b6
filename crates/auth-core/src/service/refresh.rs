//! The next pair of tokens.

use super::{AuthService, InternalError, RequestContext, SignedIn, append, common_errors};
use crate::audit::AuditEvent;
use crate::role::Role;
use crate::session::refresh::{PresentedToken, RefreshLimits, Step, decide};
use crate::session::{EndReason, Session};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, User};

/// A refresh that gave no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of ours, or of a session that is over. One answer.
    #[error("the refresh token is not valid")]
    Invalid,
    /// A token that was superseded, so somebody has a copy; or one of a later generation, so the store lost commits
    /// ([`EndReason::Ahead`]). The session was ended.
    #[error("the refresh token was used before")]
    Reused(EndReason),
    /// The store cannot serve now. Trying the same token again is safe.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the refresh failed")]
    Internal(#[source] InternalError),
}

common_errors!(RefreshError);

/// The answer to a refresh: the session's next pair of tokens.
pub type Refreshed = SignedIn;

/// What was found and done, and committed.
enum Found {
    /// The session, the account and its roles; the successor is of this generation.
    Next(Box<(Session, User, Vec<Role>)>, i64),
    /// Refused, with nothing written.
    Refused,
    /// Refused; the session was ended.
    Ended(EndReason),
}

impl AuthService {
    /// Exchanges a refresh token for its successor and a fresh access token. Within the retry window the same token gets
    /// the same successor again, however often and from however many tabs at once.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub fn refresh(&self, token: &str, context: &RequestContext) -> Result<Refreshed, RefreshError> {
        let now = self.clock.now();
        self.check_heard(now)?;
        // Junk is refused here, before any query.
        let presented = PresentedToken::parse(token).ok_or(RefreshError::Invalid)?;
        let token_id = self.mint_token_id()?;
        let looked = self.store.read(|tx| match self.look(tx, &presented, now)? {
            // Most of the rest needs no write.
            (Step::Invalid | Step::Expired, _) => Ok(Some(Found::Refused)),
            (Step::Repeat, Some(found)) => next(tx, found, presented.generation + 1).map(Some),
            _ => Ok::<_, StoreError>(None),
        })?;
        let found = match looked {
            Some(found) => found,
            None => self.store.write(|tx| self.settle(tx, &presented, now, context))?,
        };
        match found {
            Found::Next(found, generation) => {
                let (session, user, roles) = *found;
                Ok(self.issue(user, roles, &session, generation, token_id, now)?)
            }
            Found::Refused => Err(RefreshError::Invalid),
            Found::Ended(reason) => {
                self.note_endings(&[presented.session], now);
                Err(RefreshError::Reused(reason))
            }
        }
    }

    /// Judges the token on the row as it is now. Writes nothing.
    pub(super) fn look(
        &self,
        tx: &mut dyn Transaction,
        presented: &PresentedToken,
        now: Timestamp,
    ) -> Result<(Step, Option<(Session, User)>), StoreError> {
        let Some(session) = tx.sessions().by_id(presented.session)? else { return Ok((Step::Invalid, None)) };
        let limits = RefreshLimits { idle: self.settings.session_idle, retry_window: self.settings.retry_window };
        let genuine = presented.is_genuine(&session, &self.root_keys);
        let step = decide(&session, presented.generation, genuine, now, &limits);
        let user = tx.users().by_id(session.user)?.filter(|user| user.state == AccountState::Active);
        Ok(match user {
            Some(user) => (step, Some((session, user))),
            None => (Step::Invalid, None),
        })
    }

    /// Judges and acts, in one transaction. A refusal that ends the session is an `Ok` here: the ending must stay.
    fn settle(
        &self,
        tx: &mut dyn Transaction,
        presented: &PresentedToken,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Found, RefreshError> {
        loop {
            let (step, found) = self.look(tx, presented, now)?;
            let Some((mut session, user)) = found else { return Ok(Found::Refused) };
            match step {
                Step::Invalid | Step::Expired => return Ok(Found::Refused),
                Step::Repeat => return Ok(next(tx, (session, user), presented.generation + 1)?),
                Step::Rotate => {
                    let at = now.max(session.rotated_at);
                    if tx.sessions().rotate(session.id, presented.generation, at)? {
                        session.generation += 1;
                        session.rotated_at = at;
                        let generation = session.generation;
                        return Ok(next(tx, (session, user), generation)?);
                    }
                    // Somebody was faster: the row says what this token means now.
                }
                Step::Ahead | Step::Reused => {
                    let reason = if step == Step::Ahead { EndReason::Ahead } else { EndReason::Reused };
                    if tx.sessions().end(session.id, reason, now)? {
                        let event = AuditEvent::SessionEnded(session.user, session.id, reason);
                        append(tx, &[self.record(event, now, context)?])?;
                    }
                    return Ok(Found::Ended(reason));
                }
            }
        }
    }
}

/// The roles as they are now: a refresh is how clients hear of others.
fn next(tx: &mut dyn Transaction, (session, user): (Session, User), generation: i64) -> Result<Found, StoreError> {
    let roles = tx.roles().of(user.id)?;
    Ok(Found::Next(Box::new((session, user, roles)), generation))
}
