//! The worker, and a way to the database that no request ever takes.

use std::sync::Arc;

use super::{AssembleError, Assembled, open_store};
use crate::chain::chain;
use crate::config::{DatabaseSettings, Settings};
use crate::worker::{Worker, WorkerSettings};

/// Hears which sessions have ended, and starts the threads that go on doing so and that remove what is over.
///
/// # Errors
/// [`AssembleError::Failed`] where the database does not answer, or the system refuses a thread.
pub fn worker(settings: &Settings, parts: &Assembled) -> Result<Worker, AssembleError> {
    let (session, database) = (&settings.session, &settings.database);
    // What is heard is as old as the question: to wait longer than this for an answer is of no use.
    let patience = session.revocation_bound / 2;
    let endings = open_store(&DatabaseSettings {
        pool_size: 1,
        pool_timeout: database.pool_timeout.min(patience),
        statement_timeout: database.statement_timeout.min(patience),
        ..database.clone()
    })?;
    let intervals = WorkerSettings { poll: session.revocation_poll, cleanup: settings.cleanup.interval };
    Worker::start(&parts.service, &parts.keys, Arc::new(endings), &intervals)
        .map_err(|error| AssembleError::Failed(chain(&error)))
}
