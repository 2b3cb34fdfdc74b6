//! News that cannot wait for the next poll: a token by a key that this instance has not heard of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::watch;

use super::Signal;

/// Rounds that were asked for follow each other no closer: whoever sends tokens by invented keys costs the database ten
/// small reads a second, and no more.
pub(super) const SPACING: Duration = Duration::from_millis(100);
/// How long a request waits for a round. A database that takes longer is in trouble, and the poll will tell.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks for a round of hearing ahead of its time, and waits for it.
#[derive(Debug, Clone)]
pub struct News {
    wake: Sender<Signal>,
    asked: Arc<AtomicBool>,
    rounds: watch::Receiver<Rounds>,
}

/// How many rounds have begun, and how many have ended well.
#[derive(Debug, Clone, Copy, Default)]
struct Rounds {
    begun: u64,
    heard: u64,
}

/// The other side: told by the thread that hears.
#[derive(Debug)]
pub(super) struct Progress {
    asked: Arc<AtomicBool>,
    rounds: watch::Sender<Rounds>,
}

pub(super) fn news(wake: Sender<Signal>) -> (News, Progress) {
    let (rounds, seen) = watch::channel(Rounds::default());
    let asked = Arc::new(AtomicBool::new(false));
    (News { wake, asked: Arc::clone(&asked), rounds: seen }, Progress { asked, rounds })
}

impl News {
    /// Waits until a round that begins after now has ended. `false` where none does in time.
    pub async fn heard(&self) -> bool {
        let mut rounds = self.rounds.clone();
        let begun = rounds.borrow_and_update().begun;
        // One wish at a time: the round that it brings serves all who wait.
        if !self.asked.swap(true, Ordering::SeqCst) && self.wake.send(Signal::Wake).is_err() {
            return false;
        }
        let heard = rounds.wait_for(|rounds| rounds.heard > begun);
        matches!(tokio::time::timeout(PATIENCE, heard).await, Ok(Ok(_)))
    }
}

impl Progress {
    /// A round begins: wishes from now on are for the next one.
    pub(super) fn begin(&self) {
        self.asked.store(false, Ordering::SeqCst);
        self.rounds.send_modify(|rounds| rounds.begun += 1);
    }

    /// It ended well: everything that was there when it began is known.
    pub(super) fn end(&self) {
        self.rounds.send_modify(|rounds| rounds.heard = rounds.begun);
    }
}
