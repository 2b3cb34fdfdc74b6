//! Checks access tokens, and keeps the keys to check them with.

// README begin
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use auth_core::time::Clock;
use auth_core::token::{KeySet, TokenPolicy, TokenRejection, Verified, verify};

/// For how long the server lets its keys be kept (`Cache-Control` of `/.well-known/jwks.json`).
const KEPT: Duration = Duration::from_secs(300);
/// A `kid` is easily made up, so unknown ones lead to no more requests than this.
const COOLDOWN: Duration = Duration::from_secs(1);
/// The server's clock and ours need not agree to the second.
const LEEWAY: Duration = Duration::from_secs(30);

/// Why a token does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The token is not good: 401.
    Token(TokenRejection),
    /// There are no keys to check it with: 503.
    Keys(String),
}

/// Checks tokens of one issuer for one audience.
pub(crate) struct Verifier<F, C> {
    policy: TokenPolicy,
    fetch: F,
    clock: C,
    cache: Mutex<Option<Cached>>,
}

struct Cached {
    keys: KeySet,
    at: Duration,
}

impl<F: Fn() -> Result<KeySet, String>, C: Clock> Verifier<F, C> {
    pub(crate) fn new(issuer: &str, audience: &str, fetch: F, clock: C) -> Self {
        let policy = TokenPolicy { leeway: LEEWAY, ..TokenPolicy::new(issuer, audience) };
        Self { policy, fetch, clock, cache: Mutex::new(None) }
    }

    /// The claims of a token that is good now.
    pub(crate) fn check(&self, token: &str) -> Result<Verified, Refusal> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |cached: &Cached| self.clock.monotonic().saturating_sub(cached.at);
        let cached = match cache.take() {
            Some(cached) if age(&cached) < KEPT => cached,
            _ => self.ask()?,
        };
        let cached = cache.insert(cached);
        let judge = |keys: &KeySet| verify(token, keys, &self.policy, self.clock.now());
        match judge(&cached.keys) {
            // Signed by a key that is newer than our copy, perhaps.
            Err(TokenRejection::UnknownKey) if age(cached) >= COOLDOWN => {
                *cached = self.ask()?;
                judge(&cached.keys)
            }
            judged => judged,
        }
        .map_err(Refusal::Token)
    }

    fn ask(&self) -> Result<Cached, Refusal> {
        let at = self.clock.monotonic();
        Ok(Cached { keys: (self.fetch)().map_err(Refusal::Keys)?, at })
    }
}
// README end

#[cfg(test)]
mod tests;
