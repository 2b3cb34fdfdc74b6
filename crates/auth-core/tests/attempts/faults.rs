//! A store that fails at one step after the other.

use super::*;
use crate::support::{PASSWORD, register};

fn login_from_somewhere(service: &AuthService, name: &str, password: &str) -> Result<SignedIn, LoginError> {
    let credentials = Credentials::new(name, Password::new(password));
    service.login(credentials, &from("2001:db8::1")).map(|LoginOutcome::SignedIn(signed_in)| signed_in)
}

/// No guess is looked at uncounted, and no failure of ours counts twice.
#[test]
fn whichever_step_fails_what_was_looked_at_is_counted_and_nothing_is_counted_twice() {
    for password in [WRONG, PASSWORD] {
        let mut step = 1;
        loop {
            let bench = Bench::new();
            let service = bench.service();
            let user = register(&service, "alice").unwrap();
            bench.store.fail_at(step);
            let answer = login_from_somewhere(&service, "alice", password);
            let (failed, looked_at) = (bench.store.has_failed(), bench.hasher.checks());
            let counted = tally(&bench, &user).map_or(0, |tally| tally.failures);
            if !failed {
                assert_eq!((answer.is_ok(), looked_at), (password == PASSWORD, 1));
                assert_eq!(counted, u32::from(password == WRONG));
                assert!(step > 12, "the store was called: {step}");
                break;
            }
            assert!(matches!(answer, Err(LoginError::Unavailable(_))), "step {step}: {answer:?}");
            match (password, looked_at) {
                (WRONG, 1) => assert_eq!(counted, 1, "step {step}"),
                (_, 1) => assert_eq!(counted, 0, "step {step}: the failure was not the owner's"),
                // The commit was not heard of: counted or not, and nobody looked.
                (_, checks) => assert!(checks == 0 && counted <= 1, "step {step}"),
            }
            step += 1;
        }
    }
}

#[test]
fn whichever_step_fails_an_unlocking_is_told_as_done_only_when_it_is() {
    for step in 1.. {
        let bench = Bench::new();
        let service = bench.service();
        let user = register(&service, "alice").unwrap();
        crate::support::login(&service, "alice", WRONG).unwrap_err();
        bench.store.fail_at(step);
        let answer = service.unlock("alice", &RequestContext::system());
        if !bench.store.has_failed() {
            assert_eq!((answer.map(|unlocked| unlocked.was_counted), tally(&bench, &user)), (Ok(true), None));
            return assert!(step > 5);
        }
        assert!(matches!(answer, Err(auth_core::service::UnlockError::Unavailable(_))), "{answer:?}");
    }
}

/// A clock that was a year ahead when everything was counted, and is put right.
#[test]
fn d14_a_clock_that_was_ahead_neither_locks_out_nor_frees() {
    let bench = Bench::new();
    let service = bench.service();
    let user = register(&service, "alice").unwrap();
    let right = auth_core::time::Clock::now(bench.clock.as_ref());
    bench.clock.set(right.saturating_add(Duration::from_secs(365 * 86_400)));
    for _ in 0..5 {
        login_from_somewhere(&service, "alice", WRONG).unwrap_err();
    }
    for number in 0..25 {
        login_from_somewhere(&service, &format!("user-{number}"), WRONG).unwrap_err();
    }
    bench.clock.set(right);
    let restarted = bench.service();
    let answer = login_from_somewhere(&restarted, "alice", PASSWORD);
    assert!(is_throttled(&answer), "it does not free: {answer:?}");
    assert_eq!(tally(&bench, &user).map(|tally| tally.failures), Some(5));
    bench.clock.advance(Duration::from_secs(60));
    login_from_somewhere(&restarted, "alice", PASSWORD).unwrap();
}
