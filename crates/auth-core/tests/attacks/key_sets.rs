//! Sets of keys that are not to be trusted, and those that are.

use auth_core::json::JsonFault;
use auth_core::time::Timestamp;
use auth_core::token::{
    Algorithm, JwkFault, KeyRing, KeySet, KeySetError, KeySetOrigin, RingKey, Skipped, load_key_set, verify,
};
use serde_json::{Value, json};

use crate::tokens::{NOW, Pair, pair, policy, with, without};

const ORIGINS: [KeySetOrigin; 2] = [KeySetOrigin::Own, KeySetOrigin::Foreign];
const PUBLISHED: [Algorithm; 4] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256];

fn jwk(algorithm: Algorithm) -> Value {
    pair(algorithm).key.verifying().jwk().unwrap().clone()
}

fn load(keys: &[Value], origin: KeySetOrigin) -> Result<KeySet, KeySetError> {
    load_key_set(json!({"keys": keys}).to_string().as_bytes(), origin)
}

fn fault(keys: &[Value], origin: KeySetOrigin) -> (usize, JwkFault) {
    let KeySetError::Key { index, fault } = load(keys, origin).unwrap_err() else { panic!("refused as a whole") };
    (index, fault)
}

#[test]
fn what_a_ring_publishes_is_loaded_as_ones_own_and_verifies() {
    let keys = PUBLISHED.map(|algorithm| RingKey {
        key: pair(algorithm).key.clone(),
        signs_from: Timestamp::EPOCH,
        signs_until: None,
        accepted_until: None,
    });
    let published = KeyRing::of(keys.to_vec()).jwk_set(NOW).to_string();
    for origin in ORIGINS {
        let set = load_key_set(published.as_bytes(), origin).unwrap();
        assert_eq!((set.keys().len(), set.skipped().len()), (4, 0));
        for algorithm in PUBLISHED {
            assert!(verify(&pair(algorithm).good(), &set, &policy(), NOW).is_ok(), "{algorithm}");
        }
    }
}

#[test]
fn j13_two_keys_of_one_id_refuse_the_set() {
    let named = |algorithm, kid: &str| with(jwk(algorithm), "kid", kid);
    for origin in ORIGINS {
        let good = [named(Algorithm::Es256, "a"), named(Algorithm::EdDsa, "A")];
        assert_eq!(load(&good, origin).unwrap().keys().len(), 2);
        for twice in [
            [named(Algorithm::Es256, "a"), named(Algorithm::EdDsa, "a")],
            [named(Algorithm::Es256, "a"), named(Algorithm::Es256, "a")],
        ] {
            let KeySetError::Duplicate(id) = load(&twice, origin).unwrap_err() else { panic!("not named") };
            assert_eq!(id.as_str(), "a");
        }
        // A name that is left out is the thumbprint.
        let unnamed = [jwk(Algorithm::Es256), without(jwk(Algorithm::Es256), "kid")];
        assert!(matches!(load(&unnamed, origin), Err(KeySetError::Duplicate(_))));
    }
    let key = pair(Algorithm::Es256).key.verifying();
    assert!(matches!(KeySet::new([key.clone(), key.clone()]), Err(KeySetError::Duplicate(_))));
}

#[test]
fn j13_a_private_member_refuses_the_set_whosever_it_is() {
    for origin in ORIGINS {
        for algorithm in PUBLISHED {
            assert!(load(&[jwk(algorithm)], origin).is_ok());
            for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                for value in [json!("AQAB"), json!(null), json!([])] {
                    let keys = [jwk(Algorithm::Es256), with(with(jwk(algorithm), member, value), "kid", "b")];
                    assert_eq!(fault(&keys, origin), (1, JwkFault::Private(member)));
                }
            }
        }
        // Also of a key that is of no use here.
        let unusable = json!({"kty": "oct", "k": "AQAB"});
        assert_eq!(fault(&[unusable], origin), (0, JwkFault::Private("k")));
    }
}

