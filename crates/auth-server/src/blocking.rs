//! The one hop from async workers to the lanes. Nothing else in this crate may block.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use auth_core::AuthService;
use auth_core::lane::Lane;
use auth_core::secret::Secret;
use auth_core::service::{AuthenticateError, Caller};
use auth_core::token::TokenRejection;

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// The longest that a request is kept waiting, whatever happens behind the lanes.
const DEADLINE: Duration = Duration::from_secs(15);
/// After a request was given up: a database that hangs is not back at once.
const RETRY: Duration = Duration::from_secs(5);

impl AppState {
    /// Runs a use case that hashes.
    ///
    /// # Errors
    /// The use case's own, or `busy`.
    pub async fn hash<T, E, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
        W: FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        Ok(hop(&self.hashing, move || work(&service)).await??)
    }

    /// Runs a use case that only asks the database.
    ///
    /// # Errors
    /// The use case's own, or `busy`.
    pub async fn query<T, E, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
        W: FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        Ok(hop(&self.database, move || work(&service)).await??)
    }

    /// Who bears this token. Asks no database and waits for no lane, whatever floods them; save for a token of the
    /// tutorial's own app, whose account is read.
    ///
    /// # Errors
    /// `token_invalid`, or `unavailable` where the endings of sessions were not heard for too long.
    pub(crate) async fn caller(&self, token: Secret) -> Result<Caller, Problem> {
        if self.service.needs_store(token.expose()) {
            return self.query(move |service| service.authenticate(token.expose())).await;
        }
        match self.service.authenticate(token.expose()) {
            Err(AuthenticateError::Invalid(Some(TokenRejection::UnknownKey))) if self.has_news().await => {
                Ok(self.service.authenticate(token.expose())?)
            }
            answer => Ok(answer?),
        }
    }

    /// Hears of the key of a token, where it is a new one.
    pub(crate) async fn learn_key(&self, token: &Secret) {
        let is_unknown = |error| matches!(error, AuthenticateError::Invalid(Some(TokenRejection::UnknownKey)));
        if !self.service.needs_store(token.expose()) && self.service.authenticate(token.expose()).is_err_and(is_unknown)
        {
            self.has_news().await;
        }
    }

    /// Another instance may have made a key a moment ago. Whoever sends tokens by invented keys waits for the answer, and
    /// nobody else does.
    async fn has_news(&self) -> bool {
        match &self.news {
            Some(news) => news.heard().await,
            None => false,
        }
    }
}

/// Runs `work` on a lane, inside the request's span. A caller that leaves before it starts takes it along.
pub(crate) async fn hop<T: Send + 'static>(
    lane: &Lane,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let refused = |error| Problem::from_lane(error, lane.settings().max_wait);
    let answer = lane.submit(move || span.in_scope(work)).map_err(refused)?;
    match tokio::time::timeout(DEADLINE, answer.into_future()).await {
        Ok(answer) => answer.map_err(refused),
        // A database that neither answers nor refuses. The job is dropped if it has not begun; if it has, its thread is
        // held until the database is heard of again, and the client need not be.
        Err(_) => Err(Problem::later(Code::Unavailable, RETRY, "no answer within the deadline of a request")),
    }
}
