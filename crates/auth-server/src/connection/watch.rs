//! What is waited for on a connection, and until when. Whoever asks says the instant.

use std::time::Duration;

use tokio::time::Instant;

use super::head::Head;
use crate::problem::Code;

/// How long a client is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the head of a request, from its first byte; the first one from the connection's beginning.
    pub(crate) head: Duration,
    /// For the first byte of another request.
    pub(crate) idle: Duration,
    /// For a whole reply to be taken, from when the system took no more of it.
    pub(crate) reply: Duration,
}

/// What a client took too long for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    Head,
    Idle,
    Reply,
}

#[derive(Debug, Clone, Copy)]
enum Awaits {
    /// A head, since then.
    Head(Instant),
    /// Anything, since then.
    Anything(Instant),
    /// Nothing of the client: a request is being answered, and its body has a deadline of its own.
    Answer,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Watch {
    patience: Patience,
    awaits: Awaits,
    head: Head,
    /// How many requests have begun.
    begun: u64,
    /// Since when the client takes nothing, and how many requests had begun then.
    blocked: Option<(Instant, u64)>,
    /// A request has begun that is the connection's last.
    is_last: bool,
    /// Something came behind the last request.
    is_over: bool,
}

impl Watch {
    pub(super) fn new(patience: Patience, now: Instant) -> Self {
        let (awaits, head) = (Awaits::Head(now), Head::default());
        Self { patience, awaits, head, begun: 0, blocked: None, is_last: false, is_over: false }
    }

    /// These bytes have come; what is wrong with the head that they are of, where something is.
    pub(super) fn read(&mut self, bytes: &[u8], now: Instant) -> Option<Code> {
        if let Awaits::Anything(_) = self.awaits {
            self.awaits = Awaits::Head(now);
        }
        match self.awaits {
            Awaits::Head(_) if !self.is_last => self.head.read(bytes),
            _ => {
                self.head.pass(bytes);
                None
            }
        }
    }

    /// A head is complete; answers whether its request may be answered. Behind one that said it was the last there is
    /// none (RFC 9112, section 9.6).
    pub(super) fn begin(&mut self, is_last: bool) -> bool {
        self.begun += 1;
        self.awaits = Awaits::Answer;
        self.head.begin_anew();
        self.is_over |= self.is_last;
        self.is_last |= is_last;
        !self.is_over
    }

    /// The request that is answered is the connection's last.
    pub(super) fn set_last(&mut self) {
        self.is_last = true;
    }

    /// The reply is complete, though perhaps not on its way.
    pub(super) fn end(&mut self, now: Instant) {
        self.awaits = Awaits::Anything(now);
    }

    /// The system takes no more of a reply, for the client takes nothing.
    pub(super) fn block(&mut self, now: Instant) {
        self.blocked.get_or_insert((now, self.begun));
    }

    /// All that was made so far has been taken. That is a whole reply unless it is in the middle of the one that blocked.
    pub(super) fn flushed(&mut self, now: Instant) {
        let is_between = matches!(self.awaits, Awaits::Answer);
        if let Some((_, begun)) = self.blocked
            && !(is_between && begun == self.begun)
        {
            self.blocked = None;
            if let Awaits::Anything(since) = &mut self.awaits {
                *since = now;
            }
        }
    }

    /// Whether a reply waits for the client: until it has it, nothing of what it sends is looked at.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// Whether the connection ends, for something came behind its last request.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Until when the client is waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next().map(|(deadline, _)| deadline)
    }

    /// What the client took too long for, where it did.
    pub(super) fn lapse(&self, now: Instant) -> Option<Lapse> {
        self.next().filter(|(deadline, _)| *deadline <= now).map(|(_, lapse)| lapse)
    }

    fn next(&self) -> Option<(Instant, Lapse)> {
        match (self.blocked, self.awaits) {
            (Some((since, _)), _) => Some((since + self.patience.reply, Lapse::Reply)),
            (None, Awaits::Head(since)) => Some((since + self.patience.head, Lapse::Head)),
            (None, Awaits::Anything(since)) => Some((since + self.patience.idle, Lapse::Idle)),
            (None, Awaits::Answer) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { head: Duration::from_secs(5), idle: Duration::from_secs(15), reply: Duration::from_secs(60) };

    fn seconds(since: Instant, seconds: u64) -> Instant {
        since + Duration::from_secs(seconds)
    }

    /// The lapse of that second, with none a moment before.
    #[track_caller]
    fn lapses(watch: &Watch, at: Instant, lapse: Lapse) {
        assert_eq!((watch.deadline(), watch.lapse(at)), (Some(at), Some(lapse)));
        assert_eq!(watch.lapse(at - Duration::from_nanos(1)), None);
    }

    #[test]
    fn every_head_has_its_time_and_none_is_longer_for_coming_in_pieces() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        watch.read(b"x", seconds(start, 4));
        lapses(&watch, seconds(start, 5), Lapse::Head);
        assert!(watch.begin(false));
        assert_eq!(watch.deadline(), None);
        watch.read(b"x", seconds(start, 6));
        assert_eq!(watch.deadline(), None, "a body has a deadline elsewhere");
        watch.end(seconds(start, 7));
        lapses(&watch, seconds(start, 22), Lapse::Idle);
        for second in [10, 11, 14] {
            watch.read(b"x", seconds(start, second));
            lapses(&watch, seconds(start, 15), Lapse::Head);
        }
        assert!(watch.begin(false));
        assert_eq!(watch.deadline(), None);
    }

    #[test]
    fn a_reply_that_is_not_taken_has_a_deadline_that_no_trickle_puts_off() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        watch.begin(false);
        watch.block(seconds(start, 10));
        for second in [20, 30, 69] {
            watch.flushed(seconds(start, second));
            assert!(watch.is_blocked(), "in the middle of the reply");
            watch.block(seconds(start, second));
            lapses(&watch, seconds(start, 70), Lapse::Reply);
        }
        watch.end(seconds(start, 69));
        watch.read(b"x", seconds(start, 69));
        lapses(&watch, seconds(start, 70), Lapse::Reply);
        watch.flushed(seconds(start, 69));
        assert!(!watch.is_blocked());
        lapses(&watch, seconds(start, 74), Lapse::Head);
    }

    #[test]
    fn a_reply_that_was_taken_at_last_begins_the_wait_for_another_request() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        watch.begin(false);
        watch.end(start);
        watch.block(start);
        watch.flushed(seconds(start, 30));
        lapses(&watch, seconds(start, 45), Lapse::Idle);
    }

    #[test]
    fn a_reply_that_was_taken_while_the_next_is_made_is_over() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        watch.begin(false);
        watch.end(start);
        watch.block(start);
        watch.begin(false);
        assert!(watch.is_blocked());
        watch.flushed(seconds(start, 1));
        assert!(!watch.is_blocked());
    }

    #[test]
    fn nothing_is_answered_behind_the_last_request() {
        let mut watch = Watch::new(PATIENCE, Instant::now());
        assert!(watch.begin(false) && watch.begin(true));
        assert!(!watch.is_over());
        assert!(!watch.begin(false) && watch.is_over());
        assert!(!watch.begin(false));
        let mut watch = Watch::new(PATIENCE, Instant::now());
        assert!(watch.begin(false));
        watch.set_last();
        assert!(!watch.begin(false) && watch.is_over());
    }
}
