//! What a token is worth at this moment: every state of its session, every asker, a store that fails at any step.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::password::Password;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{
    ActiveAccess, ActiveRefresh, Asker, AuthService, Caller, IntrospectError, Introspection, ServiceSettings, SignedIn,
};
use auth_core::session::refresh::{PREFIX, token};
use auth_core::session::{EndReason, Session};
use auth_core::store::{Access, Outcome, Transaction};
use auth_core::testing::MemoryStore;
use auth_core::testing::conformance::samples::plant;
use auth_core::time::{Clock, Timestamp};
use auth_core::token::{AccessClaims, SharedSecretTokens, TokenSigner, TokenVerifier};
use auth_core::user::AccountState;
use auth_core::{Store, StoreError, StoreExt};
use serde_json::json;
use support::{Bench, ISSUER, PASSWORD, context, login, register, write};

const HOUR: Duration = Duration::from_secs(3_600);

fn signed_in(bench: &Bench) -> (AuthService, SignedIn) {
    let service = bench.service();
    register(&service, "alice").unwrap();
    let signed_in = login(&service, "alice", PASSWORD).unwrap();
    (service, signed_in)
}

fn trusted(service: &AuthService, token: &str) -> Introspection {
    service.introspect(token, Asker::Trusted).unwrap()
}

#[track_caller]
fn access(found: Introspection) -> ActiveAccess {
    let Introspection::Access(active) = found else { panic!("{found:?}") };
    *active
}

#[track_caller]
fn refresh(found: Introspection) -> ActiveRefresh {
    let Introspection::Refresh(active) = found else { panic!("{found:?}") };
    *active
}

fn caller(service: &AuthService, signed_in: &SignedIn) -> Caller {
    service.authenticate(signed_in.access_token.expose()).unwrap()
}

fn session(bench: &Bench, signed_in: &SignedIn) -> Session {
    bench.memory.read(|tx| tx.sessions().by_id(signed_in.session)).unwrap().unwrap()
}

/// The access token of a sign-in with other claims, rightly signed.
fn resigned(bench: &Bench, signed_in: &SignedIn, change: impl FnOnce(&mut AccessClaims)) -> Secret {
    let mut claims = bench.tokens.verify(signed_in.access_token.expose(), bench.clock.now()).unwrap();
    change(Arc::make_mut(&mut claims));
    bench.tokens.sign(&claims).unwrap()
}

#[test]
fn an_access_token_is_told_with_its_claims_and_its_account_as_it_is_now() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let claims = bench.tokens.verify(first.access_token.expose(), bench.clock.now()).unwrap();
    let active = access(trusted(&service, first.access_token.expose()));
    assert_eq!(active, ActiveAccess { user: first.user.clone(), claims: claims.clone() });
    service.rename(&caller(&service, &first), "carol", &Password::new(PASSWORD), &context()).unwrap();
    let active = access(trusted(&service, first.access_token.expose()));
    assert_eq!((active.user.name.as_entered(), active.claims), ("carol", claims), "somebody else may be alice now");
}

#[test]
fn a_refresh_token_is_worth_what_a_refresh_would_make_of_it() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let start = bench.clock.now();
    let (day, window) = (HOUR * 24, Duration::from_secs(300));
    let active = refresh(trusted(&service, first.refresh_token.expose()));
    assert_eq!((&active.user, active.session, active.issued_at), (&first.user, first.session, Some(start)));
    assert_eq!(active.expires_at, start.saturating_add(day * 14));

    bench.clock.advance(day);
    let second = service.refresh(first.refresh_token.expose(), &context()).unwrap();
    let rotated = bench.clock.now();
    let repeated = refresh(trusted(&service, first.refresh_token.expose()));
    assert_eq!((repeated.issued_at, repeated.expires_at), (None, rotated.saturating_add(window)));
    let present = refresh(trusted(&service, second.refresh_token.expose()));
    assert_eq!(
        (present.issued_at, present.expires_at),
        (Some(rotated), rotated.saturating_add(day * 14)),
        "of the present generation"
    );
    bench.clock.advance(window);
    assert!(matches!(trusted(&service, first.refresh_token.expose()), Introspection::Refresh(_)));
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(trusted(&service, first.refresh_token.expose()), Introspection::Inactive);

    bench.clock.set(start.saturating_add(day * 14));
    let third = service.refresh(second.refresh_token.expose(), &context()).unwrap();
    bench.clock.set(start.saturating_add(day * 27));
    let fourth = service.refresh(third.refresh_token.expose(), &context()).unwrap();
    let active = refresh(trusted(&service, fourth.refresh_token.expose()));
    assert_eq!(active.expires_at, start.saturating_add(day * 30), "the session's end comes first");
    bench.clock.set(start.saturating_add(day * 30));
    assert_eq!(trusted(&service, fourth.refresh_token.expose()), Introspection::Inactive);
}

