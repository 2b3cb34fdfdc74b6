//! What the server does by itself, on threads of its own beside the lanes: no flood of requests makes it late.

mod news;
mod watch;

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use auth_core::service::{CountError, RotateError, SigningKeys, TellError};
use auth_core::{AuthService, Store, StoreError};

pub use news::News;
use watch::{Change, Watch};

/// How long a stop waits for work under way. What lasts longer is one transaction, which ends with the process.
const GRACE: Duration = Duration::from_secs(1);

/// How often it is looked whether the next signing key is due, the plan for decoys is read, and refusals that were
/// counted meanwhile get a line in the audit log: an attack of a day is a few thousand lines.
const UPKEEP: Duration = Duration::from_secs(60);

/// How often what is done.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// Between two questions for the sessions that have ended elsewhere.
    pub poll: Duration,
    /// Between two removals of what is over, and two counts of hashes by their cost.
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

/// What a thread is told.
#[derive(Debug, Clone, Copy)]
enum Signal {
    /// The next round is wanted now.
    Wake,
    /// There is none.
    Stop,
}

/// The threads. To drop it stops them: at once where they wait; where they work, they are waited for a moment.
#[derive(Debug)]
pub struct Worker {
    /// One for each thread.
    signals: Vec<Sender<Signal>>,
    /// Disconnected when all have ended.
    ended: Receiver<Infallible>,
    news: News,
}

impl Worker {
    /// Hears keys and endings for the first time, and from then on every poll interval; publishes the next key when it is
    /// due, removes what is over, and tells the audit log of refusals. `endings` is another handle on the database of both,
    /// with a connection that nobody else takes. The three have a thread each: a long removal must not make the poll late.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn start(
        service: &Arc<AuthService>,
        keys: &Arc<SigningKeys>,
        endings: Arc<dyn Store>,
        settings: &WorkerSettings,
    ) -> Result<Self, WorkerError> {
        let mut hear = hearing(Arc::clone(service), Arc::clone(keys), endings);
        hear()?;
        counted(service.follow_decoy_plan())?;
        let (ending, ended) = channel();
        let (wake, woken) = channel();
        let (news, progress) = news::news(wake.clone());
        let mut worker = Self { signals: vec![wake], ended, news };
        let round = move || {
            progress.begin();
            hear()?;
            progress.end();
            Ok(())
        };
        spawn("auth-endings", woken, ending.clone(), settings.poll, round)?;
        let (signal, signals) = channel();
        worker.signals.push(signal);
        let (service, keys, cleanup) = (Arc::clone(service), Arc::clone(keys), Every::new(settings.cleanup));
        let mut upkeep = Upkeep { service, keys, cleanup };
        let work = move || upkeep.round(Instant::now());
        spawn("auth-cleanup", signals, ending, settings.cleanup.min(UPKEEP), work)?;
        Ok(worker)
    }

    /// A way to ask for news ahead of the next poll.
    pub fn news(&self) -> News {
        self.news.clone()
    }
}

/// One round: the keys, then the endings. What is heard is as old as the endings, so they come last.
fn hearing(
    service: Arc<AuthService>,
    keys: Arc<SigningKeys>,
    endings: Arc<dyn Store>,
) -> impl FnMut() -> Result<(), StoreError> + Send + 'static {
    let mut closed = Vec::new();
    move || {
        let now_closed = keys.hear_from(endings.as_ref())?;
        for (key, error) in now_closed.iter().filter(|one| !closed.contains(*one)) {
            tracing::error!(key = %key, cause = %error, "a signing key cannot be opened: its tokens are refused here");
        }
        closed = now_closed;
        service.hear_endings_from(endings.as_ref())
    }
}

/// What the thread for clean-up does. What cannot be done of one is no reason not to do the others; the first failure is told.
struct Upkeep {
    service: Arc<AuthService>,
    keys: Arc<SigningKeys>,
    cleanup: Every,
}

impl Upkeep {
    fn round(&mut self, now: Instant) -> Result<(), StoreError> {
        let (kept, told) = (kept(&self.keys), told(&self.service));
        // Another instance may have made a new plan, or a command after an import: until it is followed here as well, a name
        // costs one thing here and another there.
        let followed = counted(self.service.follow_decoy_plan());
        let cleaned = if self.cleanup.is_due(now) { self.clean_up() } else { Ok(()) };
        kept.and(told).and(followed).and(cleaned)
    }

