//! The sessions that have ended, as one instance has heard of them: what makes a revocation faster than an expiry.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::{EVERY_SESSION, Ending, Endings};
use crate::id::SessionId;
use crate::time::Timestamp;
use crate::token::MAX_ACCESS_TTL;

/// How long an ending is remembered: no token outlives it by then, clocks that differ included.
pub const REMEMBERED: Duration = Duration::from_secs(MAX_ACCESS_TTL.as_secs() + 60 * 60);

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hearing {
    /// No ending was heard, and everything up to the bound was.
    Live,
    /// It has ended.
    Ended,
    /// What is known is older than the bound, or nothing was heard yet. Fail closed.
    Stale,
}

/// The endings that were heard. Checked with each token, without a database.
#[derive(Debug)]
pub struct EndedSessions {
    bound: Duration,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    ended: HashMap<SessionId, Timestamp>,
    /// No token that was issued before counts ([`EVERY_SESSION`]).
    refused_before: Option<Timestamp>,
    last: i64,
    /// When the last complete poll began, by both clocks.
    heard_at: Option<Instant>,
}

impl Known {
    fn is_stale(&self, now: Instant, bound: Duration) -> bool {
        self.heard_at.is_none_or(|heard_at| now.since(heard_at) > bound)
    }
}

/// An instant by two clocks. A wall clock that is set back must not make old knowledge young, nor a monotonic one that
/// stands still while the machine sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// By the wall.
    pub wall: Timestamp,
    /// Since some origin, never backwards.
    pub monotonic: Duration,
}

impl Instant {
    /// The time since `earlier`, by the clock that says more.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.wall.since(earlier.wall).max(self.monotonic.saturating_sub(earlier.monotonic))
    }
}

impl EndedSessions {
    /// Nothing heard yet. What is older than `bound` is not believed.
    pub fn new(bound: Duration) -> Self {
        Self { bound, known: RwLock::default() }
    }

    /// How old what is known may be.
    pub fn bound(&self) -> Duration {
        self.bound
    }

    /// What is known of the session of a token that was issued at `issued_at`.
    pub fn hearing(&self, session: SessionId, issued_at: Timestamp, now: Instant) -> Hearing {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.ended.contains_key(&session) || known.refused_before.is_some_and(|before| issued_at < before) {
            return Hearing::Ended;
        }
        if known.is_stale(now, self.bound) { Hearing::Stale } else { Hearing::Live }
    }