#[test]
fn asking_about_a_token_that_would_end_its_session_ends_nothing() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let second = service.refresh(first.refresh_token.expose(), &context()).unwrap();
    let third = service.refresh(second.refresh_token.expose(), &context()).unwrap();
    let row = session(&bench, &first);
    let events = bench.events();
    let ahead = token(&row, 4, &bench.root_keys).unwrap();
    for asked in [first.refresh_token.expose(), ahead.expose()] {
        assert_eq!(trusted(&service, asked), Introspection::Inactive);
    }
    // The predecessor and the present one: neither is used up.
    for asked in [&second, &third, &second, &third] {
        refresh(trusted(&service, asked.refresh_token.expose()));
    }
    assert_eq!((session(&bench, &first), bench.events()), (row, events));
    assert!(service.refresh(third.refresh_token.expose(), &context()).is_ok());
}

#[test]
fn whatever_ends_a_session_or_an_account_shows_at_once() {
    for end in ["sign out", "end", "disable", "delete"] {
        let bench = Bench::new();
        // The one that is asked has heard of nothing.
        let (other, asked) = (bench.service(), bench.builder().revocation(HOUR).build().unwrap());
        asked.hear_endings().unwrap();
        let user = register(&other, "alice").unwrap();
        let alice = login(&other, "alice", PASSWORD).unwrap();
        let [access_token, refresh_token] = [alice.access_token.expose(), alice.refresh_token.expose()];
        access(trusted(&asked, access_token));
        refresh(trusted(&asked, refresh_token));
        let now = bench.clock.now();
        match end {
            "sign out" => other.revoke(refresh_token, &context()).unwrap(),
            "end" => assert!(write(&bench.memory, |tx| tx.sessions().end(alice.session, EndReason::Revoked, now))),
            "disable" => assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, AccountState::Disabled, now))),
            _ => assert!(write(&bench.memory, |tx| tx.users().delete(user.id))),
        }
        for token in [access_token, refresh_token] {
            assert_eq!(trusted(&asked, token), Introspection::Inactive, "{end}");
        }
    }
}

#[test]
fn the_limits_of_the_session_hold_whatever_the_token_says() {
    for (idle, ttl) in [(HOUR, HOUR * 9), (HOUR * 9, HOUR)] {
        let bench = Bench::new();
        let settings = ServiceSettings { session_idle: idle, session_ttl: ttl, ..ServiceSettings::new(ISSUER) };
        let service = bench.builder().settings(settings).build().unwrap();
        register(&service, "alice").unwrap();
        let first = login(&service, "alice", PASSWORD).unwrap();
        let long = resigned(&bench, &first, |claims| claims.expires_at = claims.issued_at.saturating_add(HOUR * 20));
        bench.clock.advance(HOUR.saturating_sub(Duration::from_micros(1)));
        access(trusted(&service, long.expose()));
        refresh(trusted(&service, first.refresh_token.expose()));
        bench.clock.advance(Duration::from_micros(1));
        for token in [&long, &first.refresh_token] {
            assert_eq!(trusted(&service, token.expose()), Introspection::Inactive);
        }
    }
}

