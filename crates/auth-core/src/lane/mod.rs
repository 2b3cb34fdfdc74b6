//! Lanes: fixed threads behind a bounded and fair queue, for work that must not run on an async worker.
//!
//! Hashing and queries block. A service starts two lanes, one for use cases that hash and one for those that only ask
//! the database, and hops to them once around a use case. The answer can be awaited under any runtime, or waited for:
//!
//! ```
//! use std::net::IpAddr;
//! use std::num::NonZeroUsize;
//! use auth_core::lane::{Lane, LaneSettings};
//!
//! let threads = NonZeroUsize::new(2).unwrap();
//! let lane = Lane::start(LaneSettings { low_priority: true, ..LaneSettings::new("hash", threads) })?;
//! let client: IpAddr = "192.0.2.7".parse()?;
//! let answer = lane.submit_for(client.into(), || 6 * 7)?; // or `.await` it
//! assert_eq!(answer.wait(), Ok(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A flood costs the flood: origins take turns, a full queue refuses at once and says for how long
//! ([`Lane::retry_after`]), what waited too long or lost its caller is not run.

mod answer;
mod job;
mod origin;
mod pace;
mod priority;
mod queue;
mod settings;
mod shared;
mod stats;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use answer::{Answer, AnswerFuture};
pub use origin::Origin;
pub use settings::{LaneError, LaneSettings};
pub use stats::LaneStats;

use job::Job;
use shared::{Place, Shared};
use stats::Now;

/// Fixed threads behind a bounded queue. Dropping it stops it as [`Lane::stop`] does.
pub struct Lane {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Lane {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`io::Error`] where the system refuses a thread; those that had started are stopped.
    pub fn start(settings: LaneSettings) -> io::Result<Self> {
        let lane = Self { shared: Arc::new(Shared::new(settings)), threads: Mutex::default() };
        for _ in 0..settings.threads.get() {
            let shared = Arc::clone(&lane.shared);
            let thread = std::thread::Builder::new().name(settings.name.to_owned()).spawn(move || shared.serve())?;
            lane.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(lane)
    }

    /// Queues a job of nobody in particular: [`Lane::submit_for`] with the origin that all such jobs share.
    ///
    /// # Errors
    /// As [`Lane::submit_for`].
    pub fn submit<T, W>(&self, work: W) -> Result<Answer<T>, LaneError>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        self.submit_for(Origin::default(), work)
    }

    /// Queues a job. Dropping the answer before the job starts drops the job. A job that waits may still be answered
    /// [`LaneError::Full`], where an origin with less comes to a full queue.
    ///
    /// # Errors
    /// [`LaneError::Full`] at once where the queue is full, [`LaneError::Stopped`] after [`Lane::stop`].
    pub fn submit_for<T, W>(&self, origin: Origin, work: W) -> Result<Answer<T>, LaneError>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let (sender, receiver) = oneshot::async_channel();
        let since = Instant::now();
        let number = self.shared.push(origin, Job::new(since, sender, work))?;
        Ok(Answer::new(receiver, Place { shared: Arc::clone(&self.shared), origin, number, since }))
    }

    /// Whether a job of this origin would be refused now: nobody need read a request to the end to find that out.
    pub fn is_full_for(&self, origin: Origin) -> bool {
        self.shared.is_full_for(origin)
    }

    /// Refuses a job that was never made, where the queue is full for its origin: counts it as [`LaneError::Full`] and
    /// answers when to come again, as [`Lane::retry_after`] does. `None`: there is a place by now.
    pub fn refuse(&self, origin: Origin) -> Option<Duration> {
        self.shared.is_full_for(origin).then(|| {
            stats::add(&self.shared.counters.full);
            self.retry_after()
        })
    }

    /// Jobs that wait now.
    pub fn depth(&self) -> usize {
        self.shared.lock().queue.len()
    }

    /// Jobs that run now.
    pub fn running(&self) -> usize {
        self.shared.lock().running.len()
    }

    /// What the lane has done so far, and what it does now.
    pub fn stats(&self) -> LaneStats {
        let now = {
            let state = self.shared.lock();
            let longest = state.longest().unwrap_or_default();
            Now { depth: state.queue.len(), limit: state.queue.limit(), running: state.running.len(), longest }
        };
        self.shared.counters.snapshot(now)
    }

    /// When to come again after [`LaneError::Full`] or [`LaneError::TimedOut`]: when a job that is submitted now could be
    /// done, by the depth of the queue and by how fast it is worked off of late. Whole seconds, from one to `max_wait`.
    pub fn retry_after(&self) -> Duration {
        let (depth, longest, step) = {
            let state = self.shared.lock();
            (state.queue.len(), state.longest(), state.pace.step())
        };
        let settings = self.settings();
        let threads = settings.threads.get();
        // How long a job keeps a thread: in a queue that was worked off, or else by itself.
        let paced = step.map(|step| step.saturating_mul(u32::try_from(threads).unwrap_or(u32::MAX)));
        let run = paced.or_else(|| self.shared.counters.recent());
        // Where a job takes longer than they used to, so will the next.
        let run = run.map(|run| longest.map_or(run, |longest| run.max(longest)));
        stats::retry_after(depth, threads, run, settings.max_wait)
    }

    /// How the lane was built.
    pub fn settings(&self) -> &LaneSettings {
        &self.shared.settings
    }

    /// Answers waiting jobs with [`LaneError::Stopped`], lets running ones finish, and returns when they have.
    pub fn stop(&self) {
        let waiting = {
            let mut state = self.shared.lock();
            state.stopped = true;
            state.queue.take_heads(|_| true)
        };
        self.shared.changed.notify_all();
        for job in waiting {
            job.refuse(LaneError::Stopped, &self.shared.counters);
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let own = std::thread::current().id();
        for thread in threads {
            if thread.thread().id() != own {
                // A thread of ours does not panic: jobs are caught.
                let _ = thread.join();
            }
        }
        // Somebody else may have taken the threads to join; a job that stops its own lane does not wait for itself.
        let own_job = usize::from(self.shared.is_ours(own));
        let mut state = self.shared.lock();
        while state.running.len() > own_job {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}
