//! What a token is worth at this moment (RFC 7662).

use std::sync::Arc;

use super::{AuthService, AuthenticateError, Caller};
use crate::id::SessionId;
use crate::session::Session;
use crate::session::refresh::{PresentedToken, Step};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::token::AccessClaims;
use crate::user::{AccountState, User};

/// Who asks what a token is worth.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// A service that the operator trusts: about any token.
    Trusted,
    /// Somebody with a token: about tokens of the same account. Any other is as inactive as junk.
    Caller(&'a Caller),
}

/// What a token is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// Nothing, or nothing that the asker may know. Why is not told. So is a token of the tutorial's own app: it knows no
    /// session that could be asked for.
    Inactive,
    /// An access token that is good now.
    Access(Box<ActiveAccess>),
    /// A refresh token that would be exchanged now. It still can be: asking changes nothing.
    Refresh(Box<ActiveRefresh>),
}

/// An access token that is good now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveAccess {
    /// The account, as it is now: by another name than in the claims, where it was renamed.
    pub user: User,
    /// What the token says.
    pub claims: Arc<AccessClaims>,
}

/// A refresh token that would be exchanged now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRefresh {
    /// The account.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// When it was made; for the predecessor of the present token that is not known any more.
    pub issued_at: Option<Timestamp>,
    /// From when on it will not be exchanged, unless its session is refreshed before.
    pub expires_at: Timestamp,
}

/// A question that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrospectError {
    /// The asker's own session or account is over.
    #[error("the asker's session is over")]
    Unauthenticated,
    /// The store cannot serve now. That says nothing about the token.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
}

/// A token that names a session; what the session says is not known yet.
enum Named {
    Access(Arc<AccessClaims>),
    Refresh(PresentedToken),
}

impl AuthService {
    /// What `token` is worth now, by its session and account as the store has them: a revocation shows at once, and a
    /// retired signing key with the next poll. Reads in one transaction, whatever the token is, and writes nothing.
    ///
    /// # Errors
    /// [`IntrospectError`].
    pub fn introspect(&self, token: &str, asker: Asker<'_>) -> Result<Introspection, IntrospectError> {
        let now = self.clock.now();
        let named = match PresentedToken::parse(token) {
            Some(presented) => Some(Named::Refresh(presented)),
            None => self.verifier.verify(token, now).ok().map(Named::Access),
        };
        // For junk as well: a store that fails is never taken for a token that is no good.
        let found = self.store.read(|tx| {
            if let Asker::Caller(caller) = asker {
                self.account_of(tx, caller, now)?.ok_or(IntrospectError::Unauthenticated)?;
            }
            Ok::<_, IntrospectError>(match &named {
                None => Introspection::Inactive,
                Some(Named::Access(claims)) => self.introspect_access(tx, claims, now)?,
                Some(Named::Refresh(presented)) => self.introspect_refresh(tx, presented, now)?,
            })
        })?;
        Ok(if found.is_for(asker) { found } else { Introspection::Inactive })
    }

    fn introspect_access(
        &self,
        tx: &mut dyn Transaction,
        claims: &Arc<AccessClaims>,
        now: Timestamp,
    ) -> Result<Introspection, IntrospectError> {
        let session = tx.sessions().by_id(claims.session)?;
        let is_good =
            |session: &Session| session.user == claims.subject && session.is_live(now, self.settings.session_idle);
        // A session that ended once is not trusted again, not even by a store that went back to a backup. An instance that
        // hears nothing knows no more which keys were retired: it says so, as it does to whoever brings the token.
        let has_ended = match self.check_session(claims.session, claims.issued_at, now) {
            Ok(()) => false,
            Err(AuthenticateError::Unavailable(error)) => return Err(error.into()),
            Err(AuthenticateError::Invalid(_) | AuthenticateError::Internal(_)) => true,
        };
        if has_ended || !session.as_ref().is_some_and(is_good) {
            return Ok(Introspection::Inactive);
        }
        let user = tx.users().by_id(claims.subject)?.filter(|user| user.state == AccountState::Active);
        let active = |user| Introspection::Access(Box::new(ActiveAccess { user, claims: Arc::clone(claims) }));
        Ok(user.map_or(Introspection::Inactive, active))
    }

    fn introspect_refresh(
        &self,
        tx: &mut dyn Transaction,
        presented: &PresentedToken,
        now: Timestamp,
    ) -> Result<Introspection, StoreError> {
        let (step, Some((session, user))) = self.look(tx, presented, now)? else { return Ok(Introspection::Inactive) };
        let idle = session.rotated_at.saturating_add(self.settings.session_idle).min(session.expires_at);
        let (issued_at, expires_at) = match step {
            Step::Rotate => (Some(session.rotated_at), idle),
            Step::Repeat => (None, session.rotated_at.saturating_add(self.settings.retry_window).min(idle)),
            // One that ends its session when it is used ends nothing when it is asked about.
            Step::Invalid | Step::Expired | Step::Ahead | Step::Reused => return Ok(Introspection::Inactive),
        };
        Ok(Introspection::Refresh(Box::new(ActiveRefresh { user, session: session.id, issued_at, expires_at })))
    }
}

impl Introspection {
    fn is_for(&self, asker: Asker<'_>) -> bool {
        let user = match self {
            Self::Inactive => return true,
            Self::Access(active) => active.user.id,
            Self::Refresh(active) => active.user.id,
        };
        match asker {
            Asker::Trusted => true,
            Asker::Caller(caller) => caller.user == user,
        }
    }
}
