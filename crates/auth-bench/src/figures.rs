//! From samples to figures.

use std::time::Duration;

/// One figure, measured several times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The middle one, or the mean of the two in the middle.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        match middle.checked_sub(1).and_then(|lower| sorted.get(lower)) {
            Some(lower) if sorted.len().is_multiple_of(2) => Some(f64::midpoint(*lower, upper)),
            _ => Some(upper),
        }
    }

    pub(crate) fn least(&self) -> Option<f64> {
        self.0.iter().copied().min_by(f64::total_cmp)
    }

    pub(crate) fn most(&self) -> Option<f64> {
        self.0.iter().copied().max_by(f64::total_cmp)
    }

    /// Each run over the control that ran beside it: what drifts from run to run cancels out.
    pub(crate) fn over(&self, control: &Self) -> Self {
        Self(self.0.iter().zip(&control.0).filter(|(_, control)| **control > 0.0).map(|(own, c)| own / c).collect())
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// The sample that `share` of all do not exceed, by nearest rank; `None` without samples.
pub(crate) fn percentile(samples: &[Duration], share: f64) -> Option<Duration> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of samples")]
    let rank = (share.clamp(0.0, 1.0) * float(sorted.len())).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// In milliseconds.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// In microseconds.
pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}

/// In MiB.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no memory of ours has 2^52 bytes")]
    let bytes = bytes as f64;
    bytes / f64::from(1_u32 << 20)
}

/// A count as a number to reckon with.
pub(crate) fn float(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no count of ours reaches 2^52")]
    let count = count as f64;
    count
}

/// The share of `part` in `whole`; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        values.iter().copied().collect()
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        assert_eq!(series(&[]).median(), None);
        assert_eq!(series(&[7.0]).median(), Some(7.0));
        assert_eq!(series(&[9.0, 1.0, 5.0]).median(), Some(5.0));
        assert_eq!(series(&[9.0, 1.0, 5.0, 3.0]).median(), Some(4.0));
    }

    #[test]
    fn the_spread_is_from_the_least_to_the_most() {
        let series = series(&[9.0, 1.0, 5.0]);
        assert_eq!((series.least(), series.most()), (Some(1.0), Some(9.0)));
    }

    #[test]
    fn each_run_is_divided_by_its_own_control() {
        // The machine was half as fast in the second run; the ratio does not move.
        assert_eq!(series(&[100.0, 50.0]).over(&series(&[200.0, 100.0])), series(&[0.5, 0.5]));
        assert_eq!(series(&[100.0, 50.0]).over(&series(&[0.0, 100.0])), series(&[0.5]));
        assert_eq!(series(&[100.0]).over(&series(&[])), series(&[]));
    }

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let samples: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        for (share, expected) in [(0.0, 1), (0.01, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (7.0, 100)] {
            assert_eq!(percentile(&samples, share), Some(Duration::from_millis(expected)), "{share}");
        }
        assert_eq!(percentile(&samples[..1], 0.5), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn units_are_what_they_say() {
        assert!((millis(Duration::from_micros(1_500)) - 1.5).abs() < 1e-9);
        assert!((micros(Duration::from_nanos(1_500)) - 1.5).abs() < 1e-9);
        assert!((mebibytes(19 << 20) - 19.0).abs() < 1e-9);
        assert!((share(1, 4) - 0.25).abs() < 1e-9);
        assert!(share(1, 0).abs() < 1e-9);
    }
}
