//! The end of every session at once: nobody's token from before counts, whichever instance looks at it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::time::Duration;

use auth_core::audit::AuditEvent;
use auth_core::secret::Secret;
use auth_core::service::{AuthenticateError, EndEveryError, RefreshError};
use auth_core::session::EndReason;
use auth_core::time::Clock as _;
use auth_core::token::SharedSecretTokens;
use auth_core::{AuthService, StoreExt as _};
use serde_json::json;
use support::{Bench, PASSWORD, context, login, register};

const BOUND: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

fn instance(bench: &Bench) -> AuthService {
    let service = bench.builder().revocation(BOUND).build().unwrap();
    service.hear_endings().unwrap();
    service
}

#[test]
fn no_token_from_before_counts_on_any_instance_and_every_one_from_after_does() {
    let bench = Bench::new();
    let (here, there) = (instance(&bench), instance(&bench));
    let (alice, bob) = (register(&here, "alice").unwrap(), register(&here, "bob").unwrap());
    let tokens = [login(&here, "alice", PASSWORD), login(&here, "bob", PASSWORD), login(&there, "bob", PASSWORD)];
    let tokens = tokens.map(|signed_in| signed_in.unwrap().access_token);
    bench.clock.advance(SECOND);
    assert_eq!(here.end_every_session(EndReason::Revoked, Duration::ZERO, &context()), Ok(3));
    for token in &tokens {
        assert_eq!(
            here.authenticate(token.expose()),
            Err(AuthenticateError::Invalid(None)),
            "at once where it was done"
        );
        assert!(there.authenticate(token.expose()).is_ok(), "elsewhere with the next poll");
    }
    there.hear_endings().unwrap();
    for token in &tokens {
        assert_eq!(there.authenticate(token.expose()), Err(AuthenticateError::Invalid(None)));
    }
    assert_eq!((bench.sessions_of(&alice), bench.sessions_of(&bob)), (0, 0));
    assert_eq!(bench.events()[0], AuditEvent::EverySessionEnded(EndReason::Revoked));
    let after = login(&here, "alice", PASSWORD).unwrap().access_token;
    assert!(here.authenticate(after.expose()).is_ok() && there.authenticate(after.expose()).is_ok());
    assert_eq!(here.end_every_session(EndReason::Revoked, Duration::ZERO, &context()), Ok(1), "again, if need be");
}

/// As of a session that began after a backup was made, which the restored store does not know.
#[test]
fn a_token_of_a_session_that_the_store_does_not_know_is_refused_too() {
    let bench = Bench::new();
    let service = instance(&bench);
    register(&service, "alice").unwrap();
    let token = login(&service, "alice", PASSWORD).unwrap().access_token;
    bench.clock.advance(SECOND);
    let restored = Bench { clock: bench.clock.clone(), tokens: bench.tokens.clone(), ..Bench::new() };
    let service = instance(&restored);
    assert!(service.authenticate(token.expose()).is_ok(), "its signature is right, and no ending is known");
    service.end_every_session(EndReason::Restored, Duration::ZERO, &context()).unwrap();
    assert_eq!(service.authenticate(token.expose()), Err(AuthenticateError::Invalid(None)));
    assert_eq!(instance(&restored).authenticate(token.expose()), Err(AuthenticateError::Invalid(None)));
}

#[test]
fn a_token_of_an_instance_whose_clock_is_ahead_is_refused_within_the_margin() {
    let bench = Bench::new();
    let service = instance(&bench);
    register(&service, "alice").unwrap();
    bench.clock.advance(SECOND * 4);
    let ahead = login(&service, "alice", PASSWORD).unwrap().access_token;
    bench.clock.set(bench.clock.now().saturating_sub(SECOND * 4));
    service.end_every_session(EndReason::Revoked, SECOND * 5, &context()).unwrap();
    assert_eq!(service.authenticate(ahead.expose()), Err(AuthenticateError::Invalid(None)));
    bench.clock.advance(SECOND * 5);
    let after = login(&service, "alice", PASSWORD).unwrap().access_token;
    assert!(service.authenticate(after.expose()).is_ok());
}

/// Far beyond any margin, as before a restore: a clock that was put right since.
#[test]
fn a_session_of_a_clock_that_was_an_hour_ahead_ends_too() {
    let bench = Bench::new();
    let service = instance(&bench);
    let alice = register(&service, "alice").unwrap();
    let now = bench.clock.now();
    bench.clock.advance(SECOND * 3_600);
    let ahead = login(&instance(&bench), "alice", PASSWORD).unwrap();
    bench.clock.set(now);
    assert_eq!(service.end_every_session(EndReason::Restored, Duration::ZERO, &context()), Ok(1));
    assert_eq!(bench.sessions_of(&alice), 0);
    for _ in 0..2 {
        let refreshed = instance(&bench).refresh(ahead.refresh_token.expose(), &context());
        assert!(matches!(refreshed, Err(RefreshError::Invalid)), "{refreshed:?}");
        bench.clock.advance(SECOND * 3_600);
    }
}

#[test]
fn a_token_of_the_tutorials_own_app_from_before_is_refused_too() {
    let bench = Bench::new();
    let tutorial = || SharedSecretTokens::new(&Secret::new("kept out of the source, at least 32 bytes")).unwrap();
    let service = bench.builder().revocation(BOUND).accept_tutorial_tokens(tutorial()).build().unwrap();
    service.hear_endings().unwrap();
    let id = register(&service, "alice").unwrap().id.to_string();
    bench.clock.advance(SECOND);
    let token = || tutorial().encode(&json!({"userId": id, "username": "alice"}), bench.clock.now()).unwrap();
    let before = token();
    assert!(service.authenticate(before.expose()).is_ok());
    bench.clock.advance(SECOND);
    service.end_every_session(EndReason::Restored, Duration::ZERO, &context()).unwrap();
    assert_eq!(service.authenticate(before.expose()), Err(AuthenticateError::Invalid(None)));
    assert!(service.authenticate(token().expose()).is_ok());
}

#[test]
fn tokens_are_refused_first_and_a_call_that_failed_is_repeated() {
    for step in 1.. {
        let bench = Bench::new();
        let service = instance(&bench);
        let alice = register(&service, "alice").unwrap();
        let token = login(&service, "alice", PASSWORD).unwrap().access_token;
        bench.clock.advance(SECOND);
        bench.store.fail_at(step);
        let answer = service.end_every_session(EndReason::Revoked, Duration::ZERO, &context());
        let failed = bench.store.has_failed();
        bench.store.fail_at(0);
        if !failed {
            assert_eq!(answer, Ok(1));
            break;
        }
        assert!(matches!(answer, Err(EndEveryError::Unavailable(_))), "step {step}: {answer:?}");
        let told = !bench.store.read(|tx| tx.sessions().endings(0, 10)).unwrap().endings.is_empty();
        let heard = instance(&bench);
        assert_eq!(heard.authenticate(token.expose()).is_err(), told, "step {step}");
        assert!(told || bench.sessions_of(&alice) == 1, "step {step}: none ends before");
        service.end_every_session(EndReason::Revoked, Duration::ZERO, &context()).unwrap();
        assert_eq!(bench.sessions_of(&alice), 0, "step {step}");
    }
}
