//! Ending sessions: by their owner, by a changed password, by the end of an account; and who hears of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use auth_core::audit::AuditEvent;
use auth_core::password::{Password, PasswordFault};
use auth_core::service::{
    Asker, AuthService, AuthenticateError, Caller, ChangePasswordError, DeleteError, IntrospectError, Introspection,
    LoginError, LogoutError, LogoutScope, RefreshError, RenameError, SessionError, SignedIn,
};
use auth_core::session::EndReason;
use auth_core::user::UsernameFault;
use auth_core::{Store, StoreExt};
use support::{Bench, PASSWORD, context, login, register};

const OTHER: &str = "qT8.zzu-41";

fn caller(service: &AuthService, signed_in: &SignedIn) -> Caller {
    service.authenticate(signed_in.access_token.expose()).unwrap()
}

/// Alice with three sessions, and the service.
fn three(bench: &Bench) -> (AuthService, [SignedIn; 3]) {
    let service = bench.service();
    register(&service, "alice").unwrap();
    let sessions = [1, 2, 3].map(|_| {
        bench.clock.advance(Duration::from_secs(1));
        login(&service, "alice", PASSWORD).unwrap()
    });
    (service, sessions)
}

fn lives(service: &AuthService, signed_in: &SignedIn) -> bool {
    let refreshed = service.refresh(signed_in.refresh_token.expose(), &context()).is_ok();
    let read = service.me(&caller(service, signed_in)).is_ok();
    assert_eq!(refreshed, read);
    read
}

#[test]
fn a_sign_out_ends_the_sessions_of_its_scope_and_no_other() {
    for (scope, left) in [
        (LogoutScope::Local, [false, true, true]),
        (LogoutScope::Others, [true, false, false]),
        (LogoutScope::Global, [false, false, false]),
    ] {
        let bench = Bench::new();
        let (service, sessions) = three(&bench);
        register(&service, "bob").unwrap();
        let bob = login(&service, "bob", PASSWORD).unwrap();
        service.logout(&caller(&service, &sessions[0]), scope, &context()).unwrap();
        assert_eq!([0, 1, 2].map(|index| lives(&service, &sessions[index])), left, "{scope:?}");
        assert!(lives(&service, &bob));
        let ended = bench.events().iter().filter(|event| matches!(event, AuditEvent::SessionEnded(..))).count();
        assert_eq!(ended, left.iter().filter(|left| !**left).count());
        if !left[0] {
            let again = service.logout(&caller(&service, &sessions[0]), scope, &context());
            assert_eq!(again, Err(LogoutError::Unauthenticated), "whoever is out cannot act");
        }
    }
}

#[test]
fn a_sign_out_that_the_store_did_not_take_is_never_answered_as_done() {
    for scope in [LogoutScope::Local, LogoutScope::Others, LogoutScope::Global] {
        for step in 1.. {
            let bench = Bench::new();
            let (service, sessions) = three(&bench);
            let caller = caller(&service, &sessions[0]);
            bench.store.fail_at(step);
            let answer = service.logout(&caller, scope, &context());
            let failed = bench.store.has_failed();
            bench.store.fail_at(0);
            assert_eq!(answer.is_ok(), !failed, "{scope:?}, step {step}");
            if !failed {
                break;
            }
            assert!(matches!(answer, Err(LogoutError::Unavailable(_))));
        }
    }
}

#[test]
fn ones_own_sessions_are_seen_and_ended_and_nobody_elses() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    register(&service, "mallory").unwrap();
    let mallory = login(&service, "mallory", PASSWORD).unwrap();
    let alice = caller(&service, &sessions[1]);
    let seen = service.sessions(&alice).unwrap();
    let ids: Vec<_> = seen.iter().map(|own| own.session.id).collect();
    assert_eq!(ids, [sessions[2].session, sessions[1].session, sessions[0].session]);
    assert_eq!(seen.iter().map(|own| own.is_current).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(seen[0].session.client.as_deref(), Some("curl/8"));

    let end = |caller: &Caller, id| service.end_session(caller, id, &context());
    assert_eq!(end(&caller(&service, &mallory), sessions[0].session), Err(SessionError::NotFound));
    assert_eq!(end(&alice, auth_core::id::SessionId::from_bytes([9; 16])), Err(SessionError::NotFound));
    assert!(lives(&service, &sessions[0]));
    assert_eq!(end(&alice, sessions[0].session), Ok(()));
    assert_eq!(end(&alice, sessions[0].session), Err(SessionError::NotFound), "it is over");
    assert_eq!([0, 1, 2].map(|index| lives(&service, &sessions[index])), [false, true, true]);
    assert_eq!(end(&alice, sessions[1].session), Ok(()), "also one's own");
    assert_eq!(end(&alice, sessions[2].session), Err(SessionError::Unauthenticated));
    assert_eq!(service.sessions(&alice), Err(SessionError::Unauthenticated));
}

