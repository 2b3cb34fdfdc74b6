//! Signing in: each outcome, equal work by count, races and every fault of the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use auth_core::attempts::LimitSettings;
use auth_core::audit::{AuditEvent, Refusal};
use auth_core::password::Password;
use auth_core::service::{Caller, Credentials, LoginError, ServiceSettings};
use auth_core::session::EndReason;
use auth_core::testing::CheapHasher;
use auth_core::time::Clock;
use auth_core::token::TokenVerifier;
use auth_core::user::{AccountState, User};
use support::{Bench, ISSUER, PASSWORD, context, login, register, write};

fn set_state(bench: &Bench, user: &User, state: AccountState) {
    assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, state, bench.clock.now())));
}

#[test]
fn a_token_says_who_for_how_long_and_how() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "Alice").unwrap();
    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    assert_eq!(signed_in.expires_in, Duration::from_secs(7_200));
    let claims = bench.tokens.verify(signed_in.access_token.expose(), bench.clock.now()).unwrap();
    assert_eq!((claims.subject, claims.session, claims.username.as_str()), (user.id, signed_in.session, "Alice"));
    assert_eq!(claims.expires_at.unix_seconds() - claims.issued_at.unix_seconds(), 7_200);
    assert_eq!(claims.authenticated_at, claims.issued_at);
    let caller = service.authenticate(signed_in.access_token.expose()).unwrap();
    assert_eq!(
        caller,
        Caller { user: user.id, session: Some(signed_in.session), username: "Alice".to_owned(), roles: Vec::new() }
    );
    assert_eq!(service.me(&caller).unwrap(), user);
    assert_eq!(bench.events()[0], AuditEvent::SignedIn(user.id, signed_in.session));
}

#[test]
fn every_refusal_costs_one_check_and_says_the_same() {
    let bench = Bench::new();
    let service = bench.service();
    let alice = register(&service, "alice").unwrap();
    let disabled = register(&service, "disabled").unwrap();
    set_state(&bench, &disabled, AccountState::Disabled);
    let bare = auth_core::testing::conformance::samples::user(9, "passwordless");
    assert_eq!(write(&bench.memory, |tx| tx.users().insert(&bare)), auth_core::user::Added::Added);
    let cases = [
        ("nobody", PASSWORD, None, Refusal::UnknownUser),
        ("passwordless", PASSWORD, Some(bare.id), Refusal::NoPassword),
        ("alice", "wrong password", Some(alice.id), Refusal::WrongPassword),
        ("disabled", "wrong password", Some(disabled.id), Refusal::WrongPassword),
        ("", "", None, Refusal::UnknownUser),
        ("alice\0", PASSWORD, None, Refusal::UnknownUser),
    ];
    for (name, password, user, cause) in cases {
        let (checks, hashes) = (bench.hasher.checks(), bench.hasher.hashes());
        assert_eq!(login(&service, name, password).unwrap_err(), LoginError::InvalidCredentials, "{name}");
        assert_eq!((bench.hasher.checks(), bench.hasher.hashes()), (checks + 1, hashes), "{name}");
        assert_eq!(bench.events()[0], AuditEvent::SignInRefused(user, cause), "{name}");
    }
    let long = "x".repeat(1 << 16);
    assert_eq!(login(&service, &long, &long).unwrap_err(), LoginError::InvalidCredentials);
    assert_eq!(login(&service, "alice", &long).unwrap_err(), LoginError::InvalidCredentials);
    assert_eq!(bench.hasher.checks(), cases.len() + 2);
}

#[test]
fn a_disabled_account_is_told_after_the_right_password_alone() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    set_state(&bench, &user, AccountState::Disabled);
    assert_eq!(login(&service, "alice", PASSWORD).unwrap_err(), LoginError::AccountDisabled);
    assert_eq!(bench.events()[0], AuditEvent::SignInRefused(Some(user.id), Refusal::Disabled));
    assert_eq!(bench.sessions_of(&user), 0);
}

