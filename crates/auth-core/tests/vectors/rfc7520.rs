//! RFC 7520 (the cookbook), sections 3 and 4.

use auth_core::token::{
    Algorithm, JwkFault, KeySet, KeySetError, KeySetOrigin, TokenRejection, load_key_set, verify_signature,
};
use serde_json::{Value, json};

use crate::tokens::{decode, pair, with};
use crate::{import, public, read, secret, set, text};

const BILBO: &str = "bilbo.baggins@hobbiton.example";

fn fixture() -> Value {
    read(include_str!("rfc7520.json"))
}

fn shared(fixture: &Value) -> KeySet {
    let jwk = &fixture["keys"]["3.5"];
    KeySet::new([secret(&jwk["k"]).named(text(&jwk["kid"]))]).unwrap()
}

#[test]
fn keys_3_1_to_3_6_are_each_loaded_or_refused_by_name() {
    let keys = &fixture()["keys"];
    for (section, fault) in [
        ("3.1", JwkFault::UnsupportedType),
        ("3.2", JwkFault::Private("d")),
        ("3.3", JwkFault::AmbiguousAlgorithm),
        ("3.4", JwkFault::Private("d")),
        ("3.5", JwkFault::Private("k")),
        ("3.6", JwkFault::Private("k")),
    ] {
        let set = json!({"keys": [keys[section]]}).to_string();
        let refused = load_key_set(set.as_bytes(), KeySetOrigin::Own).unwrap_err();
        assert_eq!(refused, KeySetError::Key { index: 0, fault }, "{section}");
    }
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let key = set(&with(keys["3.3"].clone(), "alg", algorithm.as_str()));
        assert_eq!((key.keys()[0].id().as_str(), key.keys()[0].algorithm()), (BILBO, algorithm));
        assert_eq!(import(&keys["3.4"], algorithm).verifying().jwk().unwrap()["n"], keys["3.3"]["n"]);
    }
}

#[test]
fn section_4_1_rs256_and_4_4_hs256_pass() {
    let fixture = fixture();
    let payload = decode(text(&fixture["payload"]));
    let rs256 = set(&public(&fixture["keys"]["3.3"], "RS256"));
    assert_eq!(verify_signature(text(&fixture["compact"]["4.1"]), &rs256).as_deref(), Ok(payload.as_slice()));
    assert_eq!(verify_signature(text(&fixture["compact"]["4.4"]), &shared(&fixture)), Ok(payload));
}

#[test]
fn section_4_2_ps384_and_4_3_es512_are_refused_by_name() {
    let fixture = fixture();
    for algorithm in ["PS256", "RS256"] {
        let keys = set(&public(&fixture["keys"]["3.3"], algorithm));
        assert_eq!(verify_signature(text(&fixture["compact"]["4.2"]), &keys), Err(TokenRejection::Algorithm));
    }
    let es512 = text(&fixture["compact"]["4.3"]);
    let theirs = json!({"keys": [fixture["keys"]["3.1"]]}).to_string();
    let theirs = load_key_set(theirs.as_bytes(), KeySetOrigin::Foreign).unwrap();
    assert_eq!(verify_signature(es512, &theirs), Err(TokenRejection::UnknownKey), "the key was skipped");
    let p256 = KeySet::new([pair(Algorithm::Es256).key.verifying().clone().named(BILBO)]).unwrap();
    assert_eq!(verify_signature(es512, &p256), Err(TokenRejection::Algorithm));
}

#[test]
fn section_4_5_detached_content_is_refused_and_passes_attached() {
    let fixture = fixture();
    let (detached, keys) = (text(&fixture["compact"]["4.5"]), shared(&fixture));
    assert_eq!(verify_signature(detached, &keys), Err(TokenRejection::Malformed));
    let attached = detached.replacen("..", &format!(".{}.", text(&fixture["payload"])), 1);
    assert!(verify_signature(&attached, &keys).is_ok());
}

#[test]
fn json_serialisations_of_4_1_to_4_8_are_no_compact_token() {
    let fixture = fixture();
    let keys = shared(&fixture);
    let mut count = 0;
    for form in fixture["json"].as_object().unwrap().values().flat_map(|forms| forms.as_array().unwrap()) {
        assert_eq!(verify_signature(&form.to_string(), &keys), Err(TokenRejection::Malformed));
        count += 1;
    }
    assert_eq!(count, 9);
    // What is signed in them passes where it is put together as a compact token: 4.6, whose `kid` is not protected.
    let form = &fixture["json"]["4.6"][1];
    let part = |name: &str| text(&form[name]);
    let compact = format!("{}.{}.{}", part("protected"), part("payload"), part("signature"));
    assert!(verify_signature(&compact, &keys).is_ok());
}
