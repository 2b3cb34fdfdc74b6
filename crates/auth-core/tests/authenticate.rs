//! From a token back to its bearer: our own tokens, and those of the tutorial's app.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::time::Duration;

use auth_core::audit::AuditEvent;
use auth_core::password::{HashFault, Password, PasswordHash};
use auth_core::secret::Secret;
use auth_core::service::{AuthService, AuthenticateError, Imported, ImportedUser, ServiceSettings};
use auth_core::session::EndReason;
use auth_core::testing::CheapHasher;
use auth_core::time::Clock;
use auth_core::token::SharedSecretTokens;
use auth_core::user::{AccountState, User};
use serde_json::json;
use support::{Bench, ISSUER, PASSWORD, context, login, register, write};

const SECRET: &str = "kept out of the source, at least 32 bytes";

fn tutorial() -> SharedSecretTokens {
    SharedSecretTokens::new(&Secret::new(SECRET)).unwrap()
}

fn import(service: &AuthService, name: &str, number: i64) -> User {
    let hash = CheapHasher::stale(&Password::new(PASSWORD));
    let user = ImportedUser { legacy_id: Some(number), username: name.to_owned(), hash, created_at: None };
    match service.import_user(&user, &context()).unwrap() {
        Imported::Created(user) => user,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_ended_session_a_disabled_and_a_deleted_account_are_refused_at_once() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let caller = |service: &AuthService| {
        service.authenticate(login(service, "alice", PASSWORD).unwrap().access_token.expose()).unwrap()
    };
    let (ended, kept) = (caller(&service), caller(&service));
    let now = bench.clock.now();
    assert!(write(&bench.memory, |tx| tx.sessions().end(ended.session.unwrap(), EndReason::SignedOut, now)));
    assert_eq!(service.me(&ended), Err(AuthenticateError::Invalid(None)));
    assert_eq!(service.me(&kept).unwrap(), user);
    assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, AccountState::Disabled, now)));
    assert_eq!(service.me(&kept), Err(AuthenticateError::Invalid(None)));
    assert!(write(&bench.memory, |tx| tx.users().delete(user.id)));
    assert_eq!(service.me(&kept), Err(AuthenticateError::Invalid(None)));
}

#[test]
fn somebody_elses_session_does_not_help() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let mallory = register(&service, "mallory").unwrap();
    let alice = service.authenticate(login(&service, "alice", PASSWORD).unwrap().access_token.expose()).unwrap();
    let mixed = auth_core::service::Caller { user: mallory.id, ..alice };
    assert_eq!(service.me(&mixed), Err(AuthenticateError::Invalid(None)));
}

#[test]
fn a_session_past_its_limits_is_refused() {
    for (idle, limit) in [(14, 14), (40, 30)] {
        let bench = Bench::new();
        let session_idle = Duration::from_secs(idle * 24 * 3_600);
        let settings = ServiceSettings { session_idle, ..ServiceSettings::new(ISSUER) };
        let service = bench.builder().settings(settings).build().unwrap();
        register(&service, "alice").unwrap();
        let caller = service.authenticate(login(&service, "alice", PASSWORD).unwrap().access_token.expose()).unwrap();
        bench.clock.advance(Duration::from_micros(limit * 24 * 3_600 * 1_000_000 - 1));
        assert!(service.me(&caller).is_ok());
        bench.clock.advance(Duration::from_micros(1));
        assert!(service.me(&caller).is_err());
    }
}

#[test]
fn a_failing_store_is_not_a_bad_token() {
    let bench = Bench::new();
    let service = bench.service();
    register(&service, "alice").unwrap();
    let token = login(&service, "alice", PASSWORD).unwrap().access_token;
    for step in 1.. {
        bench.store.fail_at(step);
        let answer = service.me(&service.authenticate(token.expose()).unwrap());
        if !bench.store.has_failed() {
            assert!(answer.is_ok());
            break;
        }
        assert!(matches!(answer, Err(AuthenticateError::Unavailable(_))), "step {step}");
    }
}

#[test]
fn tutorial_tokens_are_refused_unless_they_are_asked_for() {
    let bench = Bench::new();
    let service = bench.service();
    import(&service, "alice", 7);
    let token = tutorial().encode(&json!({"userId": 7, "username": "alice"}), bench.clock.now()).unwrap();
    assert!(service.authenticate(token.expose()).is_err());
    let service = bench.builder().accept_tutorial_tokens(tutorial()).build().unwrap();
    assert!(service.authenticate(token.expose()).is_ok());
}

