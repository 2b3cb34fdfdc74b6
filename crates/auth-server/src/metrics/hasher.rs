//! A hasher that is watched.

use std::sync::Arc;
use std::time::Instant;

use auth_core::password::{HashClass, HashError, HashFault, Password, PasswordHash, PasswordHasher, Verdict};

use super::Durations;
use super::labels::Hash;

/// Hands on every call, and counts how long it took.
pub(super) struct MeteredHasher {
    inner: Arc<dyn PasswordHasher>,
    seconds: Durations<Hash>,
}

impl MeteredHasher {
    pub(super) fn new(inner: Arc<dyn PasswordHasher>, seconds: Durations<Hash>) -> Self {
        Self { inner, seconds }
    }

    fn timed<T>(&self, op: &'static str, scheme: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.seconds.get_or_create(&Hash { scheme, op }).observe(begun.elapsed().as_secs_f64());
        done
    }
}

impl PasswordHasher for MeteredHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.timed("hash", self.inner.class().scheme(), || self.inner.hash(password))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        let op = if hash.is_none_or(PasswordHash::is_decoy) { "decoy" } else { "verify" };
        let class = hash.map_or_else(|| Some(self.inner.class()), PasswordHash::class);
        // Of a closed list, whatever is stored.
        let scheme = class.map_or("other", HashClass::scheme);
        self.timed(op, scheme, || self.inner.verify(password, hash))
    }

    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault> {
        self.inner.inspect(hash)
    }

    fn class(&self) -> HashClass {
        self.inner.class()
    }
}
