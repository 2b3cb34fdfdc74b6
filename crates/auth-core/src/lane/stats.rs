//! What a lane has done and what it could not do, for whoever runs it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::histogram::{Counts, Histogram};

/// The numbers of a lane at one moment. All but `depth`, `limit`, `running` and `longest` only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneStats {
    /// Jobs that wait.
    pub depth: usize,
    /// Jobs that may wait now: [`super::LaneSettings::queue_limit`], or what the pace makes of it.
    pub limit: usize,
    /// Jobs that run.
    pub running: usize,
    /// For how long the one that began first has run.
    pub longest: Duration,
    /// Jobs that ran to their end.
    pub completed: u64,
    /// Jobs that panicked.
    pub panicked: u64,
    /// Jobs that found no place or lost it.
    pub full: u64,
    /// Jobs that waited too long.
    pub timed_out: u64,
    /// Jobs whose caller left before they began.
    pub abandoned: u64,
    /// How long jobs that were run had waited.
    pub wait: Counts,
    /// How long they ran.
    pub run: Counts,
}

/// What is read under the lane's lock.
pub(super) struct Now {
    pub(super) depth: usize,
    pub(super) limit: usize,
    pub(super) running: usize,
    pub(super) longest: Duration,
}

/// Counts; no lock.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) completed: AtomicU64,
    pub(super) panicked: AtomicU64,
    pub(super) full: AtomicU64,
    pub(super) timed_out: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) wait: Histogram,
    run: Histogram,
    /// How long jobs run of late, in nanoseconds; 0 before the first.
    recent: AtomicU64,
}

impl Counters {
    /// A job has ended.
    pub(super) fn ran(&self, run: Duration, to_its_end: bool) {
        let outcome = if to_its_end { &self.completed } else { &self.panicked };
        add(outcome);
        self.run.record(run);
        let run = u64::try_from(run.as_nanos()).unwrap_or(u64::MAX).max(1);
        let _ = self.recent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |recent| Some(blend(recent, run)));
    }

    /// How long jobs run of late; `None` before the first.
    pub(super) fn recent(&self) -> Option<Duration> {
        Some(self.recent.load(Ordering::Relaxed)).filter(|nanos| *nanos > 0).map(Duration::from_nanos)
    }

    pub(super) fn snapshot(&self, Now { depth, limit, running, longest }: Now) -> LaneStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LaneStats {
            depth,
            limit,
            running,
            longest,
            completed: count(&self.completed),
            panicked: count(&self.panicked),
            full: count(&self.full),
            timed_out: count(&self.timed_out),
            abandoned: count(&self.abandoned),
            wait: self.wait.counts(),
            run: self.run.counts(),
        }
    }
}

pub(super) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// An exponential average: the last eight jobs or so.
fn blend(recent: u64, run: u64) -> u64 {
    if recent == 0 { run } else { recent - recent / 8 + run / 8 }
}

/// When a job that comes now could be done, in whole seconds and at least one: as long as those that wait and itself take
/// on this many threads. What waits is gone after `max_wait`, so nobody has to stay away for longer.
pub(super) fn retry_after(depth: usize, threads: usize, run: Option<Duration>, max_wait: Duration) -> Duration {
    let jobs = u32::try_from(depth + 1).unwrap_or(u32::MAX);
    let threads = u32::try_from(threads).unwrap_or(u32::MAX).max(1);
    let drained = run.map_or(max_wait, |run| run.saturating_mul(jobs) / threads).min(max_wait);
    let whole = drained.as_secs() + u64::from(drained.subsec_nanos() > 0);
    Duration::from_secs(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_what_the_queue_takes_rounded_up_and_no_more_than_a_job_may_wait() {
        let estimate = |depth, threads, run: u64, max_wait: u64| {
            retry_after(depth, threads, Some(Duration::from_millis(run)), Duration::from_millis(max_wait)).as_secs()
        };
        assert_eq!(estimate(0, 2, 16, 2_000), 1, "an honest client would come back at once");
        assert_eq!(estimate(149, 2, 16, 10_000), 2, "150 jobs of 16 ms on two threads take 1.2 s");
        assert_eq!(estimate(249, 2, 16, 10_000), 2, "exactly 2 s");
        assert_eq!(estimate(250, 2, 16, 10_000), 3);
        assert_eq!(estimate(250, 4, 16, 10_000), 2);
        assert_eq!(estimate(10_000, 2, 16, 2_000), 2, "by then those who wait are gone");
        assert_eq!(estimate(10_000, 2, 16, 2_001), 3);
        assert_eq!(estimate(usize::MAX - 1, 1, u64::MAX, 3_000), 3);
        assert_eq!(retry_after(0, 1, None, Duration::from_secs(30)).as_secs(), 30, "nothing was measured yet");
    }

    #[test]
    fn what_jobs_take_of_late_is_an_average_that_forgets() {
        let counters = Counters::default();
        assert_eq!(counters.recent(), None);
        counters.ran(Duration::from_millis(8), true);
        assert_eq!(counters.recent(), Some(Duration::from_millis(8)));
        counters.ran(Duration::from_millis(16), false);
        assert_eq!(counters.recent(), Some(Duration::from_millis(9)));
        for _ in 0..100 {
            counters.ran(Duration::from_millis(40), true);
        }
        assert!((39..=40).contains(&counters.recent().unwrap().as_millis()));
        let stats = counters.snapshot(Now { depth: 1, limit: 9, running: 2, longest: Duration::from_secs(3) });
        assert_eq!((stats.depth, stats.limit, stats.running, stats.longest.as_secs()), (1, 9, 2, 3));
        assert_eq!((stats.completed, stats.panicked), (101, 1));
        assert_eq!(stats.run.count(), 102);
    }
}
