//! RFC 8037 (`EdDSA`), appendices A.1 to A.5.

use auth_core::token::{Algorithm, KeySet, TokenRejection, verify_signature};
use serde_json::json;

use crate::tokens::pair;
use crate::{import, public, read, set, text};

#[test]
fn the_keys_the_thumbprint_and_the_signature_of_appendix_a() {
    let fixture = read(include_str!("rfc8037.json"));
    let key = import(&fixture["private"], Algorithm::EdDsa);
    assert_eq!(key.verifying().id().as_str(), text(&fixture["thumbprint"]), "A.3");
    assert_eq!(key.verifying().jwk().unwrap()["x"], fixture["private"]["x"], "A.2");

    let jws = text(&fixture["jws"]);
    let payload = text(&fixture["payload"]).as_bytes().to_vec();
    for keys in [set(&public(&fixture["private"], "EdDSA")), KeySet::new([key.verifying().clone()]).unwrap()] {
        assert_eq!(verify_signature(jws, &keys), Ok(payload.clone()), "A.5");
    }
    let other = KeySet::new([pair(Algorithm::EdDsa).key.verifying().clone()]).unwrap();
    assert_eq!(verify_signature(jws, &other), Err(TokenRejection::Signature));
}

/// RFC 7517, section 4.4: `alg` may be left out, and an Ed25519 key has one algorithm all the same.
#[test]
fn a_key_without_alg_is_bound_to_the_only_one_of_its_curve() {
    let fixture = read(include_str!("rfc8037.json"));
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": fixture["private"]["x"]});
    assert_eq!(set(&jwk).keys()[0].algorithm(), Algorithm::EdDsa);
}
