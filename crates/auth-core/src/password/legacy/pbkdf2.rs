//! PBKDF2 (RFC 8018): passlib's strings, PHC strings, and Django's.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512, derive};
use base64ct::{Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

use super::base64;
use crate::password::class::{Cost, Digest, number, numbers};
use crate::password::stored::{LEAST_TAG_BYTES, same};

/// Four blocks of the longest digest: more is nobody's password hash.
const MOST_TAG_BYTES: usize = 256;

/// A PBKDF2 hash.
pub(in crate::password) struct Pbkdf2 {
    digest: Digest,
    iterations: u32,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

/// The hash function that a text begins with, and what follows.
pub(super) fn digest(text: &str) -> Option<(Digest, &str)> {
    let (name, rest) = text.strip_prefix('$')?.split_once('$')?;
    let digest = match name {
        "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return None,
    };
    Some((digest, rest))
}

/// In passlib's form.
pub(super) fn text(digest: Digest, iterations: u32, salt: &[u8], tag: &[u8]) -> String {
    let encode = Base64Unpadded::encode_string;
    format!("${}${iterations}${}${}", digest.scheme(), encode(salt), encode(tag))
}

impl Pbkdf2 {
    /// `29000$salt$tag` (passlib), or `i=29000,l=32$salt$tag` (PHC; the length may be left out).
    pub(super) fn read(digest: Digest, text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let (cost, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let tag = base64::decode(tag)?;
        let iterations = match numbers(cost, ["i", "l"]) {
            Some([iterations, length]) if usize::try_from(length) == Ok(tag.len()) => iterations,
            Some(_) => return None,
            None => number(cost.strip_prefix("i=").unwrap_or(cost))?,
        };
        Self::of(digest, iterations, base64::decode(salt)?, tag)
    }

    pub(super) fn of(digest: Digest, iterations: u32, salt: Vec<u8>, tag: Vec<u8>) -> Option<Self> {
        let sound = (LEAST_TAG_BYTES..=MOST_TAG_BYTES).contains(&tag.len());
        sound.then_some(Self { digest, iterations, salt, tag })
    }

    pub(super) fn cost(&self) -> Cost {
        let blocks = u32::try_from(self.tag.len().div_ceil(self.digest.bytes())).unwrap_or(u32::MAX);
        Cost::Pbkdf2 { digest: self.digest, iterations: self.iterations, blocks }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(iterations) = NonZeroU32::new(self.iterations) else { return false };
        let mut made = Zeroizing::new(vec![0; self.tag.len()]);
        derive(algorithm(self.digest), iterations, &self.salt, text.as_bytes(), &mut made);
        same(&made, &self.tag)
    }
}

fn algorithm(digest: Digest) -> Algorithm {
    match digest {
        Digest::Sha1 => PBKDF2_HMAC_SHA1,
        Digest::Sha256 => PBKDF2_HMAC_SHA256,
        Digest::Sha512 => PBKDF2_HMAC_SHA512,
    }
}
