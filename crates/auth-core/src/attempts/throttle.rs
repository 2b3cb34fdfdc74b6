//! What the attempts so far mean for the next one. Pure: everything that it looks at is given.

use std::time::Duration;

use crate::time::Timestamp;

/// How long a day's budget lasts, from its first attempt on.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest wait between two attempts: a quarter of an hour holds an attacker to 96 a day, and nobody's morning is lost.
pub const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// The most failures in a row that anybody may be allowed (NIST SP 800-63B-4, section 3.2.2).
pub const MOST_FAILURES: u32 = 100;

/// How guessing is slowed down: `free` failures in a row cost nothing; from then on the wait doubles from a second to
/// [`LONGEST_WAIT`]; there are so many attempts `per_day`; and from `disable_at` failures in a row on, waiting is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Failures in a row without a wait.
    pub free: u32,
    /// Attempts in a day, whatever became of them save success.
    pub per_day: u32,
    /// Failures in a row after which somebody has to lift the block.
    pub disable_at: u32,
}

impl Throttle {
    /// A budget of so many failures in a row, without waits.
    pub const fn budget(attempts: u32) -> Self {
        Self { free: attempts, per_day: u32::MAX, disable_at: attempts }
    }

    /// Whether one more attempt may be made now. One that may is counted as failed before anybody looks at the password:
    /// of guesses at once, none sees the count of another that is still under way.
    pub fn admit(&self, tally: Tally, now: Timestamp) -> Admission {
        let tally = tally.clamped(now);
        if tally.failures >= self.disable_at {
            return Admission::Blocked;
        }
        let (day_began, spent) =
            if now.since(tally.day_began) >= DAY { (now, 0) } else { (tally.day_began, tally.day_count) };
        let rested = tally.last_at.saturating_add(self.wait_after(tally.failures));
        let until = if spent >= self.per_day { rested.max(day_began.saturating_add(DAY)) } else { rested };
        if now < until {
            return Admission::Wait(until);
        }
        Admission::Admitted(Tally {
            failures: tally.failures.saturating_add(1),
            last_at: now,
            day_began,
            day_count: spent.saturating_add(1),
        })
    }

    fn wait_after(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(doublings) => Duration::from_secs(1_u64.checked_shl(doublings).unwrap_or(u64::MAX)).min(LONGEST_WAIT),
        }
    }
}

/// What became of the attempts so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Failures in a row, those under way included.
    pub failures: u32,
    /// When the latest was admitted.
    pub last_at: Timestamp,
    /// When the day's first was admitted.
    pub day_began: Timestamp,
    /// How many were admitted since then, but for those that succeeded.
    pub day_count: u32,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may, once this is kept.
    Admitted(Tally),
    /// Not before this instant, which is later than now; and then it may, unless others come first.
    Wait(Timestamp),
    /// Not until somebody lifts it.
    Blocked,
}

impl Tally {
    /// Nothing so far.
    pub const fn blank(now: Timestamp) -> Self {
        Self { failures: 0, last_at: now, day_began: now, day_count: 0 }
    }

    /// The same as the clock of now allows it: one that was ahead must not lock anybody out until the present one has
    /// caught up. Where this differs, it has to be kept, or the wait would begin anew with each question.
    #[must_use]
    pub fn clamped(self, now: Timestamp) -> Self {
        Self { last_at: self.last_at.min(now), day_began: self.day_began.min(now), ..self }
    }

    /// After success: the failures in a row are over, and the day gets its own attempt back, no other. `None`: nothing
    /// is left to be known.
    #[must_use]
    pub fn succeeded(self, reserved: &Self) -> Option<Self> {
        let left = Self { failures: 0, ..self.given_back(reserved) };
        (left.day_count > 0).then_some(left)
    }

    /// After an attempt that came to no verdict. One that was counted before somebody lifted the block, or in a day that is
    /// over, is not in this tally.
    #[must_use]
    pub fn released(self, reserved: &Self) -> Option<Self> {
        let mut left = self.given_back(reserved);
        if left.day_count < self.day_count {
            left.failures = left.failures.saturating_sub(1);
        }
        (left.day_count > 0 || left.failures > 0).then_some(left)
    }

    fn given_back(self, reserved: &Self) -> Self {
        let own = u32::from(self.day_began == reserved.day_began);
        Self { day_count: self.day_count.saturating_sub(own), ..self }
    }
}

#[cfg(test)]
mod tests;
