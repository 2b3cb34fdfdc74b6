//! Registration: each outcome, and every fault of the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use auth_core::StoreExt;
use auth_core::audit::AuditEvent;
use auth_core::password::{Password, PasswordFault};
use auth_core::service::{RegisterError, Registration, RegistrationMode, ServiceSettings};
use auth_core::testing::CountingEntropy;
use auth_core::user::{CanonicalName, UsernameFault};
use std::sync::Arc;
use support::{Bench, ISSUER, PASSWORD, context, create, login, register};

#[test]
fn a_registered_user_can_sign_in_and_the_log_says_so() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "Alice").unwrap();
    assert_eq!(user.name.as_entered(), "Alice");
    assert_eq!(bench.events(), [AuditEvent::UserRegistered(user.id)]);
    assert_eq!(login(&service, "alice", PASSWORD).unwrap().user, user);
}

#[test]
fn all_faults_are_told_at_once_and_nothing_is_hashed() {
    let bench = Bench::new();
    let registration = Registration { username: "ab".to_owned(), password: Password::new("short") };
    let refused = bench.service().register(registration, &context()).unwrap_err();
    let password = vec![PasswordFault::TooShort];
    assert_eq!(refused, RegisterError::Invalid { username: Some(UsernameFault::TooShort), password });
    assert_eq!(bench.hasher.hashes(), 0);
    assert_eq!(bench.store.steps(), 0);
}

#[test]
fn a_taken_name_is_refused_in_every_spelling_and_costs_no_hash() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "paypal").unwrap();
    for name in ["paypal", "PayPal", "ｐａｙｐａｌ"] {
        assert_eq!(register(&service, name), Err(RegisterError::UsernameTaken), "{name}");
    }
    assert_eq!(bench.hasher.hashes(), 1);
}

#[test]
fn a_name_that_looks_like_another_is_refused() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "paypal").unwrap();
    // All Cyrillic, so that no script is mixed.
    let lookalike = "\u{440}\u{430}\u{443}\u{440}\u{430}\u{4cf}";
    assert_eq!(register(&service, lookalike), Err(RegisterError::UsernameTaken));
    assert!(register(&service, "\u{430}\u{43b}\u{438}\u{441}\u{430}").is_ok(), "another Cyrillic name passes");
}

#[test]
fn of_parallel_registrations_one_wins() {
    let bench = Bench::new();
    let service = bench.service();
    let name = |number| if number % 2 == 0 { "alice" } else { "ALICE" };
    let answers = auth_core::testing::conformance::samples::parallel(64, |number| register(&service, name(number)));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(RegisterError::UsernameTaken)).count(), 63);
    assert_eq!(bench.events().len(), 1);
}

#[test]
fn closed_means_closed_and_an_administrator_still_may() {
    let bench = Bench::new();
    let settings = ServiceSettings { registration: RegistrationMode::Closed, ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    assert_eq!(register(&service, "alice"), Err(RegisterError::Closed));
    let user = create(&service, "alice").unwrap().user;
    assert_eq!(bench.events(), [AuditEvent::UserCreated(user.id)]);
    assert!(login(&service, "alice", PASSWORD).is_ok());
}

#[test]
fn a_store_that_fails_at_any_step_leaves_all_of_an_account_or_nothing() {
    let mut failures = 0;
    for step in 1.. {
        let bench = Bench::new();
        let service = bench.service();
        bench.store.fail_at(step);
        let answer = register(&service, "alice");
        if !bench.store.has_failed() {
            assert!(answer.is_ok());
            break;
        }
        failures += 1;
        assert!(matches!(answer, Err(RegisterError::Unavailable(_))), "step {step}: {answer:?}");
        let user = bench.memory.read(|tx| tx.users().by_name(&CanonicalName::of("alice"))).unwrap();
        bench.store.fail_at(0);
        if let Some(user) = user {
            // The commit went through and its answer was lost: the account is whole.
            assert_eq!(login(&service, "alice", PASSWORD).unwrap().user, user);
            assert!(bench.events().contains(&AuditEvent::UserRegistered(user.id)));
        } else {
            assert_eq!(bench.events(), []);
            assert!(register(&service, "alice").is_ok(), "step {step}: trying again works");
        }
    }
    assert!(failures >= 7, "begin, read, commit; begin, three writes, commit, answer: {failures}");
}

#[test]
fn without_randomness_there_is_no_account() {
    let bench = Bench::new();
    for draws in 0..2 {
        let service = bench.builder().entropy(Arc::new(CountingEntropy::limited(draws))).build().unwrap();
        assert!(matches!(register(&service, "alice"), Err(RegisterError::Internal(_))), "{draws} draws");
    }
    assert!(bench.memory.read(|tx| tx.users().by_name(&CanonicalName::of("alice"))).unwrap().is_none());
}

#[test]
fn a_password_that_is_too_long_to_hash_is_a_fault_and_no_error() {
    let bench = Bench::new();
    let registration = Registration { username: "alice".to_owned(), password: Password::new("x".repeat(1 << 20)) };
    let refused = bench.service().register(registration, &context()).unwrap_err();
    assert_eq!(refused, RegisterError::Invalid { username: None, password: vec![PasswordFault::TooLong] });
}
