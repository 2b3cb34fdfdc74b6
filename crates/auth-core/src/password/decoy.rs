//! Hashes that are nobody's.

use base64ct::{Base64, Base64Unpadded, Encoding as _};

use super::class::{Cost, Digest, HashClass};
use crate::entropy::{Entropy, EntropyError};

/// The alphabet of bcrypt's base64.
const BCRYPT_ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A hash of this class under a random salt, with a random tag: of no password that anybody will find.
pub(super) fn text(class: HashClass, entropy: &dyn Entropy) -> Result<String, EntropyError> {
    let random = |bytes: usize| {
        let mut drawn = vec![0; bytes];
        entropy.fill(&mut drawn)?;
        Ok::<_, EntropyError>(drawn)
    };
    let unpadded = |bytes: usize| random(bytes).map(|drawn| Base64Unpadded::encode_string(&drawn));
    let padded = |bytes: usize| random(bytes).map(|drawn| Base64::encode_string(&drawn));
    Ok(match class.0 {
        Cost::Argon2 { kind, version, params, foreign } => {
            let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
            let salt = unpadded(if foreign { argon2::MIN_SALT_LEN } else { super::stored::SALT_BYTES })?;
            let tag = unpadded(super::stored::TAG_BYTES)?;
            format!("${}$v={version}$m={m},t={t},p={p}${salt}${tag}", kind.as_str())
        }
        Cost::Bcrypt { cost, digested } => {
            let django = if digested { "bcrypt_sha256$" } else { "" };
            // The last character of either holds bits that must be zero.
            format!("{django}$2b${cost:02}${}.{}.", bcrypt(&random(21)?), bcrypt(&random(30)?))
        }
        Cost::Scrypt { log_n, r, p, firebase: false } => {
            format!("$scrypt$ln={log_n},r={r},p={p}${}${}", unpadded(16)?, unpadded(32)?)
        }
        Cost::Scrypt { log_n, r, p, firebase: true } => {
            let (separator, signer) = (padded(1)?, padded(64)?);
            let (salt, tag) = (padded(10)?, padded(64)?);
            format!("$fbscrypt$v=1,n={log_n},r={r},p={p},ss={separator},sk={signer}${salt}${tag}")
        }
        Cost::Pbkdf2 { digest, iterations, blocks } => {
            let bytes = digest.bytes() * usize::try_from(blocks).unwrap_or(1);
            let name = match digest {
                Digest::Sha1 => "pbkdf2",
                Digest::Sha256 | Digest::Sha512 => digest.scheme(),
            };
            format!("${name}${iterations}${}${}", unpadded(16)?, unpadded(bytes)?)
        }
    })
}

fn bcrypt(bytes: &[u8]) -> String {
    bytes.iter().filter_map(|byte| BCRYPT_ALPHABET.get(usize::from(byte & 63))).copied().map(char::from).collect()
}

#[cfg(all(test, feature = "legacy"))]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::password::PasswordHash;

    #[test]
    fn a_decoy_is_a_hash_of_its_class() {
        for text in [
            "argon2id$v=19$m=19456,t=2,p=1",
            "argon2d$v=16$m=512,t=3,p=4,foreign",
            "bcrypt$4",
            "bcrypt-sha256$12",
            "scrypt$ln=16,r=8,p=1",
            "firebase-scrypt$ln=14,r=8,p=1",
            "pbkdf2-sha1$i=1000,b=2",
            "pbkdf2-sha256$i=29000,b=1",
            "pbkdf2-sha512$i=25000,b=1",
        ] {
            let class = HashClass::parse(text).unwrap();
            for _ in 0..50 {
                let decoy = PasswordHash::decoy(class, &SystemEntropy).unwrap();
                assert_eq!(decoy.class(), Some(class), "{}", decoy.expose());
                assert!(decoy.is_decoy());
                assert!(!PasswordHash::new(decoy.expose()).is_decoy());
            }
        }
    }
}
