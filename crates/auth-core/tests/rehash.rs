//! A rehash that comes too late changes nothing. Without threads: parallel sign-ins show it only when they meet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;

use auth_core::audit::AuditEvent;
use auth_core::password::{Password, PasswordHash};
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
