//! Published vectors: those of our algorithms pass at the level of the signature, those of others are refused by name.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../support/tokens.rs"]
mod tokens;

mod rfc7515;
mod rfc7517;
mod rfc7520;
mod rfc8037;
mod wycheproof;

use auth_core::secret::{Secret, SecretBytes};
use auth_core::token::{Algorithm, KeySet, KeySetOrigin, SigningKey, VerifyingKey, import_private_key, load_key_set};
use serde_json::{Value, json};

fn read(fixture: &str) -> Value {
    serde_json::from_str(fixture).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The public half of a published private key, and the algorithm where the publication leaves it out.
fn public(jwk: &Value, algorithm: &str) -> Value {
    let private = ["d", "p", "q", "dp", "dq", "qi"];
    let members = jwk.as_object().unwrap().iter().filter(|(name, _)| !private.contains(&name.as_str()));
    let mut public = Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect());
    public["alg"] = json!(algorithm);
    public
}

fn set(jwk: &Value) -> KeySet {
    load_key_set(json!({"keys": [jwk]}).to_string().as_bytes(), KeySetOrigin::Own).unwrap()
}

/// A secret that is published as base64url.
fn secret(k: &Value) -> VerifyingKey {
    VerifyingKey::shared_bytes(&SecretBytes::new(tokens::decode(text(k)))).unwrap()
}

fn import(jwk: &Value, algorithm: Algorithm) -> SigningKey {
    import_private_key(&Secret::new(jwk.to_string()), algorithm).unwrap().0
}
