//! Guessing: how it is slowed down, whom it cannot stop, and what a failing store or a race leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod devices;
mod faults;
mod networks;
mod races;
mod sessions;
mod strangers;

use std::time::Duration;

use auth_core::StoreExt;
use auth_core::attempts::{Limiter, Tally, TallyKey, Throttled};
use auth_core::password::Password;
use auth_core::secret::Secret;
use auth_core::service::{AuthService, Credentials, LoginError, LoginOutcome, RequestContext, SignedIn};
use auth_core::user::User;
use support::{Bench, context};

const WRONG: &str = "another password";

fn credentials(name: &str, password: &str, device: Option<&Secret>) -> Credentials {
    Credentials {
        device_tokens: device.into_iter().cloned().collect(),
        ..Credentials::new(name, Password::new(password))
    }
}

fn try_with(
    service: &AuthService,
    name: &str,
    password: &str,
    device: Option<&Secret>,
) -> Result<SignedIn, LoginError> {
    let credentials = credentials(name, password, device);
    service.login(credentials, &context()).map(|LoginOutcome::SignedIn(signed_in)| signed_in)
}

fn from(address: &str) -> RequestContext {
    RequestContext { address: Some(address.parse().unwrap()), ..context() }
}

/// The tally of an account.
fn tally(bench: &Bench, user: &User) -> Option<Tally> {
    bench.memory.read(|tx| tx.attempts().get(&TallyKey::account(user.id))).unwrap()
}

/// How long strangers to this name have to wait now; nought where they need not.
#[track_caller]
fn wait(answer: &Result<SignedIn, LoginError>) -> Option<Duration> {
    match answer {
        Err(LoginError::Throttled(Throttled { limiter: Limiter::Account, retry_after })) => *retry_after,
        Err(LoginError::InvalidCredentials) => Some(Duration::ZERO),
        other => panic!("{other:?}"),
    }
}

fn is_throttled<T>(answer: &Result<T, LoginError>) -> bool {
    matches!(answer, Err(LoginError::Throttled(_)))
}
