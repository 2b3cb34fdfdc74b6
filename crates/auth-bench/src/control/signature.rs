//! The signature of a token and nothing else of it: what a check of a token cannot be cheaper than.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::Fallible;

/// A key, parsed once.
#[derive(Debug)]
pub(crate) enum Signature {
    Es256(ParsedPublicKey),
    Hs256(Box<hmac::Key>),
}

impl Signature {
    /// A key as `Minter::verifying` has it.
    ///
    /// # Errors
    /// For an algorithm that has no control here, and a key that is none.
    pub(crate) fn parse(algorithm: &str, key: &str) -> Fallible<Self> {
        let key = Base64UrlUnpadded::decode_vec(key).map_err(|error| format!("the key is not base64url: {error}"))?;
        match algorithm {
            "ES256" => {
                let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key);
                Ok(Self::Es256(key.map_err(|_| "no point of P-256")?))
            }
            "HS256" => Ok(Self::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &key)))),
            other => Err(format!("no control for {other}").into()),
        }
    }

    /// Whether the signature is right. Claims are not looked at.
    pub(crate) fn is_right(&self, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else { return false };
        // Both algorithms have less.
        let mut bytes = [0; 64];
        let Ok(signature) = Base64UrlUnpadded::decode(signature, &mut bytes) else { return false };
        match self {
            Self::Es256(key) => key.verify_sig(signed.as_bytes(), signature).is_ok(),
            Self::Hs256(key) => hmac::verify(key, signed.as_bytes(), signature).is_ok(),
        }
    }
}
