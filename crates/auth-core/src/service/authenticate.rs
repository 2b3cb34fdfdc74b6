//! From a token back to its bearer.

use super::{AuthService, InternalError, common_errors};
use crate::id::{SessionId, UserId};
use crate::role::Role;
use crate::session::EVERY_SESSION;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::token::{SharedSecretTokens, TokenRejection, TutorialUserId};
use crate::user::{AccountState, CanonicalName, User};

/// Whoever bears a good token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// The session; `None` for a token of the tutorial's own app, which may read and nothing more.
    pub session: Option<SessionId>,
    /// The name when the token was issued.
    pub username: String,
    /// The roles when the token was issued, for whoever may believe it for so long. What needs a role here asks the store.
    pub roles: Vec<Role>,
}

/// A token that lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// The token, its session or its account is not good. One answer; the reason is for logs.
    #[error("the token is not valid")]
    Invalid(#[source] Option<TokenRejection>),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("authentication failed")]
    Internal(#[source] InternalError),
}

common_errors!(AuthenticateError);

impl From<TokenRejection> for AuthenticateError {
    fn from(rejection: TokenRejection) -> Self {
        Self::Invalid(Some(rejection))
    }
}

impl AuthService {
    /// Who bears this token. Asks no database, save for a token of the tutorial's own app.
    ///
    /// # Errors
    /// [`AuthenticateError`].
    pub fn authenticate(&self, token: &str) -> Result<Caller, AuthenticateError> {
        let now = self.clock.now();
        match &self.tutorial {
            // The shape decides, before any check: no second try with other rules after a refusal.
            Some(tokens) if SharedSecretTokens::is_candidate(token) => self.authenticate_tutorial(tokens, token, now),
            _ => {
                let claims = self.verifier.verify(token, now)?;
                self.check_session(claims.session, claims.issued_at, now)?;
                Ok(Caller {
                    user: claims.subject,
                    session: Some(claims.session),
                    username: claims.username.clone(),
                    roles: claims.roles.clone(),
                })
            }
        }
    }

    /// Whether [`AuthService::authenticate`] asks the store about this token: only for one of the tutorial's own app.
    pub fn needs_store(&self, token: &str) -> bool {
        self.tutorial.is_some() && SharedSecretTokens::is_candidate(token)
    }

    /// The account is read each time, for these tokens know no session: a disabled one is refused, and so is a token
    /// from before the last password change.
    fn authenticate_tutorial(
        &self,
        tokens: &SharedSecretTokens,
        token: &str,
        now: Timestamp,
    ) -> Result<Caller, AuthenticateError> {
        let claims = tokens.decode_tutorial(token, now)?;
        // No session of ours has this id: what is asked is whether tokens of that time count at all.
        self.check_session(EVERY_SESSION, claims.issued_at, now)?;
        let user = self.store.read(|tx| {
            let user = match &claims.user_id {
                TutorialUserId::Number(number) => tx.users().by_legacy_id(*number)?,
                TutorialUserId::Text(text) => match text.parse() {
                    Ok(id) => tx.users().by_id(id)?,
                    Err(_) => None,
                },
            };
            // The name as well: another table under the same secret may know the number as somebody else's.
            let is_named = |user: &User| *user.name.canonical() == CanonicalName::of(&claims.username);
            let Some(user) = user.filter(|user| user.state == AccountState::Active && is_named(user)) else {
                return Ok(None);
            };
            let changed_at = tx.passwords().get(user.id)?.map(|password| password.changed_at);
            Ok::<_, StoreError>(changed_at.is_some_and(|changed_at| claims.issued_at > changed_at).then_some(user))
        })?;
        let user: User = user.ok_or(AuthenticateError::Invalid(None))?;
        Ok(Caller { user: user.id, session: None, username: user.name.as_entered().to_owned(), roles: Vec::new() })
    }
}