#[test]
fn a_token_that_the_strict_check_refuses_is_inactive() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    register(&service, "mallory").unwrap();
    let mallory = login(&service, "mallory", PASSWORD).unwrap();
    let good = first.access_token.expose();
    let (head, tail) = good.rsplit_once('.').unwrap();
    let foreign = RootKeyRing::generate(&auth_core::entropy::SystemEntropy).unwrap();
    let row = Session { root_key: foreign.active().clone(), ..session(&bench, &first) };
    for token in [
        String::new(),
        "x".to_owned(),
        "a.b.c".to_owned(),
        PREFIX.to_owned(),
        format!("{good} "),
        format!("{good}.{tail}"),
        format!("{head}.{}", mallory.access_token.expose().rsplit_once('.').unwrap().1),
        Bench::new().tokens.sign(&access(trusted(&service, good)).claims).unwrap().expose().to_owned(),
        resigned(&bench, &first, |claims| claims.audience = "https://other.example".to_owned()).expose().to_owned(),
        resigned(&bench, &first, |claims| claims.issuer = "https://other.example".to_owned()).expose().to_owned(),
        // A session of somebody else, and one that never was.
        resigned(&bench, &first, |claims| claims.subject = mallory.user.id).expose().to_owned(),
        resigned(&bench, &first, |claims| claims.session = mallory.session).expose().to_owned(),
        resigned(&bench, &first, |claims| claims.session = auth_core::id::SessionId::from_bytes([9; 16]))
            .expose()
            .to_owned(),
        token(&row, 1, &foreign).unwrap().expose().to_owned(),
        first.refresh_token.expose().to_uppercase(),
        first.session.to_string(),
        "x".repeat(10_000),
    ] {
        assert_eq!(trusted(&service, &token), Introspection::Inactive, "{token}");
    }
    bench.clock.advance(HOUR * 2 + Duration::from_secs(4));
    access(trusted(&service, good));
    bench.clock.advance(Duration::from_secs(2));
    assert_eq!(trusted(&service, good), Introspection::Inactive, "past its time and the leeway");
    refresh(trusted(&service, first.refresh_token.expose()));
}

#[test]
fn whoever_bears_a_token_may_ask_about_those_of_the_same_account_alone() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    register(&service, "mallory").unwrap();
    let mallory = login(&service, "mallory", PASSWORD).unwrap();
    let second = login(&service, "alice", PASSWORD).unwrap();
    let alice = caller(&service, &first);
    let ask = |token: &Secret, caller: &Caller| service.introspect(token.expose(), Asker::Caller(caller));
    for own in [&first, &second] {
        assert_eq!(access(ask(&own.access_token, &alice).unwrap()).claims.session, own.session);
        assert_eq!(refresh(ask(&own.refresh_token, &alice).unwrap()).session, own.session);
    }
    for token in [&mallory.access_token, &mallory.refresh_token, &Secret::new("junk")] {
        assert_eq!(ask(token, &alice), Ok(Introspection::Inactive));
    }
    // Somebody whose own session is over is told nothing, not even of junk.
    let now = bench.clock.now();
    assert!(write(&bench.memory, |tx| tx.sessions().end(first.session, EndReason::Revoked, now)));
    for token in [&second.access_token, &second.refresh_token, &mallory.access_token, &Secret::new("junk")] {
        assert_eq!(ask(token, &alice), Err(IntrospectError::Unauthenticated));
    }
    let mixed = Caller { user: mallory.user.id, ..caller(&service, &second) };
    assert_eq!(ask(&mallory.access_token, &mixed), Err(IntrospectError::Unauthenticated), "another's session");
    assert!(write(&bench.memory, |tx| tx.users().set_state(mallory.user.id, AccountState::Disabled, now)));
    let disabled = caller(&service, &mallory);
    assert_eq!(ask(&mallory.access_token, &disabled), Err(IntrospectError::Unauthenticated));
}

#[test]
fn a_tutorial_token_is_inactive_and_its_bearer_may_ask_all_the_same() {
    let bench = Bench::new();
    let tutorial = || SharedSecretTokens::new(&Secret::new("kept out of the source, at least 32 bytes")).unwrap();
    let service = bench.builder().accept_tutorial_tokens(tutorial()).build().unwrap();
    let user = register(&service, "alice").unwrap();
    bench.clock.advance(Duration::from_secs(1));
    let data = json!({"userId": user.id.to_string(), "username": "alice"});
    let token = tutorial().encode(&data, bench.clock.now()).unwrap();
    let alice = service.authenticate(token.expose()).unwrap();
    assert_eq!(trusted(&service, token.expose()), Introspection::Inactive);
    assert_eq!(service.introspect(token.expose(), Asker::Caller(&alice)), Ok(Introspection::Inactive));
    let own = login(&service, "alice", PASSWORD).unwrap();
    access(service.introspect(own.access_token.expose(), Asker::Caller(&alice)).unwrap());
    let now = bench.clock.now();
    assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, AccountState::Disabled, now)));
    let answer = service.introspect(own.access_token.expose(), Asker::Caller(&alice));
    assert_eq!(answer, Err(IntrospectError::Unauthenticated));
}

