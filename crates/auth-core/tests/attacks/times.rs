//! Clocks that differ.

use std::time::Duration;

use auth_core::time::Timestamp;
use auth_core::token::{Algorithm, SharedSecretTokens, TokenPolicy, TokenRejection, verify};
use serde_json::{Value, json};

use crate::tokens::{NOW, SECRET, pair, policy};

const EXPIRES: i64 = 1_795_435_200;

fn at(seconds: i64, leeway: u64) -> Result<(), TokenRejection> {
    let pair = pair(Algorithm::Hs256);
    let policy = TokenPolicy { leeway: Duration::from_secs(leeway), ..policy() };
    verify(&pair.good(), &pair.set, &policy, Timestamp::from_unix_seconds(EXPIRES + seconds)).map(|_| ())
}

#[test]
fn j22_a_token_that_expired_passes_for_five_seconds_and_no_longer() {
    for late in [-1, 0, 1, 4, 5] {
        assert_eq!(at(late, 5), Ok(()), "{late}");
    }
    for late in [6, 30, 59, 60, 61, 3_600] {
        assert_eq!(at(late, 5), Err(TokenRejection::Expired), "{late}");
    }
    assert_eq!([at(60, 60), at(61, 60)], [Ok(()), Err(TokenRejection::Expired)], "as the policy says");
}

/// RFC 7519, section 4.1.4: not accepted on the instant of `exp`, where no leeway is granted.
#[test]
fn j22_without_leeway_a_token_ends_at_its_second() {
    assert_eq!([at(-1, 0), at(0, 0), at(1, 0)], [Ok(()), Err(TokenRejection::Expired), Err(TokenRejection::Expired)]);
}

#[test]
fn j22_the_tutorials_tokens_have_the_same_leeway() {
    let tokens = SharedSecretTokens::new(&auth_core::secret::Secret::new(SECRET)).unwrap();
    let token = tokens.encode(&json!({"userId": 7}), NOW).unwrap();
    let at = |seconds: i64| {
        tokens.decode::<Value>(token.expose(), Timestamp::from_unix_seconds(EXPIRES + seconds)).map(|_| ())
    };
    assert_eq!([at(5), at(6), at(59)], [Ok(()), Err(TokenRejection::Expired), Err(TokenRejection::Expired)]);
}

#[test]
fn the_ends_of_time_overflow_nothing() {
    let pair = pair(Algorithm::Hs256);
    let policy = TokenPolicy { max_lifetime: None, required: vec![], leeway: Duration::MAX, ..policy() };
    for now in [0, 1_795_428_000_000_000, i64::MAX] {
        for (name, value) in [("exp", 0), ("exp", i64::MAX), ("iat", i64::MAX), ("nbf", i64::MAX), ("iat", 0)] {
            let token = pair.json(&pair.header(), &json!({name: value}));
            let verdict = verify(&token, &pair.set, &policy, Timestamp::from_micros(now));
            assert!(verdict.is_ok(), "an endless leeway lets {name} = {value} pass at {now}: {verdict:?}");
        }
    }
    let before_the_epoch = verify(&pair.good(), &pair.set, &policy, Timestamp::from_micros(i64::MIN));
    assert_eq!(before_the_epoch, Err(TokenRejection::NotYetValid));
    let strict = TokenPolicy { leeway: Duration::ZERO, ..policy };
    let token = pair.json(&pair.header(), &json!({"iat": 1, "exp": i64::MAX}));
    assert!(verify(&token, &pair.set, &strict, NOW).is_ok());
    let token = pair.json(&pair.header(), &json!({"nbf": i64::MAX}));
    assert_eq!(verify(&token, &pair.set, &strict, NOW), Err(TokenRejection::NotYetValid));
}
