//! Refreshing: the machine in its use case, over a store that fails, races and time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use auth_core::StoreExt;
use auth_core::audit::AuditEvent;
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{AuthService, RefreshError, ServiceSettings, SignedIn};
use auth_core::session::refresh::{PREFIX, PresentedToken, token};
use auth_core::session::{EndReason, Session};
use auth_core::testing::conformance::samples::parallel;
use auth_core::time::{Clock, Timestamp};
use auth_core::token::TokenVerifier;
use auth_core::user::AccountState;
use proptest::prelude::*;
use support::{Bench, ISSUER, PASSWORD, context, login, register, write};

fn refresh(service: &AuthService, token: &str) -> Result<SignedIn, RefreshError> {
    service.refresh(token, &context())
}

fn session(bench: &Bench, signed_in: &SignedIn) -> Session {
    bench.memory.read(|tx| tx.sessions().by_id(signed_in.session)).unwrap().unwrap()
}

fn signed_in(bench: &Bench) -> (AuthService, SignedIn) {
    let service = bench.service();
    register(&service, "alice").unwrap();
    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    (service, signed_in)
}

#[test]
fn a_refresh_gives_the_next_pair_of_the_same_session() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    bench.clock.advance(Duration::from_secs(60));
    let second = refresh(&service, first.refresh_token.expose()).unwrap();
    assert_eq!((second.session, &second.user), (first.session, &first.user));
    assert_ne!(second.refresh_token, first.refresh_token);
    let claims = bench.tokens.verify(second.access_token.expose(), bench.clock.now()).unwrap();
    assert_eq!(
        claims.issued_at.since(claims.authenticated_at),
        Duration::from_secs(60),
        "a refresh proves nobody anew"
    );
    let row = session(&bench, &first);
    assert_eq!((row.generation, row.rotated_at), (2, bench.clock.now()));
    assert!(refresh(&service, second.refresh_token.expose()).is_ok());
}

#[test]
fn within_the_window_the_same_token_gets_the_same_successor_and_nothing_is_written() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let second = refresh(&service, first.refresh_token.expose()).unwrap();
    let row = session(&bench, &first);
    let events = bench.events().len();
    bench.clock.advance(Duration::from_secs(300));
    let again = refresh(&service, first.refresh_token.expose()).unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_eq!(session(&bench, &first), row);
    assert_eq!(bench.events().len(), events);
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(refresh(&service, first.refresh_token.expose()).unwrap_err(), RefreshError::Reused(EndReason::Reused));
}

#[test]
fn a_superseded_token_ends_the_session_with_a_trace_whoever_comes_first() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let second = refresh(&service, first.refresh_token.expose()).unwrap();
    refresh(&service, second.refresh_token.expose()).unwrap();
    assert_eq!(refresh(&service, first.refresh_token.expose()).unwrap_err(), RefreshError::Reused(EndReason::Reused));
    let ended = AuditEvent::SessionEnded(first.user.id, first.session, EndReason::Reused);
    assert_eq!(bench.events()[0], ended);
    assert_eq!(session(&bench, &first).ended.unwrap().1, EndReason::Reused);
    let caller = service.authenticate(second.access_token.expose()).unwrap();
    assert!(service.me(&caller).is_err());
    for token in [&first, &second] {
        assert_eq!(refresh(&service, token.refresh_token.expose()).unwrap_err(), RefreshError::Invalid);
    }
    assert_eq!(bench.events().iter().filter(|event| **event == ended).count(), 1);
}

#[test]
fn a_token_from_the_future_means_that_the_store_lost_commits() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let ahead = token(&session(&bench, &first), 2, &bench.root_keys).unwrap();
    assert_eq!(refresh(&service, ahead.expose()).unwrap_err(), RefreshError::Reused(EndReason::Ahead));
    assert_eq!(session(&bench, &first).ended.unwrap().1, EndReason::Ahead);
}