#[test]
fn an_old_hash_is_replaced_once_by_parallel_sign_ins() {
    let bench = Bench::new();
    // More are under way at once than are free.
    let settings = ServiceSettings { limits: LimitSettings::off(), ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    let user = auth_core::testing::conformance::samples::user(1, "alice");
    write(&bench.memory, |tx| {
        let _ = tx.users().insert(&user)?;
        tx.passwords().insert(user.id, &CheapHasher::stale(&Password::new(PASSWORD)), user.created_at)
    });
    let answers =
        auth_core::testing::conformance::samples::parallel(50, |_| login(&service, "alice", PASSWORD).is_ok());
    assert!(answers.iter().all(|signed_in| *signed_in));
    let rehashes = bench.events().into_iter().filter(|event| *event == AuditEvent::PasswordRehashed(user.id)).count();
    assert_eq!(rehashes, 1);
    let stored = write(&bench.memory, |tx| tx.passwords().get(user.id)).unwrap();
    assert_ne!(stored.hash, CheapHasher::stale(&Password::new(PASSWORD)));
    assert_eq!(stored.changed_at, user.created_at, "a rehash is no change of password");
    let before = bench.hasher.hashes();
    assert!(login(&service, "alice", PASSWORD).is_ok());
    assert_eq!(bench.hasher.hashes(), before, "a present hash is not made anew");
}

/// While the hash is being checked, something overtakes the sign-in.
fn overtaken(by: impl Fn(&mut dyn auth_core::store::Transaction, &User) + Send + Sync + 'static) {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let (memory, seen) = (Arc::clone(&bench.memory), user.clone());
    bench.hasher.before_check(move || {
        write(&memory, |tx| {
            by(tx, &seen);
            Ok(())
        });
    });
    assert_eq!(login(&service, "alice", PASSWORD).unwrap_err(), LoginError::InvalidCredentials);
    assert_eq!(bench.events()[0], AuditEvent::SignInRefused(Some(user.id), Refusal::Overtaken));
    assert_eq!(bench.sessions_of(&user), 0);
}

#[test]
fn a_sign_in_does_not_outlive_disabling() {
    overtaken(|tx, user| assert!(tx.users().set_state(user.id, AccountState::Disabled, user.created_at).unwrap()));
}

#[test]
fn a_sign_in_does_not_outlive_deletion() {
    overtaken(|tx, user| assert!(tx.users().delete(user.id).unwrap()));
}

#[test]
fn a_sign_in_does_not_outlive_a_change_of_credentials() {
    overtaken(|tx, user| {
        // The account as a password change leaves it: the same row, another credential version.
        assert!(tx.users().delete(user.id).unwrap());
        let changed = User { credential_version: user.credential_version + 1, ..user.clone() };
        assert_eq!(tx.users().insert(&changed).unwrap(), auth_core::user::Added::Added);
    });
}

#[test]
fn a_session_beyond_the_limit_ends_the_least_recent_one() {
    let bench = Bench::new();
    let settings = ServiceSettings { max_sessions: 2, ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    let user = register(&service, "alice").unwrap();
    let sessions: Vec<_> = (0..3)
        .map(|_| {
            bench.clock.advance(Duration::from_secs(1));
            login(&service, "alice", PASSWORD).unwrap()
        })
        .collect();
    assert_eq!(bench.sessions_of(&user), 2);
    assert!(bench.events().contains(&AuditEvent::SessionEnded(user.id, sessions[0].session, EndReason::Displaced)));
    let ended = service.authenticate(sessions[0].access_token.expose()).unwrap();
    assert!(service.me(&ended).is_err());
    let kept = service.authenticate(sessions[1].access_token.expose()).unwrap();
    assert!(service.me(&kept).is_ok());
}

#[test]
fn a_token_lives_no_longer_than_its_session() {
    let bench = Bench::new();
    let settings = ServiceSettings { session_ttl: Duration::from_millis(90_500), ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    register(&service, "alice").unwrap();
    assert_eq!(login(&service, "alice", PASSWORD).unwrap().expires_in, Duration::from_secs(90));
    let settings = ServiceSettings { session_idle: Duration::from_secs(60), ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    assert_eq!(login(&service, "alice", PASSWORD).unwrap().expires_in, Duration::from_secs(60));
}

#[test]
fn a_store_that_fails_at_any_step_signs_nobody_in() {
    for (name, password) in
        [("alice", PASSWORD), ("alice", "wrong password"), ("nobody", PASSWORD), ("stale", PASSWORD)]
    {
        let mut failures = 0;
        for step in 1.. {
            let bench = Bench::new();
            let service = bench.service();
            register(&service, "alice").unwrap();
            let stale = auth_core::testing::conformance::samples::user(1, "stale");
            write(&bench.memory, |tx| {
                let _ = tx.users().insert(&stale)?;
                tx.passwords().insert(stale.id, &CheapHasher::stale(&Password::new(PASSWORD)), stale.created_at)
            });
            bench.store.fail_at(step);
            let answer = login(&service, name, password);
            if !bench.store.has_failed() {
                assert_eq!(answer.is_ok(), password == PASSWORD && name != "nobody");
                break;
            }
            failures += 1;
            assert!(matches!(answer, Err(LoginError::Unavailable(_))), "{name}, step {step}: {answer:?}");
        }
        assert!(failures >= 6, "{name}: {failures}");
    }
}

#[test]
fn without_randomness_nobody_is_signed_in() {
    let bench = Bench::new();
    register(&bench.service(), "alice").unwrap();
    let mut failures = 0;
    for draws in 0.. {
        let entropy = Arc::new(auth_core::testing::CountingEntropy::limited(draws));
        let service = bench.builder().entropy(entropy).build().unwrap();
        match login(&service, "alice", PASSWORD) {
            Err(LoginError::Internal(_)) => failures += 1,
            Ok(_) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(failures >= 4, "{failures}");
}

#[test]
fn no_answer_shows_a_password_or_a_token() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    let credentials = Credentials::new("alice", Password::new(PASSWORD));
    let shown = format!("{signed_in:?} {credentials:?} {:?} {service:?} {:?}", context(), bench.tokens);
    assert!(!shown.contains(PASSWORD));
    assert!(!shown.contains(signed_in.access_token.expose()));
}
