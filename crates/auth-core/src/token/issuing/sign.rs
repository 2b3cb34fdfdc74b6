//! From claims to a compact token.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

use crate::secret::Secret;
use crate::token::SigningKey;

/// `None` where the backend fails.
pub(super) fn sign(typ: &str, kid: Option<&str>, claims: &Map<String, Value>, key: &SigningKey) -> Option<Secret> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), key.verifying().algorithm().as_str().into());
    header.insert("typ".to_owned(), typ.into());
    if let Some(kid) = kid {
        header.insert("kid".to_owned(), kid.into());
    }
    let encode = |part| serde_json::to_vec(part).ok().map(|json| Base64UrlUnpadded::encode_string(&json));
    let message = format!("{}.{}", encode(&header)?, encode(claims)?);
    let signature = Base64UrlUnpadded::encode_string(&key.sign(message.as_bytes())?);
    Some(Secret::new(format!("{message}.{signature}")))
}