#[test]
fn junk_is_refused_before_any_query_and_a_forgery_writes_nothing() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let good = first.refresh_token.expose().to_owned();
    let steps = bench.store.steps();
    for junk in [
        "",
        PREFIX,
        &good[1..],
        &good[..good.len() - 1],
        &format!("{good}A"),
        &good.to_uppercase(),
        &good.replacen('_', "-", 1),
    ] {
        assert_eq!(refresh(&service, junk).unwrap_err(), RefreshError::Invalid, "{junk}");
    }
    assert_eq!(bench.store.steps(), steps, "no query");
    let row = session(&bench, &first);
    // Somebody who knows the session's id, and makes tokens under a key of their own.
    let foreign = RootKeyRing::generate(&auth_core::entropy::SystemEntropy).unwrap();
    let own = Session { root_key: foreign.active().clone(), ..row.clone() };
    for generation in [1, 2, i64::MAX] {
        let forged = token(&own, generation, &foreign).unwrap();
        assert_eq!(refresh(&service, forged.expose()).unwrap_err(), RefreshError::Invalid);
    }
    assert_eq!(session(&bench, &first), row, "nobody ends a session by knowing its id");
    assert!(refresh(&service, &good).is_ok());
}

#[test]
fn the_limits_hold_to_the_microsecond_and_against_a_clock_set_back() {
    const DAY: u64 = 24 * 3_600 * 1_000_000;
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let start = bench.clock.now();
    let at = |micros: u64| bench.clock.set(Timestamp::from_micros(start.as_micros() + i64::try_from(micros).unwrap()));
    at(14 * DAY);
    assert_eq!(refresh(&service, first.refresh_token.expose()).unwrap_err(), RefreshError::Invalid, "idle");
    at(14 * DAY - 1);
    let second = refresh(&service, first.refresh_token.expose()).unwrap();
    at(0);
    let third = refresh(&service, second.refresh_token.expose()).unwrap();
    assert_eq!(session(&bench, &first).rotated_at.since(start), Duration::from_micros(14 * DAY - 1), "never back");
    at(28 * DAY - 2);
    let fourth = refresh(&service, third.refresh_token.expose()).unwrap();
    at(30 * DAY);
    assert_eq!(refresh(&service, fourth.refresh_token.expose()).unwrap_err(), RefreshError::Invalid, "absolute");
    at(30 * DAY - 1_000_000);
    let last = refresh(&service, fourth.refresh_token.expose()).unwrap();
    assert_eq!(last.expires_in, Duration::from_secs(1), "no token outlives its session");
    assert!(session(&bench, &first).ended.is_none(), "a limit is no alarm");
}

#[test]
fn whatever_ends_the_account_ends_its_refreshing() {
    for end in ["disable", "delete", "end"] {
        let bench = Bench::new();
        let (service, first) = signed_in(&bench);
        let now = bench.clock.now();
        write(&bench.memory, |tx| match end {
            "disable" => tx.users().set_state(first.user.id, AccountState::Disabled, now),
            "delete" => tx.users().delete(first.user.id),
            _ => tx.sessions().end(first.session, EndReason::Revoked, now),
        });
        assert_eq!(refresh(&service, first.refresh_token.expose()).unwrap_err(), RefreshError::Invalid, "{end}");
    }
}

#[test]
fn parallel_refreshes_of_one_token_are_one_rotation() {
    for presented in 0..2 {
        let bench = Bench::new();
        let (service, first) = signed_in(&bench);
        let token = match presented {
            0 => first.refresh_token.clone(),
            _ => refresh(&service, first.refresh_token.expose()).unwrap().refresh_token,
        };
        let answers = parallel(64, |_| refresh(&service, token.expose()).unwrap().refresh_token);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(session(&bench, &first).generation, 2 + presented);
    }
}