#[test]
fn j13_keys_of_no_use_are_refused_in_ones_own_set_and_skipped_and_reported_in_anothers() {
    let es256 = || jwk(Algorithm::Es256);
    let rsa = || jwk(Algorithm::Rs256);
    let useless = [
        (json!({"kty": "unknown"}), JwkFault::UnsupportedType),
        (json!({"kty": "oct"}), JwkFault::UnsupportedType),
        (with(es256(), "kty", "ec"), JwkFault::UnsupportedType),
        (with(es256(), "crv", "P-384"), JwkFault::UnsupportedType),
        (with(es256(), "crv", "secp256k1"), JwkFault::UnsupportedType),
        (with(jwk(Algorithm::EdDsa), "crv", "X25519"), JwkFault::UnsupportedType),
        (with(jwk(Algorithm::EdDsa), "crv", "Ed448"), JwkFault::UnsupportedType),
        (with(es256(), "alg", "ES384"), JwkFault::UnsupportedAlgorithm),
        (with(es256(), "alg", "ECDH-ES"), JwkFault::UnsupportedAlgorithm),
        (with(es256(), "alg", "HS256"), JwkFault::UnsupportedAlgorithm),
        (with(es256(), "alg", "none"), JwkFault::UnsupportedAlgorithm),
        (with(rsa(), "alg", "HS256"), JwkFault::UnsupportedAlgorithm),
        (with(rsa(), "alg", "RS512"), JwkFault::UnsupportedAlgorithm),
        (without(rsa(), "alg"), JwkFault::AmbiguousAlgorithm),
        (with(es256(), "use", "enc"), JwkFault::NotForVerifying),
        (with(es256(), "use", "SIG"), JwkFault::NotForVerifying),
        (with(es256(), "key_ops", json!(["encrypt"])), JwkFault::NotForVerifying),
        (with(es256(), "key_ops", json!(["sign"])), JwkFault::NotForVerifying),
        (with(es256(), "key_ops", json!([])), JwkFault::NotForVerifying),
    ];
    for (useless, expected) in useless {
        assert_eq!(fault(&[jwk(Algorithm::Es256), useless.clone()], KeySetOrigin::Own), (1, expected), "{useless}");
        let set = load(&[useless.clone(), jwk(Algorithm::EdDsa)], KeySetOrigin::Foreign).unwrap();
        assert_eq!(set.skipped(), [Skipped { index: 0, fault: expected }], "{useless}");
        assert_eq!(set.keys().len(), 1);
        assert!(verify(&pair(Algorithm::EdDsa).good(), &set, &policy(), NOW).is_ok());
    }
    let whole = with(with(es256(), "use", "sig"), "key_ops", json!(["sign", "verify"]));
    assert_eq!(load(&[whole], KeySetOrigin::Own).unwrap().keys().len(), 1);
}

#[test]
fn malformed_keys_refuse_the_set_whosever_it_is() {
    let es256 = || jwk(Algorithm::Es256);
    for origin in ORIGINS {
        for (malformed, expected) in [
            (json!("key"), JwkFault::NotAnObject),
            (json!(null), JwkFault::NotAnObject),
            (json!({}), JwkFault::Member("kty")),
            (with(es256(), "kty", 1), JwkFault::Member("kty")),
            (without(es256(), "crv"), JwkFault::Member("crv")),
            (without(es256(), "y"), JwkFault::Member("y")),
            (with(es256(), "x", "a=="), JwkFault::Member("x")),
            (with(es256(), "x", "ab"), JwkFault::Member("x")),
            (with(es256(), "x", json!([4])), JwkFault::Member("x")),
            (with(es256(), "kid", ""), JwkFault::Member("kid")),
            (with(es256(), "kid", 1), JwkFault::Member("kid")),
            (with(es256(), "kid", "k".repeat(257)), JwkFault::Member("kid")),
            (with(es256(), "alg", 256), JwkFault::Member("alg")),
            (with(es256(), "use", json!(["sig"])), JwkFault::Member("use")),
            (with(es256(), "key_ops", "verify"), JwkFault::Member("key_ops")),
            (with(es256(), "key_ops", json!(["verify", 1])), JwkFault::Member("key_ops")),
            (with(es256(), "key_ops", json!(["verify", "verify"])), JwkFault::Member("key_ops")),
            (with(jwk(Algorithm::Rs256), "e", ""), JwkFault::Member("e")),
            (with(jwk(Algorithm::Rs256), "e", "AAEAAQ"), JwkFault::Member("e")),
        ] {
            assert_eq!(fault(&[jwk(Algorithm::EdDsa), malformed.clone()], origin), (1, expected), "{malformed}");
        }
        assert!(load(&[with(es256(), "kid", "k".repeat(256))], origin).is_ok());
    }
}

