//! What holds for any token and any key set, not for chosen ones alone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/tokens.rs"]
mod tokens;

use auth_core::secret::Secret;
use auth_core::session::refresh::{PREFIX, PresentedToken};
use auth_core::token::{
    Algorithm, Jwt, KeyRing, KeySetOrigin, SharedSecretTokens, TokenVerifier, load_key_set, verify, verify_signature,
};
use aws_lc_rs::digest::{SHA256, digest};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tokens::{NOW, SECRET, encode, pair, payload, policy};

/// The algorithms that are quick without optimisation; the others share every line but the signature's.
fn quick() -> impl Strategy<Value = Algorithm> {
    select(vec![Algorithm::Hs256, Algorithm::EdDsa, Algorithm::Es256])
}

fn is_accepted(algorithm: Algorithm, token: &str) -> bool {
    let pair = pair(algorithm);
    let jwt = Jwt::new(KeyRing::new(pair.key.clone()), policy());
    let accepted = verify(token, &pair.set, &policy(), NOW).is_ok();
    assert_eq!(jwt.verify(token, NOW).is_ok(), accepted, "both ways in agree");
    assert!(!accepted || verify_signature(token, &pair.set).is_ok());
    accepted
}

/// Letters that come in tokens, and some that do not.
fn letters() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_-]{1,8}", "[.=+/ \\n]{1,3}", "\\PC{1,4}"]
}

fn refresh_token(session: [u8; 16], generation: i64, mac: [u8; 32]) -> String {
    let mut bytes = [session.as_slice(), &generation.to_be_bytes(), &mac].concat();
    bytes.extend_from_slice(&digest(&SHA256, &bytes).as_ref()[..4]);
    format!("{PREFIX}{}", encode(bytes))
}

