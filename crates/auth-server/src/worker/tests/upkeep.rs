//! The rounds of the clean-up, without a thread.

use auth_core::StoreExt as _;
use auth_core::attempts::{LimitSettings, Window, WindowKey};
use auth_core::entropy::SystemEntropy;
use auth_core::password::{Argon2Params, Password, PasswordHash};
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{Credentials, ImportedUser, KeySettings, RequestContext, ServiceSettings};
use auth_core::testing::{CheapHasher, FaultyStore, ManualClock, MemoryStore};
use auth_core::time::Timestamp;
use auth_core::token::{Algorithm, Jwt, TokenPolicy};

use super::*;

const BCRYPT: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// An instance of one server: its store may fail, the one of its keys does not.
struct Instance {
    store: Arc<FaultyStore>,
    hasher: Arc<CheapHasher>,
    upkeep: Upkeep,
}

impl Instance {
    fn new(memory: &Arc<dyn Store>) -> Self {
        let (store, hasher) = (Arc::new(FaultyStore::new(Arc::clone(memory))), Arc::new(CheapHasher::new()));
        let (clock, root_keys) =
            (Arc::new(ManualClock::default()), Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()));
        let keys: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let keys = SigningKeys::new(keys, Arc::clone(&root_keys), KeySettings::new(Algorithm::Es256));
        let keys = Arc::new(keys.with_clock(Arc::clone(&clock) as _));
        keys.open().unwrap();
        let issuer = "https://auth.test".to_owned();
        let service = AuthService::builder()
            .store(Arc::clone(&store) as _)
            .hasher(Arc::clone(&hasher) as _)
            .tokens(Arc::new(Jwt::new(keys.current(), TokenPolicy::new(issuer.clone(), issuer.clone()))))
            .root_keys(root_keys)
            .clock(clock)
            .settings(ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new(issuer) })
            .build()
            .unwrap();
        let (service, cleanup) = (Arc::new(service), Every::new(NEVER));
        Self { store, hasher, upkeep: Upkeep { service, keys, cleanup } }
    }

    fn import(&self) {
        let imported = ImportedUser {
            legacy_id: None,
            username: "alice".to_owned(),
            hash: PasswordHash::new(BCRYPT),
            created_at: None,
        };
        self.upkeep.service.import_user(&imported, &RequestContext::system()).unwrap();
    }

    /// Whether each of a hundred names that nobody has costs a hash of the present class.
    fn costs_the_present_alone(&self) -> bool {
        for number in 0..100 {
            let credentials = Credentials::new(format!("nobody{number}"), Password::new("wrong"));
            self.upkeep.service.login(credentials, &RequestContext::system()).unwrap_err();
        }
        let checked = self.hasher.checked();
        checked.iter().rev().take(100).all(|class| *class == Argon2Params::default().class())
    }
}

/// Long before it counts again by itself.
#[test]
fn a_plan_that_another_instance_made_is_followed_in_the_next_round() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (mut one, other) = (Instance::new(&memory), Instance::new(&memory));
    let start = Instant::now();
    one.upkeep.round(start).unwrap();
    other.import();
    other.upkeep.service.count_hashes().unwrap();
    assert!(one.costs_the_present_alone(), "it has not heard of it");
    one.upkeep.round(start + UPKEEP).unwrap();
    assert!(!one.costs_the_present_alone());
}

/// A row that cannot be read must not stop the removal of all others.
#[test]
fn whatever_fails_in_a_round_the_rest_of_it_is_done() {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut instance = Instance::new(&memory);
    instance.upkeep.round(Instant::now()).unwrap();
    // What comes before the removal of attempts, which is the last.
    instance.store.fail_at(0);
    instance.upkeep.service.follow_decoy_plan().unwrap();
    instance.upkeep.service.count_hashes().unwrap();
    instance.upkeep.service.forget_dead_sessions().unwrap();
    let steps = instance.store.steps();
    assert!(steps > 6, "{steps}");
    let over = Window { count: 1, until: Timestamp::EPOCH };
    let key = WindowKey([1; 16]);
    for step in 1..=steps {
        let left = memory.write(|tx| tx.attempts().open_window(&key, &over)).unwrap();
        assert_eq!(left, over);
        instance.upkeep.cleanup = Every::new(NEVER);
        instance.store.fail_at(step);
        let done = instance.upkeep.round(Instant::now());
        assert!(matches!(done, Err(StoreError::Unavailable(_))), "step {step}: {done:?}");
        let blank = Window::blank(Timestamp::from_unix_seconds(1));
        let found = memory.write(|tx| tx.attempts().open_window(&key, &blank)).unwrap();
        assert_eq!(found, blank, "step {step}: it was removed");
        memory.write(|tx| tx.attempts().keep_window(&key, &over)).unwrap();
    }
}