#[test]
fn a_changed_password_ends_the_other_sessions_and_the_old_password() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    let alice = caller(&service, &sessions[0]);
    let change = |current: &str, new: &str| {
        service.change_password(&alice, &Password::new(current), &Password::new(new), &context())
    };
    let checks = bench.hasher.checks();
    assert_eq!(change("wrong password", OTHER), Err(ChangePasswordError::CurrentPasswordWrong));
    assert_eq!(bench.events()[0], AuditEvent::PasswordCheckFailed(sessions[0].user.id));
    assert_eq!(bench.hasher.checks(), checks + 1);
    assert_eq!(
        change(PASSWORD, "alice1"),
        Err(ChangePasswordError::Weak(vec![PasswordFault::TooShort, PasswordFault::IsName]))
    );
    assert!(lives(&service, &sessions[1]), "a refusal changes nothing");
    assert!(change(PASSWORD, OTHER).is_ok());
    assert_eq!([0, 1, 2].map(|index| lives(&service, &sessions[index])), [true, false, false]);
    assert!(login(&service, "alice", PASSWORD).is_err());
    assert!(login(&service, "alice", OTHER).is_ok());
    assert!(bench.events().contains(&AuditEvent::PasswordChanged(sessions[0].user.id)));
}

#[test]
fn a_change_that_was_overtaken_by_another_is_refused() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    let alice = caller(&service, &sessions[0]);
    let (memory, user) = (Arc::clone(&bench.memory), sessions[0].user.id);
    bench.hasher.before_check(move || {
        memory.write(|tx| tx.users().raise_credential_version(user, auth_core::time::Timestamp::EPOCH)).unwrap();
    });
    let change = service.change_password(&alice, &Password::new(PASSWORD), &Password::new(OTHER), &context());
    assert_eq!(change, Err(ChangePasswordError::CurrentPasswordWrong));
    let rename = service.rename(&alice, "carol", &Password::new(PASSWORD), &context());
    assert_eq!(rename.unwrap_err(), RenameError::CurrentPasswordWrong);
    let delete = service.delete_account(&alice, &Password::new(PASSWORD), &context());
    assert_eq!(delete, Err(DeleteError::CurrentPasswordWrong));
}

#[test]
fn a_change_of_password_that_fails_at_any_step_is_whole_or_none() {
    for step in 1.. {
        let bench = Bench::new();
        let (service, sessions) = three(&bench);
        let alice = caller(&service, &sessions[0]);
        bench.store.fail_at(step);
        let answer = service.change_password(&alice, &Password::new(PASSWORD), &Password::new(OTHER), &context());
        let failed = bench.store.has_failed();
        bench.store.fail_at(0);
        if !failed {
            assert!(answer.is_ok());
            break;
        }
        assert!(matches!(answer, Err(ChangePasswordError::Unavailable(_))), "step {step}: {answer:?}");
        let changed = login(&service, "alice", OTHER).is_ok();
        assert_ne!(changed, login(&service, "alice", PASSWORD).is_ok(), "step {step}");
        assert_eq!(lives(&service, &sessions[1]), !changed, "step {step}");
    }
}

#[test]
fn an_account_is_renamed_by_its_owner() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    register(&service, "bob").unwrap();
    let alice = caller(&service, &sessions[0]);
    let rename = |name: &str, password: &str| service.rename(&alice, name, &Password::new(password), &context());
    assert_eq!(rename("carol", "wrong password").unwrap_err(), RenameError::CurrentPasswordWrong);
    assert_eq!(rename("BOB", PASSWORD).unwrap_err(), RenameError::UsernameTaken);
    assert_eq!(rename("b0b", PASSWORD).unwrap_err(), RenameError::UsernameTaken);
    assert_eq!(rename("admin", PASSWORD).unwrap_err(), RenameError::Invalid(UsernameFault::Reserved));
    assert_eq!(rename("Carol", PASSWORD).unwrap().name.as_entered(), "Carol");
    assert_eq!(service.me(&alice).unwrap().name.as_entered(), "Carol");
    assert_eq!(
        service.refresh(sessions[0].refresh_token.expose(), &context()).unwrap().user.name.as_entered(),
        "Carol"
    );
    assert!(login(&service, "alice", PASSWORD).is_err());
    assert!(login(&service, "carol", PASSWORD).is_ok());
    assert!(register(&service, "alice").is_ok(), "the name is free");
}

