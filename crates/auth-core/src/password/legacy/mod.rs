//! Hashes that were made elsewhere, by schemes that are not used here. One file a scheme.

mod base64;
mod bcrypt;
mod django;
mod firebase;
mod pbkdf2;
mod scrypt;
#[cfg(test)]
mod tests;

use self::bcrypt::Bcrypt;
use self::firebase::Firebase;
use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;
use super::class::{Digest, HashClass};
use super::fault::HashFault;
use super::hash::PasswordHash;

/// A hash of a legacy scheme.
pub(super) enum Legacy {
    Bcrypt(Bcrypt),
    Scrypt(Scrypt),
    Firebase(Firebase),
    Pbkdf2(Pbkdf2),
}

impl Legacy {
    /// Reads a hash; `None` where it begins as none of these does.
    pub(super) fn read(text: &str) -> Option<Result<Self, HashFault>> {
        let (name, read) = if ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|start| text.starts_with(start)) {
            ("bcrypt", Bcrypt::read(text).map(Self::Bcrypt))
        } else if let Some(rest) = text.strip_prefix("$scrypt$") {
            ("scrypt", Scrypt::read(rest).map(Self::Scrypt))
        } else if let Some(rest) = text.strip_prefix("$fbscrypt$") {
            ("Firebase's scrypt", Firebase::read(rest).map(Self::Firebase))
        } else if let Some((digest, rest)) = pbkdf2::digest(text) {
            ("PBKDF2", Pbkdf2::read(digest, rest).map(Self::Pbkdf2))
        } else {
            django::read(text)?
        };
        Some(read.ok_or(HashFault::Corrupt(name)))
    }

    pub(super) fn class(&self) -> HashClass {
        HashClass(match self {
            Self::Bcrypt(hash) => hash.cost(),
            Self::Scrypt(hash) => hash.cost(),
            Self::Firebase(hash) => hash.cost(),
            Self::Pbkdf2(hash) => hash.cost(),
        })
    }

    /// Whether this text is the password. The same work for every text.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Bcrypt(hash) => hash.matches(text),
            Self::Scrypt(hash) => hash.matches(text),
            Self::Firebase(hash) => hash.matches(text),
            Self::Pbkdf2(hash) => hash.matches(text),
        }
    }
}

/// The hash function of a PBKDF2 hash ([`PasswordHash::pbkdf2`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pbkdf2Digest {
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl PasswordHash {
    /// A PBKDF2 hash of its parts, for systems that keep them apart: Keycloak's `hashIterations`, `salt` and `value`, the
    /// last two decoded.
    pub fn pbkdf2(digest: Pbkdf2Digest, iterations: u32, salt: &[u8], tag: &[u8]) -> Self {
        let digest = match digest {
            Pbkdf2Digest::Sha1 => Digest::Sha1,
            Pbkdf2Digest::Sha256 => Digest::Sha256,
            Pbkdf2Digest::Sha512 => Digest::Sha512,
        };
        Self::new(pbkdf2::text(digest, iterations, salt, tag))
    }

    /// A hash of Firebase's scrypt of the texts that Firebase shows and exports, all in base64: of a project the signer
    /// key, the salt separator, `rounds` and `mem_cost`, of an account the salt and the hash. In the form that Supabase
    /// writes as well: `$fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$salt$hash`. It holds the project's signer key, which Firebase keeps apart.
    pub fn firebase(project: &FirebaseScrypt<'_>, salt: &str, hash: &str) -> Self {
        let FirebaseScrypt { signer_key, salt_separator, rounds, mem_cost } = project;
        Self::new(format!(
            "$fbscrypt$v=1,n={mem_cost},r={rounds},p=1,ss={salt_separator},sk={signer_key}${salt}${hash}"
        ))
    }
}

/// A Firebase project's password hash parameters.
#[derive(Clone, Copy)]
pub struct FirebaseScrypt<'a> {
    /// `base64_signer_key`.
    pub signer_key: &'a str,
    /// `base64_salt_separator`.
    pub salt_separator: &'a str,
    /// `rounds`.
    pub rounds: u32,
    /// `mem_cost`.
    pub mem_cost: u32,
}

/// Without the key.
impl std::fmt::Debug for FirebaseScrypt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirebaseScrypt")
            .field("rounds", &self.rounds)
            .field("mem_cost", &self.mem_cost)
            .finish_non_exhaustive()
    }
}
