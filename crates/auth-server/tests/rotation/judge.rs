//! What was answered, held against what should have been.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;

use crate::{BOUND, POLL};

/// Only so that servers that answer nothing fail the test instead of holding it.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(crate) struct Judge {
    pub(crate) counts: Mutex<Counts>,
    moved: Condvar,
    /// The keys that were retired: `None` while the command runs.
    retired: Mutex<HashMap<String, Option<Instant>>>,
    /// How often a root key was dropped: sessions from before may have ended with it.
    dropped: AtomicU64,
    /// When the last of them was gone, and with it every session from before.
    gone: Mutex<Option<(u64, Instant)>>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) verifications: u64,
    /// On each of the servers.
    pub(crate) by_server: [u64; 2],
    /// Tokens by retired keys, and those of sessions that ended with a root key: rightly refused.
    pub(crate) rightly_refused: u64,
    pub(crate) false_refusals: u64,
    pub(crate) false_acceptances: u64,
    /// Tokens that nobody of the two has signed: rightly refused.
    pub(crate) forgeries_refused: u64,
    /// The longest that a token by a retired key, or of a session that had ended, was accepted after the command was done.
    pub(crate) longest: Duration,
    pub(crate) retries: u64,
    pub(crate) keys_met: std::collections::HashSet<String>,
}

/// A token, and what is known of it.
pub(crate) struct Held {
    pub(crate) token: String,
    pub(crate) kid: String,
    /// How many root keys had been dropped when its session began.
    pub(crate) era: u64,
    /// Whether somebody else signed it.
    pub(crate) is_forged: bool,
}

impl Held {
    pub(crate) fn new(token: &str, era: u64) -> Self {
        let header = Base64UrlUnpadded::decode_vec(token.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        Self { token: token.to_owned(), kid: header["kid"].as_str().unwrap().to_owned(), era, is_forged: false }
    }

    /// The same claims under the same key's name, with a signature of another token.
    pub(crate) fn forged(&self, other: &Self) -> Self {
        let (signed, _) = self.token.rsplit_once('.').unwrap();
        let (_, signature) = other.token.rsplit_once('.').unwrap();
        Self { token: format!("{signed}.{signature}"), kid: self.kid.clone(), era: self.era, is_forged: true }
    }
}

impl Judge {
    pub(crate) fn era(&self) -> u64 {
        self.dropped.load(Ordering::SeqCst)
    }

    /// Runs the command that drops a root key.
    pub(crate) fn root_key_goes(&self, command: impl FnOnce()) {
        let era = self.dropped.fetch_add(1, Ordering::SeqCst) + 1;
        command();
        *self.gone.lock().unwrap() = Some((era, Instant::now()));
    }

    /// How long ago the session of a token from before has ended, as far as that is certain.
    fn ended_since(&self, held: &Held, sent: Instant) -> Option<Duration> {
        let gone = *self.gone.lock().unwrap();
        gone.filter(|(era, _)| held.era < *era).and_then(|(_, since)| sent.checked_duration_since(since))
    }

    /// Runs the command that retires a key.
    pub(crate) fn retires(&self, kid: &str, command: impl FnOnce()) {
        self.retired.lock().unwrap().insert(kid.to_owned(), None);
        command();
        self.retired.lock().unwrap().insert(kid.to_owned(), Some(Instant::now()));
    }

    /// One verification; `sent` is when it began.
    pub(crate) fn note(&self, held: &Held, sent: Instant, status: u16, server: usize) {
        let retired = self.retired.lock().unwrap().get(&held.kid).copied();
        let ended = self.ended_since(held, sent);
        let mut counts = self.counts.lock().unwrap();
        counts.verifications += 1;
        counts.by_server[server] += 1;
        if !counts.keys_met.contains(&held.kid) {
            counts.keys_met.insert(held.kid.clone());
        }
        match (status, retired) {
            (204, _) if held.is_forged => counts.false_acceptances += 1,
            (401, _) if held.is_forged => counts.forgeries_refused += 1,
            (204, retired) => {
                let retired = retired.flatten().and_then(|since| sent.checked_duration_since(since));
                if let Some(late) = retired.into_iter().chain(ended).max() {
                    counts.longest = counts.longest.max(late);
                    counts.false_acceptances += u64::from(late > POLL.1 + BOUND.1);
                }
            }
            (401, Some(_)) => counts.rightly_refused += 1,
            (401, None) if held.era < self.era() => counts.rightly_refused += 1,
            (status, _) => {
                counts.false_refusals += 1;
                println!("a false refusal: {status} by server {server}, key {}", held.kid);
            }
        }
        drop(counts);
        self.moved.notify_all();
    }

    /// Until so many more verifications were made on each server.
    pub(crate) fn settle(&self, more: u64) {
        let counts = self.counts.lock().unwrap();
        let wanted = counts.by_server.map(|count| count + more);
        let waits = |counts: &mut Counts| (0..2).any(|server| counts.by_server[server] < wanted[server]);
        let timeout = self.moved.wait_timeout_while(counts, PATIENCE, waits).unwrap().1;
        assert!(!timeout.timed_out(), "nobody is answered any more");
    }

    /// Until two polls have passed on every server: what was retired or dropped before is refused from here on.
    pub(crate) fn settle_retired(&self) {
        let since = Instant::now();
        let counts = self.counts.lock().unwrap();
        let waits = |_: &mut Counts| since.elapsed() < 2 * POLL.1;
        drop(self.moved.wait_timeout_while(counts, PATIENCE, waits).unwrap());
    }
}
