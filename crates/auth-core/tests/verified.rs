//! A memory of verified tokens answers as if there were none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::LazyLock;
use std::time::Duration;

use auth_core::id::{SessionId, UserId};
use auth_core::time::Timestamp;
use auth_core::token::{
    AccessClaims, Algorithm, AuthMethod, Jwt, KeyRing, RingKey, SigningKey, TokenPolicy, TokenRejection, TokenSigner,
    TokenVerifier, TutorialUserId,
};
use proptest::prelude::*;

const ISSUER: &str = "https://auth.example";
const START: i64 = 1_795_428_000;
const NOW: Timestamp = Timestamp::from_unix_seconds(START);

static KEYS: LazyLock<[SigningKey; 2]> =
    LazyLock::new(|| [Algorithm::EdDsa, Algorithm::Es256].map(|algorithm| SigningKey::generate(algorithm).unwrap().0));

fn ring(accepted_until: [Option<i64>; 2]) -> KeyRing {
    let keys = KEYS.iter().zip(accepted_until).map(|(key, until)| RingKey {
        key: key.clone(),
        signs_from: Timestamp::EPOCH,
        signs_until: None,
        accepted_until: until.map(Timestamp::from_unix_seconds),
    });
    KeyRing::of(keys.collect())
}

fn claims(issued_at: i64, life: u64, number: i64) -> AccessClaims {
    let issued_at = Timestamp::from_unix_seconds(issued_at);
    AccessClaims {
        issuer: ISSUER.to_owned(),
        audience: ISSUER.to_owned(),
        subject: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        token_id: format!("token-{number}"),
        issued_at,
        expires_at: issued_at.saturating_add(Duration::from_secs(life)),
        authenticated_at: issued_at,
        methods: vec![AuthMethod::Password],
        user_id: TutorialUserId::Number(number),
        username: "alice".to_owned(),
        roles: Vec::new(),
    }
}

fn pair(leeway: u64) -> (Jwt, Jwt) {
    let policy = TokenPolicy { leeway: Duration::from_secs(leeway), ..TokenPolicy::new(ISSUER, ISSUER) };
    let plain = Jwt::new(ring([None, None]), policy);
    (plain.clone(), plain.with_cache(16))
}

#[test]
fn what_was_remembered_ends_with_its_time_and_its_key() {
    let (_, jwt) = pair(5);
    let token = jwt.sign(&claims(START, 60, 1)).unwrap();
    let at = |seconds| jwt.verify(token.expose(), Timestamp::from_unix_seconds(START + seconds)).map(|_| ());
    assert_eq!([at(0), at(65), at(-5)], [Ok(()), Ok(()), Ok(())]);
    assert_eq!(at(66), Err(TokenRejection::Expired));
    assert_eq!(at(-6), Err(TokenRejection::NotYetValid));
    assert_eq!(at(1), Ok(()));
    jwt.keys().replace(KeyRing::of(Vec::new()));
    assert_eq!(at(1), Err(TokenRejection::UnknownKey), "the key was retired");
    jwt.keys().replace(ring([None, Some(START + 2)]));
    assert_eq!([at(1), at(2)], [Ok(()), Err(TokenRejection::UnknownKey)]);
}

/// Without leeway the instant of `exp` is refused already, remembered or not.
#[test]
fn without_leeway_what_was_remembered_ends_on_its_expiry() {
    let (plain, cached) = pair(0);
    let token = plain.sign(&claims(START, 60, 1)).unwrap();
    assert!(cached.verify(token.expose(), Timestamp::from_unix_seconds(START + 59)).is_ok());
    for jwt in [plain, cached] {
        let at_expiry = jwt.verify(token.expose(), Timestamp::from_unix_seconds(START + 60));
        assert_eq!(at_expiry.map(|_| ()), Err(TokenRejection::Expired));
    }
}

#[test]
fn a_letter_more_or_less_is_another_token() {
    let (_, jwt) = pair(5);
    let token = jwt.sign(&claims(START, 60, 1)).unwrap();
    let token = token.expose();
    jwt.verify(token, NOW).unwrap();
    for changed in [format!("{token}A"), token[..token.len() - 1].to_owned(), token.replacen('.', "..", 1)] {
        assert!(jwt.verify(&changed, NOW).is_err());
    }
}

/// Whatever is asked, in whatever order, while keys come and go: both answer alike.
#[derive(Debug, Clone)]
enum Step {
    Verify { token: usize, at: i64 },
    Keys([Option<i64>; 2]),
}

fn step() -> impl Strategy<Value = Step> {
    let until = || prop::option::of(START - 10..START + 100);
    prop_oneof![
        8 => (0..6_usize, START - 10..START + 100).prop_map(|(token, at)| Step::Verify { token, at }),
        1 => (until(), until()).prop_map(|(one, other)| Step::Keys([one, other])),
    ]
}

proptest! {
    #[test]
    fn with_a_memory_and_without_the_answers_are_the_same(
        steps in prop::collection::vec(step(), 1..40),
        leeway in prop::sample::select(vec![0, 1, 5]),
    ) {
        let (plain, cached) = pair(leeway);
        let tokens: Vec<_> = (0..6)
            .map(|number| plain.sign(&claims(START + number * 5, 30, number)).unwrap())
            .collect();
        for step in steps {
            match step {
                Step::Verify { token, at } => {
                    let (token, at) = (tokens[token].expose(), Timestamp::from_unix_seconds(at));
                    prop_assert_eq!(plain.verify(token, at), cached.verify(token, at));
                }
                Step::Keys(until) => {
                    plain.keys().replace(ring(until));
                    cached.keys().replace(ring(until));
                }
            }
        }
    }
}
