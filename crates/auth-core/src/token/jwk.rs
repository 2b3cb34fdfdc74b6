//! One JSON Web Key (RFC 7517, section 4), read strictly.

use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

use super::key_checks::KeyFault;
use super::{Algorithm, VerifyingKey};

/// The longest `kid` that is taken, in bytes.
const MAX_KEY_ID: usize = 256;
/// The members that hold a private part (RFC 7518, section 6; RFC 8037, section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a JWK is not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JwkFault {
    /// An entry of `keys` is not an object.
    #[error("not an object")]
    NotAnObject,
    /// This member is missing, of another type, or not strict base64url of the right length.
    #[error("the member `{0}` is missing or wrong")]
    Member(&'static str),
    /// A private part in a set that is public: whoever reads it can sign. The key is burnt.
    #[error("the private member `{0}` in a public key")]
    Private(&'static str),
    /// `kty` or `crv` is none of those that are verified here.
    #[error("a key of a type that is not supported")]
    UnsupportedType,
    /// `alg` is none of those that are verified here, or not one of this type of key.
    #[error("a key of an algorithm that is not supported")]
    UnsupportedAlgorithm,
    /// An RSA key without `alg`: it might be meant for RS256 or for PS256, and a key has one algorithm.
    #[error("an RSA key without `alg`")]
    AmbiguousAlgorithm,
    /// `use` or `key_ops` say that the key is not for verifying signatures (RFC 7517, sections 4.2 and 4.3).
    #[error("a key that is not for verifying")]
    NotForVerifying,
    /// The key itself is unfit.
    #[error(transparent)]
    Key(#[from] KeyFault),
}

impl JwkFault {
    /// Whether the key is merely of no use here, as opposed to malformed or dangerous.
    pub(super) const fn is_only_unusable(self) -> bool {
        matches!(
            self,
            Self::UnsupportedType | Self::UnsupportedAlgorithm | Self::AmbiguousAlgorithm | Self::NotForVerifying
        )
    }
}

/// A public key and the name that its issuer gave it. Members that are not known are ignored, as RFC 7517 (section 4) asks.
pub(super) fn read(jwk: &Value) -> Result<VerifyingKey, JwkFault> {
    let jwk = Jwk(jwk.as_object().ok_or(JwkFault::NotAnObject)?);
    if let Some(member) = PRIVATE.into_iter().find(|member| jwk.0.contains_key(*member)) {
        return Err(JwkFault::Private(member));
    }
    let id = jwk.optional("kid")?;
    if id.is_some_and(|id| id.is_empty() || id.len() > MAX_KEY_ID) {
        return Err(JwkFault::Member("kid"));
    }
    jwk.check_purpose()?;
    let key = jwk.key()?;
    Ok(match id {
        Some(id) => key.named(id),
        None => key,
    })
}

/// Texts, none of them twice (RFC 7517, section 4.3).
pub(super) fn key_operations(operations: &Value) -> Option<BTreeSet<&str>> {
    let operations = operations.as_array()?;
    let texts = operations.iter().map(Value::as_str).collect::<Option<BTreeSet<_>>>()?;
    (texts.len() == operations.len()).then_some(texts)
}

struct Jwk<'j>(&'j Map<String, Value>);

impl<'j> Jwk<'j> {
    fn key(&self) -> Result<VerifyingKey, JwkFault> {
        let algorithm = self.optional("alg")?;
        let algorithm =
            algorithm.map(|name| Algorithm::parse(name).ok_or(JwkFault::UnsupportedAlgorithm)).transpose()?;
        let only = |expected: Algorithm| match algorithm {
            Some(other) if other != expected => Err(JwkFault::UnsupportedAlgorithm),
            _ => Ok(()),
        };
        match self.text("kty")? {
            "EC" if self.text("crv")? == "P-256" => {
                only(Algorithm::Es256)?;
                Ok(VerifyingKey::p256(&self.bytes("x")?, &self.bytes("y")?)?)
            }
            "OKP" if self.text("crv")? == "Ed25519" => {
                only(Algorithm::EdDsa)?;
                Ok(VerifyingKey::ed25519(&self.bytes("x")?)?)
            }
            "RSA" => match algorithm {
                Some(algorithm @ (Algorithm::Rs256 | Algorithm::Ps256)) => {
                    Ok(VerifyingKey::rsa(algorithm, &self.number("n")?, &self.number("e")?)?)
                }
                Some(_) => Err(JwkFault::UnsupportedAlgorithm),
                None => Err(JwkFault::AmbiguousAlgorithm),
            },
            _ => Err(JwkFault::UnsupportedType),
        }
    }

    /// RFC 7517, sections 4.2 and 4.3.
    fn check_purpose(&self) -> Result<(), JwkFault> {
        if self.optional("use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(JwkFault::NotForVerifying);
        }
        let Some(operations) = self.0.get("key_ops") else { return Ok(()) };
        let operations = key_operations(operations).ok_or(JwkFault::Member("key_ops"))?;
        if operations.contains("verify") { Ok(()) } else { Err(JwkFault::NotForVerifying) }
    }

    fn optional(&self, name: &'static str) -> Result<Option<&'j str>, JwkFault> {
        self.0.get(name).map(|value| value.as_str().ok_or(JwkFault::Member(name))).transpose()
    }

    fn text(&self, name: &'static str) -> Result<&'j str, JwkFault> {
        self.optional(name)?.ok_or(JwkFault::Member(name))
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, JwkFault> {
        Base64UrlUnpadded::decode_vec(self.text(name)?).map_err(|_| JwkFault::Member(name))
    }

    /// Without leading zeros (RFC 7518, section 2, `Base64urlUInt`).
    fn number(&self, name: &'static str) -> Result<Vec<u8>, JwkFault> {
        let bytes = self.bytes(name)?;
        if bytes.first().is_some_and(|first| *first != 0) { Ok(bytes) } else { Err(JwkFault::Member(name)) }
    }
}