    fn clean_up(&self) -> Result<(), StoreError> {
        let service = &self.service;
        let counted = counted(service.count_hashes().map(drop));
        let removed = [service.forget_dead_sessions(), service.forget_attempts(), service.forget_old_events()];
        let removed: u64 = removed.into_iter().sum::<Result<_, _>>()?;
        tracing::debug!(removed, "cleaned up");
        counted
    }
}

/// What is done in some of the rounds of a thread.
#[derive(Debug)]
struct Every {
    interval: Duration,
    last: Option<Instant>,
}

impl Every {
    fn new(interval: Duration) -> Self {
        Self { interval, last: None }
    }

    /// Whether so much time has passed, at the first time as well; then it begins anew.
    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.interval);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

/// What was refused since the last round goes to the audit log.
fn told(service: &AuthService) -> Result<(), StoreError> {
    match service.tell_refusals() {
        Ok(()) | Err(TellError::Internal(_)) => Ok(()),
        Err(TellError::Unavailable(error)) => Err(error),
    }
}

fn kept(keys: &SigningKeys) -> Result<(), StoreError> {
    match keys.keep() {
        Ok(kept) => {
            if let Some(key) = kept.published {
                tracing::info!(key = %key.id, signs_from = %key.signs_from, "the next signing key is published");
            }
            Ok(())
        }
        Err(RotateError::Unavailable(error)) => Err(error),
        // The database is not to blame. The key that signs goes on, and the next round tries again.
        Err(error) => {
            tracing::error!(cause = %error, "the next signing key cannot be made: the old one goes on");
            Ok(())
        }
    }
}

/// A plan for decoys that cannot be made leaves the old one.
fn counted(done: Result<(), CountError>) -> Result<(), StoreError> {
    match done {
        Ok(()) => Ok(()),
        Err(CountError::Unavailable(error)) => Err(error),
        Err(error) => {
            tracing::error!(cause = %error, "hashes cannot be counted");
            Ok(())
        }
    }
}

/// A thread that does `work` at once and then every `interval`, or when it is woken, until it is told to stop.
fn spawn(
    name: &'static str,
    signals: Receiver<Signal>,
    ending: Sender<Infallible>,
    interval: Duration,
    mut work: impl FnMut() -> Result<(), StoreError> + Send + 'static,
) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _ending = ending;
        let mut watch = Watch::default();
        loop {
            let began = Instant::now();
            // A panic is one failed round; without the next one, every token would be refused until a restart.
            let done = catch_unwind(AssertUnwindSafe(&mut work));
            tell(name, watch.note(done.unwrap_or_else(|_| Err(StoreError::unavailable("it panicked")))));
            if !rest(&signals, began, interval) {
                return;
            }
        }
    })?;
    Ok(())
}

/// Waits for the next round; `false`: there is none.
fn rest(signals: &Receiver<Signal>, began: Instant, interval: Duration) -> bool {
    match signals.recv_timeout(interval) {
        Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => false,
        Err(RecvTimeoutError::Timeout) => true,
        // A second wish is served by the same round, and does not hasten it.
        Ok(Signal::Wake) => loop {
            match signals.recv_timeout(news::SPACING.saturating_sub(began.elapsed())) {
                Ok(Signal::Wake) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        },
    }
}

fn tell(thread: &str, change: Option<Change>) {
    match change {
        Some(Change::Lost(cause)) => {
            tracing::error!(thread, cause, "the database is lost to this thread: it goes on trying");
        }
        Some(Change::Unreadable(cause)) => {
            tracing::error!(
                thread,
                cause,
                "the database holds what this release cannot read: where that lasts beyond session.revocation_bound, every token is refused"
            );
        }
        Some(Change::Recovered) => tracing::info!(thread, "the database is back"),
        None => {}
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        for signal in self.signals.drain(..) {
            // One that has ended already hears nothing.
            let _ = signal.send(Signal::Stop);
        }
        // Nothing is ever sent: this is the end of the last thread, or of the patience.
        let _ = self.ended.recv_timeout(GRACE);
    }
}

#[cfg(test)]
mod tests;
