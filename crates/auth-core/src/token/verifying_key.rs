//! A key that verifies: what the other side needs.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::key_checks::{self, KeyFault};
use super::{Algorithm, KeyError, KeyId, check_secret, check_secret_bytes, signature};
use crate::secret::{Secret, SecretBytes};

/// A key that verifies. It was checked when it was made: the point lies on its curve, the modulus is long enough, the
/// secret is one.
#[derive(Clone)]
pub struct VerifyingKey {
    id: KeyId,
    algorithm: Algorithm,
    key: DecodingKey,
    /// `None` for a shared secret, which is never published.
    jwk: Option<Value>,
}

impl VerifyingKey {
    /// A shared secret (HS256). Its id is a digest that tells nothing of it.
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`], [`KeyError::GuessableSecret`].
    pub fn shared(secret: &Secret) -> Result<Self, KeyError> {
        check_secret(secret)?;
        Ok(Self::of_secret(secret.expose().as_bytes()))
    }

    /// The same of a secret that is no text: what others keep as base64 or as a JWK (`k`: RFC 7518, section 6.4.1).
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`], [`KeyError::KnownSecret`], [`KeyError::GuessableSecret`].
    pub fn shared_bytes(secret: &SecretBytes) -> Result<Self, KeyError> {
        check_secret_bytes(secret.expose())?;
        Ok(Self::of_secret(secret.expose()))
    }

    /// The same, of bytes that were checked.
    fn of_secret(bytes: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"auth-core/v1/kid");
        let id = KeyId::new(encode(tag.as_ref()));
        Self { id, algorithm: Algorithm::Hs256, key: DecodingKey::from_secret(bytes), jwk: None }
    }

    /// ES256, from the coordinates of a point on P-256 (RFC 7518, section 6.2.1), 32 bytes each.
    pub(super) fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyFault> {
        let point = key_checks::p256_point(x, y)?;
        let (x, y) = (encode(x), encode(y));
        let id = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        Ok(Self::published(id, Algorithm::Es256, DecodingKey::from_ec_der(&point), jwk))
    }

    /// `EdDSA`, from a point on edwards25519 (RFC 8037, section 2).
    pub(super) fn ed25519(x: &[u8]) -> Result<Self, KeyFault> {
        key_checks::ed25519_point(x)?;
        let key = DecodingKey::from_ed_der(x);
        let x = encode(x);
        let id = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Ok(Self::published(id, Algorithm::EdDsa, key, json!({"kty": "OKP", "crv": "Ed25519", "x": x})))
    }

    /// PS256 or RS256, from a modulus and an exponent without leading zeros (RFC 7518, section 6.3.1).
    pub(super) fn rsa(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyFault> {
        key_checks::rsa(n, e)?;
        let key = DecodingKey::from_rsa_raw_components(n, e);
        let (n, e) = (encode(n), encode(e));
        let id = thumbprint(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        Ok(Self::published(id, algorithm, key, json!({"kty": "RSA", "n": n, "e": e})))
    }

    fn published(id: String, algorithm: Algorithm, key: DecodingKey, mut jwk: Value) -> Self {
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), id.clone().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), algorithm.as_str().into());
        }
        Self { id: KeyId::new(id), algorithm, key, jwk: Some(jwk) }
    }

    /// The same key under the name that its issuer gave it: the `kid` of its tokens, where that is no thumbprint.
    #[must_use]
    pub fn named(self, id: &str) -> Self {
        Self { id: KeyId::new(id), ..self }
    }

    /// The key's id: the `kid` of its tokens.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key's only algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The complete public JWK (RFC 7517, section 4); `None` for a shared secret.
    pub fn jwk(&self) -> Option<&Value> {
        self.jwk.as_ref()
    }

    pub(super) fn fits(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        signature::fits(self.algorithm, &self.key, message, signature)
    }
}

/// RFC 7638, section 3: the members in lexical order, without white space.
fn thumbprint(canonical: &str) -> String {
    encode(digest(&SHA256, canonical.as_bytes()).as_ref())
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {})", self.id, self.algorithm)
    }
}
