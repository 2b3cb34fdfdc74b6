//! Private keys of one's own, as people have them: PEM or JWK.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use base64ct::{Base64UrlUnpadded, Encoding};
use pkcs8::SecretDocument;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::json;
use crate::secret::{Secret, SecretBytes};
use crate::token::jwk::key_operations;
use crate::token::key_checks::{self, KeyFault};
use crate::token::{Algorithm, KeyError, SigningKey};

/// Reads a private key in PEM (PKCS #8, SEC 1 or PKCS #1) or as a JWK (RFC 7517) and returns it with its private part
/// (PKCS #8), to be sealed and stored. Both halves must fit each other.
///
/// # Errors
/// [`KeyError::Unreadable`] for anything that is not a private key of `algorithm`, a shared secret included, and
/// [`KeyError::Unfit`] for a key that is too small or off its curve.
pub fn import_private_key(text: &Secret, algorithm: Algorithm) -> Result<(SigningKey, SecretBytes), KeyError> {
    let text = text.expose().trim();
    let private = if text.starts_with('{') { from_jwk(text, algorithm)? } else { from_pem(text, algorithm)? };
    let private = SecretBytes::new(private);
    Ok((SigningKey::from_private(algorithm, &private)?, private))
}

fn from_pem(text: &str, algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| KeyError::Unreadable)?;
    let der = document.as_bytes();
    match (label, algorithm) {
        ("PRIVATE KEY", Algorithm::EdDsa) => Ok(der.to_vec()),
        // As PKCS #8 without extras, whatever the file had.
        ("PRIVATE KEY" | "EC PRIVATE KEY", Algorithm::Es256) => {
            let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
            p256(&pair.map_err(|_| KeyError::Unreadable)?)
        }
        ("PRIVATE KEY", Algorithm::Rs256 | Algorithm::Ps256) => rsa(RsaKeyPair::from_pkcs8(der)),
        ("RSA PRIVATE KEY", Algorithm::Rs256 | Algorithm::Ps256) => rsa(RsaKeyPair::from_der(der)),
        _ => Err(KeyError::Unreadable),
    }
}

fn from_jwk(text: &str, algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
    let jwk = Jwk(json::parse_object(text.as_bytes(), 3).map_err(|_| KeyError::Unreadable)?);
    let named = jwk.0.get("alg").map(|name| name.as_str() == Some(algorithm.as_str()));
    let purpose = jwk.0.get("use").map(|purpose| purpose == "sig");
    let operations = jwk.0.get("key_ops").map(|all| key_operations(all).is_some_and(|all| all.contains("sign")));
    // More than two primes (`oth`: RFC 7518, section 6.3.2.7) are not to be dropped in silence.
    if [named, purpose, operations].contains(&Some(false)) || jwk.0.contains_key("oth") {
        return Err(KeyError::Unreadable);
    }
    match (jwk.text("kty")?, algorithm) {
        ("EC", Algorithm::Es256) if jwk.text("crv")? == "P-256" => {
            let point = key_checks::p256_point(&jwk.bytes("x")?, &jwk.bytes("y")?)?;
            let d = jwk.bytes("d")?;
            let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &point);
            p256(&pair.map_err(|_| KeyError::Unreadable)?)
        }
        ("OKP", Algorithm::EdDsa) if jwk.text("crv")? == "Ed25519" => {
            key_checks::ed25519_point(&jwk.bytes("x")?)?;
            let pair = Ed25519KeyPair::from_seed_and_public_key(&jwk.bytes("d")?, &jwk.bytes("x")?);
            let document = pair.map_err(|_| KeyError::Unreadable)?.to_pkcs8();
            Ok(document.map_err(|_| KeyError::Unreadable)?.as_ref().to_vec())
        }
        ("RSA", Algorithm::Rs256 | Algorithm::Ps256) => {
            let (n, e) = (jwk.bytes("n")?, jwk.bytes("e")?);
            key_checks::rsa(&n, &e)?;
            let pair = RsaKeyPair::from_components(&KeyPairComponents {
                public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
                d: jwk.bytes("d")?.as_slice(),
                p: jwk.bytes("p")?.as_slice(),
                q: jwk.bytes("q")?.as_slice(),
                dP: jwk.bytes("dp")?.as_slice(),
                dQ: jwk.bytes("dq")?.as_slice(),
                qInv: jwk.bytes("qi")?.as_slice(),
            });
            rsa(pair)
        }
        _ => Err(KeyError::Unreadable),
    }
}

fn p256(pair: &EcdsaKeyPair) -> Result<Vec<u8>, KeyError> {
    Ok(pair.to_pkcs8v1().map_err(|_| KeyError::Unreadable)?.as_ref().to_vec())
}

fn rsa(pair: Result<RsaKeyPair, KeyRejected>) -> Result<Vec<u8>, KeyError> {
    let pair = pair.map_err(|rejected| match rejected.description_() {
        "TooSmall" => KeyError::Unfit(KeyFault::SmallModulus),
        "TooLarge" => KeyError::Unfit(KeyFault::LargeModulus),
        _ => KeyError::Unreadable,
    })?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Unreadable)?;
    Ok(der.as_ref().to_vec())
}

struct Jwk(Map<String, Value>);

impl Jwk {
    fn text(&self, name: &str) -> Result<&str, KeyError> {
        self.0.get(name).and_then(Value::as_str).ok_or(KeyError::Unreadable)
    }

    fn bytes(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Base64UrlUnpadded::decode_vec(self.text(name)?).map(Zeroizing::new).map_err(|_| KeyError::Unreadable)
    }
}
