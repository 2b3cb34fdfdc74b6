//! Signing keys at start-up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use auth_core::audit::AuditEvent;
use auth_core::entropy::SystemEntropy;
use auth_core::root_keys::{RootKeyError, RootKeyRing};
use auth_core::secret::Secret;
use auth_core::service::{KeySetupError, load_or_create_keys};
use auth_core::testing::conformance::samples::{NOW, parallel};
use auth_core::testing::{FaultyStore, MemoryStore};
use auth_core::token::{Algorithm, KeyError, KeyRing, StoredKey};
use auth_core::user::Added;
use auth_core::{Store, StoreExt};

const SECRET: &str = "kept out of the source, at least 32 bytes";

fn ring() -> RootKeyRing {
    RootKeyRing::generate(&SystemEntropy).unwrap()
}

fn load(store: &dyn Store, ring: &RootKeyRing, algorithm: Algorithm) -> Result<KeyRing, KeySetupError> {
    load_or_create_keys(store, ring, algorithm, None, NOW, &SystemEntropy)
}

fn signing(keys: &KeyRing) -> String {
    keys.signing(NOW).unwrap().verifying().id().as_str().to_owned()
}

#[test]
fn the_first_start_makes_a_key_and_the_next_ones_open_it() {
    let (store, ring) = (MemoryStore::new(), ring());
    let first = load(&store, &ring, Algorithm::Es256).unwrap();
    let second = load(&store, &ring, Algorithm::Es256).unwrap();
    assert_eq!(signing(&first), signing(&second));
    let events = store.read(|tx| tx.audit().list(None, 10)).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event, AuditEvent::SigningKeyCreated(first.signing(NOW).unwrap().verifying().id().clone()));
}

#[test]
fn instances_that_start_at_once_make_one_key() {
    let (store, ring) = (MemoryStore::new(), ring());
    let keys = parallel(8, |_| signing(&load(&store, &ring, Algorithm::Es256).unwrap()));
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(store.read(|tx| tx.keys().all()).unwrap().len(), 1);
}

#[test]
fn another_algorithm_gets_its_own_key_and_the_old_one_still_verifies() {
    let (store, ring) = (MemoryStore::new(), ring());
    let old = load(&store, &ring, Algorithm::Es256).unwrap();
    let new = load(&store, &ring, Algorithm::EdDsa).unwrap();
    assert_ne!(signing(&old), signing(&new));
    assert!(new.verifying(&signing(&old), NOW).is_some());
    assert_eq!(signing(&load(&store, &ring, Algorithm::Es256).unwrap()), signing(&old));
}

#[test]
fn a_missing_root_key_is_named_and_nothing_weaker_is_made() {
    let (store, right) = (MemoryStore::new(), ring());
    let keys = load(&store, &right, Algorithm::Es256).unwrap();
    let id = keys.signing(NOW).unwrap().verifying().id().clone();
    let refused = load(&store, &ring(), Algorithm::Es256).unwrap_err();
    assert_eq!(refused, KeySetupError::Sealed(id, RootKeyError::Missing(right.active().clone())));
    assert!(load(&store, &ring(), Algorithm::EdDsa).is_err(), "also where another algorithm is asked for");
    assert_eq!(store.read(|tx| tx.keys().all()).unwrap().len(), 1);
}

#[test]
fn a_changed_row_is_refused() {
    let (from, ring) = (MemoryStore::new(), ring());
    load(&from, &ring, Algorithm::Es256).unwrap();
    let key = from.read(|tx| tx.keys().all()).unwrap().remove(0);
    let mut cut = key.clone();
    cut.private.as_mut().unwrap().bytes.truncate(40);
    let renamed = StoredKey { id: auth_core::token::KeyId::new("other"), ..key.clone() };
    let other_algorithm = StoredKey { algorithm: Algorithm::EdDsa, ..key.clone() };
    for (changed, good) in [(cut, false), (renamed, false), (other_algorithm, false), (key, true)] {
        let store = MemoryStore::new();
        assert_eq!(store.write(|tx| tx.keys().insert(&changed)).unwrap(), Added::Added);
        assert_eq!(load(&store, &ring, Algorithm::Es256).is_ok(), good, "{}", changed.id);
    }
}

#[test]
fn a_shared_secret_signs_and_is_never_stored() {
    let (store, ring) = (MemoryStore::new(), ring());
    let load = |secret: Option<&str>| {
        let secret = secret.map(Secret::new);
        load_or_create_keys(&store, &ring, Algorithm::Hs256, secret.as_ref(), NOW, &SystemEntropy)
    };
    assert_eq!(load(None).unwrap_err(), KeySetupError::SharedSecret(KeyError::ShortSecret));
    assert_eq!(load(Some("short")).unwrap_err(), KeySetupError::SharedSecret(KeyError::ShortSecret));
    assert_eq!(load(Some(&"ab".repeat(20))).unwrap_err(), KeySetupError::SharedSecret(KeyError::KnownSecret));
    let keys = load(Some(SECRET)).unwrap();
    assert_eq!(keys.signing(NOW).unwrap().verifying().algorithm(), Algorithm::Hs256);
    assert_eq!(store.read(|tx| tx.keys().all()).unwrap(), []);
    assert_eq!(keys.jwk_set(NOW), serde_json::json!({"keys": []}));
}

#[test]
fn a_store_that_fails_at_any_step_gives_no_keys_and_trying_again_works() {
    let ring = ring();
    for step in 1.. {
        let memory = Arc::new(MemoryStore::new());
        let store = FaultyStore::new(Arc::clone(&memory) as _);
        store.fail_at(step);
        let answer = load(&store, &ring, Algorithm::Es256);
        if !store.has_failed() {
            break;
        }
        assert!(matches!(answer, Err(KeySetupError::Unavailable(_))), "step {step}");
        store.fail_at(0);
        assert!(load(&store, &ring, Algorithm::Es256).is_ok());
        assert_eq!(memory.read(|tx| tx.keys().all()).unwrap().len(), 1, "step {step}");
    }
}