#[test]
fn a_store_that_fails_at_any_step_signs_nobody_out() {
    let mut failures = 0;
    for step in 1.. {
        let bench = Bench::new();
        let (service, first) = signed_in(&bench);
        bench.store.fail_at(step);
        let answer = refresh(&service, first.refresh_token.expose());
        let failed = bench.store.has_failed();
        bench.store.fail_at(0);
        if !failed {
            assert!(answer.is_ok());
            break;
        }
        failures += 1;
        assert!(matches!(answer, Err(RefreshError::Unavailable(_))), "step {step}: {answer:?}");
        let retried = refresh(&service, first.refresh_token.expose()).unwrap();
        assert!(refresh(&service, retried.refresh_token.expose()).is_ok(), "step {step}");
    }
    assert!(failures >= 10, "{failures}");
}

#[test]
fn an_alarm_is_not_lost_to_a_failing_store() {
    for step in 1.. {
        let bench = Bench::new();
        let (service, first) = signed_in(&bench);
        let second = refresh(&service, first.refresh_token.expose()).unwrap();
        refresh(&service, second.refresh_token.expose()).unwrap();
        bench.store.fail_at(step);
        let answer = refresh(&service, first.refresh_token.expose());
        let failed = bench.store.has_failed();
        bench.store.fail_at(0);
        if !failed {
            assert_eq!(answer.unwrap_err(), RefreshError::Reused(EndReason::Reused));
            break;
        }
        assert!(matches!(answer, Err(RefreshError::Unavailable(_))), "step {step}");
        assert!(refresh(&service, first.refresh_token.expose()).is_err());
        assert!(session(&bench, &first).ended.is_some(), "step {step}");
    }
}

#[test]
fn a_window_of_zero_is_allowed() {
    let bench = Bench::new();
    let settings = ServiceSettings { retry_window: Duration::ZERO, ..ServiceSettings::new(ISSUER) };
    let service = bench.builder().settings(settings).build().unwrap();
    register(&service, "alice").unwrap();
    let first = login(&service, "alice", PASSWORD).unwrap();
    refresh(&service, first.refresh_token.expose()).unwrap();
    assert!(refresh(&service, first.refresh_token.expose()).is_ok(), "in the same instant");
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(refresh(&service, first.refresh_token.expose()).unwrap_err(), RefreshError::Reused(EndReason::Reused));
}

#[test]
fn a_session_keeps_its_root_key_for_life() {
    let bench = Bench::new();
    let (_, first) = signed_in(&bench);
    let newer = RootKeyRing::generate(&auth_core::entropy::SystemEntropy).unwrap();
    let both = format!("{},{}", newer.to_text().expose(), bench.root_keys.to_text().expose());
    let both = Arc::new(RootKeyRing::parse(&auth_core::secret::Secret::new(both)).unwrap());
    let service = bench.builder().root_keys(both).build().unwrap();
    let second = refresh(&service, first.refresh_token.expose()).unwrap();
    assert!(refresh(&service, second.refresh_token.expose()).is_ok());
    let without = bench.builder().root_keys(Arc::new(newer)).build().unwrap();
    assert_eq!(refresh(&without, second.refresh_token.expose()).unwrap_err(), RefreshError::Invalid);
    assert!(session(&bench, &first).ended.is_none(), "a missing key ends nothing");
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "\\PC{0,120}", tail in "[A-Za-z0-9_-]{80}") {
        prop_assert!(PresentedToken::parse(&text).is_none());
        prop_assert!(PresentedToken::parse(&format!("{PREFIX}{tail}")).is_none(), "one in four billion would pass");
    }

    #[test]
    fn one_changed_letter_is_no_token(position in 0_usize..88, letter in "[A-Za-z0-9_-]") {
        let ring = RootKeyRing::generate(&auth_core::testing::CountingEntropy::default()).unwrap();
        let row = Session { root_key: ring.active().clone(), ..auth_core::testing::conformance::samples::session(1, 1) };
        let good = token(&row, 1, &ring).unwrap();
        let good = good.expose();
        prop_assert_eq!(good.len(), 88);
        let changed = format!("{}{letter}{}", &good[..position], &good[position + 1..]);
        prop_assert_eq!(PresentedToken::parse(&changed).is_some(), changed == good);
    }
}
