//! Paired samples, and what can be said of their difference.

use std::fmt;
use std::time::Duration;

use crate::figures::{float, micros, millis, percentile};

/// Times of two arms, taken in turn.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    state: Vec<Duration>,
    unknown: Vec<Duration>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The interval is within the bound.
    Equal,
    /// It is beyond the bound: the state can be told.
    Differs,
    /// It is neither: more pairs, or a quieter machine.
    Unclear,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Differs => "**differs**",
            Self::Unclear => "unclear",
        }
    }
}

impl Pairs {
    pub(super) fn push(&mut self, state: Duration, unknown: Duration) {
        self.state.push(state);
        self.unknown.push(unknown);
    }

    /// The 99.9 % interval of the median of the differences, in microseconds: by the ranks of a sign test, which asks
    /// nothing of the distribution. 3.29 standard deviations of a fair coin.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        let mut differences: Vec<f64> =
            self.state.iter().zip(&self.unknown).map(|(state, unknown)| micros(*state) - micros(*unknown)).collect();
        differences.sort_by(f64::total_cmp);
        let count = differences.len();
        let half = 3.29 * float(count).sqrt() / 2.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of pairs"
        )]
        let rank = (float(count) / 2.0 - half).max(0.0).floor() as usize;
        // Ranks are counted from one. Below the first there is nothing, and so no interval.
        let rank = rank.checked_sub(1)?;
        Some((*differences.get(rank)?, *differences.get(count.checked_sub(rank + 1)?)?))
    }

    pub(super) fn verdict(&self, bound: Duration) -> Verdict {
        let bound = micros(bound);
        match self.interval() {
            Some((low, high)) if low >= -bound && high <= bound => Verdict::Equal,
            Some((low, high)) if low > bound || high < -bound => Verdict::Differs,
            _ => Verdict::Unclear,
        }
    }
}

/// Both medians and the interval, as cells of a table.
impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = |samples| percentile(samples, 0.5).map_or(0.0, millis);
        let (low, high) = self.interval().unwrap_or_default();
        write!(f, "{:.2} ms | {:.2} ms | {low:+.0} to {high:+.0} us", median(&self.state), median(&self.unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(difference: u64) -> Pairs {
        let mut pairs = Pairs::default();
        for number in 0..400_u64 {
            let noise = Duration::from_micros(number * 7_919 % 1_000);
            let own = Duration::from_micros(20_000 + number * 104_729 % 1_000);
            pairs.push(own + Duration::from_micros(difference), Duration::from_millis(20) + noise);
        }
        pairs
    }

    #[test]
    fn equal_arms_differ_by_nothing_and_others_are_told() {
        let bound = Duration::from_micros(500);
        assert_eq!(pairs(0).verdict(bound), Verdict::Equal);
        assert_eq!(pairs(5_000).verdict(bound), Verdict::Differs);
        assert_eq!(pairs(500).verdict(bound), Verdict::Unclear);
        assert_eq!(Pairs::default().verdict(bound), Verdict::Unclear);
    }

    /// Of a fair coin that is tossed once a pair, by the exact distribution: how often it says less than the rank, or more.
    #[test]
    fn the_interval_misses_the_true_median_less_than_once_in_a_thousand() {
        for count in 50..=1_000_u32 {
            let mut pairs = Pairs::default();
            for number in 0..count {
                pairs.push(Duration::from_micros(number.into()), Duration::ZERO);
            }
            let (low, high) = pairs.interval().unwrap();
            assert!((low + high - f64::from(count - 1)).abs() < 1e-6, "{count}: {low} {high}");
            let (mut chance, mut below) = (0.5_f64.powi(count.try_into().unwrap()), 0.0);
            for heads in 0..count {
                if f64::from(heads) > low + 0.5 {
                    break;
                }
                below += chance;
                chance *= f64::from(count - heads) / f64::from(heads + 1);
            }
            assert!(2.0 * below < 0.001, "{count}: {below}");
        }
        assert_eq!(Pairs::default().interval(), None);
    }

    #[test]
    fn the_interval_holds_the_true_difference_and_is_as_wide_as_the_ranks_say() {
        let (low, high) = pairs(5_000).interval().unwrap();
        assert!(low < 5_000.0 && 5_000.0 < high && high - low < 500.0, "{low} {high}");
    }
}