#[test]
fn members_that_nobody_here_knows_are_ignored() {
    let mut key = jwk(Algorithm::Rs256);
    for (member, value) in [
        ("x5c", json!(["MIIB", "MIIC"])),
        ("x5t", json!("abc")),
        ("x5t#S256", json!("abc")),
        ("x5u", json!("http://127.0.0.1:1/")),
        ("ext", json!(true)),
        ("issuer", json!("https://idp.example")),
        ("nested", json!({"a": {"b": [1]}})),
    ] {
        key = with(key, member, value);
    }
    for origin in ORIGINS {
        let text = with(json!({"keys": [key]}), "version", 3).to_string();
        let set = load_key_set(text.as_bytes(), origin).unwrap();
        assert!(verify(&pair(Algorithm::Rs256).good(), &set, &policy(), NOW).is_ok());
    }
}

#[test]
fn a_set_is_one_strict_object_with_an_array_of_keys() {
    let good = json!({"keys": [jwk(Algorithm::Es256)]}).to_string();
    let json = |fault| KeySetError::Json(fault);
    for origin in ORIGINS {
        assert!(load_key_set(good.as_bytes(), origin).is_ok());
        assert_eq!(load_key_set(b"{\"keys\":[]}", origin).unwrap().keys().len(), 0);
        for (text, error) in [
            (String::new(), json(JsonFault::Syntax)),
            ("<html>".to_owned(), json(JsonFault::Syntax)),
            (format!("{good}{good}"), json(JsonFault::Syntax)),
            (format!("\u{feff}{good}"), json(JsonFault::Syntax)),
            (format!("[{good}]"), json(JsonFault::NotAnObject)),
            (good.replacen('{', "{\"keys\":[],", 1), json(JsonFault::Duplicate)),
            (good.replacen("[{", "[{\"kty\":\"RSA\",", 1), json(JsonFault::Duplicate)),
            (good.replacen("[{", "[{\"a\":[[[[1]]]],", 1), json(JsonFault::TooDeep)),
            ("{}".to_owned(), KeySetError::NoKeys),
            ("{\"keys\":{}}".to_owned(), KeySetError::NoKeys),
            ("{\"Keys\":[]}".to_owned(), KeySetError::NoKeys),
            (jwk(Algorithm::Es256).to_string(), KeySetError::NoKeys),
        ] {
            assert_eq!(load_key_set(text.as_bytes(), origin).unwrap_err(), error, "{text:.60}");
        }
        let deep = good.replacen("[{", "[{\"a\":[[[1]]],", 1);
        assert!(load_key_set(deep.as_bytes(), origin).is_ok(), "six levels are not too deep");
    }
}

#[test]
fn a_set_is_bounded_in_bytes_and_keys() {
    let many = |count: usize| -> Vec<Value> {
        (0..count).map(|number| with(jwk(Algorithm::Es256), "kid", number.to_string())).collect()
    };
    for origin in ORIGINS {
        assert_eq!(load(&many(255), origin).unwrap().keys().len(), 255);
        assert_eq!(load(&many(256), origin).unwrap().keys().len(), 256);
        assert_eq!(load(&many(257), origin).unwrap_err(), KeySetError::TooMany);
        let sized = |length: usize| {
            let text = json!({"keys": [jwk(Algorithm::Es256)]}).to_string();
            format!("{text}{}", " ".repeat(length - text.len()))
        };
        assert!(load_key_set(sized(512 * 1_024 - 1).as_bytes(), origin).is_ok());
        assert!(load_key_set(sized(512 * 1_024).as_bytes(), origin).is_ok());
        assert_eq!(load_key_set(sized(512 * 1_024 + 1).as_bytes(), origin).unwrap_err(), KeySetError::TooLong);
    }
}

#[test]
fn a_name_that_the_issuer_gave_picks_the_key() {
    let ours = Pair::new(Algorithm::Es256);
    let set =
        load(&[with(ours.key.verifying().jwk().unwrap().clone(), "kid", "2026-11")], KeySetOrigin::Foreign).unwrap();
    let token = |kid: &str| ours.json(&with(ours.header(), "kid", kid), &crate::tokens::payload());
    assert!(verify(&token("2026-11"), &set, &policy(), NOW).is_ok());
    assert!(verify(&ours.good(), &set, &policy(), NOW).is_err(), "the thumbprint is not its name there");
    assert_eq!(verify(&token("2026-11"), &set, &policy(), NOW).unwrap().key.as_str(), "2026-11");
}
