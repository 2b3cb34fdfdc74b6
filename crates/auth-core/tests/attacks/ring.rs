//! Keys that come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::secret::Secret;
use auth_core::time::Timestamp;
use auth_core::token::{
    AccessClaims, Algorithm, CurrentKeys, Jwt, KeyRing, KeySetOrigin, RingKey, SigningKey, TokenRejection, TokenSigner,
    TokenVerifier, load_key_set, verify,
};

use crate::tokens::{NOW, claims, policy};

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa).unwrap().0
}

fn seconds(from_now: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOW.unix_seconds() + from_now)
}

fn alone(key: &SigningKey) -> Jwt {
    Jwt::new(KeyRing::new(key.clone()), policy())
}

fn claims_at(now: Timestamp) -> AccessClaims {
    AccessClaims {
        issued_at: now,
        expires_at: now.saturating_add(Duration::from_secs(7_200)),
        authenticated_at: now,
        ..claims()
    }
}

#[test]
fn j35_next_current_and_previous_verify_and_a_retired_key_does_not() {
    let [retired, previous, current, next] = [(); 4].map(|()| key());
    let ring_key = |key: &SigningKey, signs_from: i64, accepted_until: Option<i64>| RingKey {
        key: key.clone(),
        signs_from: seconds(signs_from),
        signs_until: None,
        accepted_until: accepted_until.map(seconds),
    };
    let ring = KeyRing::of(vec![
        ring_key(&retired, -30_000, Some(0)),
        ring_key(&previous, -20_000, Some(3_600)),
        ring_key(&current, -10_000, None),
        ring_key(&next, 10_000, None),
    ]);
    let jwt = Jwt::new(ring.clone(), policy());
    let at = |key: &SigningKey, now: i64| {
        let now = seconds(now);
        let token = alone(key).sign(&claims_at(now)).unwrap();
        let published = ring.jwk_set(now).to_string();
        let by_set = load_key_set(published.as_bytes(), KeySetOrigin::Own).unwrap();
        let by_set = verify(token.expose(), &by_set, &policy(), now).map(|_| ());
        assert_eq!(jwt.verify(token.expose(), now).map(|_| ()), by_set, "who reads the published set agrees");
        by_set
    };
    let unknown = Err(TokenRejection::UnknownKey);
    assert_eq!([&next, &current, &previous, &retired].map(|key| at(key, 0)), [Ok(()), Ok(()), Ok(()), unknown]);
    assert_eq!(at(&retired, -1), Ok(()), "until its very second");
    assert_eq!([at(&previous, 3_599), at(&previous, 3_600)], [Ok(()), unknown]);
    let signer = |now: i64| ring.signing(seconds(now)).unwrap().verifying().id().clone();
    let id = |key: &SigningKey| key.verifying().id().clone();
    assert_eq!([signer(-20_001), signer(-20_000)], [id(&retired), id(&previous)]);
    assert_eq!([signer(0), signer(9_999), signer(10_000)], [id(&current), id(&current), id(&next)]);
}

#[test]
fn j35_a_key_that_is_taken_out_verifies_nothing_from_the_next_token_on() {
    let (stolen, new) = (key(), key());
    let current = Arc::new(CurrentKeys::new(KeyRing::new(stolen.clone())));
    let jwt = Jwt::new(Arc::clone(&current), policy());
    let token = jwt.sign(&claims()).unwrap();
    assert_eq!(jwt.verify(token.expose(), NOW), Ok(claims().into()));
    current.replace(KeyRing::new(new));
    assert_eq!(jwt.verify(token.expose(), NOW), Err(TokenRejection::UnknownKey));
    assert_eq!(jwt.verify(jwt.sign(&claims()).unwrap().expose(), NOW), Ok(claims().into()));
    current.replace(KeyRing::new(stolen));
    assert_eq!(jwt.verify(token.expose(), NOW), Ok(claims().into()));
}

/// Rotations while others verify.
const STEPS: usize = 40;
/// Verifications that each step waits for, in all threads.
const CHECKS: usize = 60;

/// In step `n` the ring has the keys `n` (previous), `n + 1` (signing) and `n + 2` (next).
fn ring(keys: &[SigningKey], step: usize) -> KeyRing {
    let ring_key =
        |at: usize, signs_from| RingKey { key: keys[at].clone(), signs_from, signs_until: None, accepted_until: None };
    let (past, future) = (Timestamp::EPOCH, seconds(86_400));
    KeyRing::of(vec![ring_key(step, past), ring_key(step + 1, past), ring_key(step + 2, future)])
}

#[test]
fn j42_no_token_is_wrongly_refused_or_accepted_while_keys_rotate() {
    let keys: Vec<SigningKey> = (0..STEPS + 3).map(|_| key()).collect();
    let tokens: Vec<Secret> = keys.iter().map(|key| alone(key).sign(&claims()).unwrap()).collect();
    let stranger = alone(&key()).sign(&claims()).unwrap();
    let current = Arc::new(CurrentKeys::new(ring(&keys, 0)));
    let jwt = Jwt::new(Arc::clone(&current), policy());
    let [step, done, held, wrong] = [(); 4].map(|()| AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while step.load(Ordering::SeqCst) < STEPS {
                    let before = step.load(Ordering::SeqCst);
                    let fresh = jwt.sign(&claims()).unwrap();
                    let verdict = jwt.verify(fresh.expose(), NOW);
                    // At most one step lies between the two, so the key is still the previous one.
                    if before == step.load(Ordering::SeqCst) {
                        held.fetch_add(1, Ordering::SeqCst);
                        wrong.fetch_add(usize::from(verdict.is_err()), Ordering::SeqCst);
                    }
                    let gone = before.checked_sub(1).map_or(&stranger, |at| &tokens[at]);
                    for foreign in [gone, &stranger] {
                        wrong.fetch_add(usize::from(jwt.verify(foreign.expose(), NOW).is_ok()), Ordering::SeqCst);
                    }
                    done.fetch_add(3, Ordering::SeqCst);
                }
            });
        }
        for next in 1..=STEPS {
            while done.load(Ordering::SeqCst) < next * CHECKS {
                std::thread::yield_now();
            }
            current.replace(ring(&keys, next.min(STEPS)));
            step.store(next, Ordering::SeqCst);
        }
    });
    let [done, held, wrong] = [done, held, wrong].map(AtomicUsize::into_inner);
    assert!(done >= STEPS * CHECKS && held >= 400, "{done} verifications, {held} of tokens that had to pass");
    assert_eq!(wrong, 0, "of {done} verifications");
}
