//! When a key is published, signs, verifies and retires: computed from its times, so that every instance comes to the same
//! answer without asking the others, and nothing has to be written when an hour strikes.

use std::time::Duration;

use crate::time::Timestamp;
use crate::token::policy::MAX_ACCESS_TTL;
use crate::token::{KeyId, StoredKey};

/// How long a key verifies after it signed its last token: the longest life of a token, whatever was configured when it was
/// signed, and an hour for leeway and clocks.
pub const KEPT_AFTER: Duration = MAX_ACCESS_TTL.saturating_add(Duration::from_secs(60 * 60));

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Verifiers learn of it; it will sign.
    Published,
    /// New tokens are signed with it.
    Signing,
    /// Tokens that it signed are still accepted.
    Verifying,
    /// Nothing that it signed is accepted.
    Retired,
}

impl KeyState {
    /// The name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
            Self::Retired => "retired",
        }
    }
}

/// The keys of a store, each with its state. They must come in the order of their ordinals.
#[derive(Debug, Clone, Copy)]
pub struct Schedule<'k>(pub &'k [StoredKey]);

impl<'k> Schedule<'k> {
    /// The key that signs at `now`: of those that none has followed, the one whose time has come; where there is none (a
    /// clock that is behind), the first one. A key that was followed never signs again, whatever became of its follower.
    pub fn signing(self, now: Timestamp) -> Option<&'k StoredKey> {
        let left = self.0.iter().filter(|key| is_usable(key) && !self.is_followed(key, now));
        that_signs(left, now, |key| key.signs_from)
    }

    /// The key that is next to sign, where one is published.
    pub fn published(self, now: Timestamp) -> Option<&'k StoredKey> {
        self.0.iter().find(|key| self.state(key, now) == KeyState::Published)
    }

    /// When another key takes over from `key`, or took over; `None` while nobody knows.
    pub fn signs_until(self, key: &StoredKey) -> Option<Timestamp> {
        // A key that was revoked before its time never followed anything.
        let follows = |other: &&StoredKey| {
            other.ordinal > key.ordinal && other.revoked_at.is_none_or(|revoked_at| revoked_at > other.signs_from)
        };
        self.0.iter().filter(follows).map(|other| other.signs_from).min()
    }

    /// When tokens of `key` stop being accepted; `None` while nobody knows which key will follow it.
    pub fn accepted_until(self, key: &StoredKey) -> Option<Timestamp> {
        if let Some(revoked_at) = key.revoked_at {
            return Some(revoked_at);
        }
        // One that was overtaken while it waited may have signed by a clock that is ahead.
        Some(self.signs_until(key)?.max(key.signs_from).saturating_add(KEPT_AFTER))
    }

    /// The state of `key` at `now`. With time it only goes forward.
    pub fn state(self, key: &StoredKey, now: Timestamp) -> KeyState {
        // A revocation holds at once, whatever the clock says.
        if !is_usable(key) || self.accepted_until(key).is_some_and(|until| until <= now) {
            KeyState::Retired
        } else if self.is_followed(key, now) {
            KeyState::Verifying
        } else if self.signing(now).is_some_and(|signing| signing.id == key.id) {
            KeyState::Signing
        } else {
            KeyState::Published
        }
    }

    fn is_followed(self, key: &StoredKey, now: Timestamp) -> bool {
        self.signs_until(key).is_some_and(|until| until <= now)
    }

    /// The key of this id.
    pub fn find(self, id: &KeyId) -> Option<&'k StoredKey> {
        self.0.iter().find(|key| key.id == *id)
    }

    /// The next ordinal.
    pub fn next_ordinal(self) -> i64 {
        self.0.last().map_or(1, |key| key.ordinal.saturating_add(1))
    }
}

/// Of keys that none has followed, in their order: the last one whose time has come; where there is none, the first.
pub(super) fn that_signs<K>(
    mut left: impl DoubleEndedIterator<Item = K> + Clone,
    now: Timestamp,
    signs_from: impl Fn(&K) -> Timestamp,
) -> Option<K> {
    let begun = left.clone().rfind(|key| signs_from(key) <= now);
    begun.or_else(|| left.next())
}

fn is_usable(key: &StoredKey) -> bool {
    key.revoked_at.is_none() && key.private.is_some()
}
