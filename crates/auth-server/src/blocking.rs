//! The one hop from async workers to the lanes. Nothing else in this crate may block.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use auth_core::AuthService;
use auth_core::lane::{Lane, Origin};
use auth_core::secret::Secret;
use auth_core::service::{AuthenticateError, Caller};
use auth_core::token::TokenRejection;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// After a request was given up: a database that hangs is not back at once.
const RETRY: Duration = Duration::from_secs(5);

impl AppState {
    /// Runs a use case that hashes. Nothing of it is done, and no database asked, before it has its turn.
    ///
    /// # Errors
    /// The use case's own, or `busy`.
    pub async fn hash<T, E, W>(&self, origin: Origin, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
        W: FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        Ok(hop(&self.hashing, origin, self.http.handler_timeout, move || work(&service)).await??)
    }

    /// Runs a use case that only asks the database.
    ///
    /// # Errors
    /// The use case's own, or `busy`.
    pub async fn query<T, E, W>(&self, origin: Origin, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static,
        Problem: From<E>,
        W: FnOnce(&AuthService) -> Result<T, E> + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        Ok(hop(&self.database, origin, self.http.handler_timeout, move || work(&service)).await??)
    }

    /// Who bears this token. Asks no database and waits for no lane, whatever floods them; save for a token of the
    /// tutorial's own app, whose account is read.
    ///
    /// # Errors
    /// `token_invalid`, or `unavailable` where the endings of sessions were not heard for too long.
    pub(crate) async fn caller(&self, origin: Origin, token: Secret) -> Result<Caller, Problem> {
        if self.service.needs_store(token.expose()) {
            return self.query(origin, move |service| service.authenticate(token.expose())).await;
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

/// Runs `work` on a lane, in its origin's turn and inside the request's span. A caller that leaves before it starts takes
/// it along.
pub(crate) async fn hop<T: Send + 'static>(
    lane: &Lane,
    origin: Origin,
    timeout: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let refused = |error| Problem::from_lane(error, lane.retry_after());
    let end = Instant::now() + timeout;
    let mut answer = lane.submit_for(origin, move || span.in_scope(work)).map_err(refused)?.into_future();
    // A lane has no timer: whoever polls at the deadline hears that the job has not begun.
    if let Some(begin) = answer.deadline().map(Instant::from_std).filter(|begin| *begin < end)
        && let Ok(done) = timeout_at(begin, &mut answer).await
    {
        return done.map_err(refused);
    }
    match timeout_at(end, &mut answer).await {
        Ok(done) => done.map_err(refused),
        // A database that neither answers nor refuses. The job is dropped if it has not begun; if it has, its thread is
        // held until the database is heard of again, and the client need not be.
        Err(_) => Err(Problem::later(Code::Unavailable, RETRY, "no answer within the deadline of a request")),
    }
}