/// A value such as a JWK may have, or should not.
fn value() -> impl Strategy<Value = Value> {
    let words = ["EC", "RSA", "OKP", "P-256", "Ed25519", "ES256", "EdDSA", "PS256", "sig", "enc", "verify", "AQAB"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        select(words.to_vec()).prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..70).prop_map(|bytes| Value::from(encode(bytes))),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{1,3}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const MEMBERS: [&str; 14] = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d", "k", "oth", "x5c"];

/// What holds for every set that is loaded.
fn check_set(text: &[u8]) -> Result<(), TestCaseError> {
    let (own, foreign) = (load_key_set(text, KeySetOrigin::Own), load_key_set(text, KeySetOrigin::Foreign));
    let Ok(foreign) = foreign else {
        prop_assert!(own.is_err());
        return Ok(());
    };
    prop_assert_eq!(own.is_ok(), foreign.skipped().is_empty());
    let read: Value = serde_json::from_slice(text).unwrap();
    let keys = read["keys"].as_array().unwrap();
    prop_assert_eq!(keys.len(), foreign.keys().len() + foreign.skipped().len());
    prop_assert!(keys.iter().all(|key| ["d", "k", "oth"].iter().all(|member| key.get(member).is_none())));
    for key in foreign.keys() {
        let again = json!({"keys": [key.jwk().unwrap()]}).to_string();
        prop_assert_eq!(
            load_key_set(again.as_bytes(), KeySetOrigin::Own).unwrap().keys()[0].algorithm(),
            key.algorithm()
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_judged(text in "\\PC{0,200}", algorithm in quick()) {
        prop_assert!(!is_accepted(algorithm, &text));
    }

    #[test]
    fn any_three_parts_are_judged(parts in proptest::array::uniform3(proptest::collection::vec(any::<u8>(), 0..80))) {
        prop_assert!(!is_accepted(Algorithm::Hs256, &parts.map(encode).join(".")));
    }

    #[test]
    fn one_changed_letter_is_refused(at in any::<Index>(), letter in "[A-Za-z0-9_.-]", algorithm in quick()) {
        let token = pair(algorithm).good();
        let at = at.index(token.len());
        let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(is_accepted(algorithm, &changed), changed == token);
    }

    #[test]
    fn what_is_inserted_cut_or_repeated_is_refused(
        from in any::<Index>(), length in 0_usize..40, inserted in letters(), twice in any::<bool>(), algorithm in quick(),
    ) {
        let token = pair(algorithm).good();
        let from = from.index(token.len());
        let to = (from + length).min(token.len());
        let middle = if twice { &token[from..to] } else { "" };
        let changed = format!("{}{middle}{inserted}{}", &token[..from], &token[if twice { from } else { to }..]);
        prop_assert_eq!(is_accepted(algorithm, &changed), changed == token);
    }

    #[test]
    fn parts_of_two_good_tokens_make_no_third(picks in proptest::array::uniform3(any::<bool>()), algorithm in quick()) {
        let pair = pair(algorithm);
        let other = pair.json(&pair.header(), &tokens::with(payload(), "userId", 8));
        let tokens = [pair.good(), other];
        let [first, second] = [&tokens[0], &tokens[1]].map(|token| token.split('.').collect::<Vec<_>>());
        let parts: Vec<&str> = (0..3).map(|at| if picks[at] { first[at] } else { second[at] }).collect();
        let mixed = parts.join(".");
        // The headers are the same; so a whole token comes out where payload and signature are of one.
        prop_assert_eq!(is_accepted(algorithm, &mixed), tokens.contains(&mixed));
    }

    /// Behind the signature: any claims, rightly signed. What is accepted says what the policy asks for.
    #[test]
    fn rightly_signed_claims_pass_only_where_they_are_what_the_policy_asks_for(
        name in select(vec!["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid", "x"]), value in value(),
        near in -100_000_i64..100_000, is_time in any::<bool>(),
    ) {
        let pair = pair(Algorithm::Hs256);
        let value = if is_time { Value::from(NOW.unix_seconds() + near) } else { value };
        let claims = tokens::with(payload(), name, value.clone());
        let verdict = verify(&pair.json(&pair.header(), &claims), &pair.set, &policy(), NOW);
        if let Ok(verified) = verdict {
            prop_assert_eq!(Value::Object(verified.claims), claims.clone());
            let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            let now = NOW.unix_seconds();
            prop_assert!(iat <= now + 5 && exp >= now - 5 && exp > iat && exp - iat <= 86_400);
            prop_assert!(claims.get("nbf").is_none_or(|nbf| nbf.as_i64().unwrap() <= now + 5));
            prop_assert!(["sub", "jti", "sid"].iter().all(|name| claims[name].as_str().is_some_and(|text| !text.is_empty())));
            prop_assert!(claims["iss"] == "https://auth.example" && claims["aud"] == "https://api.example");
        }
    }

    #[test]
    fn any_text_is_judged_by_the_tutorials_helper(text in "\\PC{0,200}", data in value()) {
        let tokens = SharedSecretTokens::new(&Secret::new(SECRET)).unwrap();
        prop_assert!(tokens.decode::<Value>(&text, NOW).is_err());
        if let Ok(token) = tokens.encode(&data, NOW) {
            // A claim of ours in the data may make the token refuse itself; it never comes back as something else.
            let back = tokens.decode::<Value>(token.expose(), NOW);
            prop_assert!(back.is_err() || back == Ok(data));
        } else {
            prop_assert!(!data.is_object() || data.get("iat").is_some() || data.get("exp").is_some());
        }
    }

    #[test]
    fn any_bytes_are_judged_as_a_key_set(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_set(&bytes)?;
    }

    #[test]
    fn any_json_is_judged_as_a_key_set(keys in proptest::collection::vec(value(), 0..4)) {
        check_set(json!({"keys": keys}).to_string().as_bytes())?;
    }

    #[test]
    fn a_changed_key_set_is_loaded_as_a_whole_or_not_at_all(
        algorithm in select(vec![Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256]), member in select(MEMBERS.to_vec()),
        value in proptest::option::of(value()), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let mut jwk = pair(algorithm).key.verifying().jwk().unwrap().clone();
        match value {
            Some(value) => { jwk[member] = value; }
            None => { jwk.as_object_mut().unwrap().remove(member); }
        }
        let set = json!({"keys": [jwk, pair(Algorithm::EdDsa).key.verifying().jwk().unwrap()]}).to_string();
        check_set(set.as_bytes())?;
        let mut bytes = set.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check_set(&bytes)?;
    }

    #[test]
    fn any_text_is_judged_as_a_refresh_token(text in "\\PC{0,100}", encoded in "[A-Za-z0-9_-]{80}") {
        prop_assert!(PresentedToken::parse(&text).is_none());
        // A checksum of four bytes: none of the few thousand that are tried fits.
        let prefixed = format!("{PREFIX}{encoded}");
        prop_assert!(PresentedToken::parse(&prefixed).is_none());
    }

    #[test]
    fn a_refresh_token_is_read_as_it_was_written_and_not_with_a_changed_letter(
        session in any::<[u8; 16]>(), generation in any::<i64>(), mac in any::<[u8; 32]>(), at in any::<Index>(), letter in "[ -~]",
    ) {
        let token = refresh_token(session, generation, mac);
        let parsed = PresentedToken::parse(&token);
        prop_assert_eq!(parsed.is_some(), generation >= 1);
        if let Some(parsed) = parsed {
            prop_assert_eq!((parsed.session.as_bytes(), parsed.generation), (&session, generation));
        }
        let at = at.index(token.len());
        let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        prop_assert!(changed == token || PresentedToken::parse(&changed).is_none());
        prop_assert!(PresentedToken::parse(&token[..at]).is_none());
        let longer = format!("{token}{letter}");
        prop_assert!(PresentedToken::parse(&longer).is_none());
    }
}
