//! The keys of an issuer, each with its times.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::schedule::that_signs;
use crate::time::Timestamp;
use crate::token::{SigningKey, VerifyingKey};

/// The keys of an issuer: those that sign, one after the other, and all that verify.
#[derive(Debug, Clone)]
pub struct KeyRing {
    /// In the order in which they sign.
    keys: Vec<RingKey>,
}

/// A key of a ring.
#[derive(Debug, Clone)]
pub struct RingKey {
    /// The key.
    pub key: SigningKey,
    /// When it begins to sign. Before, it is published and verifies already: the clock of another instance may be ahead.
    pub signs_from: Timestamp,
    /// When another key takes over; `None`: nobody knows. From then on it never signs, whatever became of the other.
    pub signs_until: Option<Timestamp>,
    /// Its tokens are accepted before this instant; `None`: without end.
    pub accepted_until: Option<Timestamp>,
}

impl KeyRing {
    /// A ring of one key, which signs and verifies without end: for services that keep their key themselves.
    pub fn new(key: SigningKey) -> Self {
        Self { keys: vec![RingKey { key, signs_from: Timestamp::EPOCH, signs_until: None, accepted_until: None }] }
    }

    /// A ring of keys in the order in which they sign. Without any it signs nothing and accepts nothing.
    pub fn of(keys: Vec<RingKey>) -> Self {
        Self { keys }
    }

    /// The keys, in the order in which they sign.
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The key that signs at `now`: of those that none has followed, the one whose time has come; where there is none (a
    /// clock that is behind), the first one. `None` where all were followed, as when the key that signs cannot be opened.
    pub fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        self.that_signs(now).map(|key| &key.key)
    }

    /// For how long the key that signs at `now` has signed; `None` where there is none, or nobody knows ([`KeyRing::new`]).
    pub fn signing_age(&self, now: Timestamp) -> Option<Duration> {
        self.that_signs(now)
            .map(|key| key.signs_from)
            .filter(|from| *from != Timestamp::EPOCH)
            .map(|from| now.since(from))
    }

    fn accepted(&self, now: Timestamp) -> impl Iterator<Item = &RingKey> {
        self.keys.iter().filter(move |key| key.accepted_until.is_none_or(|until| now < until))
    }

    fn that_signs(&self, now: Timestamp) -> Option<&RingKey> {
        let left = self.keys.iter().filter(|key| key.signs_until.is_none_or(|until| now < until));
        that_signs(left, now, |key| key.signs_from)
    }

    /// The key of this id, while its tokens are accepted.
    pub fn verifying(&self, id: &str, now: Timestamp) -> Option<&VerifyingKey> {
        let key = self.accepted(now).find(|key| key.key.verifying().id().as_str() == id);
        key.map(|key| key.key.verifying())
    }

    /// The JWK set to publish at `now` (RFC 7517, section 5): complete keys, those that will sign included. A shared secret
    /// is never in it, so the set of an issuer that signs by HS256 may be empty.
    pub fn jwk_set(&self, now: Timestamp) -> Value {
        json!({"keys": self.accepted(now).filter_map(|key| key.key.verifying().jwk()).collect::<Vec<_>>()})
    }
}

/// The ring as it is now: replaced as a whole when keys rotate, read at each token.
#[derive(Debug)]
pub struct CurrentKeys(RwLock<Arc<KeyRing>>);

impl CurrentKeys {
    /// Starts with this ring.
    pub fn new(ring: KeyRing) -> Self {
        Self(RwLock::new(Arc::new(ring)))
    }

    /// The ring.
    pub fn load(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another ring in its place; whoever holds the old one goes on with it for the token in hand.
    pub fn replace(&self, ring: KeyRing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }
}

impl From<KeyRing> for Arc<CurrentKeys> {
    fn from(ring: KeyRing) -> Self {
        Self::new(CurrentKeys::new(ring))
    }
}
