//! Tokens and keys: round trips, published answers, and what must be refused beside what must pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/tokens.rs"]
mod tokens;

use std::time::Duration;

use auth_core::secret::{Secret, SecretBytes};
use auth_core::time::Timestamp;
use auth_core::token::{
    Algorithm, Jwt, KeyError, KeyRing, RingKey, SharedSecretTokens, SigningKey, TokenRejection, TokenSigner,
    TokenVerifier, check_secret,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use tokens::{NOW, SECRET, claims, pair, payload, policy};

fn key(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::Hs256 => SigningKey::shared(&Secret::new(SECRET)).unwrap(),
        other => SigningKey::generate(other).unwrap().0,
    }
}

fn jwt(algorithm: Algorithm) -> Jwt {
    Jwt::new(KeyRing::new(key(algorithm)), policy())
}

fn forged(header: &Value, payload: &str) -> String {
    pair(Algorithm::Hs256).token(header.to_string(), payload)
}

fn good() -> (Value, Value) {
    (pair(Algorithm::Hs256).header(), payload())
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    match value {
        Value::Null if member.starts_with('-') => object.as_object_mut().unwrap().remove(&member[1..]),
        value => object.as_object_mut().unwrap().insert(member.to_owned(), value),
    };
    object
}

#[test]
fn every_algorithm_signs_what_it_verifies_and_publishes_no_secret() {
    for algorithm in Algorithm::ALL {
        let jwt = jwt(algorithm);
        let token = jwt.sign(&claims()).unwrap();
        assert_eq!(jwt.verify(token.expose(), NOW), Ok(claims().into()), "{algorithm}");
        let set = jwt.keys().load().jwk_set(NOW);
        let keys = set["keys"].as_array().unwrap();
        assert_eq!(keys.len(), usize::from(algorithm != Algorithm::Hs256));
        for jwk in keys {
            assert_eq!((&jwk["use"], &jwk["alg"]), (&json!("sig"), &json!(algorithm.as_str())));
            assert_eq!(jwk["kid"], json!(jwt.keys().load().signing(NOW).unwrap().verifying().id().as_str()));
            assert!(jwk.get("d").is_none() && jwk.get("k").is_none());
        }
    }
}

