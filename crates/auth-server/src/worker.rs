//! What the server does by itself, on threads of its own beside the lanes: no flood of requests makes it late.

mod watch;

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use auth_core::{AuthService, Store, StoreError};

use watch::{Change, Watch};

/// How long a stop waits for work under way. What lasts longer is one transaction, which ends with the process.
const GRACE: Duration = Duration::from_secs(1);

/// How often what is done.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// Between two questions for the sessions that have ended elsewhere.
    pub poll: Duration,
    /// Between two removals of what is over.
    pub cleanup: Duration,
}

/// Why the worker did not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It was not heard which sessions have ended.
    #[error("the endings of sessions cannot be heard")]
    Store(#[from] StoreError),
    /// The system refuses a thread.
    #[error("a thread cannot be started")]
    Thread(#[from] io::Error),
}

/// The threads. To drop it stops them: at once where they wait; where they work, they are waited for a moment.
#[derive(Debug)]
pub struct Worker {
    /// One for each thread, which ends when it is dropped.
    stop: Vec<Sender<Infallible>>,
    /// Disconnected when all have ended.
    ended: Receiver<Infallible>,
}

impl Worker {
    /// Hears the endings for the first time, and from then on every poll interval; removes what is over. `endings` is
    /// another handle on the service's database, with a connection that nobody else takes. The two have a thread each:
    /// a long removal must not make the poll late.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn start(
        service: &Arc<AuthService>,
        endings: Arc<dyn Store>,
        settings: &WorkerSettings,
    ) -> Result<Self, WorkerError> {
        service.hear_endings_from(endings.as_ref())?;
        let (ending, ended) = channel();
        let mut worker = Self { stop: Vec::new(), ended };
        let hearing = Arc::clone(service);
        let hear = move || hearing.hear_endings_from(endings.as_ref());
        worker.spawn("auth-endings", ending.clone(), settings.poll, hear)?;
        let removing = Arc::clone(service);
        let remove = move || removing.forget_dead_sessions().map(|removed| tracing::debug!(removed, "cleaned up"));
        worker.spawn("auth-cleanup", ending, settings.cleanup, remove)?;
        Ok(worker)
    }

    /// A thread that does `work` at once and then every `interval`.
    fn spawn(
        &mut self,
        name: &'static str,
        ending: Sender<Infallible>,
        interval: Duration,
        mut work: impl FnMut() -> Result<(), StoreError> + Send + 'static,
    ) -> io::Result<()> {
        let (stop, stopped) = channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ending = ending;
            let mut watch = Watch::default();
            loop {
                // A panic is one failed round; without the next one, every token would be refused until a restart.
                let done = catch_unwind(AssertUnwindSafe(&mut work));
                tell(name, watch.note(done.unwrap_or_else(|_| Err(StoreError::unavailable("it panicked")))));
                if stopped.recv_timeout(interval) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        self.stop.push(stop);
        Ok(())
    }
}

fn tell(thread: &str, change: Option<Change>) {
    match change {
        Some(Change::Lost(cause)) => {
            tracing::error!(thread, cause, "the database is lost to this thread: it goes on trying");
        }
        Some(Change::Recovered) => tracing::info!(thread, "the database is back"),
        None => {}
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.clear();
        // Nothing is ever sent: this is the end of the last thread, or of the patience.
        let _ = self.ended.recv_timeout(GRACE);
    }
}

#[cfg(test)]
mod tests;