#[test]
fn a_tutorial_token_speaks_for_the_imported_number_and_may_only_read() {
    let bench = Bench::new();
    let service = bench.builder().accept_tutorial_tokens(tutorial()).build().unwrap();
    let alice = import(&service, "alice", 7);
    import(&service, "bob", 8);
    let token = |data| tutorial().encode(&data, bench.clock.now()).unwrap();
    let caller = service.authenticate(token(json!({"userId": 7, "username": "alice"})).expose()).unwrap();
    assert_eq!((caller.user, caller.session), (alice.id, None));
    assert_eq!(service.me(&caller).unwrap(), alice);
    let by_id = service.authenticate(token(json!({"userId": alice.id.to_string(), "username": "alice"})).expose());
    assert_eq!(by_id.unwrap().user, alice.id);
    for data in [
        json!({"userId": 9, "username": "alice"}),
        json!({"userId": "7", "username": "alice"}),
        json!({"userId": 7}),
        json!({"username": "alice"}),
        json!({"userId": 7.5, "username": "alice"}),
        json!({"userId": 7, "username": "alice", "sub": alice.id.to_string()}),
        json!({"userId": 7, "username": "alice", "roles": ["admin"]}),
    ] {
        assert!(
            matches!(service.authenticate(token(data.clone()).expose()), Err(AuthenticateError::Invalid(_))),
            "{data}"
        );
    }
}

#[test]
fn a_tutorial_token_is_no_older_than_the_password_and_ends_with_the_account() {
    let bench = Bench::new();
    let service = bench.builder().accept_tutorial_tokens(tutorial()).build().unwrap();
    let user = register(&service, "alice").unwrap();
    let token = |at| tutorial().encode(&json!({"userId": user.id.to_string(), "username": "alice"}), at).unwrap();
    let registered = bench.clock.now();
    let (same_second, after) = (token(registered), token(registered.saturating_add(Duration::from_secs(1))));
    bench.clock.advance(Duration::from_secs(2));
    assert!(service.authenticate(same_second.expose()).is_err(), "issued at the change of the password");
    assert!(service.authenticate(after.expose()).is_ok());
    assert!(write(&bench.memory, |tx| tx.users().set_state(user.id, AccountState::Disabled, registered)));
    assert!(service.authenticate(after.expose()).is_err());
}

#[test]
fn a_refused_token_of_ours_gets_no_second_try_as_a_tutorial_token() {
    let bench = Bench::new();
    let service = bench.builder().accept_tutorial_tokens(tutorial()).build().unwrap();
    register(&service, "alice").unwrap();
    let token = login(&service, "alice", PASSWORD).unwrap().access_token;
    bench.clock.advance(Duration::from_secs(7_206));
    let steps = bench.store.steps();
    assert!(service.authenticate(token.expose()).is_err());
    assert_eq!(bench.store.steps(), steps, "no account is looked up for it");
}

#[test]
fn an_import_keeps_numbers_and_names_and_takes_no_plain_password() {
    let bench = Bench::new();
    let service = bench.service();
    let user = import(&service, "ab", 7);
    assert_eq!(user.name.as_entered(), "ab", "too short to register, and stays");
    assert_eq!(bench.events(), [AuditEvent::UserImported(user.id)]);
    assert!(login(&service, "AB", PASSWORD).is_ok());
    let import = |number, name: &str, hash: &str| {
        let hash = PasswordHash::new(hash);
        let user = ImportedUser { legacy_id: Some(number), username: name.to_owned(), hash, created_at: None };
        service.import_user(&user, &context())
    };
    assert_eq!(import(7, "other", "$cheap$old$x"), Ok(Imported::NumberTaken));
    assert_eq!(import(8, "AB", "$cheap$old$x"), Ok(Imported::NameTaken));
    assert_eq!(import(9, "", "$cheap$old$x"), Err(auth_core::service::ImportError::Name));
    assert_eq!(import(9, "carol", "hunter2hunter2"), Err(auth_core::service::ImportError::Hash(HashFault::Unknown)));
    assert!(matches!(import(10, "admin", "$cheap$old$x"), Ok(Imported::Created(_))), "a reserved name stays");
}

#[test]
fn imported_names_may_look_alike_and_nobody_else_can_register_the_look() {
    let bench = Bench::new();
    let service = bench.service();
    let (one, two) = (import(&service, "paypal", 1), import(&service, "p\u{430}yp\u{430}l", 2));
    assert!(one.name.skeleton().is_some());
    assert_eq!(two.name.skeleton(), None);
    assert!(login(&service, "paypal", PASSWORD).is_ok());
    assert_eq!(login(&service, "p\u{430}yp\u{430}l", PASSWORD).unwrap().user.id, two.id);
}

#[test]
fn an_import_that_fails_at_any_step_leaves_nothing_or_all() {
    for step in 1.. {
        let bench = Bench::new();
        let service = bench.service();
        bench.store.fail_at(step);
        let hash = CheapHasher::stale(&Password::new(PASSWORD));
        let user = ImportedUser { legacy_id: Some(1), username: "alice".to_owned(), hash, created_at: None };
        let answer = service.import_user(&user, &context());
        if !bench.store.has_failed() {
            break;
        }
        assert!(answer.is_err(), "step {step}");
        bench.store.fail_at(0);
        assert!(matches!(
            service.import_user(&user, &context()),
            Ok(Imported::Created(_) | Imported::NumberTaken | Imported::NameTaken)
        ));
        assert!(login(&service, "alice", PASSWORD).is_ok(), "step {step}");
    }
}
