//! Durations counted by size, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds: 100 us to 10 s, with room for a short query as for a long queue.
const BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// Counts durations in fixed buckets.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS.len()],
    /// What is above all bounds.
    beyond: AtomicU64,
    nanos: AtomicU64,
}

/// What was counted, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// How many durations were at most so long and longer than the bound before; `None` is all that is longer.
    pub buckets: Vec<(Option<Duration>, u64)>,
    /// All durations together.
    pub sum: Duration,
}

impl Histogram {
    /// Counts one.
    pub fn record(&self, duration: Duration) {
        let bucket = BOUNDS.iter().zip(&self.counts).find(|(bound, _)| duration <= Duration::from_micros(**bound));
        bucket.map_or(&self.beyond, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        // 584 years of nanoseconds.
        self.nanos.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        let bounded = BOUNDS.iter().zip(&self.counts);
        let mut buckets: Vec<_> = bounded
            .map(|(bound, count)| (Some(Duration::from_micros(*bound)), count.load(Ordering::Relaxed)))
            .collect();
        buckets.push((None, self.beyond.load(Ordering::Relaxed)));
        Counts { buckets, sum: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)) }
    }
}

impl Counts {
    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 1_000, 10_000_000, 10_000_001] {
            histogram.record(Duration::from_micros(micros));
        }
        let counts = histogram.counts();
        let filled: Vec<_> = counts.buckets.iter().filter(|(_, count)| *count > 0).copied().collect();
        let micros = |bound| Some(Duration::from_micros(bound));
        assert_eq!(
            filled,
            [(micros(100), 2), (micros(250), 1), (micros(1_000), 1), (micros(10_000_000), 1), (None, 1)]
        );
        assert_eq!((counts.count(), counts.sum), (6, Duration::from_micros(20_001_202)));
    }
}
