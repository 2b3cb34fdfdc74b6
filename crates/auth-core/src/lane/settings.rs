//! How a lane is built, and how it says no.

use std::num::NonZeroUsize;
use std::time::Duration;

/// How a lane is built. [`LaneSettings::new`] gives the defaults; change single fields.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// The name of its threads, for profilers; at most 15 bytes show on Linux.
    pub name: &'static str,
    /// How many jobs run at once.
    pub threads: NonZeroUsize,
    /// How many jobs may wait, of all origins together. One more is refused at once, or takes the place of an origin that
    /// has more.
    pub queue_limit: usize,
    /// How much work may wait, where the limit is to follow the pace: once jobs were worked off in a row, as many may wait
    /// as are worked off in this time (and no fewer than 8, no more than 10,000). Shorter than `max_wait`, or those who were let in
    /// are refused in the end. `None`: the limit stays as it is.
    pub queue_time: Option<Duration>,
    /// How long a job may wait. One that waited longer is not run: its caller has given up. [`super::Answer::wait`] says
    /// so at that moment, and so does an awaited answer when it is polled then ([`super::AnswerFuture::deadline`]). One
    /// that nobody polls hears of it at the next job that is submitted or ends: a lane has no timer.
    pub max_wait: Duration,
    /// Whether its threads make way for others, as `nice -n 10` does: those who serve cheap requests are not late because
    /// somebody hashes. Linux only; elsewhere, and where the system refuses, nothing happens.
    pub low_priority: bool,
}

impl LaneSettings {
    /// A hundred jobs may wait for two seconds each, whatever the pace, at normal priority.
    pub const fn new(name: &'static str, threads: NonZeroUsize) -> Self {
        let max_wait = Duration::from_secs(2);
        Self { name, threads, queue_limit: 100, queue_time: None, max_wait, low_priority: false }
    }
}

/// A job that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LaneError {
    /// There is no place in the queue, or another origin had a better claim to it; nothing was started.
    #[error("the queue is full")]
    Full,
    /// The job waited longer than it may; it was not started.
    #[error("the job waited too long")]
    TimedOut,
    /// The job panicked.
    #[error("the job panicked")]
    Panicked,
    /// The lane was stopped before the job started.
    #[error("the lane was stopped")]
    Stopped,
}
