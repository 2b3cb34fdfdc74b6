//! How fast what waits is worked off: by the time between one job's start and the next one's, while others wait. How long
//! jobs run does not tell it: threads may wait for each other, and do only when there is much to do.

use std::time::{Duration, Instant};

/// The last 32 jobs or so: a third of a second of hashes on two cores.
const MEMORY: u32 = 32;
/// A queue that is measured in time holds no fewer jobs, however slow they are, and no more, however fast.
const JOBS: (usize, usize) = (8, 10_000);

#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last job was taken, if others went on waiting.
    last: Option<Instant>,
    /// From one job to the next.
    step: Option<Duration>,
}

impl Pace {
    /// A job was taken out of the queue to be run; others wait on, or none does.
    pub(super) fn took(&mut self, now: Instant, others_wait: bool) {
        if let Some(last) = self.last {
            let step = now.saturating_duration_since(last);
            self.step = Some(self.step.map_or(step, |known| known - known / MEMORY + step / MEMORY));
        }
        self.last = others_wait.then_some(now);
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
        take(&mut pace, 2, ms(10));
        take(&mut pace, 1, ms(42));
        assert_eq!(pace.step(), Some(ms(11)), "10 - 10/32 + 42/32");
        take(&mut pace, 500, ms(40));
        assert!((36..=41).contains(&pace.jobs_in(ms(1_500)).unwrap()), "{pace:?}");
        take(&mut pace, 500, Duration::from_secs(60));
        assert_eq!(pace.jobs_in(ms(1_500)), Some(8));
        take(&mut pace, 2_000, Duration::ZERO);
        assert_eq!(pace.jobs_in(ms(1_500)), Some(10_000));
    }
}
