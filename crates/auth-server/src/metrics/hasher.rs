//! A hasher that is watched.

use std::sync::Arc;
use std::time::Instant;

use auth_core::password::{HashError, Password, PasswordHash, PasswordHasher, Verdict};

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
        self.timed("hash", "argon2id", || self.inner.hash(password))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        match hash {
            Some(hash) => self.timed("verify", scheme(hash), || self.inner.verify(password, Some(hash))),
            None => self.timed("decoy", "argon2id", || self.inner.verify(password, None)),
        }
    }

    fn can_verify(&self, hash: &PasswordHash) -> bool {
        self.inner.can_verify(hash)
    }
}

/// How a stored hash was made, by its first words.
fn scheme(hash: &PasswordHash) -> &'static str {
    let text = hash.expose();
    let known = [("$argon2id$", "argon2id"), ("$argon2i$", "argon2i"), ("$argon2d$", "argon2d"), ("$2", "bcrypt")];
    known.into_iter().find(|(prefix, _)| text.starts_with(prefix)).map_or("other", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_one_of_a_few_whatever_is_stored() {
        for (text, name) in [
            ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$nf65", "argon2id"),
            ("$argon2i$v=19$m=64", "argon2i"),
            ("$2b$12$CCCC", "bcrypt"),
            ("$evil\n{}", "other"),
            ("", "other"),
        ] {
            assert_eq!(scheme(&PasswordHash::new(text)), name);
        }
    }
}
