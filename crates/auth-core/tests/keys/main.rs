//! Signing keys over a store in memory: made, rotated, retired, sealed anew, and every way in which that can fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod faults;
mod import;
mod keep;
mod open;
mod races;
mod reseal;
mod retire;
mod ring;
mod root;
mod rotate;
mod schedule;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use auth_core::audit::AuditEvent;
use auth_core::entropy::SystemEntropy;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{KeySettings, RequestContext, SigningKeys};
use auth_core::testing::{CountingEntropy, FaultyStore, ManualClock, MemoryStore};
use auth_core::time::{Clock, Timestamp};
use auth_core::token::{
    AccessClaims, Algorithm, AuthMethod, Jwt, KeyId, Schedule, StoredKey, TokenPolicy, TokenRejection, TokenSigner,
    TokenVerifier, TutorialUserId,
};
use auth_core::{Store, StoreExt};

const ISSUER: &str = "https://auth.example";
const SECRET: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";
const OTHER_SECRET: &str = "Zp4Nc8WvQ1sKd6TgYb3XmRf9HjLa2EuV";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What `KEPT_AFTER` says, written out: 24 hours of a token's life, and one for clocks.
const KEPT: Duration = Duration::from_secs(25 * 60 * 60);

/// One store, one clock, one ring of root keys, and as many instances as a test wants.
struct Site {
    memory: Arc<dyn Store>,
    store: Arc<FaultyStore>,
    root: Arc<RootKeyRing>,
    clock: Arc<ManualClock>,
    /// Of all instances, so that the lines of the log sort in the order of their minting.
    entropy: Arc<CountingEntropy>,
}

impl Site {
    fn new() -> Self {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let store = Arc::new(FaultyStore::new(Arc::clone(&memory)));
        Self { memory, store, root: root_ring(), clock: Arc::default(), entropy: Arc::default() }
    }

    /// With a key that signs, of this instance.
    fn opened() -> (Self, SigningKeys) {
        let site = Self::new();
        let keys = site.keys(Algorithm::Es256);
        keys.open().unwrap();
        (site, keys)
    }

    fn keys(&self, algorithm: Algorithm) -> SigningKeys {
        self.with(KeySettings::new(algorithm))
    }

    fn shared(&self, secret: &str) -> SigningKeys {
        let shared_secret = Some(Secret::new(secret));
        self.with(KeySettings { shared_secret, ..KeySettings::new(Algorithm::Hs256) })
    }

    fn with(&self, settings: KeySettings) -> SigningKeys {
        self.under(&self.root, settings)
    }

    fn under(&self, root: &Arc<RootKeyRing>, settings: KeySettings) -> SigningKeys {
        self.over(Arc::clone(&self.store) as _, root, settings)
    }

    fn over(&self, store: Arc<dyn Store>, root: &Arc<RootKeyRing>, settings: KeySettings) -> SigningKeys {
        let keys = SigningKeys::new(store, Arc::clone(root), settings);
        keys.with_clock(Arc::clone(&self.clock) as _).with_entropy(Arc::clone(&self.entropy) as _)
    }

    /// An instance whose clock is another one.
    fn at(&self, now: Timestamp) -> (SigningKeys, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(now));
        (self.keys(Algorithm::Es256).with_clock(Arc::clone(&clock) as _), clock)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn rows(&self) -> Vec<StoredKey> {
        self.memory.read(|tx| tx.keys().all()).unwrap()
    }

    /// The key that signs now, by the rows alone.
    fn signing(&self) -> KeyId {
        Schedule(&self.rows()).signing(self.now()).unwrap().id.clone()
    }

    /// The states of all rows now, in order.
    fn states(&self) -> Vec<&'static str> {
        let rows = self.rows();
        rows.iter().map(|row| Schedule(&rows).state(row, self.now()).as_str()).collect()
    }

    /// The earliest first.
    fn events(&self) -> Vec<AuditEvent> {
        let records = self.memory.read(|tx| tx.audit().list(None, 1_000)).unwrap();
        records.into_iter().rev().map(|record| record.event).collect()
    }
}

fn root_ring() -> Arc<RootKeyRing> {
    Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap())
}

/// A ring of the keys of several, the first one's active.
fn rings(rings: &[&RootKeyRing]) -> Arc<RootKeyRing> {
    let texts: Vec<_> = rings.iter().map(|ring| ring.to_text().expose().to_owned()).collect();
    Arc::new(RootKeyRing::parse(&Secret::new(texts.join(","))).unwrap())
}

fn context() -> RequestContext {
    RequestContext::system()
}

fn tokens(keys: &SigningKeys) -> Jwt {
    Jwt::new(keys.current(), TokenPolicy::new(ISSUER, ISSUER))
}

/// A token of the longest life there is, made at `now`.
fn token(keys: &SigningKeys, now: Timestamp) -> String {
    let claims = AccessClaims {
        issuer: ISSUER.to_owned(),
        audience: ISSUER.to_owned(),
        subject: auth_core::id::UserId::from_bytes([1; 16]),
        session: auth_core::id::SessionId::from_bytes([2; 16]),
        token_id: "jti".to_owned(),
        issued_at: now.floor_to_second(),
        expires_at: now.floor_to_second().saturating_add(DAY),
        authenticated_at: now.floor_to_second(),
        methods: vec![AuthMethod::Password],
        user_id: TutorialUserId::Number(7),
        username: "alice".to_owned(),
        roles: Vec::new(),
    };
    tokens(keys).sign(&claims).unwrap().expose().to_owned()
}

/// `None` where it is accepted.
fn refusal(keys: &SigningKeys, token: &str, now: Timestamp) -> Option<TokenRejection> {
    tokens(keys).verify(token, now).err()
}

fn kid(keys: &SigningKeys, now: Timestamp) -> Option<KeyId> {
    keys.current().load().signing(now).map(|key| key.verifying().id().clone())
}

fn before(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - 1)
}
