//! What happens while a password is being looked at.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{PASSWORD, login, register};
use auth_core::testing::CheapHasher;

/// Runs `meanwhile` inside the check of the next sign-in, once.
fn during_a_check(bench: &Bench, meanwhile: impl Fn() + Send + Sync + 'static) {
    let calls = AtomicUsize::new(0);
    bench.hasher.before_check(move || {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            meanwhile();
        }
    });
}

/// Another instance, whose own checks are not those that are interrupted.
fn other(bench: &Bench) -> AuthService {
    bench.with_hasher(Arc::new(CheapHasher::new()))
}

/// The count that was lifted is not brought back, nor taken from what came after it.
#[test]
fn an_unlocking_meanwhile_is_not_undone_by_a_verdict() {
    for password in [WRONG, PASSWORD] {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        for _ in 0..3 {
            login(&service, "alice", WRONG).unwrap_err();
        }
        let (other, clock) = (other(&bench), Arc::clone(&bench.clock));
        during_a_check(&bench, move || {
            assert!(other.unlock("alice", &RequestContext::system()).unwrap().was_counted);
            clock.advance(Duration::from_micros(1));
            login(&other, "alice", WRONG).unwrap_err();
        });
        let answer = login(&service, "alice", password);
        assert_eq!(answer.is_ok(), password == PASSWORD);
        let left = tally(&bench, &user).map(|tally| (tally.failures, tally.day_count));
        let failures = u32::from(password == WRONG);
        assert_eq!(left, Some((failures, 1)), "the one that came after the unlocking, and no other");
    }
}

/// What was guessed before belongs to the old password.
#[test]
fn a_change_of_password_meanwhile_forgets_the_count_and_refuses_the_old_one() {
    for password in [WRONG, PASSWORD] {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        let own = login(&service, "alice", PASSWORD).unwrap();
        let caller = service.authenticate(own.access_token.expose()).unwrap();
        for _ in 0..4 {
            login(&service, "alice", WRONG).unwrap_err();
        }
        let other = other(&bench);
        during_a_check(&bench, move || {
            let (old, new) = (Password::new(PASSWORD), Password::new("qT8.zzu-41"));
            other.change_password(&caller, &old, &new, &context()).unwrap();
        });
        assert_eq!(login(&service, "alice", password).unwrap_err(), LoginError::InvalidCredentials);
        assert_eq!(tally(&bench, &user), None);
        login(&service, "alice", "qT8.zzu-41").unwrap();
    }
}

#[test]
fn a_deletion_meanwhile_leaves_no_count_behind() {
    for password in [WRONG, PASSWORD] {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        let own = login(&service, "alice", PASSWORD).unwrap();
        let caller = service.authenticate(own.access_token.expose()).unwrap();
        let other = other(&bench);
        during_a_check(&bench, move || {
            other.delete_account(&caller, &Password::new(PASSWORD), &context()).unwrap();
        });
        assert_eq!(login(&service, "alice", password).unwrap_err(), LoginError::InvalidCredentials);
        assert_eq!(tally(&bench, &user), None);
    }
}

/// A panic in the middle is a crash: the guess stays counted.
#[test]
fn a_crash_between_count_and_verdict_leaves_the_attempt_counted() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    during_a_check(&bench, || panic!("on purpose"));
    let crashed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| login(&service, "alice", PASSWORD)));
    assert!(crashed.is_err());
    assert_eq!(tally(&bench, &user).map(|tally| (tally.failures, tally.day_count)), Some((1, 1)));
}