#[test]
fn a_store_that_fails_at_any_step_is_never_a_token_that_is_no_good() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let alice = caller(&service, &first);
    let junk = Secret::new("junk");
    // Opening, committing and hearing of it are three steps; each read is one more.
    for (token, asker, reads) in [
        (&first.access_token, Asker::Trusted, 2),
        (&first.refresh_token, Asker::Trusted, 2),
        (&junk, Asker::Trusted, 0),
        (&first.access_token, Asker::Caller(&alice), 4),
        (&first.refresh_token, Asker::Caller(&alice), 4),
        (&junk, Asker::Caller(&alice), 2),
    ] {
        for step in 1.. {
            bench.store.fail_at(step);
            let answer = service.introspect(token.expose(), asker);
            if !bench.store.has_failed() {
                assert_eq!(answer.unwrap() == Introspection::Inactive, *token == junk);
                assert_eq!(bench.store.steps(), 3 + reads, "{asker:?}");
                break;
            }
            assert!(matches!(answer, Err(IntrospectError::Unavailable(_))), "{asker:?}, step {step}: {answer:?}");
        }
    }
}

/// Counts transactions and refuses those that could write.
struct ReadOnly(Arc<dyn Store>, AtomicUsize);

impl Store for ReadOnly {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        assert_eq!(access, Access::Read);
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.run(access, work)
    }
}

#[test]
fn every_question_is_one_transaction_that_cannot_write() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    let second = service.refresh(first.refresh_token.expose(), &context()).unwrap();
    let third = service.refresh(second.refresh_token.expose(), &context()).unwrap();
    let alice = caller(&service, &first);
    let store = Arc::new(ReadOnly(Arc::clone(&bench.memory), AtomicUsize::new(0)));
    let service = bench.builder().store(Arc::clone(&store) as _).build().unwrap();
    let ahead = token(&session(&bench, &first), 9, &bench.root_keys).unwrap();
    let tokens = [
        &first.access_token,
        &first.refresh_token,
        &second.refresh_token,
        &third.refresh_token,
        &ahead,
        &Secret::new("junk"),
    ];
    for (index, token) in tokens.into_iter().enumerate() {
        service.introspect(token.expose(), Asker::Trusted).unwrap();
        service.introspect(token.expose(), Asker::Caller(&alice)).unwrap();
        assert_eq!(store.1.load(Ordering::SeqCst), 2 * (index + 1));
    }
}

#[test]
fn a_session_that_ended_once_is_not_trusted_again_by_a_store_that_went_back() {
    let bench = Bench::new();
    let service = bench.builder().revocation(HOUR).build().unwrap();
    service.hear_endings().unwrap();
    let user = register(&service, "alice").unwrap();
    let first = login(&service, "alice", PASSWORD).unwrap();
    let row = session(&bench, &first);
    access(trusted(&service, first.access_token.expose()));
    // What was heard before the store went back.
    let before: Arc<dyn Store> = Arc::new(MemoryStore::new());
    plant(&before, &[user]);
    write(&before, |tx| {
        tx.sessions().insert(&row)?;
        tx.sessions().end(row.id, EndReason::Revoked, row.created_at)
    });
    service.hear_endings_from(before.as_ref()).unwrap();
    assert_eq!(trusted(&service, first.access_token.expose()), Introspection::Inactive);
    bench.clock.advance(HOUR + Duration::from_secs(1));
    assert_eq!(trusted(&service, first.access_token.expose()), Introspection::Inactive, "that much is certain");
    service.hear_endings().unwrap();
    assert_eq!(trusted(&service, first.access_token.expose()), Introspection::Inactive, "nor afterwards");
    let second = login(&service, "alice", PASSWORD).unwrap();
    access(trusted(&service, second.access_token.expose()));
}

#[test]
fn a_clock_that_was_set_back_revives_nothing() {
    let bench = Bench::new();
    let (service, first) = signed_in(&bench);
    bench.clock.advance(HOUR);
    let second = service.refresh(first.refresh_token.expose(), &context()).unwrap();
    service.refresh(second.refresh_token.expose(), &context()).unwrap();
    bench.clock.set(Timestamp::from_unix_seconds(1_795_428_000));
    assert_eq!(trusted(&service, first.refresh_token.expose()), Introspection::Inactive);
    assert_eq!(trusted(&service, second.access_token.expose()), Introspection::Inactive, "from the future");
    assert!(session(&bench, &first).ended.is_none());
}
