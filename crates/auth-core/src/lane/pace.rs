//! How fast what waits is worked off: by the time between one job's start and the next one's, while every thread has a job and
//! others wait. How long jobs run does not tell it: threads may wait for each other, and do only when there is much to do.

use std::time::{Duration, Instant};

/// The last 32 jobs or so: a third of a second of hashes on two cores.
const MEMORY: u32 = 32;
/// A queue that is measured in time holds no fewer jobs, however slow they are, and no more, however fast.
const JOBS: (usize, usize) = (8, 10_000);

#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last job was taken, if the next one had to wait for a thread.
    last: Option<Instant>,
    /// From one job to the next.
    step: Option<Duration>,
    /// How many steps that is of, up to [`MEMORY`].
    steps: u32,
}

impl Pace {
    /// A job was taken out of the queue to be run; the next one has to wait until a thread is done, or there is none. Threads
    /// that had nothing to do take theirs at once, which is no pace.
    pub(super) fn took(&mut self, now: Instant, next_waits: bool) {
        if let Some(last) = self.last {
            let step = now.saturating_duration_since(last);
            // Of few steps the mean: jobs that began together end together.
            self.steps = self.steps.saturating_add(1).min(MEMORY);
            let known = self.step.unwrap_or(step);
            self.step = Some(known.saturating_sub(known / self.steps) + step / self.steps);
        }
        self.last = next_waits.then_some(now);
    }

    /// From one job to the next; `None` as long as no two were taken in a row.
    pub(super) const fn step(&self) -> Option<Duration> {
        self.step
    }

    /// How many jobs are taken in so long, within reason; `None` before anything was measured.
    pub(super) fn jobs_in(&self, time: Duration) -> Option<usize> {
        let step = self.step?.as_nanos().max(1);
        let (least, most) = JOBS;
        Some(usize::try_from(time.as_nanos() / step).unwrap_or(most).clamp(least, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_pace_is_of_jobs_that_others_waited_behind() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        assert_eq!((pace.step(), pace.jobs_in(ms(1_500))), (None, None));
        // Each finds an empty queue: that they come seldom says nothing.
        for number in 0..5 {
            pace.took(start + ms(number * 1_000), false);
        }
        assert_eq!(pace.step(), None);
        pace.took(start + ms(6_000), true);
        pace.took(start + ms(6_010), false);
        assert_eq!((pace.step(), pace.jobs_in(ms(1_500))), (Some(ms(10)), Some(150)));
        // After a pause it goes on with what it knew.
        pace.took(start + ms(60_000), true);
        assert_eq!(pace.step(), Some(ms(10)));
    }

    #[test]
    fn a_pace_follows_what_becomes_slower_and_stays_within_reason() {
        let (mut now, mut pace) = (Instant::now(), Pace::default());
        let mut take = |pace: &mut Pace, jobs: u32, step: Duration| {
            for _ in 0..jobs {
                now += step;
                pace.took(now, true);
            }
        };
        take(&mut pace, 2, ms(32));
        take(&mut pace, 3, Duration::ZERO);
        assert_eq!(pace.step().unwrap().as_millis(), 8, "four that ended together");
        take(&mut pace, 500, ms(10));
        take(&mut pace, 1, ms(42));
        assert_eq!(pace.step().unwrap().as_millis(), 11, "10 - 10/32 + 42/32");
        take(&mut pace, 500, ms(40));
        assert!((36..=41).contains(&pace.jobs_in(ms(1_500)).unwrap()), "{pace:?}");
        take(&mut pace, 500, Duration::from_secs(60));
        assert_eq!(pace.jobs_in(ms(1_500)), Some(8));
        take(&mut pace, 2_000, Duration::ZERO);
        assert_eq!(pace.jobs_in(ms(1_500)), Some(10_000));
    }
}
