//! Tokens that were verified before: a client shows the same one with every request until it expires.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use crate::token::{AccessClaims, KeyId};

/// A bounded memory of tokens that passed, by their digest: what lies in memory opens nothing. What fails is never
/// remembered, so nobody fills it with junk; what is looked up least goes first.
///
/// The signature is all that is remembered as good. Whether the key is still accepted and the time still right is asked anew
/// each time, and whether the session lives by whoever asks.
pub(super) struct TokenCache(Cache<Digest, CachedToken>);

/// What a token is remembered by: its SHA-256.
pub(super) type Digest = [u8; 32];

/// What a token said, and the key that signed it.
#[derive(Debug, Clone)]
pub(super) struct CachedToken {
    pub(super) claims: Arc<AccessClaims>,
    pub(super) key: Arc<KeyId>,
}

impl TokenCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    pub(super) fn find(&self, digest: &Digest) -> Option<CachedToken> {
        self.0.get(digest)
    }

    pub(super) fn remember(&self, digest: Digest, claims: &Arc<AccessClaims>, key: &KeyId) {
        self.0.insert(digest, CachedToken { claims: Arc::clone(claims), key: Arc::new(key.clone()) });
    }
}

/// The digest of a token; SHA-256 has 32 bytes.
pub(super) fn digest_of(token: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenCache({} of {})", self.0.len(), self.0.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SessionId, UserId};
    use crate::time::Timestamp;
    use crate::token::{AuthMethod, TutorialUserId};

    fn claims(username: &str) -> Arc<AccessClaims> {
        Arc::new(AccessClaims {
            issuer: "i".to_owned(),
            audience: "a".to_owned(),
            subject: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            token_id: "t".to_owned(),
            issued_at: Timestamp::EPOCH,
            expires_at: Timestamp::EPOCH,
            authenticated_at: Timestamp::EPOCH,
            methods: vec![AuthMethod::Password],
            user_id: TutorialUserId::Number(1),
            username: username.to_owned(),
            roles: Vec::new(),
        })
    }

    #[test]
    fn a_token_is_found_by_all_of_its_letters() {
        let cache = TokenCache::new(10);
        cache.remember(digest_of("a.b.c"), &claims("alice"), &KeyId::new("k"));
        assert_eq!(cache.find(&digest_of("a.b.c")).unwrap().claims.username, "alice");
        for other in ["a.b.", "a.b.C", "a.b.c ", "", "a.b.cc"] {
            assert!(cache.find(&digest_of(other)).is_none(), "{other}");
        }
        assert_eq!(format!("{cache:?}"), "TokenCache(1 of 10)");
    }

    #[test]
    fn a_million_tokens_leave_no_more_than_the_bound() {
        let cache = TokenCache::new(1_000);
        let (claims, key) = (claims("alice"), KeyId::new("k"));
        for number in 0..1_000_000 {
            cache.remember(digest_of(&number.to_string()), &claims, &key);
        }
        assert!(cache.0.len() <= 1_000, "{cache:?}");
        assert!(Arc::strong_count(&claims) <= 1_001, "what went is gone");
    }
}