    /// Whether what is known is older than the bound, or nothing was heard yet.
    pub fn is_stale(&self, now: Instant) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_stale(now, self.bound)
    }

    /// How old what is known is; `None` where nothing was heard yet.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.heard_at.map(|heard_at| now.since(heard_at))
    }

    /// The number up to which endings were heard.
    pub fn last(&self) -> i64 {
        self.known.read().unwrap_or_else(PoisonError::into_inner).last
    }

    /// How many endings are remembered.
    pub fn len(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).ended.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a page in. Answers whether there is more to ask for: another page, or everything anew, because the store
    /// went back. Knowledge is as old as the poll's `start`, and only a complete poll makes it younger.
    pub fn hear(&self, page: &Endings, start: Instant) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if page.counter < known.last {
            // Endings that were heard stay: a session that ended once is not trusted again.
            known.last = 0;
            return true;
        }
        for Ending { session, ended_at, .. } in &page.endings {
            if *session == EVERY_SESSION {
                // Never back: of several, the latest counts. It costs nothing to remember it for good.
                known.refused_before = known.refused_before.max(Some(*ended_at));
            } else {
                known.ended.insert(*session, *ended_at);
            }
        }
        if let Some(ending) = page.endings.last() {
            known.last = known.last.max(ending.seq);
        }
        if known.last < page.counter && !page.endings.is_empty() {
            return true;
        }
        // Numbers that are missing at the end were forgotten.
        known.last = page.counter;
        known.heard_at = Some(start);
        let old = start.wall.saturating_sub(REMEMBERED);
        known.ended.retain(|_, ended_at| *ended_at >= old);
        false
    }

    /// Notes that no token counts which was issued before `at`, after the commit and before the reply.
    pub fn refuse_before(&self, at: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.refused_before = known.refused_before.max(Some(at));
    }

    /// Notes endings of one's own, after their commit and before the reply.
    pub fn note(&self, sessions: &[SessionId], ended_at: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.ended.extend(sessions.iter().map(|session| (*session, ended_at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Instant {
        let by = Duration::from_secs(seconds);
        Instant { wall: Timestamp::from_unix_seconds(1_000_000).saturating_add(by), monotonic: by }
    }

    fn id(number: u8) -> SessionId {
        SessionId::from_bytes([number; 16])
    }

    fn page(counter: i64, seqs: &[(i64, u8)]) -> Endings {
        let endings =
            seqs.iter().map(|(seq, session)| Ending { seq: *seq, session: id(*session), ended_at: at(0).wall });
        Endings { counter, endings: endings.collect() }
    }

    #[test]
    fn nothing_is_believed_before_the_first_poll_and_after_the_bound() {
        let sessions = EndedSessions::new(BOUND);
        assert_eq!(sessions.hearing(id(1), at(0).wall, at(0)), Hearing::Stale);
        assert!(!sessions.hear(&page(0, &[]), at(0)));
        assert_eq!(sessions.hearing(id(1), at(0).wall, at(10)), Hearing::Live);
        assert_eq!(sessions.hearing(id(1), at(0).wall, at(11)), Hearing::Stale);
        assert!(!sessions.hear(&page(0, &[]), at(11)));
        assert_eq!(sessions.hearing(id(1), at(0).wall, at(11)), Hearing::Live, "it recovers by itself");
    }

    #[test]
    fn the_clock_that_says_more_counts() {
        let sessions = EndedSessions::new(BOUND);
        sessions.hear(&page(0, &[]), at(100));
        let set_back = Instant { wall: at(0).wall, monotonic: at(111).monotonic };
        let slept = Instant { wall: at(111).wall, monotonic: at(100).monotonic };
        assert_eq!(sessions.hearing(id(1), at(0).wall, set_back), Hearing::Stale);
        assert_eq!(sessions.hearing(id(1), at(0).wall, slept), Hearing::Stale);
    }

    #[test]
    fn an_ending_is_heard_page_by_page_and_only_the_last_page_renews_the_knowledge() {
        let sessions = EndedSessions::new(BOUND);
        assert!(sessions.hear(&page(3, &[(1, 1), (2, 2)]), at(0)));
        assert_eq!(sessions.hearing(id(2), at(0).wall, at(0)), Hearing::Ended, "heard at once");
        assert_eq!(sessions.hearing(id(9), at(0).wall, at(0)), Hearing::Stale, "not all is heard yet");
        assert!(!sessions.hear(&page(3, &[(3, 3)]), at(0)));
        assert_eq!(sessions.hearing(id(9), at(0).wall, at(0)), Hearing::Live);
        assert_eq!(sessions.last(), 3);
    }

    #[test]
    fn numbers_that_were_forgotten_are_not_waited_for() {
        let sessions = EndedSessions::new(BOUND);
        assert!(!sessions.hear(&page(7, &[]), at(0)));
        assert_eq!((sessions.last(), sessions.hearing(id(1), at(0).wall, at(0))), (7, Hearing::Live));
    }

    #[test]
    fn a_store_that_went_back_is_heard_anew() {
        let sessions = EndedSessions::new(BOUND);
        assert!(!sessions.hear(&page(5, &[(5, 5)]), at(0)));
        assert!(sessions.hear(&page(2, &[]), at(1)));
        assert_eq!(sessions.last(), 0);
        assert!(!sessions.hear(&page(2, &[(1, 1), (2, 2)]), at(1)));
        for session in [1, 2, 5] {
            assert_eq!(sessions.hearing(id(session), at(0).wall, at(1)), Hearing::Ended);
        }
    }

    #[test]
    fn an_ending_is_forgotten_when_no_token_can_need_it() {
        let sessions = EndedSessions::new(BOUND);
        sessions.note(&[id(1)], at(0).wall);
        sessions.hear(&page(0, &[]), at(REMEMBERED.as_secs()));
        assert_eq!(sessions.len(), 1);
        sessions.hear(&page(0, &[]), at(REMEMBERED.as_secs() + 1));
        assert!(sessions.is_empty());
    }

    #[test]
    fn no_token_from_before_the_end_of_every_session_counts_and_every_one_from_then_on_does() {
        let sessions = EndedSessions::new(BOUND);
        let every = |seq, seconds| Ending { seq, session: EVERY_SESSION, ended_at: at(seconds).wall };
        sessions.hear(&Endings { counter: 1, endings: vec![every(1, 100)] }, at(100));
        assert_eq!(sessions.hearing(id(1), at(99).wall, at(100)), Hearing::Ended);
        assert_eq!(sessions.hearing(id(1), at(100).wall, at(100)), Hearing::Live);
        sessions.hear(&Endings { counter: 2, endings: vec![every(2, 50)] }, at(100));
        assert_eq!(sessions.hearing(id(1), at(99).wall, at(100)), Hearing::Ended, "never back");
        assert!(sessions.is_empty(), "it is no session");
    }
}
