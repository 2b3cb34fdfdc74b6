//! So many in so long, for networks. Pure.

use std::time::Duration;

use crate::time::Timestamp;

/// So many in so long.
///
/// Counted in a window that begins with its first attempt: of more than that in one minute, none but the first of them is
/// let in, and whoever is refused is told when the window ends. Then all who were refused are let in as well, as far as
/// the count goes; one instant for each place (as GCRA has it) would let in one of them and turn the others away again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// How many.
    pub limit: u32,
    /// In how long.
    pub per: Duration,
}

/// What was admitted of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many.
    pub count: u32,
    /// When the window ends. Then nothing of it matters.
    pub until: Timestamp,
}

/// Whether one more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It may, once this is kept.
    Admitted(Window),
    /// Not before this instant, which is later than now.
    Wait(Timestamp),
}

impl Rate {
    /// The same for a network of many clients.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self { limit: self.limit.saturating_mul(factor), ..self }
    }

    /// Whether one more may come now.
    pub fn admit(self, window: Window, now: Timestamp) -> Passage {
        let window = self.clamped(window, now);
        if now >= window.until {
            return Passage::Admitted(Window { count: 1, until: now.saturating_add(self.per) });
        }
        if window.count < self.limit {
            return Passage::Admitted(Window { count: window.count + 1, ..window });
        }
        Passage::Wait(window.until)
    }

    /// The same as the clock of now allows it: no window ends later than one that begins now. Where this differs, it has
    /// to be kept.
    #[must_use]
    pub fn clamped(self, window: Window, now: Timestamp) -> Window {
        Window { until: window.until.min(now.saturating_add(self.per)), ..window }
    }
}

impl Window {
    /// None so far.
    pub const fn blank(now: Timestamp) -> Self {
        Self { count: 0, until: now }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_795_428_000);

    proptest! {
        #[test]
        fn no_window_has_more_than_its_limit_and_the_wait_is_the_truth(
            steps in prop::collection::vec(0_i64..40, 1..200), limit in 1_u32..20,
        ) {
            let rate = Rate { limit, per: Duration::from_secs(60) };
            let (mut window, mut now, mut admitted) = (Window::blank(START), START, Vec::new());
            for seconds in steps {
                now = Timestamp::from_micros(now.as_micros() + seconds * 100_000);
                match rate.admit(window, now) {
                    Passage::Admitted(next) => {
                        admitted.push(now);
                        window = next;
                    }
                    Passage::Wait(until) => {
                        prop_assert!(until > now && until <= now.saturating_add(rate.per));
                        prop_assert_eq!(rate.admit(window, until), Passage::Admitted(Window { count: 1, until: until.saturating_add(rate.per) }));
                    }
                }
                let began = window.until.saturating_sub(rate.per);
                let inside = admitted.iter().filter(|at| **at >= began).count();
                prop_assert!(inside <= usize::try_from(limit).unwrap(), "{inside}");
            }
        }
    }

    #[test]
    fn a_clock_that_was_ahead_shuts_nobody_out_and_lets_nobody_in() {
        let rate = Rate { limit: 2, per: Duration::from_secs(60) };
        let full = Window { count: 2, until: START.saturating_add(Duration::from_secs(1_000_000)) };
        let minute = START.saturating_add(rate.per);
        assert_eq!(rate.admit(full, START), Passage::Wait(minute));
        assert!(matches!(rate.admit(rate.clamped(full, START), minute), Passage::Admitted(_)));
    }

    #[test]
    fn a_limit_of_none_admits_none_but_the_first() {
        let rate = Rate { limit: 1, per: Duration::from_secs(60) };
        let Passage::Admitted(first) = rate.admit(Window::blank(START), START) else { panic!("admitted") };
        assert_eq!(rate.admit(first, START), Passage::Wait(first.until));
        assert_eq!(rate.times(10).limit, 10);
    }
}
