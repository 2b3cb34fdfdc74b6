//! Time, randomness and hashing under the test's control.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::Encoding;

use super::in_transaction;
use crate::entropy::{Entropy, EntropyError};
use crate::password::{Argon2Params, HashClass, HashError, HashFault, Password, PasswordHash, PasswordHasher, Verdict};
use crate::time::{Clock, Timestamp};

/// A clock that stands until it is told to move. Setting it moves the wall alone; advancing it moves the monotonic side
/// as well.
#[derive(Debug)]
pub struct ManualClock(AtomicI64, AtomicU64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_micros()), AtomicU64::new(0))
    }

    /// Moves it, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }

    /// Moves it forwards.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().saturating_add(by));
        let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.1.fetch_add(micros, Ordering::SeqCst);
    }
}

/// 2026-11-23T10:00:00Z.
impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_unix_seconds(1_795_428_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.1.load(Ordering::SeqCst))
    }
}

/// Bytes that repeat from run to run and not within one: no test depends on luck. It can be told to run dry.
#[derive(Debug, Default)]
pub struct CountingEntropy {
    drawn: AtomicU64,
    limit: Option<u64>,
}

impl CountingEntropy {
    /// One that gives `draws` times and then fails.
    pub fn limited(draws: u64) -> Self {
        Self { drawn: AtomicU64::new(0), limit: Some(draws) }
    }

    /// How often it was asked.
    pub fn draws(&self) -> u64 {
        self.drawn.load(Ordering::SeqCst)
    }
}

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let draw = self.drawn.fetch_add(1, Ordering::SeqCst);
        if self.limit.is_some_and(|limit| draw >= limit) {
            return Err(EntropyError);
        }
        // The count comes first, so that ids minted within one millisecond sort in the order of their minting.
        let count = draw.to_be_bytes();
        let tail = (0_u64..).flat_map(|block| {
            let stream = digest(&SHA256, &[count, block.to_be_bytes()].concat());
            <[u8; 32]>::try_from(stream.as_ref()).unwrap_or_default()
        });
        for (byte, drawn) in bytes.iter_mut().zip(count.into_iter().chain(tail)) {
            *byte = drawn;
        }
        Ok(())
    }
}

type Hook = Box<dyn Fn() + Send + Sync>;

/// A hasher that costs nothing, counts, and panics when it is called inside an open transaction of
/// [`super::MemoryStore`] (invariant B). It says of real hashes which class they are, and they match nothing. Of no use for
/// real passwords.
#[derive(Default)]
pub struct CheapHasher {
    hashes: AtomicUsize,
    checked: Mutex<Vec<HashClass>>,
    before_check: Mutex<Option<Hook>>,
    before_hash: Mutex<Option<Hook>>,
}

impl CheapHasher {
    /// A hasher that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many hashes were made.
    pub fn hashes(&self) -> usize {
        self.hashes.load(Ordering::SeqCst)
    }

    /// How many checks were made, decoys included.
    pub fn checks(&self) -> usize {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The class of each hash that was checked, or of the decoy in its place.
    pub fn checked(&self) -> Vec<HashClass> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `hook` at the start of every check: what happens while a slow hash is under way.
    pub fn before_check(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.before_check.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
    }

    /// Runs `hook` at the start of every new hash.
    pub fn before_hash(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.before_hash.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
    }

    /// A hash of `password` that is [`Verdict::Stale`].
    pub fn stale(password: &Password) -> PasswordHash {
        Self::text("old", password)
    }

    fn text(version: &str, password: &Password) -> PasswordHash {
        let digest = digest(&SHA256, password.expose().as_bytes());
        let text = base64ct::Base64UrlUnpadded::encode_string(digest.as_ref());
        PasswordHash::new(format!("$cheap${version}${text}"))
    }

    fn is_cheap(hash: &PasswordHash) -> bool {
        hash.expose().starts_with("$cheap$")
    }

    fn alarm() {
        assert!(!in_transaction(), "a password is hashed while a transaction is open (invariant B)");
    }
}

impl PasswordHasher for CheapHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        Self::alarm();
        self.hashes.fetch_add(1, Ordering::SeqCst);
        if let Some(hook) = self.before_hash.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            hook();
        }
        if password.is_too_long() { Err(HashError::Failed) } else { Ok(Self::text("new", password)) }
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        Self::alarm();
        let class = hash.and_then(|hash| self.inspect(hash).ok()).unwrap_or_else(|| self.class());
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).push(class);
        if let Some(hook) = self.before_check.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            hook();
        }
        match hash.filter(|_| !password.is_too_long()) {
            Some(hash) if *hash == Self::text("new", password) => Verdict::Match,
            Some(hash) if *hash == Self::text("old", password) => Verdict::Stale,
            _ => Verdict::NoMatch,
        }
    }

    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault> {
        if Self::is_cheap(hash) { Ok(self.class()) } else { hash.inspect(Argon2Params::default()) }
    }

    fn class(&self) -> HashClass {
        Argon2Params::default().class()
    }
}

impl fmt::Debug for CheapHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheapHasher")
            .field("hashes", &self.hashes)
            .field("checks", &self.checks())
            .finish_non_exhaustive()
    }
}
