//! A rehash at sign-in against whatever else sets the password, at every step and in every store: an old password is never
//! restored.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_core::attempts::LimitSettings;
use auth_core::audit::Actor;
use auth_core::entropy::SystemEntropy;
use auth_core::password::{Password, PasswordHash, PasswordHasher as _};
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{AuthService, Credentials, LoginOutcome, RequestContext, ServiceSettings, SignedIn};
use auth_core::testing::conformance::samples::{NOW, user};
use auth_core::testing::{CheapHasher, ManualClock, MemoryStore};
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_core::user::{Added, User};
use auth_core::{Store, StoreError, StoreExt as _};
use auth_storage::Backend;
use common::{Database, on_both};

const OLD: &str = "vM3-kpq0z";
const NEW: &str = "qT8.zzu-41";

struct Bench {
    store: Arc<dyn Store>,
    hasher: Arc<CheapHasher>,
    service: Arc<AuthService>,
    alice: User,
}

impl Bench {
    /// An account whose hash is stale.
    fn on(store: Arc<dyn Store>) -> Self {
        let hasher = Arc::new(CheapHasher::new());
        let issuer = "https://auth.example".to_owned();
        let (key, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let service = AuthService::builder()
            .store(Arc::clone(&store))
            .hasher(Arc::clone(&hasher) as _)
            .tokens(Arc::new(Jwt::new(KeyRing::new(key), TokenPolicy::new(issuer.clone(), issuer.clone()))))
            .root_keys(Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()))
            .clock(Arc::new(ManualClock::at(NOW)))
            // The same account is signed in to more often than anybody may.
            .settings(ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new(issuer) })
            .build()
            .unwrap();
        let alice = user(1, "alice");
        store
            .write(|tx| {
                assert_eq!(tx.users().insert(&alice)?, Added::Added);
                tx.passwords().insert(alice.id, &CheapHasher::stale(&Password::new(OLD)), NOW)
            })
            .unwrap();
        Self { store, hasher, service: Arc::new(service), alice }
    }

    fn login(&self, password: &str) -> Option<SignedIn> {
        login(&self.service, password)
    }

    fn stored(&self) -> PasswordHash {
        self.store.read(|tx| tx.passwords().get(self.alice.id)).unwrap().unwrap().hash
    }
}

fn login(service: &AuthService, password: &str) -> Option<SignedIn> {
    let credentials = Credentials::new("alice", Password::new(password));
    let done = service.login(credentials, &RequestContext::of(Actor::Client));
    done.ok().map(|LoginOutcome::SignedIn(signed_in)| signed_in)
}

/// Who else sets the password.
#[derive(Debug, Clone, Copy)]
enum Setter {
    Owner,
    Administrator,
}

/// A hash of the new password as the hasher makes it, made before anything is hooked.
fn set(bench: &Bench, setter: Setter, caller: &SignedIn) -> impl Fn() + Send + Sync + 'static {
    let new = CheapHasher::new().hash(&Password::new(NEW)).unwrap();
    let (store, service, alice) = (Arc::clone(&bench.store), Arc::clone(&bench.service), bench.alice.clone());
    let (caller, done) = (service.authenticate(caller.access_token.expose()).unwrap(), AtomicBool::new(false));
    move || {
        if done.swap(true, Ordering::SeqCst) {
            return;
        }
        match setter {
            // What the use case does after its own hashes, which are hooked here.
            Setter::Owner => store
                .write(|tx| {
                    let session = caller.session.unwrap();
                    assert!(tx.users().lock(alice.id)?.is_some() && tx.sessions().by_id(session)?.is_some());
                    assert!(tx.passwords().change(alice.id, &new, NOW)?);
                    tx.users().raise_credential_version(alice.id, NOW)
                })
                .map(drop)
                .unwrap(),
            Setter::Administrator => store
                .write(|tx| {
                    tx.users().lock(alice.id)?;
                    assert!(tx.passwords().change(alice.id, &new, NOW)?);
                    assert!(tx.users().raise_credential_version(alice.id, NOW)?);
                    Ok::<_, StoreError>(())
                })
                .unwrap(),
        }
    }
}

fn an_overtaken_rehash_restores_nothing(store: impl Fn() -> Arc<dyn Store>) {
    for setter in [Setter::Owner, Setter::Administrator] {
        for step in ["check", "hash"] {
            let bench = Bench::on(store());
            // A session of the owner's, by a sign-in before; then the hash is stale again.
            let caller = bench.login(OLD).unwrap();
            let (fresh, stale) = (bench.stored(), CheapHasher::stale(&Password::new(OLD)));
            assert!(bench.store.write(|tx| tx.passwords().rehash(bench.alice.id, &fresh, &stale, NOW)).unwrap());
            let hook = set(&bench, setter, &caller);
            match step {
                "check" => bench.hasher.before_check(hook),
                _ => bench.hasher.before_hash(hook),
            }
            assert!(bench.login(OLD).is_none(), "{setter:?} before {step}: the password is another one by now");
            assert_eq!(bench.stored(), CheapHasher::new().hash(&Password::new(NEW)).unwrap(), "{setter:?} {step}");
            assert!(bench.login(OLD).is_none() && bench.login(NEW).is_some(), "{setter:?} {step}");
        }
    }
}

/// Threads that meet as they like: sign-ins with the old password, and the owner's change by the use case itself.
fn of_a_change_and_many_rehashes_the_change_stands(store: impl Fn() -> Arc<dyn Store>) {
    for _ in 0..40 {
        let bench = Bench::on(store());
        let caller = bench.login(OLD).unwrap();
        let caller = bench.service.authenticate(caller.access_token.expose()).unwrap();
        let (fresh, stale) = (bench.stored(), CheapHasher::stale(&Password::new(OLD)));
        assert!(bench.store.write(|tx| tx.passwords().rehash(bench.alice.id, &fresh, &stale, NOW)).unwrap());
        let barrier = std::sync::Barrier::new(5);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    login(&bench.service, OLD)
                });
            }
            barrier.wait();
            let (old, new) = (Password::new(OLD), Password::new(NEW));
            bench.service.change_password(&caller, &old, &new, &RequestContext::of(Actor::Client)).unwrap();
        });
        assert_eq!(bench.stored(), CheapHasher::new().hash(&Password::new(NEW)).unwrap());
        assert!(bench.login(OLD).is_none() && bench.login(NEW).is_some());
    }
}

fn with_hooks(backend: Backend) {
    let databases = std::cell::RefCell::new(Vec::new());
    an_overtaken_rehash_restores_nothing(|| {
        let database = Database::migrated(backend);
        let store = Arc::new(database.open_patient());
        databases.borrow_mut().push(database);
        store
    });
}

fn with_threads(backend: Backend) {
    let database = Database::migrated(backend);
    let store = Arc::new(database.open_patient());
    of_a_change_and_many_rehashes_the_change_stands(|| {
        store.write(|tx| tx.users().delete(user(1, "alice").id)).unwrap();
        Arc::clone(&store) as _
    });
}

on_both!(with_hooks, with_threads);

#[test]
fn with_hooks_in_memory() {
    an_overtaken_rehash_restores_nothing(|| Arc::new(MemoryStore::new()));
}

#[test]
fn with_threads_in_memory() {
    of_a_change_and_many_rehashes_the_change_stands(|| Arc::new(MemoryStore::new()));
}
