#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;

use auth_core::time::Timestamp;

use super::*;

/// A header of ES256, type `JWT` and key `x`; nothing after it is looked at, for nobody knows the key.
const OF_AN_UNKNOWN_KEY: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IngifQ.e30.AAAA";

#[derive(Default)]
struct Hands(Mutex<Duration>);

impl Hands {
    fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for &Hands {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH.saturating_add(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

#[test]
fn unknown_keys_lead_to_one_request_in_the_cooldown() {
    let (clock, asked) = (Hands::default(), Cell::new(0));
    let fetch = || {
        asked.set(asked.get() + 1);
        Ok(KeySet::default())
    };
    let verifier = Verifier::new("https://auth.example", "https://api.example", fetch, &clock);
    let unknown = || assert_eq!(verifier.check(OF_AN_UNKNOWN_KEY), Err(Refusal::Token(TokenRejection::UnknownKey)));
    (0..9).for_each(|_| unknown());
    assert_eq!(asked.get(), 1);
    clock.advance(COOLDOWN.as_secs());
    (0..9).for_each(|_| unknown());
    assert_eq!(asked.get(), 2);
}

#[test]
fn the_keys_are_asked_for_again_when_they_are_old() {
    let (clock, asked) = (Hands::default(), Cell::new(0));
    let fetch = || {
        asked.set(asked.get() + 1);
        Ok(KeySet::default())
    };
    let verifier = Verifier::new("https://auth.example", "https://api.example", fetch, &clock);
    let malformed = || assert_eq!(verifier.check("no token"), Err(Refusal::Token(TokenRejection::Malformed)));
    malformed();
    clock.advance(KEPT.as_secs() - 1);
    malformed();
    assert_eq!(asked.get(), 1);
    clock.advance(1);
    malformed();
    assert_eq!(asked.get(), 2);
}

#[test]
fn without_keys_no_token_passes_and_the_next_call_asks_again() {
    let (clock, asked) = (Hands::default(), Cell::new(0));
    let fetch = || {
        asked.set(asked.get() + 1);
        if asked.get() == 1 { Err("down".to_owned()) } else { Ok(KeySet::default()) }
    };
    let verifier = Verifier::new("https://auth.example", "https://api.example", fetch, &clock);
    assert_eq!(verifier.check(OF_AN_UNKNOWN_KEY), Err(Refusal::Keys("down".to_owned())));
    assert_eq!(verifier.check(OF_AN_UNKNOWN_KEY), Err(Refusal::Token(TokenRejection::UnknownKey)));
    assert_eq!(asked.get(), 2);
}
