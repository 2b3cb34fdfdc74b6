//! RFC 7517 (JWK), appendices A and B, and the thumbprint of RFC 7638, section 3.1.

use auth_core::secret::Secret;
use auth_core::token::{
    Algorithm, JwkFault, KeyError, KeySetError, KeySetOrigin, Skipped, import_private_key, load_key_set,
};
use serde_json::{Value, json};

use crate::tokens::{with, without};
use crate::{import, read, set, text};

fn fixture() -> Value {
    read(include_str!("rfc7517.json"))
}

fn load(set: &Value, origin: KeySetOrigin) -> Result<auth_core::token::KeySet, KeySetError> {
    load_key_set(set.to_string().as_bytes(), origin)
}

#[test]
fn a1_a_set_with_a_key_for_encrypting_is_anothers_and_not_ones_own() {
    let fixture = fixture();
    let fault = JwkFault::NotForVerifying;
    assert_eq!(load(&fixture["a1"], KeySetOrigin::Own).unwrap_err(), KeySetError::Key { index: 0, fault });
    let set = load(&fixture["a1"], KeySetOrigin::Foreign).unwrap();
    assert_eq!(set.skipped(), [Skipped { index: 0, fault }]);
    assert_eq!(set.keys().len(), 1);
    assert_eq!((set.keys()[0].id().as_str(), set.keys()[0].algorithm()), ("2011-04-29", Algorithm::Rs256));
}

#[test]
fn the_thumbprint_of_rfc_7638_is_the_id_of_a_key_that_has_none() {
    let fixture = fixture();
    let key = without(fixture["a1"]["keys"][1].clone(), "kid");
    assert_eq!(set(&key).keys()[0].id().as_str(), text(&fixture["a1_rsa_thumbprint"]));
}

#[test]
fn a2_private_keys_are_no_public_set() {
    let fixture = fixture();
    for origin in [KeySetOrigin::Own, KeySetOrigin::Foreign] {
        let fault = JwkFault::Private("d");
        assert_eq!(load(&fixture["a2"], origin).unwrap_err(), KeySetError::Key { index: 0, fault });
    }
    let [ec, rsa] = [&fixture["a2"]["keys"][0], &fixture["a2"]["keys"][1]];
    let refused = |jwk: &Value, algorithm| import_private_key(&Secret::new(jwk.to_string()), algorithm).unwrap_err();
    assert_eq!(refused(ec, Algorithm::Es256), KeyError::Unreadable, "it is for encrypting");
    assert_eq!(refused(rsa, Algorithm::Ps256), KeyError::Unreadable, "it is for RS256");
    assert_eq!(import(rsa, Algorithm::Rs256).verifying().id().as_str(), text(&fixture["a1_rsa_thumbprint"]));
    let ec = import(&with(ec.clone(), "use", "sig"), Algorithm::Es256);
    let published = with(fixture["a1"]["keys"][0].clone(), "use", "sig");
    assert_eq!(ec.verifying().id(), set(&without(published, "kid")).keys()[0].id());
}

#[test]
fn a3_shared_secrets_are_no_public_set() {
    for origin in [KeySetOrigin::Own, KeySetOrigin::Foreign] {
        let fault = JwkFault::Private("k");
        assert_eq!(load(&fixture()["a3"], origin).unwrap_err(), KeySetError::Key { index: 0, fault });
    }
}

#[test]
fn b_a_key_with_a_certificate_chain_needs_an_algorithm_and_its_chain_is_ignored() {
    let jwk = &fixture()["b"];
    let fault = JwkFault::AmbiguousAlgorithm;
    assert_eq!(load(&json!({"keys": [jwk]}), KeySetOrigin::Own).unwrap_err(), KeySetError::Key { index: 0, fault });
    assert_eq!(load(&json!({"keys": [jwk]}), KeySetOrigin::Foreign).unwrap().skipped(), [Skipped { index: 0, fault }]);
    let set = load(&json!({"keys": [with(jwk.clone(), "alg", "RS256")]}), KeySetOrigin::Foreign).unwrap();
    assert_eq!(set.keys()[0].id().as_str(), "1b94c");
}
