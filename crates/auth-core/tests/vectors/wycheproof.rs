//! Project Wycheproof: PS256, of which no RFC has a vector, and edge cases of the others.

use auth_core::token::{Algorithm, KeySet, TokenRejection, verify_signature};
use serde_json::Value;

use crate::tokens::decode;
use crate::{read, secret, set, text};

fn check(group: &Value, keys: &KeySet) {
    let tests = |kind: &str| group[kind].as_object().unwrap().clone();
    assert!(!tests("valid").is_empty() && !tests("invalid").is_empty());
    for (id, jws) in tests("valid") {
        let payload = decode(text(&jws).split('.').nth(1).unwrap());
        assert_eq!(verify_signature(text(&jws), keys), Ok(payload), "{id}");
    }
    for (id, jws) in tests("invalid") {
        assert_eq!(verify_signature(text(&jws), keys), Err(TokenRejection::Signature), "{id}");
    }
}

#[test]
fn ps256_passes_whatever_the_salt_and_fails_where_hash_or_salt_length_differ() {
    let group = &read(include_str!("wycheproof.json"))["ps256"];
    let keys = set(&group["jwk"]);
    assert_eq!(keys.keys()[0].algorithm(), Algorithm::Ps256);
    check(group, &keys);
}

#[test]
fn es256_passes_and_fails_where_a_number_is_too_long_too_big_or_zero() {
    let group = &read(include_str!("wycheproof.json"))["es256"];
    let keys = set(&group["jwk"]);
    check(group, &keys);
    assert_eq!(verify_signature(text(&group["confused"]["31"]), &keys), Err(TokenRejection::Algorithm));
    assert_eq!(verify_signature(text(&group["embedded"]["32"]), &keys), Err(TokenRejection::Header));
}

#[test]
fn hs256_passes_and_fails_where_mac_or_payload_differ() {
    let group = &read(include_str!("wycheproof.json"))["hs256"];
    check(group, &KeySet::new([secret(&group["k"]).named(text(&group["kid"]))]).unwrap());
}