#[test]
fn a_deleted_account_leaves_nothing_that_signs_in() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    let alice = caller(&service, &sessions[0]);
    let delete = |password: &str| service.delete_account(&alice, &Password::new(password), &context());
    assert_eq!(delete("wrong password"), Err(DeleteError::CurrentPasswordWrong));
    assert_eq!(delete(PASSWORD), Ok(()));
    assert_eq!(delete(PASSWORD), Err(DeleteError::Unauthenticated));
    assert!(login(&service, "alice", PASSWORD).is_err());
    let anew = register(&service, "alice").unwrap();
    assert_ne!(anew.id, sessions[0].user.id);
    for session in &sessions {
        assert!(!lives(&service, session), "nothing is inherited");
    }
    assert!(bench.events().contains(&AuditEvent::UserDeleted(sessions[0].user.id)));
}

#[test]
fn revocation_takes_a_token_of_any_generation_and_says_nothing_of_others() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    let revoke = |token: &str| service.revoke(token, &context());
    service.refresh(sessions[0].refresh_token.expose(), &context()).unwrap();
    bench.clock.advance(Duration::from_secs(3_600));
    for junk in ["", "x", "auth_rt_x", "a.b.c"] {
        assert_eq!(revoke(junk), Ok(()));
    }
    let forger = auth_core::root_keys::RootKeyRing::generate(&auth_core::entropy::SystemEntropy).unwrap();
    let row = bench.memory.read(|tx| tx.sessions().by_id(sessions[2].session)).unwrap().unwrap();
    let own = auth_core::session::Session { root_key: forger.active().clone(), ..row };
    assert_eq!(revoke(auth_core::session::refresh::token(&own, 1, &forger).unwrap().expose()), Ok(()));
    assert_eq!(revoke(sessions[0].refresh_token.expose()), Ok(()), "an old generation");
    assert_eq!(revoke(sessions[0].refresh_token.expose()), Ok(()), "again");
    assert_eq!(revoke(sessions[1].access_token.expose()), Ok(()));
    assert_eq!([0, 1, 2].map(|index| lives(&service, &sessions[index])), [false, false, true]);
    bench.store.fail_at(1);
    assert!(matches!(revoke(sessions[2].refresh_token.expose()), Err(LogoutError::Unavailable(_))));
}

#[test]
fn every_instance_hears_of_an_ending_and_believes_nothing_that_is_old() {
    let bench = Bench::new();
    let bound = Duration::from_secs(10);
    let (a, b) =
        (bench.builder().revocation(bound).build().unwrap(), bench.builder().revocation(bound).build().unwrap());
    let user = register(&a, "alice").unwrap();
    assert!(matches!(login(&a, "alice", PASSWORD), Err(LoginError::Unavailable(_))), "a token that is refused is none");
    a.hear_endings().unwrap();
    let one = login(&a, "alice", PASSWORD).unwrap();
    let two = login(&a, "alice", PASSWORD).unwrap();
    let on = |service: &AuthService, signed_in: &SignedIn| service.authenticate(signed_in.access_token.expose());
    assert!(matches!(on(&b, &one), Err(AuthenticateError::Unavailable(_))), "before anything was heard");
    b.hear_endings().unwrap();
    let alice = on(&b, &one).unwrap();
    assert_eq!(alice.user, user.id);
    a.logout(&alice, LogoutScope::Local, &context()).unwrap();
    assert_eq!(on(&a, &one), Err(AuthenticateError::Invalid(None)), "at once where it was done");
    assert!(on(&b, &one).is_ok(), "elsewhere with the next poll");
    b.hear_endings().unwrap();
    assert_eq!(on(&b, &one), Err(AuthenticateError::Invalid(None)));
    assert!(on(&b, &two).is_ok());

    bench.clock.advance(bound);
    assert!(on(&b, &two).is_ok());
    bench.clock.advance(Duration::from_micros(1));
    assert!(matches!(on(&b, &two), Err(AuthenticateError::Unavailable(_))), "past the bound");
    assert!(matches!(login(&b, "alice", PASSWORD), Err(LoginError::Unavailable(_))));
    let refreshed = b.refresh(two.refresh_token.expose(), &context());
    assert!(matches!(refreshed, Err(RefreshError::Unavailable(_))));
    let asked = b.introspect(two.access_token.expose(), Asker::Trusted);
    assert!(matches!(asked, Err(IntrospectError::Unavailable(_))), "nor is it told what a token is worth");
    bench.store.fail_at(1);
    assert!(b.hear_endings().is_err());
    assert!(matches!(on(&b, &two), Err(AuthenticateError::Unavailable(_))));
    b.hear_endings().unwrap();
    assert!(on(&b, &two).is_ok(), "it recovers by itself");
    assert!(login(&b, "alice", PASSWORD).is_ok() && b.refresh(two.refresh_token.expose(), &context()).is_ok());
    assert!(matches!(b.introspect(two.access_token.expose(), Asker::Trusted), Ok(Introspection::Access(_))));

    let restarted = bench.builder().revocation(bound).build().unwrap();
    restarted.hear_endings().unwrap();
    assert_eq!(on(&restarted, &one), Err(AuthenticateError::Invalid(None)), "a restart revives nothing");
}

