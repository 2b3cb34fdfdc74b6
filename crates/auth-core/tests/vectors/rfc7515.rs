//! RFC 7515 (JWS), appendix A, and what RFC 7519 (JWT) says of the same tokens.

use auth_core::time::Timestamp;
use auth_core::token::{Algorithm, Audience, KeySet, TokenPolicy, TokenRejection, Types, verify, verify_signature};
use serde_json::Value;

use crate::tokens::{decode, encode};
use crate::{import, public, read, secret, set, text};

fn fixture() -> Value {
    read(include_str!("rfc7515.json"))
}

fn payload_of(jws: &str) -> Vec<u8> {
    decode(jws.split('.').nth(1).unwrap())
}

#[test]
fn a1_hs256_passes_with_the_padding_of_its_header_as_it_is() {
    let vector = &fixture()["a1"];
    let jws = text(&vector["jws"]);
    let keys = KeySet::new([secret(&vector["k"])]).unwrap();
    let payload = verify_signature(jws, &keys).unwrap();
    assert_eq!(payload, payload_of(jws));
    assert_eq!(payload, b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

#[test]
fn a2_rs256_and_a3_es256_pass_and_their_private_keys_are_imported() {
    let fixture = fixture();
    for (name, algorithm) in [("a2", Algorithm::Rs256), ("a3", Algorithm::Es256)] {
        let (jwk, jws) = (&fixture[name]["private"], text(&fixture[name]["jws"]));
        let keys = set(&public(jwk, algorithm.as_str()));
        assert_eq!(verify_signature(jws, &keys), Ok(payload_of(jws)), "{name}");
        assert_eq!(import(jwk, algorithm).verifying().id(), keys.keys()[0].id(), "{name}");
    }
}

#[test]
fn a4_es512_is_refused_by_name() {
    let fixture = fixture();
    let jws = text(&fixture["a4"]["jws"]);
    let p256 = set(&public(&fixture["a3"]["private"], "ES256"));
    assert_eq!(verify_signature(jws, &p256), Err(TokenRejection::Algorithm));
    assert_eq!(verify_signature(jws, &KeySet::default()), Err(TokenRejection::UnknownKey));
}

#[test]
fn a5_none_is_refused_with_and_without_a_signature() {
    let fixture = fixture();
    let (none, hs256) = (text(&fixture["a5"]["jws"]), &fixture["a1"]);
    let keys = KeySet::new([secret(&hs256["k"])]).unwrap();
    assert_eq!(verify_signature(none, &keys), Err(TokenRejection::Malformed));
    let signature = text(&hs256["jws"]).rsplit_once('.').unwrap().1;
    assert_eq!(verify_signature(&format!("{none}{signature}"), &keys), Err(TokenRejection::Algorithm));
}

#[test]
fn a6_and_a7_are_json_and_so_no_compact_token() {
    let fixture = fixture();
    let keys = set(&public(&fixture["a2"]["private"], "RS256"));
    for form in ["general", "flattened"] {
        let jws = text(&fixture["a6"][form]);
        assert!(read(jws).is_object());
        assert_eq!(verify_signature(jws, &keys), Err(TokenRejection::Malformed), "{form}");
    }
}

#[test]
fn e_an_unknown_critical_member_is_refused() {
    let fixture = fixture();
    let keys = KeySet::new([secret(&fixture["a1"]["k"])]).unwrap();
    let jws = text(&fixture["e"]["jws"]);
    assert_eq!(verify_signature(jws, &keys), Err(TokenRejection::Malformed), "as published, unsigned");
    assert_eq!(verify_signature(&format!("{jws}{}", encode([0; 32])), &keys), Err(TokenRejection::Header));
}

/// RFC 7519, section 3.1, has the token of A.1 and section 6.1 that of A.5.
#[test]
fn the_token_of_rfc_7519_lives_until_its_published_second() {
    let vector = &fixture()["a1"];
    let keys = KeySet::new([secret(&vector["k"])]).unwrap();
    let policy = TokenPolicy {
        audience: Audience::Exactly("nobody".to_owned()),
        types: Types::OneOf(vec!["JWT".to_owned()]),
        required: vec!["iss", "exp"],
        needs_key_id: false,
        ..TokenPolicy::new("joe", "")
    };
    let at = |seconds| verify(text(&vector["jws"]), &keys, &policy, Timestamp::from_unix_seconds(seconds));
    let verified = at(1_300_819_380).unwrap();
    assert_eq!(verified.claims["http://example.com/is_root"], true);
    assert_eq!(verified.expires_at, Some(Timestamp::from_unix_seconds(1_300_819_380)));
    assert!(at(1_300_819_385).is_ok());
    assert_eq!(at(1_300_819_386), Err(TokenRejection::Expired));
}

#[test]
fn the_encrypted_and_the_nested_token_of_rfc_7519_are_refused() {
    let (signed, fixture) = (fixture(), read(include_str!("rfc7519.json")));
    let keys = set(&public(&signed["a2"]["private"], "RS256"));
    for name in ["a1", "a2"] {
        let jwe = text(&fixture[name]);
        assert_eq!(jwe.split('.').count(), 5);
        assert_eq!(verify_signature(jwe, &keys), Err(TokenRejection::Malformed), "{name}");
    }
}
