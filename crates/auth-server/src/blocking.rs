//! The one hop from async workers to the lanes. Nothing else in this crate may block.

use std::sync::Arc;

use auth_core::AuthService;
use auth_core::lane::Lane;
use auth_core::secret::Secret;
use auth_core::service::Caller;
use auth_core::token::SharedSecretTokens;

use crate::problem::Problem;
use crate::state::AppState;

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
        if SharedSecretTokens::is_candidate(token.expose()) {
            return self.query(move |service| service.authenticate(token.expose())).await;
        }
        Ok(self.service.authenticate(token.expose())?)
    }
}

/// Runs `work` on a lane, inside the request's span. A caller that leaves before it starts takes it along.
pub(crate) async fn hop<T: Send + 'static>(
    lane: &Lane,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let refused = |error| Problem::from_lane(error, lane.settings().max_wait);
    lane.submit(move || span.in_scope(work)).map_err(refused)?.await.map_err(refused)
}