#[test]
fn the_dead_are_forgotten_when_no_token_can_need_them() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    service.logout(&caller(&service, &sessions[0]), LogoutScope::Local, &context()).unwrap();
    assert_eq!(service.forget_dead_sessions(), Ok(0));
    bench.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(service.forget_dead_sessions(), Ok(0), "not yet");
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(service.forget_dead_sessions(), Ok(2), "the session and its ending");
    bench.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert_eq!(service.forget_dead_sessions(), Ok(2));
    assert_eq!(service.forget_dead_sessions(), Ok(0));
}

#[test]
fn sessions_end_whatever_races_them() {
    // One thread each: refresh, sign in, and end all. Whatever was answered before the end was answered is dead after it.
    for round in 0..200_u32 {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        let first = login(&service, "alice", PASSWORD).unwrap();
        let alice = caller(&service, &first);
        let tokens = std::thread::scope(|scope| {
            let refreshed = scope.spawn(|| service.refresh(first.refresh_token.expose(), &context()).ok());
            let signed_in = scope.spawn(|| login(&service, "alice", PASSWORD).ok());
            match round % 2 {
                0 => service
                    .change_password(&alice, &Password::new(PASSWORD), &Password::new(OTHER), &context())
                    .map(drop)
                    .unwrap(),
                _ => service.delete_account(&alice, &Password::new(PASSWORD), &context()).unwrap(),
            }
            [refreshed.join().unwrap(), signed_in.join().unwrap()]
        });
        let old_sign_in = tokens[1].as_ref().is_some_and(|token| lives(&service, token));
        assert!(!old_sign_in, "round {round}: signed in with a password that was changed or deleted");
        let live = bench.sessions_of(&user);
        assert_eq!(live, usize::from(round % 2 == 0), "round {round}: the caller's own session alone");
    }
}

#[test]
fn a_token_of_the_tutorial_reads_and_changes_nothing() {
    let bench = Bench::new();
    let (service, sessions) = three(&bench);
    let alice = Caller { session: None, ..caller(&service, &sessions[0]) };
    let password = Password::new(PASSWORD);
    assert!(service.me(&alice).is_ok());
    assert_eq!(service.logout(&alice, LogoutScope::Global, &context()), Err(LogoutError::Unauthenticated));
    assert_eq!(service.end_session(&alice, sessions[0].session, &context()), Err(SessionError::Unauthenticated));
    assert_eq!(service.delete_account(&alice, &password, &context()), Err(DeleteError::Unauthenticated));
    let change = service.change_password(&alice, &password, &Password::new(OTHER), &context());
    assert_eq!(change, Err(ChangePasswordError::Unauthenticated));
    assert!(sessions.iter().all(|session| lives(&service, session)));
    let ended =
        bench.events().iter().any(|event| matches!(event, AuditEvent::SessionEnded(_, _, EndReason::SignedOut)));
    assert!(!ended);
    let _: &Arc<dyn Store> = &bench.memory;
}
