//! What a lane, its threads and its answers share: one lock, under which nothing runs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use super::job::Job;
use super::pace::Pace;
use super::queue::{FairQueue, Pushed};
use super::stats::Counters;
use super::{LaneError, LaneSettings, Origin, priority};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: LaneSettings,
    state: Mutex<State>,
    pub(super) changed: Condvar,
    pub(super) counters: Counters,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) queue: FairQueue<Origin, Job>,
    pub(super) pace: Pace,
    /// No job waits since before this.
    oldest: Option<Instant>,
    /// The threads that run a job now, and since when.
    pub(super) running: Vec<(ThreadId, Instant)>,
    pub(super) stopped: bool,
}

impl Shared {
    pub(super) fn new(settings: LaneSettings) -> Self {
        let queue = FairQueue::new(settings.queue_limit);
        let state = State { queue, pace: Pace::default(), oldest: None, running: Vec::new(), stopped: false };
        Self { settings, state: Mutex::new(state), changed: Condvar::new(), counters: Counters::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, and answers under which number. What it displaces, and what has waited too long, is told so.
    pub(super) fn push(&self, origin: Origin, job: Job) -> Result<u64, LaneError> {
        let mut state = self.lock();
        if state.stopped {
            drop(state);
            job.refuse(LaneError::Stopped, &self.counters);
            return Err(LaneError::Stopped);
        }
        let late = state.take_late(job.since, self.settings.max_wait);
        state.oldest = Some(state.oldest.filter(|_| state.queue.len() > 0).unwrap_or(job.since));
        let pushed = state.queue.push(origin, job);
        drop(state);
        self.refuse_late(late);
        let (queued, left) = match pushed {
            Pushed::Queued(number) => (Ok(number), None),
            Pushed::Displaced(number, other) => (Ok(number), Some(other)),
            Pushed::Full(job) => (Err(LaneError::Full), Some(job)),
        };
        if let Some(job) = left {
            job.refuse(LaneError::Full, &self.counters);
        }
        if queued.is_ok() {
            self.changed.notify_one();
        }
        queued
    }

    /// Whether a job of this origin would be refused. What has waited too long is told so first.
    pub(super) fn is_full_for(&self, origin: Origin) -> bool {
        let mut state = self.lock();
        let late = state.take_late(Instant::now(), self.settings.max_wait);
        let is_full = !state.stopped && state.queue.is_full_for(origin);
        drop(state);
        self.refuse_late(late);
        is_full
    }

    /// What each thread does until the lane is stopped.
    pub(super) fn serve(&self) {
        if self.settings.low_priority {
            priority::lower();
        }
        let own = std::thread::current().id();
        while let Some(job) = self.next(own) {
            job.run(&self.counters);
            self.lock().running.retain(|(thread, _)| *thread != own);
            self.changed.notify_all();
        }
    }

    /// Waits for a job; `None` where there will be no more.
    fn next(&self, own: ThreadId) -> Option<Job> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let late = state.take_late(now, self.settings.max_wait);
            if !late.is_empty() {
                drop(state);
                self.refuse_late(late);
                state = self.lock();
            } else if let Some(job) = state.queue.pop() {
                state.running.push((own, now));
                state.took(now, &self.settings);
                return Some(job);
            } else if state.stopped {
                return None;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn refuse_late(&self, late: Vec<Job>) {
        for job in late {
            job.refuse(LaneError::TimedOut, &self.counters);
        }
    }

    pub(super) fn is_ours(&self, thread: ThreadId) -> bool {
        self.lock().running.iter().any(|(own, _)| *own == thread)
    }
}

impl State {
    /// For how long the job that began first has run.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.running.iter().map(|(_, since)| since.elapsed()).max()
    }

    /// A job was taken out to be run: the pace is known better, and the limit follows it.
    fn took(&mut self, now: Instant, settings: &LaneSettings) {
        let next_waits = self.queue.len() > 0 && self.running.len() >= settings.threads.get();
        self.pace.took(now, next_waits);
        if let Some(limit) = settings.queue_time.and_then(|time| self.pace.jobs_in(time)) {
            self.queue.set_limit(limit);
        }
    }

    /// Takes out what has waited for longer than it may. Looks at the queue only when the oldest job may have.
    fn take_late(&mut self, now: Instant, max_wait: Duration) -> Vec<Job> {
        let is_late = |since: Instant| now.saturating_duration_since(since) >= max_wait;
        if self.queue.len() == 0 || !self.oldest.is_some_and(is_late) {
            return Vec::new();
        }
        let late = self.queue.take_heads(|job| is_late(job.since));
        self.oldest = self.queue.heads().map(|job| job.since).min();
        late
    }
}

/// Where a job waits.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) shared: Arc<Shared>,
    pub(super) origin: Origin,
    pub(super) number: u64,
    pub(super) since: Instant,
}

impl Place {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.checked_add(self.shared.settings.max_wait)
    }

    /// Takes the job back because it waited too long. Whether it had not started.
    pub(super) fn give_up(&self) -> bool {
        self.take_back().map(|job| job.discard(&self.shared.counters.timed_out)).is_some()
    }

    /// Takes the job back because nobody waits for it any more, unless it has started.
    pub(super) fn abandon(&self) {
        if let Some(job) = self.take_back() {
            job.discard(&self.shared.counters.abandoned);
        }
    }

    fn take_back(&self) -> Option<Job> {
        self.shared.lock().queue.remove(self.origin, self.number)
    }
}
