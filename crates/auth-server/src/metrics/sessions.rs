//! How many sessions live: counted by the database, and so not at every question.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two counts: half a second's work for a million sessions should not be done at each scrape.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The last count, and when it was begun.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    begun: Option<Instant>,
    count: Option<u64>,
}

impl Sessions {
    /// Whether it is time to count. Of several who ask at once, one is told so.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.begun.is_some_and(|begun| now.saturating_duration_since(begun) < REMEMBERED) {
            return false;
        }
        counted.begun = Some(now);
        true
    }

    /// Notes a count; none where the database did not answer.
    pub(crate) fn note(&self, count: Option<u64>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count = count;
    }

    /// The last count.
    pub(crate) fn known(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_counted_once_a_minute_and_forgotten_where_the_database_is_gone() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        assert_eq!((sessions.known(), sessions.is_due(start)), (None, true));
        sessions.note(Some(3));
        assert!(!sessions.is_due(start + REMEMBERED.saturating_sub(Duration::from_nanos(1))));
        assert_eq!(sessions.known(), Some(3));
        assert!(sessions.is_due(start + REMEMBERED) && !sessions.is_due(start + REMEMBERED));
        sessions.note(None);
        assert_eq!(sessions.known(), None);
    }
}
