//! A rehash that comes too late changes nothing. Without threads: parallel sign-ins show it only when they meet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;

use auth_core::audit::AuditEvent;
use auth_core::password::{Password, PasswordHash, PasswordHasher as _};
use auth_core::testing::CheapHasher;
use auth_core::testing::conformance::samples::{plant, user};
use support::{Bench, PASSWORD, login, write};

#[test]
fn a_hash_that_was_replaced_meanwhile_is_left_alone() {
    let bench = Bench::new();
    let alice = user(1, "alice");
    let old = CheapHasher::stale(&Password::new(PASSWORD));
    let other = PasswordHash::new("$cheap$other$");
    plant(&bench.memory, std::slice::from_ref(&alice));
    write(&bench.memory, |tx| tx.passwords().insert(alice.id, &old, alice.created_at));
    let (memory, seen, replacement) = (Arc::clone(&bench.memory), old.clone(), other.clone());
    bench.hasher.before_check(move || {
        let replaced = write(&memory, |tx| tx.passwords().rehash(alice.id, &seen, &replacement, alice.created_at));
        assert!(replaced);
    });
    assert!(login(&bench.service(), "alice", PASSWORD).is_ok(), "the password was right, and is still the same");
    assert_eq!(write(&bench.memory, |tx| tx.passwords().get(alice.id)).unwrap().hash, other);
    assert!(!bench.events().contains(&AuditEvent::PasswordRehashed(alice.id)));
}

/// P-12: the password was right, and its new hash cannot be kept. What cannot be kept is refused whole, and the next try
/// succeeds.
#[test]
fn p12_a_rehash_that_fails_costs_nobody_the_password() {
    for step in 1.. {
        let bench = Bench::new();
        let alice = user(1, "alice");
        let old = CheapHasher::stale(&Password::new(PASSWORD));
        plant(&bench.memory, std::slice::from_ref(&alice));
        write(&bench.memory, |tx| tx.passwords().insert(alice.id, &old, alice.created_at));
        let service = bench.service();
        bench.store.fail_at(step);
        let first = login(&service, "alice", PASSWORD);
        assert_eq!(first.is_err(), bench.store.has_failed());
        let done = !bench.store.has_failed();
        bench.store.fail_at(0);
        assert!(login(&service, "alice", PASSWORD).is_ok(), "step {step}");
        let stored = write(&bench.memory, |tx| tx.passwords().get(alice.id)).unwrap().hash;
        assert_eq!(stored, bench.hasher.hash(&Password::new(PASSWORD)).unwrap());
        if done {
            assert!(step > 5);
            return;
        }
    }
}