/// RFC 8037, appendix A.1 to A.3: the private key, its public half and its thumbprint.
#[test]
fn the_ed25519_key_of_rfc_8037_has_its_published_halves() {
    let d = Base64UrlUnpadded::decode_vec("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    // PKCS #8 (RFC 8410, section 7): version, algorithm, and the key as an octet string within one.
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(d);
    let key = SigningKey::from_private(Algorithm::EdDsa, &SecretBytes::new(der)).unwrap();
    assert_eq!(key.verifying().id().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let set = KeyRing::new(key).jwk_set(NOW);
    assert_eq!(set["keys"][0]["x"], json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}

#[test]
fn a_rightly_signed_token_passes_and_each_deviation_is_named() {
    let jwt = jwt(Algorithm::Hs256);
    let (header, payload) = good();
    let verify = |header: &Value, payload: &Value| jwt.verify(&forged(header, &payload.to_string()), NOW);
    assert_eq!(verify(&header, &payload), Ok(claims().into()));

    for (member, value, rejection) in [
        ("alg", json!("none"), TokenRejection::Algorithm),
        ("alg", json!("hs256"), TokenRejection::Algorithm),
        ("alg", json!("ES256"), TokenRejection::Algorithm),
        ("alg", json!(["HS256"]), TokenRejection::Header),
        ("-alg", json!(null), TokenRejection::Header),
        ("typ", json!("at+jwt"), TokenRejection::Type),
        ("-typ", json!(null), TokenRejection::Type),
        ("kid", json!("../../dev/null"), TokenRejection::UnknownKey),
        ("kid", json!(""), TokenRejection::UnknownKey),
        ("kid", json!(1), TokenRejection::Header),
        ("-kid", json!(null), TokenRejection::UnknownKey),
        ("crit", json!(["exp"]), TokenRejection::Header),
        ("b64", json!(false), TokenRejection::Header),
        ("jwk", json!({"kty": "oct"}), TokenRejection::Header),
        ("jku", json!("http://127.0.0.1:1/"), TokenRejection::Header),
        ("x5c", json!([]), TokenRejection::Header),
        ("zip", json!("DEF"), TokenRejection::Header),
        ("cty", json!("JWT"), TokenRejection::Header),
        ("kid", json!("x".repeat(1_024)), TokenRejection::Malformed),
    ] {
        assert_eq!(verify(&with(header.clone(), member, value), &payload), Err(rejection), "{member}");
    }
    assert_eq!(verify(&with(header.clone(), "typ", json!("application/jwt")), &payload), Ok(claims().into()));

    for (member, values) in [
        ("iss", vec![json!("https://auth.example/"), json!(["https://auth.example"]), json!(null)]),
        ("aud", vec![json!("https://API.example"), json!(["https://api.example"]), json!({}), json!(1), json!("")]),
        ("sub", vec![json!(""), json!(7), json!("01010101010101010101010101010101"), json!("alice")]),
        ("sid", vec![json!("x"), json!(null)]),
        ("jti", vec![json!(""), json!(1)]),
        ("iat", vec![json!("1795428000"), json!(1_795_428_000.5), json!(-1), json!(null)]),
        (
            "exp",
            vec![
                json!("1795435200"),
                json!(1e300),
                json!(-1),
                json!(0),
                json!([1]),
                json!(true),
                json!(4_102_444_800_u64),
            ],
        ),
        ("auth_time", vec![json!("x")]),
        ("amr", vec![json!("pwd"), json!(["otp"]), json!([1])]),
        ("userId", vec![json!(7.5), json!(""), json!(null), json!(1e30)]),
        ("username", vec![json!(7), json!("")]),
    ] {
        let missing = with(payload.clone(), &format!("-{member}"), Value::Null);
        for payload in values.into_iter().map(|value| with(payload.clone(), member, value)).chain([missing]) {
            assert_eq!(verify(&header, &payload), Err(TokenRejection::Claim(member)), "{payload}");
        }
    }
}

#[test]
fn payloads_that_are_no_strict_object_are_refused() {
    let jwt = jwt(Algorithm::Hs256);
    let (header, payload) = good();
    let text = payload.to_string();
    assert!(jwt.verify(&forged(&header, &text), NOW).is_ok());
    let twice = text.replacen('{', "{\"exp\":1795435200,", 1);
    let deep = text.replacen('{', "{\"x\":[[[[[1]]]]],", 1);
    for text in [twice.as_str(), &deep, "[]", "\"x\"", "1", "null", "\u{feff}{}", &format!("{text} x"), "{"] {
        assert_eq!(jwt.verify(&forged(&header, text), NOW), Err(TokenRejection::Payload), "{text}");
    }
    let doubled = header.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    let token = forged(&header, &text);
    let (_, rest) = token.split_once('.').unwrap();
    let doubled = format!("{}.{rest}", Base64UrlUnpadded::encode_string(doubled.as_bytes()));
    assert_eq!(jwt.verify(&doubled, NOW), Err(TokenRejection::Header));
}

#[test]
fn the_leeway_is_five_seconds_on_both_sides() {
    let jwt = jwt(Algorithm::EdDsa);
    let token = jwt.sign(&claims()).unwrap();
    let at =
        |seconds: i64| jwt.verify(token.expose(), Timestamp::from_unix_seconds(1_795_428_000 + seconds)).map(|_| ());
    assert_eq!([at(0), at(7_200), at(7_205)], [Ok(()), Ok(()), Ok(())]);
    assert_eq!([at(7_206), at(7_259)], [Err(TokenRejection::Expired), Err(TokenRejection::Expired)]);
    assert_eq!([at(-5), at(-6)], [Ok(()), Err(TokenRejection::NotYetValid)]);
    let micro_late = NOW.saturating_add(Duration::from_secs(7_205)).saturating_add(Duration::from_micros(1));
    assert_eq!(jwt.verify(token.expose(), micro_late).map(|_| ()), Err(TokenRejection::Expired));
}

#[test]
fn a_key_of_the_ring_verifies_and_a_stranger_does_not() {
    let (old, new) = (key(Algorithm::Es256), key(Algorithm::EdDsa));
    let before = Jwt::new(KeyRing::new(old.clone()), policy());
    let both =
        [old, new].map(|key| RingKey { key, signs_from: Timestamp::EPOCH, signs_until: None, accepted_until: None });
    let after = Jwt::new(KeyRing::of(both.to_vec()), policy());
    let stranger = jwt(Algorithm::Es256);
    assert!(after.verify(before.sign(&claims()).unwrap().expose(), NOW).is_ok());
    assert!(after.verify(after.sign(&claims()).unwrap().expose(), NOW).is_ok());
    assert_eq!(before.verify(after.sign(&claims()).unwrap().expose(), NOW), Err(TokenRejection::UnknownKey));
    assert_eq!(after.verify(stranger.sign(&claims()).unwrap().expose(), NOW), Err(TokenRejection::UnknownKey));
    assert_eq!(after.keys().load().jwk_set(NOW)["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn weak_shared_secrets_are_refused() {
    for (secret, error) in [
        ("", KeyError::ShortSecret),
        ("0123456789012345678901234567890", KeyError::ShortSecret),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", KeyError::GuessableSecret),
        ("secretsecretsecretsecretsecretsecret", KeyError::GuessableSecret),
        ("Your-Super-Secret-JWT-Token-With-At-Least-32-Characters-Long", KeyError::KnownSecret),
    ] {
        assert_eq!(check_secret(&Secret::new(secret)), Err(error), "{secret}");
        assert_eq!(SigningKey::shared(&Secret::new(secret)).unwrap_err(), error, "{secret}");
    }
    assert_eq!(check_secret(&Secret::new(SECRET)), Ok(()));
}

#[test]
fn a_private_key_of_another_kind_or_damaged_is_refused() {
    let (_, es256) = SigningKey::generate(Algorithm::Es256).unwrap();
    let (_, eddsa) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    assert!(SigningKey::from_private(Algorithm::Es256, &es256).is_ok());
    let cut = SecretBytes::new(es256.expose()[1..].to_vec());
    for (algorithm, key) in
        [(Algorithm::EdDsa, &es256), (Algorithm::Es256, &eddsa), (Algorithm::Es256, &cut), (Algorithm::Hs256, &es256)]
    {
        assert_eq!(SigningKey::from_private(algorithm, key).unwrap_err(), KeyError::Unreadable);
    }
    assert_eq!(SigningKey::generate(Algorithm::Hs256).unwrap_err(), KeyError::Generate);
}

#[test]
fn the_tutorials_helper_goes_from_data_to_token_and_back() {
    let tokens = SharedSecretTokens::new(&Secret::new(SECRET)).unwrap();
    let data = json!({"userId": 7, "username": "alice"});
    let token = tokens.encode(&data, NOW).unwrap();
    let payload = token.expose().split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap();
    assert_eq!(payload, json!({"userId": 7, "username": "alice", "iat": 1_795_428_000, "exp": 1_795_435_200}));
    assert_eq!(tokens.decode::<Value>(token.expose(), NOW), Ok(data.clone()));
    let after = |seconds: u64| tokens.decode::<Value>(token.expose(), NOW.saturating_add(Duration::from_secs(seconds)));
    assert_eq!([after(7_205), after(7_206)], [Ok(data.clone()), Err(TokenRejection::Expired)]);
    assert_eq!(tokens.decode::<Vec<u8>>(token.expose(), NOW), Err(TokenRejection::Claim("data")));
    assert!(tokens.encode(&"text", NOW).is_err());
    assert!(tokens.encode(&json!({"exp": 1}), NOW).is_err());
    let other = SharedSecretTokens::new(&Secret::new("another secret of more than 32 bytes")).unwrap();
    assert_eq!(other.decode::<Value>(token.expose(), NOW), Err(TokenRejection::Signature));
    let none = format!("{}.{payload}.", Base64UrlUnpadded::encode_string(br#"{"alg":"none"}"#), payload = "e30");
    assert_eq!(tokens.decode::<Value>(&none, NOW), Err(TokenRejection::Malformed));
    // Node's `jsonwebtoken` writes `typ`; others leave it out.
    let bare = forged(&json!({"alg": "HS256"}), &payload.to_string());
    assert_eq!(tokens.decode::<Value>(&bare, NOW), Ok(data));
}

#[test]
fn a_token_of_ours_is_no_token_of_the_tutorial() {
    let tokens = SharedSecretTokens::new(&Secret::new(SECRET)).unwrap();
    let ours = jwt(Algorithm::Hs256).sign(&claims()).unwrap();
    assert_eq!(tokens.decode::<Value>(ours.expose(), NOW), Err(TokenRejection::Header));
    assert!(!SharedSecretTokens::is_candidate(ours.expose()));
    let theirs = tokens.encode(&json!({"userId": 7}), NOW).unwrap();
    assert!(SharedSecretTokens::is_candidate(theirs.expose()));
    assert_eq!(jwt(Algorithm::Hs256).verify(theirs.expose(), NOW), Err(TokenRejection::UnknownKey));
}

#[test]
fn the_tutorials_helper_asks_for_both_times_and_takes_nothing_else_for_the_apps_own() {
    let tokens = SharedSecretTokens::new(&Secret::new(SECRET)).unwrap();
    let whole = json!({"userId": 7, "username": "alice", "iat": 1_795_428_000, "exp": 1_795_435_200});
    let token = |payload: &Value| forged(&json!({"alg": "HS256", "typ": "JWT"}), &payload.to_string());
    let decode = |payload: &Value| tokens.decode::<Value>(&token(payload), NOW).map(|_| ());
    let as_app = |payload: &Value| tokens.decode_tutorial(&token(payload), NOW).map(|claims| claims.username);
    assert_eq!((decode(&whole), as_app(&whole)), (Ok(()), Ok("alice".to_owned())));
    for name in ["iat", "exp"] {
        let missing = with(whole.clone(), &format!("-{name}"), Value::Null);
        assert_eq!(decode(&missing), Err(TokenRejection::Claim(name)));
        assert_eq!(as_app(&missing), Err(TokenRejection::Claim(name)));
    }
    let not_before = with(whole.clone(), "nbf", json!(1_795_428_000));
    assert_eq!(tokens.decode::<Value>(&token(&not_before), NOW).unwrap().get("nbf"), None);
    assert_eq!(decode(&with(whole.clone(), "nbf", json!(1_795_428_006))), Err(TokenRejection::NotYetValid));
    for name in ["nbf", "iss", "aud", "sub", "jti", "sid", "role"] {
        let more = with(whole.clone(), name, if name == "nbf" { json!(1_795_428_000) } else { json!("x") });
        assert_eq!(as_app(&more), Err(TokenRejection::Payload), "{name}");
    }
}
